"""HK206, HK207, HK208, HK306, HK411, HK502: switches that open what was closed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..constants import VARIES
from ..source import Module
from ..syntax import FunctionNode, dotted
from .base import Context, found, last_names, routes

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
        "HK411",
        re.compile(r"^(?:SESSION_COOKIE_SAMESITE|CSRF_COOKIE_SAMESITE|REMEMBER_COOKIE_SAMESITE)$"),
        frozenset({None, "None", "none", False}),
        "a cookie is sent with foreign requests",
    ),
    (
        "HK306",
        re.compile(r"^(?:WTF_CSRF_ENABLED|WTF_CSRF_CHECK_DEFAULT|WTF_CSRF_SSL_STRICT|csrf)$"),
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
        "HK207",
        re.compile(
            r"^(?:trace_query_string|http_tag_query_string|DD_HTTP_SERVER_TAG_QUERY_STRING|DD_TRACE_HEADER_TAGS"
            r"|ELASTIC_APM_CAPTURE_BODY|SENTRY_SEND_DEFAULT_PII)$"
        ),
        frozenset({True, "true", "True", "1", "all", "errors"}),
        "traces hold what was typed",
    ),
)
_LOUD = re.compile(
    r"^(?:stripe|urllib3|requests|httpx|httpcore|http\.client|aiohttp|botocore|werkzeug|flask_wtf|sqlalchemy(?:\..*)?|multipart|python_multipart|django\.request|django\.db\.backends|)$"
)
_DEBUG_LEVELS = frozenset({"DEBUG", "NOTSET", "debug", 10, 0, 5, "TRACE", "10"})
_INIT = re.compile(r"(?:^|\.)sentry_sdk\.(?:init|Client|_init)$")
_SENTRY_SAFE = {"max_request_body_size": "never", "include_local_variables": False}


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Assignments and calls that switch something on or off."""
    for name, value, node in _settings(module):
        yield from _setting(module, context, name, value, node)
    for call in module.calls:
        yield from _debug(module, context, call)
        yield from _verbose(module, call)
        yield from _reporter(module, call)
        yield from _cookie(module, context, call)
        yield from _forged(module, context, call)
        yield from _tls(module, call)
        yield from _unsafe_tls(module, call)
    for kind in (ast.FunctionDef, ast.AsyncFunctionDef):
        for node in module.all(kind):
            assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            yield from _exempt(module, context, node)
    for node in module.all(ast.Attribute, ast.Name):
        yield from _unverified_tls(module, node)
        if isinstance(node, ast.Attribute) and node.attr == "f_locals":
            yield found(module, node, "HK208", "local variables are read from the frames of calls")


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
    if (
        last_names(module, call.func) & {"setattr", "setdefault", "__setitem__", "putenv"}
        and len(call.args) >= 2
    ):
        yield module.text_of(call.args[-2]) or "", call.args[-1], call


def _setting(
    module: Module, context: Context, name: str, value: ast.expr, node: ast.AST
) -> Iterator[Finding]:
    constant = module.value_of(value)
    if name.startswith("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS") and constant not in {VARIES, ""}:
        yield found(module, node, "HK207", f"{name}: traces hold headers, cookies among them")
    for rule, pattern, bad, message in _OFF:
        if (
            pattern.match(name)
            and constant is not VARIES
            and _is_in(constant, bad)
            and not (context.config.is_test(module.path) and rule != "HK502")
        ):
            yield found(module, node, rule, f"{name}: {message}")
    if isinstance(node, (ast.Assign, ast.Call)) and name in {
        "debug",
        "log",
        "verify_ssl_certs",
        "check_hostname",
        "verify_mode",
        "verify",
        "debuglevel",
    }:
        yield from _attribute(module, context, name, value, node)


def _is_in(constant: object, bad: frozenset[object]) -> bool:
    try:
        return any(constant == each and type(constant) is type(each) for each in bad)
    except TypeError:
        return False


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
    elif name == "debuglevel" and constant != 0:
        yield found(module, node, "HK206", "http.client prints every header and body")
    elif (name in {"verify_ssl_certs", "check_hostname", "verify"} and constant is False and owners) or (
        name == "verify_mode" and constant in {0}
    ):
        yield found(module, node, "HK502", "TLS certificates are not checked")


