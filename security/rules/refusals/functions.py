"""The functions of a file by their names, each with the names round it, ready to be gone through."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from ..project import Project
from ..source import Module
from .items import Code
from .naming import FunctionNode, given
from .questions import asked
from .walk import calls_in
from .written import Scope

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_DEEPEST = 3


def functions_of(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, FunctionNode]]:
    """Every function with its name, `Gate.failed` or `resume.work` inside another. Of two in one place the last."""
    found = dict[str, FunctionNode]()
    for node in _statements(tree):
        name = f"{inside}{node.name}"
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found[name] = node
        found.update(functions_of(node, f"{name}."))
    yield from found.items()


def _statements(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, _SCOPES):
            yield node
        elif isinstance(node, ast.stmt):
            yield from _statements(node)


class Names:
    """What the functions of one file see round them. `old` are the functions that a list knows, by the paths of their
    files: any other is new, and a call of it is gone into."""

    def __init__(
        self,
        module: Module,
        project: Project,
        old: Mapping[str, Collection[str]] | None,
        called: Mapping[str, str] | None = None,
    ) -> None:
        self._module, self._project, self._old = module, project, old
        self._qualified: dict[str, dict[int, str]] = {}
        self._led: dict[ast.Call, FunctionNode | None] = {}
        self.scope = Scope(
            {},
            _modules(module),
            _tables(module.tree),
            called or {},
            self._one_expression if old is not None else None,
        )

    def code(self, function: FunctionNode) -> Code:
        return Code(function, self._inside(function), self.helper)

    def _inside(self, function: FunctionNode) -> Scope:
        """Names of the functions round it say no more than its own."""
        scope, at = self.scope, self._module.parents.get(function)
        while at is not None:
            if isinstance(at, (ast.FunctionDef, ast.AsyncFunctionDef)):
                stored = (each for each in ast.walk(at) if isinstance(each, (ast.Name, ast.arg)))
                for each in stored:
                    if isinstance(each, ast.arg) or isinstance(each.ctx, ast.Store):
                        scope = scope.with_name(each.arg if isinstance(each, ast.arg) else each.id)
            at = self._module.parents.get(at)
        return scope

    def asked(self, function: FunctionNode, depth: int = 0) -> Counter[str]:
        """What a function asks, with what the new ones ask that it calls."""
        found = asked(function, self._inside(function))
        for call in calls_in(function):
            helper = self.helper(call) if depth < _DEEPEST else None
            if helper is not None and helper is not function:
                found += self.asked(helper, depth + 1)
        return found

    def helper(self, call: ast.Call) -> FunctionNode | None:
        """The new function that a call leads into, if it is one of the project."""
        if self._old is None:
            return None
        if call not in self._led:
            self._led[call] = self._lead(call, self._old)
        return self._led[call]

    def _lead(self, call: ast.Call, old: Mapping[str, Collection[str]]) -> FunctionNode | None:
        found = self._project.function(self._module, call.func)
        if found is None or not isinstance(found[1], (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None
        module, function = found
        name = self._name(module, function)
        known = old.get(module.path)
        is_new = known is not None and name is not None and name not in known
        is_new = is_new and str(name).rpartition(".")[2] not in self.scope.called
        return function if is_new and not isinstance(function, ast.Lambda) else None

    def _name(self, module: Module, function: ast.AST) -> str | None:
        if module.path not in self._qualified:
            self._qualified[module.path] = {id(node): name for name, node in functions_of(module.tree)}
        return self._qualified[module.path].get(id(function))

    def _one_expression(self, call: ast.Call, scope: Scope) -> tuple[ast.expr, Scope] | None:
        helper = self.helper(call)
        if helper is None:
            return None
        body = [each for each in helper.body if not _is_docstring(each)]
        if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
            return None
        return body[0].value, given(helper, call, scope)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _modules(module: Module) -> frozenset[str]:
    """Names that were imported and are written small: modules, mostly. Said before a name they add nothing."""
    return frozenset(name for name in module.imports if name.islower())


def _tables(tree: ast.Module) -> dict[str, ast.expr]:
    """Constant sets of the file by their names."""
    found = dict[str, ast.expr]()
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            value = node.value
            if (
                isinstance(value, ast.Call)
                and getattr(value.func, "id", "") in {"frozenset", "set"}
                and value.args
            ):
                value = value.args[0]
            if isinstance(value, (ast.Set, ast.Tuple, ast.List)):
                found[node.targets[0].id] = value
    return found
