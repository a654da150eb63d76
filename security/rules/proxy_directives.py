"""The directives of an nginx before a shop, one by one: what each writes down, keeps, puts in, takes off, and whom it
asks. Used by `proxy`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from . import policy, templates, weak_headers
from .config import Config
from .policy import Fault

TYPED = re.compile(
    r"\$\{?(?:request(?:_uri|_body|_filename)?|uri|document_uri|args|query_string|is_args|arg_\w+|http_(?!x_request_id)\w+"
    r"|cookie_\w+|sent_http_\w+|host)\b(?!_)"
)
_LOUD = frozenset({"debug", "info", "notice", "warn", "error"})
_PROGRAMS = re.compile(
    r"\w+_by_(?:lua|njs)\w*$|js_(?:content|access|\w+_filter|periodic|preread|filter)$|perl$|perl_set$"
)
Judge = Callable[[list[str], Config], Iterator[Fault]]


def faults_of(name: str, words: list[str], config: Config) -> Iterator[Fault]:
    """What is wrong with one directive, given its words."""
    judge = _program if _PROGRAMS.match(name) else _JUDGES.get(name)
    if judge is not None:
        yield from judge(words, config)
    elif _TRACES.match(name):
        yield from _traced(name, words)
    elif name in _SWITCHES and words[:1] and words[0] in _SWITCHES[name][0]:
        yield Fault(_SWITCHES[name][1], f"{name} {words[0]}: {_SWITCHES[name][2]}")


_TRACES = re.compile(r"(?:otel|opentelemetry|opentracing|zipkin|jaeger|datadog|dd|elastic_apm)(?:_|$)")


def _traced(name: str, words: list[str]) -> Iterator[Fault]:
    """Traces have the whole address by themselves, as OpenTelemetry's `http.target`, and what else they are given."""
    is_on = name.endswith(("_trace", "opentracing", "opentelemetry", "_tracing")) and words[:1] != ["off"]
    if is_on or any(map(TYPED.search, words)):
        yield Fault(
            "HK201", f"{name}: traces have the address in them, into which a number may have been typed"
        )


_SWITCHES: dict[str, tuple[frozenset[str], str, str]] = {
    "proxy_request_buffering": (
        frozenset({"on"}),
        "HK202",
        "bodies are written to a disk before they are passed on",
    ),
    "client_body_in_file_only": (frozenset({"on", "clean"}), "HK202", "each body becomes a file"),
    "proxy_store": (frozenset({"on"}), "HK202", "answers become files by the address that was asked for"),
    "autoindex": (frozenset({"on"}), "HK308", "whoever asks is told which files there are"),
    "ssi": (frozenset({"on"}), "HK404", "what stands in a page may have the proxy put other pages into it"),
    "addition_types": (frozenset({"*"}), "HK404", "other pages are put into every answer"),
    "proxy_ssl_verify": (frozenset({"off"}), "HK502", "nobody looks whom the bodies are passed on to"),
}


def _log_format(words: list[str], _config: Config) -> Iterator[Fault]:
    if found := sorted({match[0].lstrip("${") for word in words[1:] for match in TYPED.finditer(word)}):
        yield Fault("HK201", f"the log holds {', '.join(found)}, into which a number may have been typed")


def _access_log(words: list[str], _config: Config) -> Iterator[Fault]:
    if words[:1] != ["off"] and (len(words) < 2 or words[1] in {"combined", "main"} or "=" in words[1]):
        yield Fault("HK201", "the default log has path, query and Referer in it")


def _error_log(words: list[str], _config: Config) -> Iterator[Fault]:
    level = words[1] if len(words) > 1 else "error"
    if level in _LOUD and words[:1] != ["/dev/null"]:
        yield Fault("HK201", f"at level {level} whole request lines are written to the error log")


def _debugged(words: list[str], _config: Config) -> Iterator[Fault]:
    yield Fault("HK201", f"whole requests of {' '.join(words)} are written to the error log")


def _old_tls(words: list[str], _config: Config) -> Iterator[Fault]:
    if old := sorted({"SSLv2", "SSLv3", "TLSv1", "TLSv1.1"} & set(words)):
        yield Fault("HK502", f"{', '.join(old)} can be read by others")


