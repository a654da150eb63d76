"""HK104, HK201 to HK205, HK207 to HK209: calls by which what was typed gets out, known by their names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..flow import Flow, Frame
from ..requests import Labels, in_words, is_harmless
from ..source import Module
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
    r"(?:^|\.)(?:print|pprint|pp|echo|secho|print_json|sys\.(?:stdout|stderr)(?:\.buffer)?\.write|write|writelines|write_text|write_bytes|writerow|writerows|writestr|copyfileobj|pwrite|tofile|dump|os\.write|savetxt|ic)$"
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
_COMMANDS = re.compile(
    r"(?:^|\.)(?:h(?:set|setnx|mset|incrby\w*)|[lr]push(?:x)?|linsert|s?add_to_set|sadd|zadd|zincrby|xadd|p?setex|setnx|mset(?:nx)?|getset"
    r"|pfadd|geoadd|spublish|execute_command|incr(?:by\w*)?|decr(?:by)?|increment)$"
)
"""Commands of Redis and of counters, which no other object has, whoever holds the connection."""
_RECORDS = re.compile(
    r"(?:^|[._])(?:audit|trail|journal|ledger|history|timeline|eventlog|event_log)(?:\(\))?\.(?:record|add|append|note|write|store|save|put|entry|emit|log)$",
    re.IGNORECASE,
)
KEPT = (_KEEPS, _COMMANDS)
_WRITES_ROWS = re.compile(
    r"(?:^|[._])(?:(?:insert|update)\(\)(?:\.\w+\(\))*\.values|(?:session|connection|conn|cursor|db|connect|begin|Session)(?:\(\))?\.(?:execute|executemany|merge)"
    r"|bulk_insert_mappings|insert_one|insert_many|objects\.create|enqueue|send_task|apply_async|delay|publish)$"
    r"|(?:^|[._])(?:q|queue|\w*[Qq]ueue(?:\(\))?|inbox|pipe|connection)\.(?:put|put_nowait|send|send_bytes|appendleft)$"
)
_ROWS = re.compile(
    r"payload|body|raw|request|params|form|detail|reason|comment|memo|snapshot|meta|extra|context|content|dump|input|data|note",
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
REPORTS = re.compile(
    r"(?:^|\.)(?:capture_message|capture_event|set_context|set_extra|set_tag|add_breadcrumb|report_message|report_exc_info|add_custom_attribute|add_custom_attributes|record_custom_event|set_attribute|set_attributes|add_event|leave_breadcrumb|labels|add_metadata|set_custom_context|capture_exception|set_data|set_baggage|track|notify|start_as_current_span|start_span|start_transaction|start_child|update_name|set_transaction_name|continue_trace|record_exception)$"
    r"|(?:^|\.)(?:prometheus_client|statsd|datadog|opentelemetry|newrelic|sentry_sdk|rollbar|bugsnag|honeybadger|elasticapm|ddtrace)\..*\.\w+$"
)
FORWARDS = re.compile(
    r"(?:^|\.)(?:requests|httpx|aiohttp|urllib3|niquests)(?:\.\w+\(\))*\.(?:post|put|patch|get|request|Request|stream|send)$|(?:^|\.)(?:urllib\.request\.(?:Request|urlopen)|urlopen|Client\(\)\.(?:post|put|patch|request|stream)|Session\(\)\.(?:post|put|patch|request)|AsyncClient\(\)\.(?:post|put|request)|PoolManager\(\)\.request|HTTPSConnection\(\)\.request|http_client\.(?:post|request)|client\.post)$"
)
_REGISTERS = re.compile(r"(?:^|\.)(?:getattr|hasattr|isinstance|super|add_url_rule|setattr)$")
LINES = re.compile(
    r"(?:^|[._])(?:websockets?|simple_websocket|wsproto|socketio|zmq|pika|kafka|confluent_kafka|nats|paho|mqtt|boto3|botocore|aioboto3|kombu"
    r"|grpc|ftplib|paramiko|telnetlib3?|xmlrpc|asyncssh|pusher|firebase_admin|google\.cloud|azure|pymongo|elasticsearch|opensearchpy|influxdb\w*)\b.*\.\w+$"
    r"|(?:^|[._])(?:ws|websocket|sock|socket|channel|producer|publisher|topic|broker|exchange|bucket|blob|s3|sqs|sns|kinesis|firehose)(?:\(\))?"
    r"\.(?:send\w*|emit|publish|produce|basic_publish|put_\w+|upload\w*|write)$"
)
"""Whatever goes over a line that stays open, to a broker or into somebody's store."""
_SENDS = re.compile(
    r"(?:^|\.)(?:sendall|sendto|sendmsg|communicate)$|HTTPS?Connection\(\)\.(?:request|send|endheaders)$|(?:^|\.)(?:subprocess\.(?:run|Popen|call|check_call|check_output)|os\.(?:system|popen)"
    r"|asyncio\.create_subprocess_(?:exec|shell))$"
)
PROVIDER = re.compile(r"(?:^|\.)(?:stripe|payjp|omise|square|braintree)\b", re.IGNORECASE)
_MAKES_FILES = frozenset({"touch", "mkdir", "symlink_to", "hardlink_to", "write_text", "write_bytes"})
_HEADERS = re.compile(r"(?:^|\.)(?:\w*headers|Headers\(\))\.(?:add|set|setdefault|append)$")
_SHOWS = ((_FLASHES, "a message"), (_HEADERS, "a header of the answer"))
_ADDRESSES = re.compile(r"(?:^|\.)(?:url_for|url_path_for|reverse|urlencode_to|build_url)$")
_PAGES = re.compile(
    r"(?:^|[._])(?:render_template|render|render_to_response|render_template_string|jsonify|make_response|Response|HTMLResponse|PlainTextResponse|JSONResponse|HttpResponse\w*|JsonResponse|flash|abort|_?error_page|\w*_page)$"
)


