"""One layer of encoding off a text or off bytes: URL, entities, escapes, quoted-printable, base64, hex, character sets.

Used by `decode`. Every function is linear, and asks the budget between windows, so that no call takes long.
"""

from __future__ import annotations

import base64
import binascii
import html
import quopri
import re
from collections.abc import Callable, Iterator
from typing import AnyStr, NamedTuple

from . import pan
from .budget import Budget
from .view import View

_WINDOW = 16 << 10


class Token(NamedTuple):
    """What a run of base64 or hex decodes to. `aligned` is False where we guessed that it begins a little later."""

    data: bytes
    encoding: str
    aligned: bool = True


# --- character sets ---------------------------------------------------------------------------------------------

_ASCII = bytes(code if code < 128 else ord("?") for code in range(256))
_ASCII_TABLE = _ASCII[:0xA0] + b" " + _ASCII[0xA1:0xAD] + b"\0" + _ASCII[0xAE:]
_ALIKE = re.compile(
    rb"(?:\xff[\x10-\x19]|[\x10-\x19]\xff|\x00[0-9]|[0-9]\x00)(?s:.{0,8}?(?:\xff[\x10-\x19]|[\x10-\x19]\xff|\x00[0-9]|[0-9]\x00)){5}"
)
_OTHER_CODEC = re.compile(
    r"charset=[\"']?(utf-?7|utf-?16\w*|utf-?32\w*|cp\d+|ibm\d+|ebcdic[\w-]*)", re.IGNORECASE
)


def readings(data: bytes) -> Iterator[tuple[str, str]]:
    """`data` as text with the encoding's name: UTF-8, else the older Japanese ones that fit; else byte by byte.

    Wide encodings come besides, when there are digits in one; text is never decoded into one by chance alone.
    """
    try:
        yield data.decode(), "plain"
        if b"\x1b" in data:
            yield data.decode("iso2022_jp", "replace"), "iso-2022-jp"
    except UnicodeDecodeError:
        fitting = [(_decoded(data, codec), codec) for codec in ("cp932", "euc_jp")]
        found = [(text, codec) for text, codec in fitting if text is not None]
        yield from found or [(ascii_of(data), "plain")]
    if (b"\0" in data or b"\xff" in data) and len(data) >= 24:
        yield from _wide(data)


def _wide(data: bytes) -> Iterator[tuple[str, str]]:
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")) or data.count(b"\0\0\0") >= 12:
        for codec in ("utf-32-le", "utf-32-be"):
            yield data.decode(codec, "replace"), "utf-32"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or _ALIKE.search(data):
        # Text may begin at either byte of what stands round it.
        for start in (0, 1):
            for codec in ("utf-16-le", "utf-16-be"):
                yield data[start:].decode(codec, "replace"), "utf-16"


def declared_codec(content_type: str) -> str | None:
    """The character set that a Content-Type names, if it is none that `readings` tries anyway."""
    found = _OTHER_CODEC.search(content_type)
    if found is None:
        return None
    try:
        "".encode(found[1])
    except LookupError:
        return None
    return found[1].lower()


def ascii_of(data: bytes) -> str:
    """ASCII as it is, any other byte as a question mark; Latin-1's space and soft hyphen keep their role."""
    return data.translate(_ASCII_TABLE).decode("ascii")