def _debug(module: Module, context: Context, call: ast.Call) -> Iterator[Finding]:
    names, words = module.names(call.func), {word.arg: word.value for word in call.keywords if word.arg}
    last = last_names(module, call.func)
    is_app = bool(
        last
        & {
            "run",
            "run_simple",
            "Flask",
            "FastAPI",
            "Starlette",
            "Quart",
            "create_app",
            "serve",
            "Application",
            "init_app",
        }
    )
    for word in ("debug", "use_debugger", "use_evalex", "evalex"):
        if (
            word in words
            and is_app
            and module.value_of(words[word]) is True
            and not context.config.is_test(module.path)
        ):
            yield found(module, call, "HK208", f"{word}: a debugger answers visitors")
    if last & {"DebuggedApplication", "DebugToolbarExtension"}:
        yield found(module, call, "HK208", "a debugger answers visitors")
    if any(name.startswith("faulthandler.") for name in names) and last & {
        "enable",
        "register",
        "dump_traceback",
        "dump_traceback_later",
    }:
        yield found(module, call, "HK208", "faulthandler dumps the stack of a running payment")
    if any(
        name
        in {
            "cgitb.enable",
            "cgitb.handler",
            "rich.traceback.install",
            "better_exceptions.hook",
            "stackprinter.set_excepthook",
        }
        for name in names
    ):
        yield found(module, call, "HK208", "tracebacks with local variables are written")
    for word in ("capture_locals", "show_locals", "tracebacks_show_locals", "diagnose"):
        if word in words and module.value_of(words[word]) is True:
            yield found(module, call, "HK208", f"{word}: local variables are written with a traceback")


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


def _levels(module: Module, call: ast.Call, configuration: ast.expr) -> Iterator[Finding]:
    tables = module.entries(configuration)
    loggers = [entry for table in tables.get("loggers", ()) for entry in module.entries(table).items()]
    for name, values in [*loggers, ("", tables.get("root", []))]:
        levels = [level for value in values for level in module.entries(value).get("level", ())]
        if _LOUD.match(name) and any(_is_debug(module, level) for level in levels):
            yield found(
                module, call, "HK206", f"logger '{name or 'root'}' writes bodies or parameters at this level"
            )


def _is_engine(module: Module, logger: ast.expr) -> bool:
    """The engine's logger writes statements and parameters at INFO already."""
    texts = [module.text_of(each) for each in logger.args] if isinstance(logger, ast.Call) else []
    return any(text is not None and re.match(r"sqlalchemy(?:\.engine.*)?$", text) for text in texts)


def _is_info(module: Module, level: ast.expr) -> bool:
    return module.value_of(level) in {"INFO", "info", 20} or bool(last_names(module, level) & {"INFO"})


def _is_debug(module: Module, level: ast.expr) -> bool:
    if isinstance(level, ast.Call) and last_names(module, level.func) & {"min"}:
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


def _cookie(module: Module, context: Context, call: ast.Call) -> Iterator[Finding]:
    if (
        not isinstance(call.func, ast.Attribute)
        or call.func.attr not in {"set_cookie", "set_signed_cookie"}
        or context.config.is_test(module.path)
    ):
        return
    words = {word.arg: word.value for word in call.keywords}
    if None in words or len(call.args) > 3:
        return
    absent = [flag for flag in ("secure", "httponly", "samesite") if flag not in words]
    off = [
        flag
        for flag, value in words.items()
        if flag in {"secure", "httponly", "samesite"}
        and _is_in(module.value_of(value), frozenset({False, None, "None", "none"}))
    ]
    if absent or off:
        yield found(module, call, "HK411", f"a cookie without {', '.join(sorted({*absent, *off}))}")


_WEBHOOKS = re.compile(
    r"web_?hooks?|(?:^|[_/])hooks?(?:[_/]|$)|csp|report|stripe_events?|callback_ipn", re.IGNORECASE
)


def _exempt(module: Module, context: Context, function: FunctionNode) -> Iterator[Finding]:
    for decorator in getattr(function, "decorator_list", ()):
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if last_names(module, target) & {"exempt", "csrf_exempt", "disable_csrf"} and not _may_go_without(
            module, context, function
        ):
            yield found(
                module,
                decorator,
                "HK306",
                f"{getattr(function, 'name', 'a view')} takes posts without a token",
            )


def _may_go_without(module: Module, context: Context, function: FunctionNode) -> bool:
    name = getattr(function, "name", "")
    paths = [module.text_of(route.args[0]) or "" for route in routes(function, module)]
    if any(
        name == each.rpartition(".")[2]
        and (module.name or module.path.replace("/", ".")).endswith(each.rpartition(".")[0])
        for each in context.config.csrf_exempt
    ):
        return True
    return any(map(_WEBHOOKS.search, paths)) if paths else bool(_WEBHOOKS.search(name))


