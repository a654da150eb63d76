"""HK106, HK109, HK210, HK404 to HK410: what a page's own script does. Standard library alone.

Reads tokens, no tree: own scripts of a shop are small, and one that isn't plain is suspicious by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Finding
from .. import secret_keys, templates
from ..config import Config
from . import addresses, code, collecting, fields, gathering, html, messages, watching
from .script import Script
from .tokens import MARK, Token, UnreadableScript

__all__ = ["UnreadableScript", "check_text"]

_HTML = re.compile(
    r"<\s*(?:input|textarea|select|form|iframe|script|object|embed|label|[a-z]+-[a-z-]+)\b", re.IGNORECASE
)
_OF_TEXTS = (fields, addresses, code, html, collecting, watching)
_OF_NAMES = (fields, addresses, code, html, messages, collecting, gathering, watching)


def check_text(path: str, text: str, config: Config) -> list[Finding]:
    """The findings of one script. Raises UnreadableScript when it cannot be taken apart."""
    found = dict.fromkeys(_check(Script(path, text, config)))
    return sorted(found, key=lambda each: (each.line or 0, each.rule, each.message))


def _check(script: Script) -> Iterator[Finding]:
    for at, token in enumerate(script.tokens):
        if token.kind in {"string", "template"}:
            yield from _of_any_text(script, token)
            for kind in _OF_TEXTS:
                yield from kind.of_text(script, at, token)
        elif token.kind == "name":
            for kind in _OF_NAMES:
                yield from kind.of_name(script, at, token)
    for whole in (messages, collecting, gathering, watching):
        yield from whole.of_script(script)


def _of_any_text(script: Script, token: Token) -> Iterator[Finding]:
    """HTML in a text is judged as a page's, a secret key as in any file."""
    if _HTML.search(token.value):
        html_text = token.value.replace(MARK, "x")
        for each in templates.check_text(script.path, html_text, script.config, fragment=True):
            yield script.found(token, "HK106" if each.rule == "HK105" else each.rule, each.message)
    for each in secret_keys.in_text(script.path, token.value, script.config):
        yield script.found(token, each.rule, each.message)
