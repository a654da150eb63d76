"""HK605: what was refused, left out, done or asked for still is, as the list of the project has it.

Names of local variables, layout, order, De Morgan, a condition that goes into a helper or a function that goes into
another file of its package change nothing; nor does one more refusal. Without a list nothing is claimed.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, partial

from ...finding import Finding
from ..config import matches
from ..python.base import Context, found
from ..source import Module
from .functions import Names, functions_of
from .items import broken, items_of, read_line
from .listed import listed
from .naming import FunctionNode

_MOST_TOLD = 3


def check(module: Module, context: Context) -> Iterator[Finding]:
    """The lines of the lists that are about this file and do not hold."""
    if context.config.is_test(module.path):
        return
    for path in context.config.refusals:
        yield from _in_file(module, context, path)


@dataclass(frozen=True)
class Known:
    """What a list knows of the files of one run: functions by path, and what those that were renamed were called."""

    old: Mapping[str, Collection[str]]
    called: Mapping[str, str]


def _in_file(module: Module, context: Context, path: str) -> Iterator[Finding]:
    entry = listed(path).entry_of(module.path)
    if entry is None:
        return
    table, known = listed(path).functions[entry], _known(context, path)
    here = dict(functions_of(module.tree))
    now = {was: new for new, was in _renamed(module, context, known.old, table)}
    names = Names(module, context.project, known.old, known.called)
    for name, lines in table.items():
        function = here.get(name) or here.get(now.get(name, ""))
        if function is not None:
            yield from _judged(name, lines, names, function, found_at=(module, function))
        elif (there := _moved(name, module, context, known)) is not None:
            yield from _judged(name, lines, *there, found_at=(module, module.tree))
        elif lines:
            message = f"{name} is not here any more, nor what it refused: {lines[0]}"
            yield found(module, module.tree, "HK605", message)


def _judged(
    name: str,
    lines: tuple[str, ...],
    names: Names,
    function: FunctionNode,
    *,
    found_at: tuple[Module, ast.AST],
) -> Iterator[Finding]:
    faults = broken(lines, names.code(function), partial(names.asked, function))
    for line in itertools.islice(faults, _MOST_TOLD):
        yield found(*found_at, "HK605", f"{name}: {_told(line)}")


def _known(context: Context, path: str) -> Known:
    """Put together once a run."""
    if path not in context.project.listed:
        modules = context.project.modules.values()
        every = {module.path: _known_of(path, module.path) for module in modules}
        old = {file: names for file, names in every.items() if names is not None}
        renamed = (
            pair
            for module in modules
            if (entry := listed(path).entry_of(module.path)) is not None
            for pair in _renamed(module, context, old, listed(path).functions[entry])
        )
        called = {new.rpartition(".")[2]: was.rpartition(".")[2] for new, was in renamed}
        context.project.listed[path] = Known(old, called)
    known: Known = context.project.listed[path]
    return known


@cache
def _known_of(path: str, file: str) -> Collection[str] | None:
    """Those of one file; all of a file that the list covers and says nothing of are new. None where it covers none."""
    known = listed(path)
    entry = known.entry_of(file)
    if entry is not None:
        return known.functions[entry].keys()
    return () if matches(file, known.files) and not matches(file, known.without) else None


@lru_cache(4096)
def _names_of(module: Module) -> frozenset[str]:
    return frozenset(name for name, _function in functions_of(module.tree))


def _renamed(
    module: Module, context: Context, old: Mapping[str, Collection[str]], table: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, str]]:
    """Functions of other names that hold to all of what one held to that is gone: the new name and the old one."""
    gone = table.keys() - _names_of(module)
    if not gone:
        return
    new = {name: node for name, node in functions_of(module.tree) if name not in table}
    for was in sorted(gone):
        owner = was.rpartition(".")[0]
        same = [name for name in new if name.rpartition(".")[0] == owner]
        likely = [(_likeness(name, was, module, context, old, table, new[name]), name) for name in same]
        if likely and max(likely)[0] > 0:
            name = max(likely)[1]
            del new[name]
            yield name, was


def _likeness(
    name: str,
    was: str,
    module: Module,
    context: Context,
    old: Mapping[str, Collection[str]],
    table: Mapping[str, tuple[str, ...]],
    function: FunctionNode,
) -> int:
    """How many lines of one are lines of the other; 0 where one of them does not hold."""
    names = Names(module, context.project, old, {name.rpartition(".")[2]: was.rpartition(".")[2]})
    code = names.code(function)
    if any(broken(table[was], code, partial(names.asked, function))):
        return 0
    lines = items_of(code, names.asked(function))
    return len(set(table[was]) & set(lines)) if table[was] else int(not lines)


def _moved(name: str, module: Module, context: Context, known: Known) -> tuple[Names, FunctionNode] | None:
    """The function in another file of the same package, where it is new."""
    package = module.name.partition(".")[0]
    for other in context.project.modules.values():
        is_there = other is not module and name.rpartition(".")[2] in other.functions
        if is_there and other.name.partition(".")[0] == package and name not in known.old.get(other.path, ()):
            function = dict(functions_of(other.tree)).get(name)
            if function is not None:
                return Names(other, context.project, known.old, known.called), function
    return None


def _told(line: str) -> str:
    literals, right = read_line(line)
    if "->" not in line:
        return f"no longer there, or not as it was: {line}"
    if not literals:
        return f"no longer does in every case: {right}"
    return f"does not hold any more: {line}"
