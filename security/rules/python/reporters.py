"""HK207: error reporters and tracers that send what was typed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from .base import Context, found

_INIT = re.compile(r"(?:^|\.)sentry_sdk\.(?:init|Client|_init)$")
_HOOKS = re.compile(
    r"^(?:ddtrace\.(?:auto|bootstrap)|ddtrace\.patch_all|appmap|scout_apm\.\w+|newrelic\.(?:agent\.(?:initialize|wrap_\w+)|hooks)"
    r"|opentelemetry\.instrumentation\.(?:auto_instrumentation|\w+\.\w+Instrumentor)|elasticapm\.contrib\.\w+\.ElasticAPM"
    r"|instana(?:\.\w+)?|autodynatrace|uptrace|logfire|highlight_io|pyinstrument\.middleware|flask_debugtoolbar|silk"
    r"|flask_monitoringdashboard|apitally\.\w+|sqreen|contrast\.\w+)(?:\.|$)"
)
"""Packages that put themselves between the server and the application, or round every call of a library."""
_SENTRY_SAFE = {"max_request_body_size": "never", "include_local_variables": False}


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Calls that start a reporter, by what they leave on."""
    for call in module.calls:
        yield from _reporter(module, call)
    if not context.config.is_test(module.path):
        yield from _hooked(module)


def _hooked(module: Module) -> Iterator[Finding]:
    """`import ddtrace.auto`: from then on somebody's code sees each request before ours, and tells another service."""
    for node in module.all(ast.Import, ast.ImportFrom):
        owner = getattr(node, "module", None)
        for each in getattr(node, "names", ()):
            name = f"{owner}.{each.name}" if owner else each.name
            if not getattr(node, "level", 0) and _HOOKS.match(name):
                yield found(
                    module, node, "HK207", f"{name} sees every request, and tells another service of it"
                )
    for call in module.calls:
        if name := next((each for each in sorted(module.names(call.func)) if _HOOKS.match(each)), None):
            yield found(module, call, "HK207", f"{name} sees every request, and tells another service of it")


def _reporter(module: Module, call: ast.Call) -> Iterator[Finding]:
    names = module.names(call.func)
    arguments = module.arguments(call)
    if any(map(_INIT.search, names)):
        yield from _sentry(module, call, arguments)
    elif any(re.search(r"(?:^|\.)rollbar\.init$", name) for name in names):
        if not any(
            module.value_of(value) is False
            for entry in arguments.get("locals", ())
            for value in module.entries(entry).get("enabled", ())
        ):
            yield found(
                module,
                call,
                "HK207",
                "the reporter sends local variables: locals={'enabled': False} is missing",
            )
    elif any(
        re.search(
            r"(?:^|\.)(?:bugsnag\.configure|raven\.Client|honeybadger\.configure|elasticapm\.Client|ElasticAPM|airbrake|scout_apm)",
            name,
        )
        for name in names
    ):
        for key in (
            "send_environment",
            "capture_body",
            "auto_log_stacks",
            "include_local_variables",
            "report_local_variables",
            "send_code",
        ):
            if any(
                module.value_of(value) in {True, "all", "errors", "transactions"}
                for value in arguments.get(key, ())
            ):
                yield found(module, call, "HK207", f"the reporter's {key} sends what was typed")
    for key in ("CAPTURE_BODY", "capture_body", "attributes.include", "send_default_pii"):
        if any(
            module.value_of(value) in {True, "all", "errors"} for value in arguments.get(key, ())
        ) and not any(map(_INIT.search, names)):
            yield found(module, call, "HK207", f"{key} sends what was typed")


def _sentry(module: Module, call: ast.Call, arguments: dict[str, list[ast.expr]]) -> Iterator[Finding]:
    """Its defaults send bodies of medium size and local variables, so both must be said."""
    wrong = [
        name
        for name, safe in (*_SENTRY_SAFE.items(),)
        if [module.value_of(value) for value in arguments.get(name, ())] != [safe]
    ]
    if any(module.value_of(value) is not False for value in arguments.get("send_default_pii", ())):
        wrong.append("send_default_pii")
    if any(module.value_of(value) is not False for value in arguments.get("with_locals", ())):
        wrong.append("with_locals")
    if wrong:
        yield found(
            module,
            call,
            "HK207",
            f"the reporter sends what was typed; set {', '.join(wrong)} so that it does not",
        )
