"""Lay bare what stands encoded in bytes or text: the views in which to look for a number.

Standard library alone; anyone may import it. It decodes and never judges; `pan.find` looks at each view.
"""

from __future__ import annotations

import base64
import binascii
import html
import itertools
import json
import re
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeGuard

from . import multipart


class View(NamedTuple):
    """One readable text found in the input.

    `name` is the form field, JSON key or part it belongs to (None: none); `encoding` names the last step.
    """

    text: str
    name: str | None = None
    encoding: str = "plain"


@dataclass
class Budget:
    """How much work one input may cause. `over` turns True when that left something undecoded."""

    depth: int = 5
    characters: int = 16 << 20
    tokens: int = 50_000
    over: bool = field(default=False, init=False)

    def spend(self, characters: int, tokens: int = 0) -> bool:
        """Whether this much is still allowed; once it is not, `over` stays True."""
        self.characters -= characters
        self.tokens -= tokens
        self.over = self.over or self.characters < 0 or self.tokens < 0
        return not self.over


def views(data: bytes | str, budget: Budget, content_type: str = "") -> Iterator[View]:
    """Every view of `data`, itself first. Look at `budget.over` after the last one.

    `content_type` (a header's value) says how bytes are structured; without it that is guessed. Never
    raises on malformed input: what cannot be parsed is still seen as plain text.
    """
    if isinstance(data, str):
        yield from _text_views(View(data), budget, budget.depth)
        return
    kind, _, _ = content_type.partition(";")
    match kind.strip().lower():
        case "application/x-www-form-urlencoded":
            yield from form_views(data.decode("latin-1"), budget)
        case "multipart/form-data":
            yield from _multipart_views(data, content_type, budget)
        case _:
            yield from _byte_views(data, None, budget, budget.depth)


def form_views(form: str, budget: Budget) -> Iterator[View]:
    """The names and values of a URL-encoded form or query, given as latin-1 text; need not be UTF-8."""
    fields = []
    for pair in re.split("[&;]", form):
        if not budget.spend(len(pair), tokens=1):
            return
        name, _, value = (
            urllib.parse.unquote_to_bytes(part.replace("+", " ")) for part in pair.partition("=")
        )
        fields.append((_readable(name), value))
    yield from _field_views(fields, budget, budget.depth)


def _field_views(fields: list[tuple[str, bytes]], budget: Budget, depth: int) -> Iterator[View]:
    for name, value in fields:
        yield from _text_views(View(name, None, "field name"), budget, depth - 1)
        yield from _byte_views(value, name, budget, depth - 1)
    yield from _joined([(name, _readable(value)) for name, value in fields])


_PIECE = re.compile(r"\d{3,6}")
_STEM = re.compile(r"[\d_\-\[\]]+")


def _joined(fields: list[tuple[str, str]]) -> Iterator[View]:
    """A number typed into several boxes: neighbours of one stem (card1, card2 …), all short digits."""
    for stem, neighbours in itertools.groupby(fields, key=lambda each: _STEM.sub("", each[0])):
        pieces = [value.strip() for _, value in neighbours]
        if not 3 <= len(pieces) <= 5 or not all(map(_PIECE.fullmatch, pieces)):
            continue
        # Prices come in such rows as well, but all of them end in 0.
        if any(piece[-1] != "0" for piece in pieces):
            yield View(" ".join(pieces), stem, "joined fields")


def _multipart_views(data: bytes, content_type: str, budget: Budget) -> Iterator[View]:
    parts = multipart.split(data, content_type)
    if parts is None:
        yield from _byte_views(data, None, budget, budget.depth)
        return
    for part in parts:
        if not budget.spend(len(part.body), tokens=1):
            return
        yield from _text_views(View(part.headers, part.name, "part header"), budget, budget.depth - 1)
        yield from _byte_views(part.body, part.name, budget, budget.depth - 1)
    yield from _joined([(part.name or "", _readable(part.body)) for part in parts if len(part.body) < 32])


def _byte_views(data: bytes, name: str | None, budget: Budget, depth: int) -> Iterator[View]:
    for text in _readings(data):
        yield from _text_views(View(text, name), budget, depth)
    if b"\0" in data or data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        for codec in ("utf-16-le", "utf-16-be"):
            if not budget.spend(len(data)):
                return
            yield View(data.decode(codec, "replace"), name, "utf-16")


def _readable(data: bytes) -> str:
    return _readings(data)[0]


def _readings(data: bytes) -> list[str]:
    """`data` as text: UTF-8, else the older Japanese encodings that fit, which overlap; else byte by byte."""
    try:
        return [data.decode()]
    except UnicodeDecodeError:
        fitting = [_decoded(data, codec) for codec in ("cp932", "euc_jp")]
    return [text for text in fitting if text is not None] or [data.decode("latin-1")]


