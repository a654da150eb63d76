"""HK502: connections that check no certificates."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from .base import Context, found, last_names

_UNCHECKED = frozenset(
    {"PROTOCOL_TLS", "PROTOCOL_SSLv23", "PROTOCOL_TLSv1", "PROTOCOL_TLSv1_1", "PROTOCOL_TLSv1_2"}
)
_CONDITIONS = (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.IfExp)
_LOOKS_AWAY = frozenset({"-k", "--insecure", "--no-check-certificate", "-sk", "-ks", "-Lk"})


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Calls that switch the check off, contexts of a kind that has none, and the names of such modes."""
    del context
    for call in module.calls:
        yield from _tls(module, call)
        yield from _unsafe_tls(module, call)
        yield from _without_context(module, call)
    for node in module.all(ast.Attribute, ast.Name):
        yield from _unverified_tls(module, node)


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
        "assert_hostname",
    ):
        if word in words and module.value_of(words[word]) is False and _sends(module, call, word):
            yield found(module, call, "HK502", f"{word}=False: TLS certificates are not checked")
        if isinstance(words.get(word), _CONDITIONS) and _sends(module, call, word):
            yield found(module, call, "HK502", f"{word}: TLS certificates are checked in some cases only")
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


_FRIENDLY = frozenset({"starttls", "stls", "SMTP_SSL", "IMAP4_SSL", "POP3_SSL", "FTP_TLS", "NNTP_SSL"})


def _without_context(module: Module, call: ast.Call) -> Iterator[Finding]:
    """What the standard library does for mail and files when nobody gives it a context: it checks no certificate."""
    names = module.names(call.func)
    if not last_names(module, call.func) & _FRIENDLY or any("aiosmtplib" in name for name in names):
        return
    arguments = module.arguments(call)
    given = [*arguments.get("context", []), *arguments.get("ssl_context", [])]
    given += call.args[:1] if last_names(module, call.func) & {"stls"} else []
    spread = any(word.arg is None for word in call.keywords)
    if not spread and not any(module.value_of(each) is not None for each in given):
        yield found(module, call, "HK502", "without a context, TLS certificates are not checked here")


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
