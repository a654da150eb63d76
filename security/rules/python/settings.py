"""HK206, HK207, HK208, HK306, HK411, HK502, HK602: settings by their names, wherever they are set."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..constants import VARIES
from ..source import Module
from ..syntax import dotted
from .base import Context, found, is_one_of, last_names

_OFF: tuple[tuple[str, re.Pattern[str], frozenset[object], str], ...] = (
    (
        "HK208",
        re.compile(
            r"^(?:DEBUG|PROPAGATE_EXCEPTIONS|DEBUG_PROPAGATE_EXCEPTIONS|EXPLAIN_TEMPLATE_LOADING|FLASK_DEBUG|PRESERVE_CONTEXT_ON_EXCEPTION|DEBUG_TB_ENABLED|TRAP_HTTP_EXCEPTIONS|TESTING)$"
        ),
        frozenset({True, "1", "true", "True", "on"}),
        "debugging is on",
    ),
    (
        "HK411",
        re.compile(
            r"^(?:SESSION_COOKIE_SECURE|SESSION_COOKIE_HTTPONLY|CSRF_COOKIE_SECURE|REMEMBER_COOKIE_SECURE|REMEMBER_COOKIE_HTTPONLY|LANGUAGE_COOKIE_SECURE)$"
        ),
        frozenset({False, None}),
        "a cookie's flag is off",
    ),
    (
        "HK306",
        re.compile(r"^WTF_CSRF_TIME_LIMIT$"),
        frozenset({None}),
        "a form's token is good for ever",
    ),
    (
        "HK206",
        re.compile(r"^hide_parameters$"),
        frozenset({False}),
        "errors of the database show what was written",
    ),
    (
        "HK411",
        re.compile(r"^(?:SESSION_COOKIE_SAMESITE|CSRF_COOKIE_SAMESITE|REMEMBER_COOKIE_SAMESITE)$"),
        frozenset({None, "None", "none", False}),
        "a cookie is sent with foreign requests",
    ),
    (
        "HK306",
        re.compile(r"^(?:WTF_CSRF_ENABLED|WTF_CSRF_CHECK_DEFAULT|WTF_CSRF_SSL_STRICT)$"),
        frozenset({False, None, ""}),
        "the form's token is not checked",
    ),
    (
        "HK306",
        re.compile(r"^csrf$"),
        frozenset({False}),
        "the form's token is not checked",
    ),
    (
        "HK306",
        re.compile(r"^csrf_exempt$"),
        frozenset({True}),
        "the form's token is not checked",
    ),
    (
        "HK201",
        re.compile(r"^(?:log_access|access_log|accesslog|access_logfile|log_requests)$"),
        frozenset({True, "-", "stdout", "stderr"}),
        "the server's own log has addresses in it, with all that was typed into them",
    ),
    (
        "HK206",
        re.compile(r"^(?:SQLALCHEMY_ECHO|STRIPE_LOG)$"),
        frozenset({True, "debug", "info"}),
        "debug logging writes parameters",
    ),
    (
        "HK502",
        re.compile(r"^(?:PYTHONHTTPSVERIFY|GIT_SSL_NO_VERIFY|NODE_TLS_REJECT_UNAUTHORIZED)$"),
        frozenset({"0", 0, "1", 1}),
        "TLS certificates are not checked",
    ),
    (
        "HK502",
        re.compile(r"^(?:CURL_CA_BUNDLE|REQUESTS_CA_BUNDLE|SSL_CERT_FILE)$"),
        frozenset({"", None}),
        "TLS certificates are not checked",
    ),
    (
        "HK502",
        re.compile(r"^(?:cert_reqs|verify_mode)$"),
        frozenset({"CERT_NONE", "CERT_OPTIONAL", "NONE"}),
        "TLS certificates are not checked",
    ),
    (
        "HK502",
        re.compile(r"^(?:ssl_cert_reqs|tls_cert_reqs|sslmode)$"),
        frozenset({"none", "optional", None, "disable", "allow", "prefer"}),
        "TLS certificates are not checked",
    ),
    (
        "HK502",
        re.compile(r"^(?:tlsInsecure|tlsAllowInvalidCertificates|tlsAllowInvalidHostnames)$"),
        frozenset({True}),
        "TLS certificates are not checked",
    ),
    (
        "HK207",
        re.compile(
            r"^(?:trace_query_string|http_tag_query_string|DD_HTTP_SERVER_TAG_QUERY_STRING|DD_TRACE_HEADER_TAGS"
            r"|ELASTIC_APM_CAPTURE_BODY|SENTRY_SEND_DEFAULT_PII)$"
        ),
        frozenset({True, "true", "True", "1", "all", "errors"}),
        "traces hold what was typed",
    ),
)

_WIDE = re.compile(r"^(?:SESSION|CSRF|REMEMBER|LANGUAGE)_COOKIE_DOMAIN$")


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Assignments, arguments and entries of mappings that switch something on or off."""
    lines: dict[ast.AST, int] = {}
    for name, value, node in _settings(module):
        yield from _setting(module, context, name, value, node)
        if _FLAGS.match(name) and not context.config.is_test(module.path) and _may_be_off(module, value):
            yield found(module, node, "HK411", f"{name}: whoever starts the process may take the flag off")
        if _PROTECTS.match(name):
            lines.setdefault(module.scope(node), getattr(node, "lineno", 0))
    if lines and not context.config.is_test(module.path):
        yield from _overruled(module, lines)


