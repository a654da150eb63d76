"""The Python files of one run together, so that a call can be followed from one into another."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from .source import Module
from .syntax import FunctionNode


@dataclass
class Project:
    """The Python files of one run, by dotted name, so that a call can be followed into another file."""

    modules: dict[str, Module] = field(default_factory=dict)
    owned_classes: set[str] | None = None
    """What `store_walls` has found out: asked once a run."""
    listed: dict[str, Any] = field(default_factory=dict)
    """What `refusals.check` has found out, by its list: once a run, too."""

    def add(self, module: Module) -> None:
        self.modules[module.name] = module

    def function(self, module: Module, call: ast.expr) -> tuple[Module, FunctionNode] | None:
        """The function of this run that an expression names, if one is."""
        if isinstance(call, ast.Lambda):
            return module, call
        if isinstance(call, ast.Name) and module.functions.get(call.id) and call.id not in module.imports:
            return module, module.functions[call.id][0]
        if (
            isinstance(call, ast.Attribute)
            and isinstance(call.value, ast.Name)
            and call.value.id in {"self", "cls"}
            and module.functions.get(call.attr)
        ):
            return module, module.functions[call.attr][0]
        return next(filter(None, (self._by_name(name, module) for name in sorted(module.names(call)))), None)

    def _by_name(self, name: str, module: Module) -> tuple[Module, FunctionNode] | None:
        owner, _, last = name.replace("()", "").rpartition(".")
        while owner:
            there = self.modules.get(owner)
            if there is not None and there.functions.get(last):
                return there, there.functions[last][0]
            owner, _, below = owner.rpartition(".")
            if below and not below[0].isupper() and below not in {"self", "cls"}:
                break
        if name.replace("()", "").partition(".")[0] in module.classes and module.functions.get(last):
            return module, module.functions[last][0]
        if "." not in name and module.functions.get(last):
            return module, module.functions[last][0]
        return None
