"""HK601: ways past a guard that stays where it is: another engine, another list of hosts, another entry."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..config import GUARD, matches, parsed
from ..source import Module
from .base import Context, found, last_names

_ENGINES = frozenset({"create_engine", "create_async_engine", "engine_from_config"})
_DRIVERS = ("psycopg.connect", "psycopg2.connect", "asyncpg.connect", "asyncpg.create_pool")
_SENDS = re.compile(
    r"^(?:smtplib\.(?:SMTP|SMTP_SSL|LMTP)|aiosmtplib\.(?:send|SMTP)|flask_mail\.Mail|yagmail\.SMTP)$"
)
_OTHER_HTTP = re.compile(
    r"^(?:httpx\.(?:get|post|put|patch|delete|request|stream|Client|AsyncClient)|aiohttp\.(?:ClientSession|request)"
    r"|pycurl\.Curl|tornado\.httpclient\.\w+|niquests\.\w+|treq\.\w+)$"
)
_FROM_OUTSIDE = frozenset({"os.environ", "os.environb", "os.getenv"})


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Connections beside the guarded one, and lists of a guard that whoever starts the process may add to."""
    if context.config.is_test(module.path):
        return
    yield from _other_engines(module, context)
    yield from _other_ways_out(module, context)
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


def _other_ways_out(module: Module, context: Context) -> Iterator[Finding]:
    """Mail past the file that judges it, and libraries of HTTP that are not built on the guarded one."""
    stands = parsed(context.config.guards, GUARD)
    senders = tuple(each["path"] for each in stands if each["name"] == "require_clean_message")
    is_guarded = any(each["name"] == "guarded_http" for each in stands)
    for call in module.calls if senders or is_guarded else ():
        names = module.names(call.func)
        if senders and any(map(_SENDS.search, names)) and not matches(module.path, senders):
            yield found(module, call, "HK601", "a mail goes past what looks at mails")
        if is_guarded and any(map(_OTHER_HTTP.match, names)):
            yield found(module, call, "HK601", "the guard of what is sent by HTTP does not see this library")


def _makes_engine(entry: str) -> bool:
    stands = GUARD.fullmatch(entry)
    return stands is not None and stands["name"] in _ENGINES
