"""HK201 to HK205, HK207 to HK209, HK303, HK305: where request data ends, by the flow of a whole run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..flow import Flow, Frame
from ..requests import Labels, is_harmless
from ..source import Module
from ..syntax import dotted
from .base import Context, decorators, found, is_view, last_names
from .raw_card import CREATES

_LEVELS = frozenset(
    {
        "debug",
        "info",
        "warning",
        "warn",
        "error",
        "exception",
        "critical",
        "fatal",
        "log",
        "msg",
        "trace",
        "success",
        "notice",
        "handle",
        "bind",
        "bind_contextvars",
        "bound_contextvars",
        "contextualize",
    }
)
_LOGGER = re.compile(
    r"(?:^|[._])(?:log|logs|logger|loggers|logging|getLogger\(\)|get_logger\(\)|structlog|loguru|audit|syslog|LoggerAdapter\(\)|access|errors)(?:\(\))?(?=\.|_|$)",
    re.IGNORECASE,
)
_LOG_NAMES = re.compile(
    r"(?:^|\.)(?:syslog\.syslog|warnings\.warn|logging\.(?:makeLogRecord|LogRecord|LoggerAdapter)|wsgi\.errors\]?\.write|log_exception|write_log|log_message)$|\[wsgi\.errors\]\.write$"
)
_PRINTS = re.compile(
    r"(?:^|\.)(?:print|pprint|pp|echo|secho|print_json|sys\.(?:stdout|stderr)(?:\.buffer)?\.write|write|writelines|write_text|write_bytes|writerow|writerows|dump|os\.write|savetxt|ic)$"
)
_DRAWS = re.compile(
    r"(?:^|[._])(?:drawString|drawText|drawCentredString|multi_cell|insert_text|insert_textbox)$"
)
_NO_FILE = re.compile(
    r"(?:^|[._])(?:db|session|response|StringIO\(\)|BytesIO\(\)|hasher|digest|sha256\(\)|hmac)\.write$"
)
_KEEPS = re.compile(
    r"(?:^|[._])(?:session|cache|redis|memcache|request\.session|store|shelve\.open\(\)|r)(?:\(\))?\.(?:set|setex|update|setdefault|add|lpush|rpush|hset|mset|put|xadd|append|publish|__setitem__)$|(?:^|\.)(?:set_cookie|set_signed_cookie|dump_cookie)$",
    re.IGNORECASE,
)
_WRITES_ROWS = re.compile(
    r"(?:^|[._])(?:insert\(\)\.values|update\(\)\.values|(?:session|connection|conn|cursor|db|connect|begin|Session)(?:\(\))?\.(?:execute|executemany|merge)"
    r"|bulk_insert_mappings|insert_one|insert_many|objects\.create|enqueue|send_task|apply_async|delay|publish)$"
    r"|(?:^|[._])(?:q|queue|\w*[Qq]ueue(?:\(\))?|inbox|pipe|connection)\.(?:put|put_nowait|send|send_bytes|appendleft)$"
)
_ROWS = re.compile(
    r"payload|body|raw|request|params|form|details|snapshot|meta|extra|context|content|dump|input|data|note",
    re.IGNORECASE,
)
_TAKES_INPUT = re.compile(
    r"(?:Form|FormSet|Serializer|Schema|Request|Response|Headers|Dict|Event|Error|Parser|StringIO|BytesIO|Query|Adapter|Validator|Result|Context|Data|Filter)$"
)
_MAILS = re.compile(
    r"(?:^|\.)(?:send_mail|send_message|sendmail|send_mass_mail|mail_admins|mail_managers|EmailMessage|EmailMultiAlternatives|MIMEText|Message|set_content|add_attachment|set_payload|attach_alternative|send_email|enqueue_mail|notify_admin)$"
)
_TO_WHOM = frozenset(
    {"to", "to_addr", "to_addrs", "to_email", "to_emails", "recipient", "recipients", "recipient_list"}
)
_LETTER = frozenset({"subject", "body", "text", "html", "message", "content", "html_content", "html_message"})
_FLASHES = re.compile(
    r"(?:^|\.)(?:flash|add_note|abort|messages\.(?:error|info|success|warning|debug|add_message))$"
)
_REPORTS = re.compile(
    r"(?:^|\.)(?:capture_message|capture_event|set_context|set_extra|set_tag|add_breadcrumb|report_message|report_exc_info|add_custom_attribute|add_custom_attributes|record_custom_event|set_attribute|set_attributes|add_event|leave_breadcrumb|labels|add_metadata|set_custom_context|capture_exception|set_data|set_baggage|track|notify)$"
)
_FORWARDS = re.compile(
    r"(?:^|\.)(?:requests|httpx|aiohttp|urllib3|niquests)(?:\.\w+\(\))*\.(?:post|put|patch|get|request|Request|stream|send)$|(?:^|\.)(?:urllib\.request\.(?:Request|urlopen)|urlopen|Client\(\)\.(?:post|put|patch|request|stream)|Session\(\)\.(?:post|put|patch|request)|AsyncClient\(\)\.(?:post|put|request)|PoolManager\(\)\.request|HTTPSConnection\(\)\.request|http_client\.(?:post|request)|client\.post)$"
)
_REGISTERS = re.compile(r"(?:^|\.)(?:getattr|hasattr|isinstance|super|add_url_rule|setattr)$")
_SENDS = re.compile(
    r"(?:^|\.)(?:sendall|sendto|sendmsg|communicate)$|HTTPS?Connection\(\)\.(?:request|send|endheaders)$|(?:^|\.)(?:subprocess\.(?:run|Popen|call|check_call|check_output)|os\.(?:system|popen)"
    r"|asyncio\.create_subprocess_(?:exec|shell))$"
)
_PROVIDER = re.compile(r"(?:^|\.)(?:stripe|payjp|omise|square|braintree)\b", re.IGNORECASE)
_HEADERS = re.compile(r"(?:^|\.)(?:\w*headers|Headers\(\))\.(?:add|set|setdefault|append)$")
_SHOWS = ((_FLASHES, "a message"), (_HEADERS, "a header of the answer"))
_ADDRESSES = re.compile(r"(?:^|\.)(?:url_for|url_path_for|reverse|urlencode_to|build_url)$")
_PAGES = re.compile(
    r"(?:^|[._])(?:render_template|render|render_to_response|render_template_string|jsonify|make_response|Response|HTMLResponse|PlainTextResponse|JSONResponse|HttpResponse\w*|JsonResponse|flash|abort|_?error_page|\w*_page)$"
)
_REDIRECTS = re.compile(
    r"(?:^|\.)(?:redirect|RedirectResponse|HttpResponseRedirect|HttpResponsePermanentRedirect|seeother|found)$"
)
_RETURN_KEYS = frozenset({"success_url", "cancel_url", "return_url", "refresh_url", "after_completion"})
_AMOUNT_KEYS = re.compile(r"(?:^|_)(?:amount|unit_amount|total|subtotal|price|minor|sum|charge|fee)(?:_|$)")
_AMOUNT_CALLS = re.compile(
    r"(?:^|[._])(?:\w*(?:session|intent|charge|payment|checkout|order|pay|money|line|invoice|quote|capture|authori[sz]e|sale|transaction)s?\w*)(?:\(\))?(?:\.(?:create|create_async|new|make|start|confirm|update|modify|capture|sale))?$",
    re.IGNORECASE,
)
_AMOUNT_OWNERS = re.compile(
    r"(?:^|[._])(?:order|payment|intent|session|checkout|cart|quote|charge|line|invoice)s?$", re.IGNORECASE
)
_FREE = re.compile(
    r"refund|search|filter|query|report|stock|shelf|catalog|product|variant|coupon|range", re.IGNORECASE
)
_FREE_FIELDS = re.compile(r"(?:^|_)(?:quantity|qty|count|units|sku|id|slug|variant|product|page)(?:_|$)")


def check_all(context: Context, modules: list[Module]) -> Iterator[Finding]:
    """The findings in these files, followed through every file of the run."""
    findings: set[Finding] = set()

    def visit(flow: Flow, frame: Frame, node: ast.AST) -> None:
        for rule, message in _at(flow, frame, node):
            findings.add(found(frame.module, node, rule, message))

    flow = Flow(context.project, visit)
    for module in modules:
        flow.run(module)
    yield from sorted(findings)


def _at(flow: Flow, frame: Frame, node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Call):
        yield from _call(flow, frame, node)
    elif isinstance(node, (ast.Assign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            yield from _stored(flow, frame, target, node.value)
    elif isinstance(node, ast.Raise) and node.exc is not None:
        yield from _raised(flow, frame, node.exc)
    elif isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
        yield from _returned(flow, frame, node.value)
    elif isinstance(node, ast.Dict):
        yield from _return_addresses(flow, frame, node)


def _call(flow: Flow, frame: Frame, call: ast.Call) -> Iterator[tuple[str, str]]:
    names = frame.module.names(call.func)
    labels = _typed(flow, frame, call)
    if "body" in labels and _fills_process(frame.module, call):
        yield "HK203", "the request's body is kept in the process"
    if labels:
        yield from _leaks(call, names | _handed_on(frame.module, call, names), labels)
    yield from _client_values(flow, frame, call, names)


def _fills_process(module: Module, call: ast.Call) -> bool:
    """LAST.append(request.form), where LAST is a list of the file."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _FILLS:
        return False
    bound = module.bound(call.func.value) if isinstance(call.func.value, ast.Name) else None
    makers = [each.value for each in bound[1]] if bound and isinstance(bound[0], ast.Module) else []
    return any(isinstance(each, (ast.List, ast.Dict, ast.Set, ast.Call)) for each in makers)


