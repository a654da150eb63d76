"""HK601: small functions and tables that decide alone are as they were when somebody last read them closely.

A project lists them as `reviewed`, each with a fingerprint of what it does; `*` is all of a file, and of a script.
Comments, docstrings, annotations, the names of local variables and of a private function's parameters, the order of
conditions, an early return for an `else` (`one_form`) and plain lines for the log (`_log.info`) are no part of it: what
is logged is for other rules. Whoever changes one reads it again and writes the new fingerprint down.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator, Set

from ...finding import Finding
from ..config import REVIEWED, Config, matches, parsed
from ..javascript.tokens import tokens_of
from ..source import Module
from ..syntax import FunctionNode, dotted, own_nodes, parameters
from .base import Context, found
from .one_form import conditions_in, in_one_form

WHOLE = "*"
_LENGTH = 12
_TOLD_APART = frozenset({"ctx", "kind", "type_comment", "annotation", "returns", "type_params", "simple"})
"""Fields of a syntax tree that change nothing, or that not every version of Python has."""
_COMMENT_IN_C = re.compile(r"/\*.*?\*/", re.DOTALL)
_EVEN = frozenset({"where", "filter", "and_", "or_"})
"""Calls whose arguments have no order."""
_DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """The entries of `reviewed` that are about this file."""
    if context.config.is_test(module.path):
        return
    for entry in parsed(context.config.reviewed, REVIEWED):
        if matches(module.path, (entry["path"],)):
            yield from _judged(module, entry["name"], entry["fingerprint"])


def of_script(path: str, text: str, config: Config) -> Iterator[Finding]:
    """The entries of `reviewed` that are about a script or a file in C, whole. Raises UnreadableScript."""
    for entry in parsed(config.reviewed, REVIEWED):
        if matches(path, (entry["path"],)) and (now := fingerprint_of(path, text)) != entry["fingerprint"]:
            yield Finding(path, 1, "HK601", _not_as_it_was("the file", now))


def _judged(module: Module, name: str, known: str) -> Iterator[Finding]:
    node = named(module.tree, name)
    if node is None:
        yield found(module, module.tree, "HK601", f"{name}, which was reviewed, is not here any more")
    elif (now := fingerprint(node)) != known:
        what = "the file" if name == WHOLE else name
        yield found(module, node, "HK601", _not_as_it_was(what, now))


def _not_as_it_was(what: str, now: str) -> str:
    return f"{what} is not as it was reviewed: read it, then note {now}"


def fingerprint(node: ast.AST) -> str:
    """Twelve hex digits for what a function, class, assignment or file does; the same under every version of Python."""
    if isinstance(node, ast.Module):
        return _digest("".join(fingerprint(each) for each in node.body if not _says_only(each)))
    plain = in_one_form(node)
    renamed = _locals_of(plain) if isinstance(plain, FunctionNode) else {}
    return _digest(_written(plain, renamed, conditions_in(plain)))


def fingerprint_of(path: str, text: str) -> str:
    """The same for a script: its tokens, without comments and blanks. Raises UnreadableScript. For C: its words."""
    if path.endswith(".c"):
        return _digest(" ".join(_COMMENT_IN_C.sub(" ", text).split()))
    return _digest("\n".join(f"{each.kind} {each.value}" for each in tokens_of(text)))


def _digest(written: str) -> str:
    return hashlib.sha256(written.encode()).hexdigest()[:_LENGTH]


def named(tree: ast.AST, name: str) -> ast.AST | None:
    """The last definition of a name, as the one that counts: `is_allowed`, `Gate.failed`, `RIGHTS`; `*` is the file."""
    at: ast.AST | None = tree
    for part in name.split(".") if name != WHOLE else ():
        at = next((each for each in reversed(getattr(at, "body", [])) if _is_called(each, part)), None)
    return at


def _is_called(node: ast.stmt, name: str) -> bool:
    if isinstance(node, _DEFINES):
        return node.name == name
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return any(each is not None and dotted(each) == name for each in targets)


def _locals_of(function: ast.AST) -> dict[str, str]:
    """The variables of a function by their order: what they are called says nothing of what it does."""
    given = parameters(function)
    own = given if getattr(function, "name", "").startswith("_") and "self" not in given else []
    shared = {
        name
        for node in own_nodes(function)
        if isinstance(node, (ast.Global, ast.Nonlocal))
        for name in node.names
    }
    stored = [
        node.id
        for node in own_nodes(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    names = [name for name in dict.fromkeys(stored) if name not in {*given, *shared}]
    return {name: f"local{place}" for place, name in enumerate(names)} | {
        name: f"given{place}" for place, name in enumerate(own)
    }


def _written(node: object, renamed: dict[str, str], even: Set[ast.BoolOp]) -> str:
    if isinstance(node, list):
        return "[" + ",".join(_written(each, renamed, even) for each in node if not _says_only(each)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    if isinstance(node, ast.Name):
        return renamed.get(node.id, node.id)
    if isinstance(node, ast.arg):
        return renamed.get(node.arg, node.arg)
    if isinstance(node, ast.BoolOp) and node in even:
        return f"{type(node.op).__name__}({','.join(sorted(_written(each, renamed, even) for each in node.values))})"
    if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in _EVEN and not node.keywords:
        parts = sorted(_written(each, renamed, even) for each in node.args)
        return f"Call({_written(node.func, renamed, even)},{parts})"
    fields = (
        f"{name}={_written(value, renamed, even)}"
        for name, value in ast.iter_fields(node)
        if name not in _TOLD_APART and value not in (None, [])
    )
    return f"{type(node).__name__}({','.join(fields)})"


_LOG = re.compile(r"(?:self\.|cls\.)?_?(?:log|logger|logging)\.(?:debug|info)")
_TELLS = frozenset({"len", "str", "int", "round", "sorted", "type", "repr", "bool"})


def _says_only(node: object) -> bool:
    """A docstring, a loose string after a name, which documents it, or a line for the log that does nothing else. What
    is written down as a warning or for the audit is part of what the code does."""
    value = node.value if isinstance(node, ast.Expr) else None
    if isinstance(value, ast.Call) and _LOG.fullmatch(dotted(value.func)):
        return not any(
            isinstance(each, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Lambda))
            or (isinstance(each, ast.Call) and each is not value and dotted(each.func) not in _TELLS)
            for each in ast.walk(value)
        )
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
