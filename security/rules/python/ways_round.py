"""HK601: ways past a guard that stays where it is: another engine, another list of hosts, another entry."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...finding import Finding
from ..config import matches
from ..source import Module
from .base import Context, found, last_names

_ENGINES = frozenset({"create_engine", "create_async_engine", "engine_from_config"})
_DRIVERS = ("psycopg.connect", "psycopg2.connect", "asyncpg.connect", "asyncpg.create_pool")
_FROM_OUTSIDE = frozenset({"os.environ", "os.environb", "os.getenv"})


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Connections beside the guarded one, and lists of a guard that whoever starts the process may add to."""
    if context.config.is_test(module.path):
        return
    yield from _other_engines(module, context)
    if not any(last_names(module, call.func) & {"guarded_http"} for call in module.calls):
        return
    for node in module.all(ast.Attribute, ast.Name):
        if module.names(node) & _FROM_OUTSIDE:
            yield found(module, node, "HK601", "the environment says where card numbers may leave to")


def _other_engines(module: Module, context: Context) -> Iterator[Finding]:
    """Where a project says that its one engine is made, each other one is without the guard."""
    homes = [entry.partition(":")[0].strip() for entry in context.config.guards if _makes_engine(entry)]
    if not homes or matches(module.path, tuple(homes)):
        return
    for call in module.calls:
        if last_names(module, call.func) & _ENGINES or any(
            name.endswith(_DRIVERS) for name in module.names(call.func)
        ):
            yield found(module, call, "HK601", "a connection to a database beside the guarded engine")


def _makes_engine(entry: str) -> bool:
    return entry.rpartition(":")[2].strip().removesuffix("?") in _ENGINES