_PROTECTS = re.compile(
    r"^(?:(?:SESSION|CSRF|REMEMBER)_COOKIE_\w+|WTF_CSRF_\w+|MAX_CONTENT_LENGTH|SECRET_KEY)$"
)
_FLAGS = re.compile(r"^(?:SESSION|CSRF|REMEMBER)_COOKIE_(?:SECURE|HTTPONLY|SAMESITE)$")


def _may_be_off(module: Module, value: ast.expr) -> bool:
    """`os.environ.get("SAMESITE", "None")`: what comes from the environment, or else is off."""
    if module.value_of(value) is not VARIES:
        return False
    parts = [each for each in ast.walk(value) if isinstance(each, ast.expr)]
    asks = any(
        module.names(each) & {"os.environ", "os.getenv"}
        for each in parts
        if isinstance(each, (ast.Attribute, ast.Name))
    )
    others = [
        each
        for part in parts
        for each in [
            *(part.args[1:2] if isinstance(part, ast.Call) else ()),
            *(part.values[1:] if isinstance(part, ast.BoolOp) else ()),
        ]
    ]
    return asks and any(
        is_one_of(module.value_of(each), frozenset({None, False, "None", "none"})) for each in others
    )


_LOADS = frozenset({"from_prefixed_env", "from_envvar", "from_pyfile", "from_file", "from_json"})


def _overruled(module: Module, lines: dict[ast.AST, int]) -> Iterator[Finding]:
    """app.config.from_prefixed_env() after the settings that protect: what is read last counts."""
    for call in module.calls:
        line = lines.get(module.scope(call))
        if (
            line is not None
            and isinstance(call.func, ast.Attribute)
            and call.func.attr in _LOADS
            and dotted(call.func.value).rpartition(".")[2] == "config"
            and call.lineno > line
        ):
            yield found(module, call, "HK602", "what is read here overrules the settings that protect")


def _settings(module: Module) -> Iterator[tuple[str, ast.expr, ast.AST]]:
    """Everything that looks like `NAME = value`: assignments, config items, keywords, entries of a mapping."""
    for node in module.all(ast.Assign, ast.AnnAssign):
        assert isinstance(node, (ast.Assign, ast.AnnAssign))
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            name = _name_of(module, target)
            if name and node.value is not None:
                yield name, node.value, node
    for call in module.calls:
        yield from _settings_of_call(module, call)
    for node in module.all(ast.Dict):
        assert isinstance(node, ast.Dict)
        pairs = [(key, value) for key, value in zip(node.keys, node.values, strict=True) if key is not None]
        yield from ((module.text_of(key) or "", value, value) for key, value in pairs)


def _name_of(module: Module, target: ast.expr) -> str | None:
    return (
        module.text_of(target.slice)
        if isinstance(target, ast.Subscript)
        else dotted(target).rpartition(".")[2]
    )