_FILLS = frozenset(
    {"append", "appendleft", "add", "update", "setdefault", "extend", "put", "put_nowait", "insert"}
)


def _handed_on(module: Module, call: ast.Call, names: frozenset[str]) -> frozenset[str]:
    """Functions that are handed on beside the data: map(log.info, values), Thread(target=log.info, args=…)."""
    if any(map(_REGISTERS.search, names)):
        return frozenset()
    values = [*call.args, *(word.value for word in call.keywords)]
    named = (module.names(each) for each in values if isinstance(each, (ast.Name, ast.Attribute)))
    return frozenset(name for each in named for name in each if _is_log(name) or _PRINTS.search(name))


def _typed(flow: Flow, frame: Frame, call: ast.Call) -> Labels:
    """What was typed among the arguments: whole bodies, addresses, single values that are no counts or ids."""
    values = [*call.args, *(word.value for word in call.keywords)]
    labels: Labels = frozenset().union(*(flow.of(value, frame) for value in values))
    whole_request = any("request" in flow.of(value, frame) for value in call.args)
    kept = {
        label
        for label in labels
        if label in {"body", "query", "headers", "cookies", "trace"}
        or (label.startswith("field:") and not is_harmless(label))
    }
    return frozenset(kept | ({"request"} if whole_request else set()))