def _ciphers(words: list[str], _config: Config) -> Iterator[Fault]:
    given = {part for word in words for part in re.split(r"[:,\s+]", word) if not part.startswith(("!", "-"))}
    if weak := sorted(
        given & {"ALL", "NULL", "eNULL", "aNULL", "RC4", "DES", "3DES", "EXPORT", "EXP", "LOW", "MD5"}
    ):
        yield Fault("HK502", f"{', '.join(weak)} can be read by others")


_NEAR = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16"))
) + tuple(map(ip_network, ("100.64.0.0/10", "::1/128", "fc00::/7", "fe80::/10")))


def _is_far(host: str) -> bool:
    """Whether it is an address outside of networks of one's own."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return not any(address in network for network in _NEAR)


def _upstream(words: list[str], config: Config) -> Iterator[Fault]:
    """`server …;` of an upstream says the same without a scheme."""
    if words and not words[0].startswith("unix:"):
        yield from _passes([f"http://{words[0]}"], config)


def _passes(words: list[str], _config: Config) -> Iterator[Fault]:
    """To a public name or address, where the shop is a neighbour or this machine."""
    host = (urlsplit(words[0]).hostname or "") if words and "://" in words[0] else ""
    if _is_far(host) or re.search(
        r"\.(?!local$|internal$|lan$|home$|svc$|localhost$|cluster$)[a-z]{2,}$", host
    ):
        yield Fault("HK209", f"requests are passed on to {host}")


_TOLD = frozenset(
    {
        "x-forwarded-proto",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-forwarded-prefix",
        "x-forwarded-ssl",
        "forwarded",
    }
)
"""What a shop believes of the proxy alone: how, at which name and below which path it was asked."""
_ASKED = re.compile(r"\$\{?(?:http|arg|cookie)_").search


def _host_header(words: list[str], _config: Config) -> Iterator[Fault]:
    if words[:1] in (["X-Forwarded-For"], ["X-Real-IP"]) and words[1:2] and words[1].startswith("$http_"):
        yield Fault("HK602", "the visitor says by a header from which address the request comes")
    if words[:1] == ["Host"] and len(words) > 1 and "$http_x" in words[1]:
        yield Fault("HK305", "the visitor says by a header what the host is")
    is_address = bool(words) and words[0].lower() in {"x-forwarded-for", "x-real-ip", "x-client-ip"}
    if words[:1] and words[0].lower() in _TOLD and any(map(_ASKED, words[1:])):
        yield Fault("HK602", f"the visitor says what {words[0]} tells the shop")
    if is_address and any(re.search(r"\$\{?(?:http|arg|cookie)_", word) for word in words[1:]):
        yield Fault("HK602", f"the visitor says in {words[0]} where the request comes from")


def _cache(words: list[str], _config: Config) -> Iterator[Fault]:
    if words[:1] != ["off"]:
        yield Fault("HK202", "answers are kept in files with the address that was asked for")


def _header(words: list[str], config: Config) -> Iterator[Fault]:
    if words[:1] and words[0].lower() == "set-cookie" and any(map(TYPED.search, words[1:])):
        yield Fault("HK203", "a cookie holds what was asked for")
    if len(words) > 1 and (fault := weak_headers.fault_of(words[0].lower(), words[1])):
        yield Fault("HK412", fault)
    if len(words) > 1 and words[0].lower() == "content-security-policy":
        yield from policy.judge_text(words[1], config)


def _headers(words: list[str], config: Config) -> Iterator[Fault]:
    """`more_set_headers "Name: value" …;`"""
    for word in words:
        name, colon, value = word.partition(":")
        if colon:
            yield from _header([name.strip(), value.strip()], config)


def _anybodys_word(words: list[str], _config: Config) -> Iterator[Fault]:
    if any(re.fullmatch(r"(?:0\.0\.0\.0|::)/0", word) for word in words):
        yield Fault("HK602", "whoever asks says by a header from which address")


def _hides(words: list[str], _config: Config) -> Iterator[Fault]:
    if words and words[0].lower() == "content-security-policy":
        yield Fault("HK403", "the shop's content security policy is taken off")
    elif words and (weak_headers.protects(words[0].lower()) or words[0].lower() == "cache-control"):
        yield Fault("HK412", f"the shop's {words[0]} is taken off")


def _cookie_flags(words: list[str], _config: Config) -> Iterator[Fault]:
    if off := sorted(
        {"nosecure", "nohttponly", "nosamesite", "samesite=none"} & {word.lower() for word in words}
    ):
        yield Fault("HK411", f"cookies lose their flags here: {', '.join(off)}")


def _names_a_file(words: list[str], _config: Config) -> Iterator[Fault]:
    """A key of a cache stands in the file itself, what is stored is called after it."""
    typed = {match[0].lstrip("${") for word in words for match in TYPED.finditer(word)} - {"host"}
    if typed:
        yield Fault(
            "HK202", f"{', '.join(sorted(typed))} stands in files, and a number may have been typed into it"
        )


def _program(words: list[str], _config: Config) -> Iterator[Fault]:
    yield Fault(
        "HK209", f"a program in the proxy gets what is typed: {' '.join(words[:1]) or 'its own text'}"
    )


def _another_method(words: list[str], _config: Config) -> Iterator[Fault]:
    """Links become forms and forms links: what only reads would change, and what is typed would stand in addresses."""
    yield Fault("HK306", f"every request becomes a {' '.join(words[:1])}, whatever the browser asked")


def _mirror(words: list[str], _config: Config) -> Iterator[Fault]:
    if words[:1] != ["off"]:
        yield Fault("HK209", "every request is passed on a second time")


_KEEPING = frozenset({"cache-control", "expires", "set-cookie", "vary", "x-accel-expires"})


def _ignores(words: list[str], _config: Config) -> Iterator[Fault]:
    if ignored := sorted(_KEEPING & {word.lower() for word in words}):
        yield Fault("HK412", f"what the shop says of keeping is not heeded: {', '.join(ignored)}")


def _written(words: list[str], _config: Config) -> Iterator[Fault]:
    """WebDAV: the proxy takes bodies itself and makes files of them."""
    if words[:1] != ["off"]:
        yield Fault("HK601", f"visitors may {', '.join(words)} files past the shop's guard")


_HOST = re.compile(r"(?<![\w./@-])(?:[a-z0-9-]+\.)+[a-z]{2,}(?=[/:\"'?\s]|$)", re.IGNORECASE)
_FILE_NAME = re.compile(
    r"\.(?:js|css|html?|png|svg|jpe?g|gif|ico|webp|woff2?|json|xml|txt|pdf)$", re.IGNORECASE
)
_PROTECTS_AN_ELEMENT = re.compile(
    r"\b(?:integrity|nonce|sandbox|csrf\w*|crossorigin|action)\b\s*=", re.IGNORECASE
)


def _exchanged(words: list[str], config: Config) -> Iterator[Fault]:
    """A host in our pages that becomes another, or the attribute that vouches for an element."""
    if words and _PROTECTS_AN_ELEMENT.search(words[0]):
        yield Fault("HK404", "answers are rewritten: what protects an element is taken off")
    for host in (match[0] for word in words[1:] for match in _HOST.finditer(word.partition("//")[2] or word)):
        if not (config.is_provider(host) or _FILE_NAME.search(host)):
            yield Fault("HK404", f"answers are rewritten: addresses in them lead to {host}")


def _rewrites(words: list[str], config: Config) -> Iterator[Fault]:
    yield from _exchanged(words, config)
    for word in words:
        for found in templates.check_text("", word, config, fragment=True):
            yield Fault(found.rule, f"answers are rewritten: {found.message}")


_JUDGES: dict[str, Judge] = {
    "log_format": _log_format,
    "access_log": _access_log,
    "error_log": _error_log,
    "add_header": _header,
    "more_set_headers": _headers,
    "set_real_ip_from": _anybodys_word,
    "proxy_hide_header": _hides,
    "more_clear_headers": _hides,
    "proxy_ignore_headers": _ignores,
    "dav_methods": _written,
    "proxy_cookie_flags": _cookie_flags,
    "proxy_cache_key": _names_a_file,
    "proxy_store": _names_a_file,
    "ssl_protocols": _old_tls,
    "ssl_ciphers": _ciphers,
    "proxy_cache": _cache,
    "proxy_pass": _passes,
    "server": _upstream,
    "proxy_set_header": _host_header,
    "proxy_method": _another_method,
    "mirror": _mirror,
    "sub_filter": _rewrites,
    "add_after_body": _mirror,
    "debug_connection": _debugged,
}
