"""HK108, HK210, HK404, HK410: addresses and styles in a script that lead elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from ...finding import Finding
from .. import styles
from .script import Script
from .tokens import MARK, Token
from .typed_text import is_typed, statement

_URL = re.compile(r"^\s*(?:(?:https?|wss?|ftp):)?//([\w.\-\[\]:@\ue000]+)", re.IGNORECASE)
_STYLE = re.compile(r"url\(|@import\b|(?<![\w-])content\s*:", re.IGNORECASE)
_NAMESPACES = frozenset({"www.w3.org", "schema.org", "json-schema.org"})


def of_text(script: Script, at: int, token: Token) -> Iterator[Finding]:
    """Addresses of other origins, and addresses into which what is typed is put."""
    yield from _foreign(script, token)
    yield from _loads_by_text(script, at, token)


def of_name(script: Script, at: int, token: Token) -> Iterator[Finding]:
    """form.action = …, be it an address of ours: where a form leads is written in its page."""
    is_set = script.at(at - 1).is_op(".") and script.at(at + 1).is_op("=")
    by_call = token.is_name("setAttribute") and script.at(at + 2).value.lower() in {"action", "formaction"}
    if (token.is_name("action", "formAction") and is_set) or by_call:
        yield script.found(token, "HK108", "a script decides where a form leads")
    by_rule = token.is_name("replaceSync", "insertRule", "addRule") and script.at(at + 1).is_op("(")
    if by_rule and script.at(at + 2).kind != "string":
        yield script.found(token, "HK404", "a style that may vary is put on the page")


def _foreign(script: Script, token: Token) -> Iterator[Finding]:
    match = _URL.match(token.value)
    if match is None:
        return
    host = (urlsplit("//" + match[1].replace(MARK, "x")).hostname or "") if MARK not in match[1][:1] else ""
    if host in _NAMESPACES or ("." not in host and host not in {"", "x"}):
        return
    if not (script.config.is_provider(host) and token.value.strip().startswith("https:")):
        yield script.found(token, "HK410", f"the script names {host or 'another origin'}")


def _loads_by_text(script: Script, at: int, token: Token) -> Iterator[Finding]:
    """A style that asks for a file, an address that is put together: what is typed may be in it."""
    if _STYLE.search(token.value):
        for fault in styles.check_text(script.path, token.value, script.config):
            yield script.found(token, fault.rule, fault.message)
        if re.search(rf"url\([^)]*{MARK}", token.value) and "value" in script.names:
            yield script.found(token, "HK210", "a style asks for a file by what stands in a field")
    is_begun = token.value.endswith("?") and "/" in token.value and script.at(at + 1).is_op("+")
    if is_begun and is_typed(statement(script.tokens, at), script.typed):
        yield script.found(token, "HK210", "what is typed is put into an address")
