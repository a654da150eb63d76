"""HK107: a mailbox or message that is searched for numbers as long as a card's, for whatever they are wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ...finding import Finding
from ..source import Module
from .base import Context, found

_PATTERN = re.compile(r"\\d|\[0-9\]|\[\[:digit:\]\]")
_SEARCHES = re.compile(r"(?:^|\.)re(?:gex)?\.(?:compile|search|match|fullmatch|findall|finditer|sub|split)$")
_INCOMING = re.compile(
    r"^(?:imaplib|poplib|mailbox|imap_tools|imapclient|aioimaplib|aiosmtpd|smtpd|email|exchangelib|twilio|linebot|slack_sdk"
    r"|telegram|csv|openpyxl|xlrd|pandas|pypdf|pdfplumber|pytesseract|flask|django|fastapi|starlette|speech_recognition)(?:\.|$)"
)
_LONGEST = 200


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Patterns in files that read what people send: by mail, in a sheet, over a chat or a page."""
    if context.config.is_test(module.path) or not any(map(_INCOMING.match, module.imports.values())):
        return
    for call in module.calls:
        if not call.args or not any(map(_SEARCHES.search, module.names(call.func))):
            continue
        text = module.text_of(call.args[0])
        if text and _PATTERN.search(text) and finds_cards(text):
            yield found(module, call, "HK107", "a pattern finds numbers as long as a card's in what was sent")


@lru_cache(maxsize=1024)
def finds_cards(pattern: str) -> bool:
    """Whether it takes sixteen digits whole, together or in groups, and neither eight nor a parcel's twelve."""
    try:
        known = re.compile(pattern) if len(pattern) <= _LONGEST else None
    except (re.error, RecursionError):
        return False
    return known is not None and _takes(known, 16) and not _takes(known, 8) and not _takes(known, 12)


def _takes(pattern: re.Pattern[str], length: int) -> bool:
    """The digits are no card's: a run of fours and zeros."""
    run = "4" + "0" * (length - 1)
    groups = " ".join(run[at : at + 4] for at in range(0, length, 4))
    matches = [pattern.search(each) for each in (run, groups, groups.replace(" ", "-"))]
    return any(match is not None and sum(map(str.isdigit, match[0])) == length for match in matches)