def _forged(module: Module, context: Context, call: ast.Call) -> Iterator[Finding]:
    if (
        isinstance(call.func, ast.Attribute)
        and call.func.attr in {"exempt", "exempt_views"}
        and call.args
        and "csrf" in dotted(call.func.value).lower()
    ):
        if isinstance(module.parents.get(call), (ast.FunctionDef, ast.AsyncFunctionDef)):
            return
        target = context.project.function(module, call.args[0])
        known = target is not None and _may_go_without(target[0], context, target[1])
        text = module.text_of(call.args[0])
        if not known and not (text and text in context.config.csrf_exempt):
            yield found(module, call, "HK306", f"{ast.unparse(call.args[0])} takes posts without a token")
    elif isinstance(call.func, ast.Name) and last_names(module, call.func) & {"csrf_exempt"}:
        wrapped = ast.unparse(call.args[0]) if call.args else "webhook"
        if not _WEBHOOKS.search(wrapped):
            yield found(module, call, "HK306", f"{ast.unparse(call.args[0])} takes posts without a token")
    elif isinstance(call.func, ast.Attribute) and call.func.attr in {"clear", "pop", "remove"}:
        hooks = call.func.value.value if isinstance(call.func.value, ast.Subscript) else call.func.value
        if isinstance(hooks, ast.Attribute) and hooks.attr in {"before_request_funcs", "after_request_funcs"}:
            yield found(module, call, "HK306", "what looks at every request is taken away")
    for word in call.keywords:
        if word.arg == "meta" and any(
            module.value_of(value) is False for value in module.entries(word.value).get("csrf", ())
        ):
            yield found(module, call, "HK306", "a form without a token")


def _tls(module: Module, call: ast.Call) -> Iterator[Finding]:
    words = {word.arg: word.value for word in call.keywords if word.arg}
    for word in (
        "verify",
        "verify_ssl",
        "ssl",
        "verify_ssl_certs",
        "ssl_verify",
        "validate_certs",
        "check_hostname",
    ):
        if word in words and module.value_of(words[word]) is False and _sends(module, call, word):
            yield found(module, call, "HK502", f"{word}=False: TLS certificates are not checked")
    if last_names(module, call.func) & {"_create_unverified_context", "disable_warnings"} and any(
        "ssl" in name or "urllib3" in name for name in module.names(call.func)
    ):
        yield found(module, call, "HK502", "TLS certificates are not checked, or that is kept quiet")


def _unsafe_tls(module: Module, call: ast.Call) -> Iterator[Finding]:
    """A context that checks nobody by its kind, and tools that are told to look away."""
    handed = {name for each in call.args for name in last_names(module, each)}
    if last_names(module, call.func) & {"SSLContext"} and (not call.args or handed & _UNCHECKED):
        yield found(module, call, "HK502", "a context of this kind checks no certificates")
    words = [module.text_of(each) for list_ in call.args for each in getattr(list_, "elts", ())]
    if words[:1] and re.search(r"(?:^|/)(?:curl|wget)$", words[0] or "") and _LOOKS_AWAY & set(words):
        yield found(module, call, "HK502", f"{words[0]} is told to check no certificates")


_UNCHECKED = frozenset(
    {"PROTOCOL_TLS", "PROTOCOL_SSLv23", "PROTOCOL_TLSv1", "PROTOCOL_TLSv1_1", "PROTOCOL_TLSv1_2"}
)
_LOOKS_AWAY = frozenset({"-k", "--insecure", "--no-check-certificate", "-sk", "-ks", "-Lk"})


def _sends(module: Module, call: ast.Call, word: str) -> bool:
    if word not in {"verify", "ssl"}:
        return True
    return any(
        re.search(
            r"requests|httpx|aiohttp|urllib3|[Ss]ession|[Cc]lient|\.(?:get|post|put|patch|delete|request|head|send|ws_connect)$",
            name,
        )
        for name in module.names(call.func)
    )


def _unverified_tls(module: Module, node: ast.AST) -> Iterator[Finding]:
    written = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    if written not in {"CERT_NONE", "_create_unverified_context", "_create_stdlib_context"} or not isinstance(
        getattr(node, "ctx", None), ast.Load
    ):
        return
    if isinstance(module.parents.get(node), (ast.Compare, ast.Call)) and not _is_argument(module, node):
        return
    yield found(module, node, "HK502", "TLS certificates are not checked")


def _is_argument(module: Module, node: ast.AST) -> bool:
    outer = module.parents.get(node)
    return isinstance(outer, ast.Call) and node in outer.args