def _settings_of_call(module: Module, call: ast.Call) -> Iterator[tuple[str, ast.expr, ast.AST]]:
    yield from ((word.arg, word.value, word.value) for word in call.keywords if word.arg)
    if isinstance(call.func, ast.Attribute) and call.func.attr == "fromkeys" and call.args:
        names = module.value_of(call.args[0])
        value = call.args[1] if len(call.args) > 1 else ast.Constant(None)
        yield from (
            (name, value, call)
            for name in (names if isinstance(names, tuple) else ())
            if isinstance(name, str)
        )
    if (
        last_names(module, call.func) & {"setattr", "__setattr__", "setdefault", "__setitem__", "putenv"}
        and len(call.args) >= 2
    ):
        name, value = call.args[-2], call.args[-1]
        yield module.text_of(name) or "", value, call
        yield from ((each, given, call) for each, given in _looped(module, name, value))


def _looped(module: Module, name: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """The pairs of `for name, value in {…}.items(): setattr(context, name, value)`, or of a row of pairs."""
    bound = module.bound(name) if isinstance(name, ast.Name) else None
    for row in [each.value for each in bound[1] if each.kind == "part"] if bound else ():
        held = row.func.value if isinstance(row, ast.Call) and isinstance(row.func, ast.Attribute) else row
        pairs = [each.elts for each in getattr(held, "elts", ()) if isinstance(each, ast.Tuple)]
        yield from (
            (text, each[1] if isinstance(value, ast.Name) else value)
            for each in pairs
            if len(each) == 2 and (text := module.text_of(each[0]))
        )
        for key, values in module.entries(held).items():
            yield from ((key, each if isinstance(value, ast.Name) else value) for each in values)
        alone = module.value_of(held)
        yield from (
            (each, value) for each in (alone if isinstance(alone, tuple) else ()) if isinstance(each, str)
        )


def _setting(
    module: Module, context: Context, name: str, value: ast.expr, node: ast.AST
) -> Iterator[Finding]:
    constant = module.value_of(value)
    if name.startswith("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS") and constant not in {VARIES, ""}:
        yield found(module, node, "HK207", f"{name}: traces hold headers, cookies among them")
    is_wide = _WIDE.match(name) and isinstance(constant, str) and constant
    if is_wide and not context.config.is_test(module.path):
        yield found(module, node, "HK411", f"{name}: every host below {constant} gets the cookie")
    for rule, pattern, bad, message in _OFF:
        if (
            pattern.match(name)
            and constant is not VARIES
            and is_one_of(constant, bad)
            and not (context.config.is_test(module.path) and rule != "HK502")
        ):
            yield found(module, node, rule, f"{name}: {message}")
    if isinstance(node, (ast.Assign, ast.Call)) and name in {
        "debug",
        "echo",
        "log",
        "verify_ssl_certs",
        "check_hostname",
        "verify_mode",
        "verify",
        "debuglevel",
    }:
        yield from _attribute(module, context, name, value, node)


def _attribute(
    module: Module, context: Context, name: str, value: ast.expr, node: ast.Assign | ast.Call
) -> Iterator[Finding]:
    if isinstance(node, ast.Assign):
        owners = {
            base
            for target in node.targets
            if isinstance(target, ast.Attribute)
            for base in module.names(target.value)
        }
    else:
        owners = set(module.names(node.args[0]))
    constant = module.value_of(value)
    if (
        name == "debug"
        and constant is True
        and any(
            re.search(r"(?:^|\.)(?:app|application|Flask\(\)|current_app|jinja_env)$", base)
            for base in owners
        )
        and not context.config.is_test(module.path)
    ):
        yield found(module, node, "HK208", "debugging is on")
    elif (
        name == "log" and any(base.rpartition(".")[2] == "stripe" for base in owners) and constant is not None
    ):
        yield found(module, node, "HK206", "the provider's library logs requests and answers")
    elif name == "echo" and constant in {True, "debug"} and any("engine" in base for base in owners):
        yield found(module, node, "HK206", "the engine logs every statement with its parameters")
    elif name == "debuglevel" and constant != 0:
        yield found(module, node, "HK206", "http.client prints every header and body")
    elif (name in {"verify_ssl_certs", "check_hostname", "verify"} and constant is False and owners) or (
        name == "verify_mode" and constant in {0}
    ):
        yield found(module, node, "HK502", "TLS certificates are not checked")