def _leaks(call: ast.Call, names: frozenset[str], labels: Labels) -> Iterator[tuple[str, str]]:
    what = _what(labels)
    typed = labels - {"trace", "request"}
    if any(_is_log(name) for name in names):
        if typed or "request" in labels:
            yield "HK201", f"{what} goes into a log"
    elif typed and any(
        (_PRINTS.search(name) and not _NO_FILE.search(name)) or _DRAWS.search(name) for name in names
    ):
        yield "HK202", f"{what} is printed or written"
    elif typed - {"cookies"} and any(map(_KEEPS.search, names)):
        yield "HK203", f"{what} is kept in a session, cookie or cache"
    elif typed and (any(map(_MAILS.search, names)) or _is_letter(call)):
        yield "HK204", f"{what} goes into a mail"
    elif typed and (shown := next((words for sink, words in _SHOWS if any(map(sink.search, names))), None)):
        yield "HK205", f"{what} goes into {shown}"
    elif typed and any(map(_REPORTS.search, names)):
        yield "HK207", f"{what} goes to an error reporter"
    elif "body" in typed:
        yield from _whole_body(call, names)
    if "trace" in labels and any(map(_PAGES.search, names)):
        yield "HK208", "a traceback is shown to visitors"


def _whole_body(call: ast.Call, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    if any(_FORWARDS.search(name) or _SENDS.search(name) for name in names):
        yield "HK209", "the request's body is passed on to another service"
    elif any(map(CREATES.search, names)) or (
        any(map(_PROVIDER.search, names))
        and any(
            name.rpartition(".")[2] in {"create", "modify", "confirm", "update", "raw_request", "request"}
            for name in names
        )
    ):
        yield "HK104", "the request's body is handed to the provider"
    elif any(
        name.rpartition(".")[2][:1].isupper() and not _TAKES_INPUT.search(name) for name in names
    ) and any(word.arg and _ROWS.search(word.arg) for word in call.keywords):
        yield "HK203", "the request's body is kept in a record"
    elif any(map(_WRITES_ROWS.search, names)):
        yield "HK203", "the request's body goes into the database or a queue"
    elif any(map(_ADDRESSES.search, names)):
        yield "HK205", "the request's body goes into an address"


def _is_letter(call: ast.Call) -> bool:
    """Whether the words of a call are those of a letter, whatever sends it: to whom, and what it says."""
    words = {word.arg for word in call.keywords}
    return bool(words & _TO_WHOM and words & _LETTER)


def _is_log(name: str) -> bool:
    owner, _, last = name.rpartition(".")
    return bool(_LOG_NAMES.search(name)) or (last in _LEVELS and bool(_LOGGER.search(owner)))


def _stored(flow: Flow, frame: Frame, target: ast.expr, value: ast.expr) -> Iterator[tuple[str, str]]:
    labels = flow.of(value, frame)
    if isinstance(target, ast.Subscript):
        owners = frame.module.names(target.value)
        typed = {
            label
            for label in labels
            if label in {"body", "query"} or (label.startswith("field:") and not is_harmless(label))
        }
        if "body" in typed and dotted(target.value).partition("[")[0] == "event":
            yield "HK207", "the request's body is put on a report"
        if typed and dotted(target.value).rpartition(".")[2] == "headers":
            yield "HK205", f"{_what(frozenset(typed))} goes into a header of the answer"
        if "body" in typed and _is_of_process(frame.module, target.value):
            yield "HK203", "the request's body is kept in the process"
        if typed and any(
            re.search(
                r"(?:^|\.)(?:session|cache|cookies|request\.session|os\.environ|(?:app|current_app)\.(?:config|extensions)|(?:shelve|dbm|dbm\.\w+)\.open)(?:\(\))?$",
                name,
            )
            for name in owners
        ):
            yield "HK203", f"{_what(frozenset(typed))} is kept in a session or cache"
    elif isinstance(target, ast.Attribute) and (
        any(_AMOUNT_OWNERS.search(name) for name in frame.module.names(target.value))
        and _AMOUNT_KEYS.search(target.attr)
        and (amount := _amount(labels))
    ):
        yield "HK303", f"'{target.attr}' is set from {amount} of the request"
    if (
        labels & {"body", "query"}
        and isinstance(target, ast.Attribute)
        and (
            dotted(target.value).rpartition(".")[2] in {"record", "log_record", "logrecord"}
            or any(name.endswith("LogRecord()") for name in frame.module.names(target.value))
        )
    ):
        yield "HK201", f"{_what(labels)} is put on a log record"
    if (
        any(label in {"body", "query"} for label in labels)
        and isinstance(target, ast.Attribute)
        and target.attr in {"user_attributes", "extra", "tags"}
    ):
        yield "HK207", f"{_what(labels)} is put on a report"


def _is_of_process(module: Module, owner: ast.expr) -> bool:
    """Whether a container is one of the file's own, which outlives the request."""
    bound = module.bound(owner) if isinstance(owner, ast.Name) else None
    return bound is not None and isinstance(bound[0], ast.Module)


def _raised(flow: Flow, frame: Frame, raised: ast.expr) -> Iterator[tuple[str, str]]:
    arguments = (
        [*raised.args, *(word.value for word in raised.keywords)] if isinstance(raised, ast.Call) else []
    )
    labels: Labels = frozenset().union(*(flow.of(each, frame) for each in arguments))
    if labels & {"body", "query"}:
        yield "HK205", f"{_what(labels)} goes into an exception's text"


def _returned(flow: Flow, frame: Frame, value: ast.expr) -> Iterator[tuple[str, str]]:
    scope = frame.scope
    if not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return
    if scope.name in {"format", "formatMessage", "filter"} and flow.of(value, frame) & {"body", "query"}:
        owner = frame.module.class_of(scope)
        if owner is not None and any(re.search(r"Formatter|Filter", dotted(base)) for base in owner.bases):
            yield "HK201", "the request's body is written into each line of the log"
    handles = scope.name in _handlers(frame.module) or any(
        "errorhandler" in last_names(frame.module, each.func if isinstance(each, ast.Call) else each)
        or "exception_handler" in last_names(frame.module, each.func if isinstance(each, ast.Call) else each)
        for each in decorators(scope)
    )
    if (handles or is_view(scope, frame.module)) and "trace" in flow.of(value, frame):
        yield "HK208", "a traceback is shown to visitors"


def _handlers(module: Module) -> set[str]:
    """The functions that a file registers for errors by a call."""
    return {
        each.id
        for call in module.calls
        if last_names(module, call.func) & {"register_error_handler", "add_exception_handler"}
        for each in call.args
        if isinstance(each, ast.Name)
    }


def _return_addresses(flow: Flow, frame: Frame, node: ast.Dict) -> Iterator[tuple[str, str]]:
    """Parameters for a provider are often gathered first: {"amount": …, "success_url": …}."""
    for key, value in zip(node.keys, node.values, strict=True):
        name = frame.module.text_of(key) if key is not None else None
        if name in _RETURN_KEYS and _address(flow.of(value, frame)):
            yield "HK305", f"'{name}' comes from the request"
        elif name in {"amount", "unit_amount", "unit_amount_decimal"} and (
            amount := _amount(flow.of(value, frame))
        ):
            yield "HK303", f"'{name}' comes from {amount} of the request"


def _client_values(
    flow: Flow, frame: Frame, call: ast.Call, names: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """Amounts and addresses that the browser chose."""
    redirects = any(map(_REDIRECTS.search, names))
    for argument in call.args[:1] if redirects else ():
        if _address(flow.of(argument, frame)) and _begins_with_it(flow, frame, argument):
            yield "HK305", "a redirect leads where the request says"
    for key, values in frame.module.arguments(call).items():
        labels: Labels = frozenset().union(*(flow.of(value, frame) for value in values))
        if key in _RETURN_KEYS and _address(labels):
            yield "HK305", f"'{key}' comes from the request"
        if _is_amount_of(names, key) and (amount := _amount(labels)):
            yield "HK303", f"'{key}' comes from {amount} of the request"
        elif key.isdigit() and _takes_money(names) and (amount := _named_amount(labels)):
            yield "HK303", f"an amount comes from {amount} of the request"
        for value in values:
            yield from _amount_inside(flow, frame, names, value)


def _amount_inside(
    flow: Flow, frame: Frame, names: frozenset[str], value: ast.expr, depth: int = 0
) -> Iterator[tuple[str, str]]:
    if depth > 4 or not any(_AMOUNT_CALLS.search(name) or _PROVIDER.search(name) for name in names):
        return
    elements = value.elts if isinstance(value, (ast.List, ast.Tuple)) else []
    for element in elements:
        yield from _amount_inside(flow, frame, names, element, depth + 1)
    for key, entries in frame.module.entries(value).items():
        for entry in entries:
            if _AMOUNT_KEYS.search(key) and (amount := _amount(flow.of(entry, frame))):
                yield "HK303", f"'{key}' comes from {amount} of the request"
            elif key in _RETURN_KEYS and _address(flow.of(entry, frame)):
                yield "HK305", f"'{key}' comes from the request"
            yield from _amount_inside(flow, frame, names, entry, depth + 1)


def _is_amount_of(names: frozenset[str], key: str) -> bool:
    called = any(
        (_AMOUNT_CALLS.search(name) or _PROVIDER.search(name)) and not _FREE.search(name) for name in names
    )
    return called and bool(_AMOUNT_KEYS.search(key))


def _takes_money(names: frozenset[str]) -> bool:
    return any(
        re.search(
            r"(?:^|\.)(?:Money|Amount|start_payment|create_payment|charge|charge_card|create_session|create_checkout|create_intent|pay)$",
            name,
        )
        for name in names
    )


def _amount(labels: Labels) -> str | None:
    """The part of the request that decides an amount; a quantity times our price decides none."""
    if "body" in labels or "query" in labels:
        return "the whole body" if "body" in labels else "the query"
    for label in sorted(labels):
        kind, _, name = label.partition(":")
        if kind in {"field", "number", "own"} and not _FREE_FIELDS.search(name.lower()):
            return f"'{name}'"
    return None


def _named_amount(labels: Labels) -> str | None:
    """A place among others tells less than a name: here the field itself must be called an amount."""
    named = frozenset(label for label in labels if _AMOUNT_KEYS.search(label.partition(":")[2].lower()))
    return _amount(named)


def _address(labels: Labels) -> bool:
    return any(
        label in {"body", "query", "host", "headers"}
        or (label.startswith("field:") and not is_harmless(label))
        for label in labels
    )


def _begins_with_it(flow: Flow, frame: Frame, value: ast.expr) -> bool:
    """Whether the request decides where an address begins; what comes after our own path leads nowhere else."""
    if _is_vetted(flow, frame, value):
        return False
    if isinstance(value, ast.JoinedStr) and value.values:
        first = value.values[0]
        if isinstance(first, ast.FormattedValue):
            return bool(flow.of(first.value, frame))
        return (
            not isinstance(first, ast.Constant)
            or not str(first.value).startswith(("/", "http"))
            or str(first.value) in {"/", "//", "https://", "http://"}
        )
    if isinstance(value, ast.BinOp):
        return bool(flow.of(value.left, frame)) or frame.module.text_of(value.left) in {
            "/",
            "//",
            "https://",
            "http://",
        }
    return True


def _is_vetted(flow: Flow, frame: Frame, value: ast.expr) -> bool:
    """Whether the address comes out of a function of the run that looks at where it leads."""
    for call in ast.walk(value):
        callee = flow.project.function(frame.module, call.func) if isinstance(call, ast.Call) else None
        if callee is not None:
            checks = {node.attr for node in ast.walk(callee[1]) if isinstance(node, ast.Attribute)}
            names = {node.id for node in ast.walk(callee[1]) if isinstance(node, ast.Name)}
            if (checks | names) & {
                "startswith",
                "urlsplit",
                "urlparse",
                "fullmatch",
                "match",
                "netloc",
                "url_has_allowed_host_and_scheme",
            }:
                return True
    return False


def _what(labels: Labels) -> str:
    if labels & {"body"}:
        return "the request's body"
    if labels & {"query", "headers", "cookies", "request"}:
        return "the request's address or headers"
    name = next((label.partition(":")[2] for label in sorted(labels) if label.startswith("field:")), "")
    return f"the typed value of '{name}'" if name else "request data"
