"""HK206: loggers, engines and clients that are told to write what they send."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from .base import Context, found, last_names
from .leaking_calls import is_log

_LOUD = re.compile(
    r"^(?:stripe|urllib3|requests|httpx|httpcore|http\.client|aiohttp|botocore|werkzeug|flask_wtf|sqlalchemy(?:\..*)?|multipart|python_multipart|django\.request|django\.db\.backends|)$"
)
_WRITES_BODIES = re.compile(
    r"^(?:stripe|urllib3|requests|httpx|httpcore|http\.client|aiohttp|botocore)(?:\..*)?$"
)
_DEBUG_LEVELS = frozenset({"DEBUG", "NOTSET", "debug", 10, 0, 5, "TRACE", "10"})

_TOLD_BACK = frozenset({"http_body", "json_body", "user_message"})
"""What errors of stripe-python hold of the provider's answer."""


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Calls that set a level, an echo or a configuration of loggers."""
    del context
    for call in module.calls:
        yield from _verbose(module, call)
        yield from _told_back(module, call)
        yield from _left_open(module, call)


def _verbose(module: Module, call: ast.Call) -> Iterator[Finding]:
    names, last = module.names(call.func), last_names(module, call.func)
    if "setLevel" in last and call.args and isinstance(call.func, ast.Attribute):
        loud = _is_loud(module, call.func.value)
        if loud and _is_debug(module, call.args[0]):
            yield found(module, call, "HK206", "this logger writes bodies or parameters at this level")
        elif _is_engine(module, call.func.value) and _is_info(module, call.args[0]):
            yield found(module, call, "HK206", "the engine logs every statement with its parameters")
    if "set_debuglevel" in last and call.args and module.value_of(call.args[0]) != 0:
        yield found(module, call, "HK206", "http.client prints every header and body")
    if "logging.basicConfig" in names and any(
        word.arg == "level" and _is_debug(module, word.value) for word in call.keywords
    ):
        yield found(module, call, "HK206", "every library logs at its most talkative")
    if last & {"create_engine", "create_async_engine", "engine_from_config"}:
        echo = next((word.value for word in call.keywords if word.arg == "echo"), None)
        if echo is not None and module.value_of(echo) in {True, "debug"}:
            yield found(module, call, "HK206", "the engine logs every statement with its parameters")
    if "logging.config.dictConfig" in names or "dictConfig" in last:
        for argument in call.args:
            yield from _levels(module, call, argument)


def _left_open(module: Module, call: ast.Call) -> Iterator[Finding]:
    """getLogger("stripe").setLevel(os.environ["STRIPE_LOG"])"""
    if (
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "setLevel"
        and call.args
        and _writes_bodies(module, call.func.value)
        and _reads_environ(module, call.args[0])
    ):
        yield found(module, call, "HK206", "whoever starts the process may let this logger write bodies")


def _told_back(module: Module, call: ast.Call) -> Iterator[Finding]:
    """log.warning("%s", error.http_body)"""
    handed = [node for part in [*call.args, *call.keywords] for node in ast.walk(part)]
    if any(isinstance(node, ast.Attribute) and node.attr in _TOLD_BACK for node in handed) and any(
        map(is_log, module.names(call.func))
    ):
        yield found(module, call, "HK206", "the provider's own words quote what was sent to it")


def _levels(module: Module, call: ast.Call, configuration: ast.expr) -> Iterator[Finding]:
    tables = module.entries(configuration)
    if any(_is_loud_by_another_name(module, table) for table in tables.get("loggers", ())):
        yield found(
            module, call, "HK206", "loggers of names that nobody can tell write at their most talkative"
        )
    loggers = [entry for table in tables.get("loggers", ()) for entry in module.entries(table).items()]
    for name, values in [*loggers, ("", tables.get("root", []))]:
        levels = [level for value in values for level in module.entries(value).get("level", ())]
        if _LOUD.match(name) and any(_is_debug(module, level) for level in levels):
            yield found(
                module, call, "HK206", f"logger '{name or 'root'}' writes bodies or parameters at this level"
            )


def _is_loud_by_another_name(module: Module, table: ast.expr, depth: int = 0) -> bool:
    """Whether a table of loggers that is put together some other way has a talkative level anywhere in it."""
    if isinstance(table, ast.Dict) and all(key is not None and module.text_of(key) for key in table.keys):
        return False
    if isinstance(table, ast.Name) and depth < 4:
        bound = module.bound(table)
        return bound is not None and any(
            _is_loud_by_another_name(module, each.value, depth + 1) for each in bound[1]
        )
    return any(
        _is_debug(module, level)
        for node in ast.walk(table)
        if isinstance(node, (ast.Dict, ast.Call))
        for level in module.entries(node).get("level", ())
    )


def _writes_bodies(module: Module, logger: ast.expr) -> bool:
    texts = [module.text_of(each) for each in logger.args] if isinstance(logger, ast.Call) else []
    return any(text is not None and _WRITES_BODIES.match(text) for text in texts)


def _reads_environ(module: Module, level: ast.expr, depth: int = 0) -> bool:
    for node in ast.walk(level):
        if isinstance(node, (ast.Attribute, ast.Name)) and module.names(node) & {"os.environ", "os.getenv"}:
            return True
        bound = module.bound(node) if isinstance(node, ast.Name) and depth < 3 else None
        if bound and any(_reads_environ(module, each.value, depth + 1) for each in bound[1]):
            return True
    return False


def _is_engine(module: Module, logger: ast.expr) -> bool:
    """The engine's logger writes statements and parameters at INFO already."""
    texts = [module.text_of(each) for each in logger.args] if isinstance(logger, ast.Call) else []
    return any(text is not None and re.match(r"sqlalchemy(?:\.engine.*)?$", text) for text in texts)


def _is_info(module: Module, level: ast.expr) -> bool:
    return module.value_of(level) in {"INFO", "info", 20} or bool(last_names(module, level) & {"INFO"})


def _is_debug(module: Module, level: ast.expr) -> bool:
    if isinstance(level, ast.Call) and last_names(module, level.func) & {"min"}:
        return any(_is_debug(module, each) for each in level.args)
    if isinstance(level, ast.Call) and last_names(module, level.func) & {"getLevelName", "getattr"}:
        return any(_is_debug(module, each) for each in level.args)
    constant = module.value_of(level)
    return (isinstance(constant, (str, int)) and constant in _DEBUG_LEVELS and constant is not False) or bool(
        last_names(module, level) & {"DEBUG", "NOTSET"}
    )


def _is_loud(module: Module, logger: ast.expr, depth: int = 0) -> bool:
    """Whether an expression is the root logger or one of a library that writes what it sends."""
    if isinstance(logger, ast.Call):
        if not last_names(module, logger.func) & {"getLogger", "get_logger"}:
            return False
        name = module.text_of(logger.args[0]) if logger.args else ""
        return name is not None and bool(_LOUD.match(name))
    if isinstance(logger, ast.Name) and depth < 4:
        bound = module.bound(logger)
        return logger.id == "root" or (
            bound is not None and any(_is_loud(module, each.value, depth + 1) for each in bound[1])
        )
    return any(
        name in {"logging.root", "stripe.logger", "stripe._util.logger"} for name in module.names(logger)
    )
