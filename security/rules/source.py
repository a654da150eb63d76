"""A parsed Python file: what its names stand for, what is constant, what mappings hold.

It answers as far as an AST can tell: through imports under any name, aliases, getattr, partial, dictionaries built
earlier, functions of the same run. What it cannot resolve keeps the name that is written.
"""

from __future__ import annotations

import ast
import itertools
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from . import bindings, constants, mappings, names
from .bindings import Binding
from .syntax import FunctionNode, own_nodes, parameters, returned

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.Module)
_DEEPEST = 12
_MOST = 24  # meanings of one name that are followed


class Module:
    """One Python file. Raises SyntaxError or ValueError when the text is no Python."""

    def __init__(self, path: str, text: str, name: str = "") -> None:
        self.path, self.text, self.name = path, text, name
        self.tree = ast.parse(text, filename=path)
        self.parents: dict[ast.AST, ast.AST] = {}
        self.nodes: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        self.imports: dict[str, str] = {}
        self.stars: list[str] = []
        self.bindings: dict[ast.AST, dict[str, list[Binding]]] = defaultdict(lambda: defaultdict(list))
        self.attributes: dict[str, list[Binding]] = defaultdict(list)
        self.functions: dict[str, list[FunctionNode]] = defaultdict(list)
        self.classes: dict[str, ast.ClassDef] = {}
        self._names: dict[ast.AST, frozenset[str]] = {}
        self.known_entries: dict[tuple[ast.AST, str], dict[str, list[ast.expr]]] = {}
        self._own: dict[ast.AST, list[ast.AST]] = {}
        self._returned: dict[ast.AST, list[ast.expr]] = {}
        self._bound: dict[ast.Name, tuple[ast.AST, list[Binding]] | None] = {}
        bindings.index(self)
        self._bound.clear()  # what was asked on the way knew the lines above alone

    def all(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """Every node of these kinds, in the order of the text per kind."""
        for kind in kinds:
            yield from self.nodes[kind]

    @cached_property
    def calls(self) -> list[ast.Call]:
        return [node for node in self.nodes[ast.Call] if isinstance(node, ast.Call)]

    @cached_property
    def calls_by_name(self) -> dict[str, list[ast.Call]]:
        """The calls of each name, be it a function or a method."""
        found: dict[str, list[ast.Call]] = defaultdict(list)
        for call in self.calls:
            written = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", None)
            if written:
                found[written].append(call)
        return found

    @cached_property
    def calls_given(self) -> dict[str, list[ast.Call]]:
        """The calls that are given what each name stands for, as an argument by its place."""
        found: dict[str, list[ast.Call]] = defaultdict(list)
        for call in self.calls:
            for name in {value.id for value in call.args if isinstance(value, ast.Name)}:
                found[name].append(call)
        return found

    @cached_property
    def docstrings(self) -> set[ast.AST]:
        """The constants that are only documentation: docstrings and loose strings."""
        return {
            node.value
            for node in self.nodes[ast.Expr]
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }

    def own(self, scope: ast.AST) -> list[ast.AST]:
        """The nodes of a function or of the file without those of functions inside it."""
        if scope not in self._own:
            self._own[scope] = list(own_nodes(scope))
        return self._own[scope]

    def returned(self, function: FunctionNode) -> list[ast.expr]:
        """What a function of this file returns or yields."""
        if function not in self._returned:
            self._returned[function] = returned(function)
        return self._returned[function]

    def scope(self, node: ast.AST) -> ast.AST:
        """The function or module whose names `node` sees first."""
        at = self.parents.get(node)
        while at is not None and not isinstance(at, _SCOPES):
            at = self.parents.get(at)
        return at or self.tree

    def function(self, node: ast.AST) -> FunctionNode | None:
        """The function that `node` stands in."""
        scope = self.scope(node)
        return scope if isinstance(scope, FunctionNode) else None

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        at = self.parents.get(node)
        while at is not None and not isinstance(at, ast.ClassDef):
            at = self.parents.get(at)
        return at

    def bound(self, name: ast.Name) -> tuple[ast.AST, list[Binding]] | None:
        """The scope in which a name is bound, with its bindings; None for imports, builtins, unknown names."""
        if name not in self._bound:
            self._bound[name] = self._find_bound(name)
        return self._bound[name]

    def _find_bound(self, name: ast.Name) -> tuple[ast.AST, list[Binding]] | None:
        scope: ast.AST | None = self.scope(name)
        while scope is not None:
            if name.id in self.bindings[scope] or name.id in parameters(scope):
                return scope, self.bindings[scope][name.id]
            scope = None if isinstance(scope, ast.Module) else self.scope(scope)
        return None

    def names(self, node: ast.AST, depth: int = 0) -> frozenset[str]:
        """The dotted names that an expression may stand for; a call's result is written as `name()`."""
        if node in self._names:
            return self._names[node]
        if depth > _DEEPEST:
            return frozenset()
        self._names[node] = frozenset()  # what is named by itself adds nothing
        self._names[node] = frozenset(itertools.islice(names.names_of(self, node, depth + 1), _MOST))
        return self._names[node]

    def text_of(self, node: ast.AST | None, depth: int = 0) -> str | None:
        """The text that an expression always is, joined and decoded; None when it may vary."""
        value = constants.value_of(self, node, depth)
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        return value if isinstance(value, str) else None

    def value_of(self, node: ast.AST | None, depth: int = 0) -> object:
        """The constant that an expression always is; the marker VARIES when it may vary."""
        return constants.value_of(self, node, depth)

    def entries(self, node: ast.AST | None, depth: int = 0) -> dict[str, list[ast.expr]]:
        """What a mapping holds as far as it can be seen: built by display, dict(), |, update, item by item."""
        return mappings.entries_of(self, node, depth)

    def arguments(self, call: ast.Call) -> dict[str, list[ast.expr]]:
        """Named arguments of a call: keywords, `**mapping`, what a partial has bound; positions by number."""
        return mappings.arguments_of(self, call)