def _decoded(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return None


def _text_views(view: View, budget: Budget, depth: int) -> Iterator[View]:
    """`view` and, level by level, whatever its text turns into when decoded one step further."""
    if not budget.spend(len(view.text)):
        return
    yield view
    for decode in _STEPS:
        for found in decode(view):
            if depth <= 0:
                budget.over = True
                return
            if not budget.spend(0, tokens=1):
                return
            yield from _text_views(found, budget, depth - 1)


def _url_decoded(view: View) -> Iterator[View]:
    if "%" in view.text:
        decoded = _readable(urllib.parse.unquote_to_bytes(view.text.encode("utf-8", "replace")))
        if decoded != view.text:
            yield View(decoded, view.name, "url")


def _html_decoded(view: View) -> Iterator[View]:
    if "&" in view.text:
        decoded = html.unescape(view.text)
        if decoded != view.text:
            yield View(decoded, view.name, "html")


_ESCAPE = re.compile(r"\\(?:u\{?([0-9A-Fa-f]{4,6})\}?|x([0-9A-Fa-f]{2}))")


def _unescaped(view: View) -> Iterator[View]:
    if "\\" in view.text and _ESCAPE.search(view.text):
        yield View(_ESCAPE.sub(_escaped_char, view.text), view.name, "escapes")


def _escaped_char(found: re.Match[str]) -> str:
    code = int(found[1] or found[2], 16)
    return chr(code) if code <= 0x10FFFF else " "


def _json_decoded(view: View) -> Iterator[View]:
    """The keys, strings and numbers of a JSON text, and arrays of short digit strings put together."""
    if view.text.lstrip()[:1] not in {"{", "[", '"'}:
        return
    try:
        document = json.loads(
            view.text, parse_int=_Number, parse_float=_plain_number, object_pairs_hook=_Pairs
        )
    except (ValueError, RecursionError):
        return  # the text itself was looked at; its escapes are undone by another step
    pending: list[tuple[str | None, object]] = [(view.name, document)]
    while pending:
        name, value = pending.pop()
        if isinstance(value, str):
            yield View(value, name, "json")
        elif isinstance(value, _Pairs):
            yield from (View(key, None, "json key") for key, _ in value.pairs)
            yield from _joined([(key, each) for key, each in value.pairs if _is_string(each)])
            pending += value.pairs
        elif isinstance(value, list):
            yield from _joined([(name or "", each) for each in value if _is_string(each)])
            pending += [(name, each) for each in value]


@dataclass(frozen=True)
class _Pairs:
    """A JSON object with its keys as they came: a duplicate key must not hide a value."""

    pairs: list[tuple[str, object]]


class _Number(str):
    """A number's digits as written. Unlike strings, numbers side by side are no boxes of one card number."""

    __slots__ = ()


def _is_string(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and not isinstance(value, _Number)


def _plain_number(literal: str) -> _Number:
    """A JSON number such as 4.2e15 written out, when it is a whole number of card length."""
    value = float(literal)
    return _Number(int(value) if 1e11 <= value < 1e19 and value.is_integer() else literal)


_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEX = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}){12,}(?![0-9A-Fa-f])")
_URL_SAFE = str.maketrans("-_", "+/")
_DIGITS = b"0123456789"


def _base64_decoded(view: View) -> Iterator[View]:
    for token in _BASE64.finditer(view.text):
        text = token[0].rstrip("=").translate(_URL_SAFE)
        yield from _decoded_token(
            base64.b64decode, text[: len(text) - (len(text) % 4 == 1)], view.name, "base64"
        )


def _hex_decoded(view: View) -> Iterator[View]:
    for token in _HEX.finditer(view.text):
        yield from _decoded_token(binascii.unhexlify, token[0], view.name, "hex")


def _decoded_token(
    decode: Callable[[str], bytes], token: str, name: str | None, encoding: str
) -> Iterator[View]:
    try:
        data = decode(token + "=" * (-len(token) % 4) if encoding == "base64" else token)
    except ValueError:
        return
    if _is_text(data):
        yield View(_readable(data.replace(b"\0", b"")), name, encoding)


def _is_text(data: bytes) -> bool:
    """Whether decoded bytes are worth another look: random bytes (tokens, signatures) are not."""
    stripped = data.replace(b"\0", b"")
    try:
        stripped.decode("utf-8")
    except UnicodeDecodeError:
        # What follows the number may be anything; twelve digits seldom come by chance.
        return len(stripped) - len(stripped.translate(None, _DIGITS)) >= 12
    return True


_STEPS: tuple[Callable[[View], Iterator[View]], ...] = (
    _url_decoded,
    _html_decoded,
    _unescaped,
    _json_decoded,
    _base64_decoded,
    _hex_decoded,
)