def handed_on(module: Module, call: ast.Call, names: frozenset[str]) -> frozenset[str]:
    """Functions that are handed on beside the data: map(log.info, values), Thread(target=log.info, args=…)."""
    if any(map(_REGISTERS.search, names)):
        return frozenset()
    values = [*call.args, *(word.value for word in call.keywords)]
    named = (module.names(each) for each in values if isinstance(each, (ast.Name, ast.Attribute)))
    return frozenset(name for each in named for name in each if is_log(name) or _PRINTS.search(name))


def typed_in(flow: Flow, frame: Frame, call: ast.Call) -> Labels:
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


def named_file(call: ast.Call) -> list[ast.expr]:
    """What makes the name in Path("notes", request.form["x"]).touch(): it says as much as what stands in a file."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _MAKES_FILES:
        return []
    made = call.func.value
    return [made, *(made.args if isinstance(made, ast.Call) else ())]


def leaks_of(call: ast.Call, names: frozenset[str], labels: Labels) -> Iterator[tuple[str, str]]:
    """The rules that a call breaks, by the names that it goes by and the labels of what it is given."""
    what = in_words(labels)
    typed = labels - {"trace", "request"}
    if any(is_log(name) for name in names):
        if typed or "request" in labels:
            yield "HK201", f"{what} goes into a log"
    elif typed and any(
        (_PRINTS.search(name) and not _NO_FILE.search(name)) or _DRAWS.search(name) for name in names
    ):
        yield "HK202", f"{what} is printed or written"
    elif typed - {"cookies"} and any(sink.search(name) for name in names for sink in KEPT):
        yield "HK203", f"{what} is kept in a session, cookie or cache"
    elif typed and (any(map(_MAILS.search, names)) or _is_letter(call)):
        yield "HK204", f"{what} goes into a mail"
    elif typed and (shown := next((words for sink, words in _SHOWS if any(map(sink.search, names))), None)):
        yield "HK205", f"{what} goes into {shown}"
    elif typed and any(map(REPORTS.search, names)):
        yield "HK207", f"{what} goes to an error reporter"
    elif "body" in typed:
        yield from _whole_body(call, names)
    if "trace" in labels and any(map(_PAGES.search, names)):
        yield "HK208", "a traceback is shown to visitors"


def _whole_body(call: ast.Call, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    if any(sink.search(name) for name in names for sink in (FORWARDS, _SENDS, LINES)):
        yield "HK209", "the request's body is passed on to another service"
    elif any(map(CREATES.search, names)) or (
        any(map(PROVIDER.search, names))
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
    elif any(_WRITES_ROWS.search(name) or _RECORDS.search(name) for name in names):
        yield "HK203", "the request's body goes into the database, a record or a queue"
    elif any(map(_ADDRESSES.search, names)):
        yield "HK205", "the request's body goes into an address"


def _is_letter(call: ast.Call) -> bool:
    """Whether the words of a call are those of a letter, whatever sends it: to whom, and what it says."""
    words = {word.arg for word in call.keywords}
    return bool(words & _TO_WHOM and words & _LETTER)


def is_log(name: str) -> bool:
    """Whether a name is that of a call that writes into a log."""
    owner, _, last = name.rpartition(".")
    return bool(_LOG_NAMES.search(name)) or (last in _LEVELS and bool(_LOGGER.search(owner)))