def _decoded(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return None


def is_text(data: bytes) -> bool:
    """Whether decoded bytes are text, or text with a few bytes in front or behind; random ones hardly ever are."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in data


# --- whole texts ------------------------------------------------------------------------------------------------

_PERCENT_RUN = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")
_ENTITY = re.compile(r"&(?:#[xX]?[0-9A-Fa-f]|[A-Za-z]{2})")
_ESCAPE = re.compile(
    r"(?:\\++(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|U[0-9A-Fa-f]{8}|u\{[0-9A-Fa-f]{1,6}\}|u[0-9A-Fa-f]{5,6}|[0-3][0-7]{2}))+"
)
_ESCAPED = re.compile(r"\\++(?:[uUx]\{?([0-9A-Fa-f]+)\}?|([0-3][0-7]{2}))")
_QUOTED = re.compile(r"=(?:[0-9A-F]{2}|\r?\n)")


def url_decoded(raw: bytes) -> bytes:
    """`raw` with its %XX undone; run by run, since text in other scripts is one long run of them."""
    return _PERCENT_RUN.sub(_percent_run, raw)


def _percent_run(found: re.Match[bytes]) -> bytes:
    return binascii.unhexlify(found[0].replace(b"%", b""))


def decoded(view: View, budget: Budget) -> Iterator[View]:
    """`view` with one layer taken off, for each kind of layer that it has."""
    text, name = view.text, view.name
    if "%" in text:
        raw = _in_windows(text.encode("utf-8", "replace"), url_decoded, b"%", 3, budget)
        if raw is not None:
            yield from (View(each, name, "url") for each, _ in readings(raw) if each != text)
    if "&" in text and _ENTITY.search(text):
        yield from _changed(view, _in_windows(text, html.unescape, "&", 12, budget), "html")
    if "\\" in text and _ESCAPE.search(text):
        yield from _changed(view, _in_windows(text, _unescaped, "\\", 12, budget), "escapes")
    if "=" in text and _QUOTED.search(text):
        raw = text.encode("utf-8", "replace")
        yield from (
            View(each, name, "quoted-printable")
            for each, _ in readings(quopri.decodestring(raw))
            if each != text
        )


def _changed(view: View, text: str | None, encoding: str) -> Iterator[View]:
    if text is not None and text != view.text:
        yield View(text, view.name, encoding)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_escaped_run, text)


def _escaped_run(found: re.Match[str]) -> str:
    codes = (int(digits, 16) if digits else int(octal, 8) for digits, octal in _ESCAPED.findall(found[0]))
    return "".join(chr(code) if code <= 0x10FFFF else " " for code in codes)


def _in_windows(
    text: AnyStr, decode: Callable[[AnyStr], AnyStr], mark: AnyStr, longest: int, budget: Budget
) -> AnyStr | None:
    """`text` decoded in windows that cut no sequence (begun by `mark`, of `longest` at most); None over budget."""
    if len(text) <= _WINDOW:
        return decode(text)
    pieces, start = list[AnyStr](), 0
    while start < len(text):
        end = min(start + _WINDOW, len(text))
        cut = text.rfind(mark, max(start + 1, end - longest), end)
        end = cut if cut > 0 and end < len(text) else end
        if not budget.spend(end - start, tokens=4):
            return None
        pieces.append(decode(text[start:end]))
        start = end
    return text[:0].join(pieces)


# --- tokens -----------------------------------------------------------------------------------------------------

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}")
_FOLDED = re.compile(r"(?:[A-Za-z0-9+/]{8,100}[ \t]*\r?\n[ \t]*)+[A-Za-z0-9+/]{2,100}")
_HEX = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}){12,}(?![0-9A-Fa-f])")
_HEX_PAIRS = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{2}(?:[ :,-][0-9A-Fa-f]{2}){11,}(?![0-9A-Fa-f])")
_URL_SAFE = str.maketrans("-_", "+/")
_SPACE = re.compile(r"\s+")


def tokens(text: str, budget: Budget) -> Iterator[Token]:
    """What runs of base64 (each alignment, url-safe, folded) and of hex in `text` decode to."""
    for found in _BASE64.finditer(text):
        if not budget.spend(0, tokens=1):
            return
        yield from _base64(found[0])
    if "\n" in text:
        for found in _FOLDED.finditer(text):
            if not budget.spend(len(found[0]), tokens=1):
                return
            yield from _base64(_SPACE.sub("", found[0]))
    for pattern in (_HEX, _HEX_PAIRS):
        for found in pattern.finditer(text):
            if not budget.spend(0, tokens=1):
                return
            digits = found[0] if pattern is _HEX else re.sub("[^0-9A-Fa-f]", "", found[0])
            yield Token(binascii.unhexlify(digits), "hex")


def _base64(run: str) -> Iterator[Token]:
    """The run decoded from its first character; from the next three only where that gives text."""
    if "-" in run or "_" in run:
        run = run.translate(_URL_SAFE)
    for start in range(4):
        part = run[start:] if start else run
        part = part[: len(part) - (len(part) % 4 == 1)]
        data = base64.b64decode(part + "=" * (-len(part) % 4))
        if start == 0 or is_text(data) or pan.may_hold(data):
            yield Token(data, "base64", aligned=start == 0)
