"""What an object of a class of the run shows of the request by itself: as text, by a property, by a default.

Standard library alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .requests import is_form
from .syntax import dotted, parameters

if TYPE_CHECKING:
    from .project import Project
    from .source import Module

_SHOWS = frozenset({"__str__", "__repr__", "__format__", "__html__", "__iter__", "__getitem__", "__call__"})
_RECORDS = frozenset({"dataclass", "NamedTuple", "define", "frozen"})
_PROPERTIES = frozenset({"property", "cached_property"})


def class_of(project: Project, module: Module, callee: ast.expr) -> tuple[Module, ast.ClassDef] | None:
    """The class of the run that a call makes an object of."""
    own = module.classes.get(dotted(callee))
    if own is not None:
        return module, own
    for name in module.names(callee):
        owner, _, last = name.replace("()", "").rpartition(".")
        there = project.modules.get(owner) if owner else module
        if there is not None and last in there.classes:
            return there, there.classes[last]
    return None


def classes_behind(project: Project, module: Module, node: ast.expr) -> list[tuple[Module, ast.ClassDef]]:
    """The classes whose objects an expression makes, or a variable holds."""
    bound = module.bound(node) if isinstance(node, ast.Name) else None
    values = [each.value for each in bound[1]] if bound else [node]
    made = (class_of(project, module, each.func) for each in values if isinstance(each, ast.Call))
    return [each for each in made if each is not None]


def shown(owner: ast.ClassDef) -> Iterator[ast.FunctionDef | ast.Lambda]:
    """The functions by which an object is read without being asked: `__str__`, and what makes its defaults."""
    for each in owner.body:
        if isinstance(each, ast.FunctionDef) and each.name in _SHOWS:
            yield each
        elif isinstance(each, ast.AnnAssign) and isinstance(each.value, ast.Call):
            yield from (
                word.value
                for word in each.value.keywords
                if word.arg in {"default_factory", "factory"} and isinstance(word.value, ast.Lambda)
            )


def property_of(owner: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    """The property of this name, if it is one."""
    return next(
        (
            each
            for each in owner.body
            if isinstance(each, ast.FunctionDef)
            and each.name == name
            and any(dotted(mark).rpartition(".")[2] in _PROPERTIES for mark in each.decorator_list)
        ),
        None,
    )


def is_record(owner: ast.ClassDef) -> bool:
    """Whether a class makes records, which hold and show what they are given."""
    marks = [dotted(each.func if isinstance(each, ast.Call) else each) for each in owner.decorator_list]
    marks += [dotted(base) for base in owner.bases]
    return any(mark.rpartition(".")[2] in _RECORDS for mark in marks)


def registered(module: Module, name: str) -> Iterator[ast.FunctionDef]:
    """What `@describe.register` adds to a function that is chosen by the type of what it is given."""
    for node in module.all(ast.FunctionDef):
        assert isinstance(node, ast.FunctionDef)
        marks = (each.func if isinstance(each, ast.Call) else each for each in node.decorator_list)
        if name and any(dotted(mark) == f"{name}.register" for mark in marks) and parameters(node):
            yield node


def validated(node: ast.expr, module: Module) -> str | None:
    """The field that a validator looks at: of `def validate_street(self, field)`, of `def check(form, field)`."""
    bound = module.bound(node) if isinstance(node, ast.Name) else None
    if bound is None or not isinstance(bound[0], ast.FunctionDef):
        return None
    places, name = parameters(bound[0]), bound[0].name
    if places[:2] == ["form", "field"] and getattr(node, "id", "") == "field":
        return "field"
    is_method = name.startswith("validate_") and places[:1] == ["self"] and len(places) == 2
    return name.removeprefix("validate_") if is_method and getattr(node, "id", "") == places[1] else None


def is_field_of_form(node: ast.expr, module: Module) -> bool:
    """The variable of a loop over a form: {each.name: each.data for each in form}"""
    bound = module.bound(node) if isinstance(node, ast.Name) else None
    return bound is not None and any(each.kind == "part" and is_form(each.value, module) for each in bound[1])
