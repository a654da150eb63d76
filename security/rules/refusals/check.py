"""HK605: what was refused, left out, done or asked for still is, as the list of the project has it.

Names of local variables, layout, order, De Morgan, a condition that goes into a helper or a function that goes into
another file of its package change nothing; nor does one more refusal. Without a list nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache, partial

from ...finding import Finding
from ..config import matches
from ..python.base import Context, found
from ..source import Module
from .functions import Names, functions_of
from .items import broken, read_line
from .listed import listed
from .naming import FunctionNode

_MOST_TOLD = 3


def check(module: Module, context: Context) -> Iterator[Finding]:
    """The lines of the lists that are about this file and do not hold."""
    if context.config.is_test(module.path):
        return
    for path in context.config.refusals:
        yield from _in_file(module, context, path)


def _in_file(module: Module, context: Context, path: str) -> Iterator[Finding]:
    known = listed(path)
    entry = known.entry_of(module.path)
    if entry is None:
        return
    table = known.functions[entry]
    old = _old(context, path)
    here = dict(functions_of(module.tree))
    gone = [name for name in table if name not in here]
    called = dict(_renamed(module, context, old, table, gone, here))
    names = Names(module, context.project, old, {new: was for was, new in called.items()})
    for name, lines in table.items():
        function = here.get(name) or here.get(called.get(name, ""))
        at = names, function, module
        if function is None:
            at = _moved(name, module, context, old) or at
        if at[1] is None:
            if any("->" in line or "where" in line for line in lines):
                yield found(
                    module,
                    module.tree,
                    "HK605",
                    f"{name} is not here any more, nor what it refused: {lines[0]}",
                )
            continue
        faults = list(broken(lines, at[0].code(at[1]), partial(at[0].asked, at[1])))
        for line in faults[:_MOST_TOLD]:
            yield found(module, function or module.tree, "HK605", f"{name}: {_told(line)}")


def _old(context: Context, path: str) -> Mapping[str, Collection[str]]:
    """The functions that a list knows, by the paths of this run; put together once a run."""
    if path not in context.project.listed:
        found = {module.path: _known_of(path, module.path) for module in context.project.modules.values()}
        context.project.listed[path] = {file: names for file, names in found.items() if names is not None}
    return context.project.listed[path]


@cache
def _known_of(path: str, file: str) -> Collection[str] | None:
    """Those of one file; all of a file that the list covers and says nothing of are new. None where it covers none."""
    known = listed(path)
    entry = known.entry_of(file)
    if entry is not None:
        return known.functions[entry].keys()
    return () if matches(file, known.files) and not matches(file, known.without) else None


def _renamed(
    module: Module,
    context: Context,
    old: Mapping[str, Collection[str]],
    table: Mapping[str, tuple[str, ...]],
    gone: list[str],
    here: Mapping[str, FunctionNode],
) -> Iterator[tuple[str, str]]:
    """Functions of other names that hold to all of what one held to that is gone."""
    taken = set[str]()
    for was in gone:
        owner = was.rpartition(".")[0]
        for name, function in here.items():
            if name in table or name in taken or name.rpartition(".")[0] != owner:
                continue
            names = Names(module, context.project, old, {name.rpartition(".")[2]: was.rpartition(".")[2]})
            if not any(broken(table[was], names.code(function), partial(names.asked, function))):
                taken.add(name)
                yield was, name
                break


def _moved(
    name: str, module: Module, context: Context, old: Mapping[str, Collection[str]]
) -> tuple[Names, FunctionNode, Module] | None:
    """The function in another file of the same package, where it is new."""
    package = module.name.partition(".")[0]
    for other in context.project.modules.values():
        if other is module or other.name.partition(".")[0] != package or name in old.get(other.path, ()):
            continue
        function = (
            dict(functions_of(other.tree)).get(name) if name.rpartition(".")[2] in other.functions else None
        )
        if function is not None:
            return Names(other, context.project, old), function, other
    return None


def _told(line: str) -> str:
    literals, right = read_line(line)
    if "->" not in line:
        return f"no longer there, or not as it was: {line}"
    if not literals:
        return f"no longer does in every case: {right}"
    return f"does not hold any more: {line}"
