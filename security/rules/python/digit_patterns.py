"""HK107: a mailbox or message that is searched for numbers as long as a card's, for whatever they are wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache, reduce
from operator import or_

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
    """Whether it takes sixteen digits whole, and neither eight nor a parcel's twelve.

    By arithmetic over the pattern, which is never run: it comes from code that is judged, and could take for ever.
    """
    if len(pattern) > _LONGEST:
        return False
    try:
        counts = _Reader(pattern).alternatives()
    except (IndexError, RecursionError):
        return False
    return bool(counts >> 16 & 1) and not (counts >> 8 & 1 or counts >> 12 & 1)


_MOST = 19
_NONE, _ONE = 1, 2
"""Sets of numbers of digits, as bits: none, and one."""
_LOOKS = re.compile(r"\(\?<?[=!]")
_APART = re.compile(r"\(\?(?:[a-zA-Z-]+|P=\w+|#[^)]*)\)")
_OPENS = re.compile(r"\((?:\?(?:P<\w+>|[a-zA-Z-]*:|>|<?[=!]))?")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")
_TIMES = re.compile(r"(?:([*+?])|\{(\d*)(,?)(\d*)\})[?+]?")
_SIGNS = {"*": (0, _MOST + 1), "+": (1, _MOST + 1), "?": (0, 1)}


class _Reader:
    """Goes once through a pattern: how many digits each part of it may take."""

    def __init__(self, pattern: str) -> None:
        self._text, self._at = pattern, 0

    def alternatives(self) -> int:
        """Up to the end, or to the bracket that closes."""
        counts = self._sequence()
        while self._text[self._at : self._at + 1] == "|":
            self._at += 1
            counts |= self._sequence()
        return counts

    def _sequence(self) -> int:
        counts = _NONE
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            part = self._part()
            times = self._eat(_TIMES)
            counts = _joined(counts, _repeated(part, times) if times else part)
        return counts

    def _part(self) -> int:
        if self._text[self._at] == "(":
            return self._group()
        if known := self._eat(_CLASS):
            may = not known[0].startswith("[^") and ("0-9" in known[0] or "\\d" in known[0])
            return _ONE if may else _NONE
        sign = self._text[self._at : self._at + (2 if self._text[self._at] == "\\" else 1)]
        self._at += len(sign)
        return _ONE if sign == "\\d" or sign.isdigit() else _NONE

    def _group(self) -> int:
        if self._eat(_APART):
            return _NONE
        is_look = _LOOKS.match(self._text, self._at) is not None
        self._eat(_OPENS)
        counts = self.alternatives()
        self._at += 1
        return _NONE if is_look else counts

    def _eat(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return match


def _joined(first: int, second: int) -> int:
    """One after the other; more than a card has are forgotten."""
    sums = (second << n for n in range(_MOST + 1) if first >> n & 1)
    return reduce(or_, sums, 0) & ((1 << _MOST + 1) - 1)


def _repeated(counts: int, times: re.Match[str]) -> int:
    sign, low, comma, high = times.groups()
    fewest, most = (
        _SIGNS[sign] if sign else (int(low or 0), int(high or _MOST + 1) if comma else int(low or 0))
    )
    total, power = 0, _NONE
    for n in range(min(most, _MOST + 1) + 1):
        total |= power if n >= min(fewest, _MOST + 1) else 0
        power = _joined(power, counts)
    return total
