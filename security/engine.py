"""Where in a block of bytes a card number may stand, plain or encoded: the scanner's first look.

Two engines run the same patterns: `re`, which is always there, and Hyperscan (extra `fast`). Both may name places where
nothing is; neither misses one that the other names, for the finder sees whole lines of both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Literal

_SEPARATORS = rb" \t\-./\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xff"
_ODD = rb"[\x00-\x09\x0b-/:-@\[-`{-\xff]{1,12}"
_BASE64 = rb"[A-Za-z0-9+/_-]"
_FOREIGN = (
    rb"[\xd9\xdb][\xa0-\xb9]|\xe0[\xa5-\xbb][\x80-\xbf]|\xf0\x9d\x9f[\x80-\xbf]"
    rb"|\xe2[\x81\x82\x91\x93\x9d\x9e][\x80-\xbf]|\xc2[\xb2\xb3\xb9]"
)
_KANJI = (
    rb"\xe3\x80\x87|\xe4\xb8[\x80\x83\x89]|\xe4\xba[\x8c\x94]|\xe5\x9b\x9b"
    rb"|\xe5\x85[\xab\xad]|\xe4\xb9\x9d|\xe9\x9b\xb6"
)
_IN_FOURS = rb"[0-9]{4}" + _ODD + rb"[0-9]{4}" + _ODD + rb"[0-9]{4}"
# Fourteen digits are the fewest that are a card; bytes over 127 may be dividers or invisible.
PATTERNS: dict[str, bytes] = {
    "digits": rb"(?:[0-9][" + _SEPARATORS + rb"]*){13}[0-9]",
    "groups": rb"[0-9]{4}" + _ODD + rb"(?:" + _IN_FOURS + rb"|[0-9]{6}" + _ODD + rb"[0-9]{4})",
    "track": rb"(?:%[Bb]|;)[0-9]{12,19}[\^=]",
    "full-width": rb"(?:(?:\xef\xbc[\x90-\x99]|[0-9])[^\n]{0,6}){6}\xef\xbc[\x90-\x99]",
    "full-width, Shift_JIS": rb"(?:\x82[\x4f-\x58]){4}",
    "full-width, EUC-JP": rb"(?:\xa3[\xb0-\xb9]){4}",
    "full-width, ISO-2022-JP": rb"(?:#[0-9]){4}",
    "full-width, UTF-16": rb"(?:[\x10-\x19]\xff){4}|(?:\xff[\x10-\x19]){4}",
    "other scripts": rb"(?:(?:" + _FOREIGN + rb"|[0-9])[^\n]{0,6}){6}(?:" + _FOREIGN + rb")",
    "kanji digits": rb"(?:(?:" + _KANJI + rb")[^\n]{0,3}){12}",
    "url": (
        rb"%3[0-9]%3[0-9]|[0-9]%(?:20|09|2[dDeEfF]|C2%A0|c2%a0|E[23]%8|e[23]%8)|%25(?:25)*[23]|%(?:EF%BC|ef%bc)%9|%82%[45]"
    ),
    "entities": rb"&#[xX]?[0-9A-Fa-f]{2,5};?&#|[0-9]&(?:nbsp|e[nm]sp|thinsp|[nm]dash|minus|shy|#)",
    "escapes": rb"\\(?:u00[23]|x[23]|u\{[23]|u[fF][fF]1|U000000[23]|06[0-9])",
    "quoted-printable": rb"=3[0-9]=3[0-9]|[0-9]=\r?\n[0-9]|[0-9]=(?:20|2D|C2=A0|E[23]=8)",
    "base64 of digits": rb"(?:[I-P][CDSTijyz][AEIMQUYcgkosw048][g-z0-9+/_-]){4}",
    "base64 of text": rb"(?:[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589]" + _BASE64 + rb"){8}",
    "base64 of packed": rb"(?:eJ[w-z]|eN[o-r]|eAE|H4sI|gA[JMQRSU])" + _BASE64 + rb"{20}",
    "hex": rb"(?:3[0-9](?:2[0dDeEfF])?){12}|(?:3[0-9][ :,-]){11}",
}
PLAIN = frozenset(["digits", "groups", "track", "full-width", "other scripts", "kanji digits"])

# Ends of what was found in a block, with whether it stands plain.
Ends = Iterator[tuple[int, bool]]
Engine = Callable[[bytes], Ends]
EngineName = Literal["fast", "plain"]


def by_name(name: EngineName | None) -> Engine:
    """The engine of this name, "fast" or "plain"; None is the fast one where it is installed. Raises ImportError."""
    if name == "plain":
        return plain
    try:
        return _fast()
    except ImportError:
        if name == "fast":
            raise
        return plain


_COMPILED = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}
_BLANKED = bytes(ord("0") if ord("0") <= code <= ord("9") else ord("?") for code in range(256))
_DIVIDERS = bytes(code for code in range(256) if not chr(code).isalnum() or code > 127)
_SHAPES = bytes(
    ord("a") if (chr(code).isalnum() and code < 128) or code in b"+/-_" else ord(" ") for code in range(256)
)
_FOURTEEN, _RUN, _LONG_RUN = b"0" * 14, b"a" * 16, b"a" * 32
_LENGTHS = bytes(
    ord("0") if ord("0") <= code <= ord("9") else ord("?") if code < 128 and chr(code).isalnum() else ord(" ")
    for code in range(256)
)
_HEX_RUNS = bytes(ord("h") if chr(code) in "0123456789abcdefABCDEF" else ord(" ") for code in range(256))
_STRONG_BYTES = (
    bytes(code for code in range(256) if code > 126 or (code < 32 and code not in b"\n\r")) + b" -./"
)
# What must stand in a block for a pattern to be worth a try: one of these.
_MARKS: dict[str, tuple[bytes, ...]] = {
    "track": (b"^", b"="),
    "full-width": (b"\xef\xbc",),
    "full-width, Shift_JIS": (b"\x82",),
    "full-width, EUC-JP": (b"\xa3",),
    "full-width, ISO-2022-JP": (b"#",),
    "full-width, UTF-16": (b"\xff",),
    "url": (b"%3", b"%2", b"%82", b"%EF%BC", b"%ef%bc", b"%C2%A0", b"%E"),
    "entities": (b"&",),
    "escapes": (b"\\",),
    "quoted-printable": (b"=3", b"=\n", b"=\r", b"=2", b"=C2", b"=E"),
    "base64 of packed": (b"eJ", b"eN", b"eAE", b"H4sI", b"gA"),
}
_SMALL = 16 << 10


def plain(block: bytes) -> Ends:
    """By the standard library: in small pieces, of which most have nothing to try a pattern on."""
    for start in range(0, len(block), _SMALL):
        # What begins in one piece may end in the next.
        piece = block[start : start + _SMALL + 1024]
        for name in _worth_trying(piece):
            for found in _COMPILED[name].finditer(piece):
                yield start + found.end(), name in PLAIN


def _worth_trying(piece: bytes) -> Iterator[str]:
    yield from (
        name for name, marks in _MARKS.items() if name not in _TOKENS and any(mark in piece for mark in marks)
    )
    if _FOURTEEN in piece.translate(_BLANKED, _STRONG_BYTES):
        yield "digits"
    if _has_groups(piece.translate(_LENGTHS)):
        yield "groups"
    if not piece.isascii():
        yield from ("other scripts", "kanji digits")
    yield from _worth_tokens(piece)


_GROUPS = tuple(
    b"0000" + b" " * width + middle + b" " * width + b"0000"
    for width in range(1, 7)
    for middle in (b"0000", b"000000")
)


def _has_groups(lengths: bytes) -> bool:
    """Whether three groups as on a card stand in a row, evenly apart."""
    return (b" 0000 " in lengths or b" 000000 " in lengths) and any(groups in lengths for groups in _GROUPS)


def _worth_tokens(piece: bytes) -> Iterator[str]:
    shape = piece.translate(_SHAPES)
    if _RUN in shape:
        yield "base64 of digits"
        yield from (name for name in ["base64 of packed"] if any(mark in piece for mark in _MARKS[name]))
        if _LONG_RUN in shape:
            yield "base64 of text"
    hexes = piece.translate(_HEX_RUNS)
    if b"h" * 24 in hexes or b"hh hh hh hh hh hh hh hh hh hh hh" in hexes:
        yield "hex"


_TOKENS = frozenset(["base64 of packed"])


@cache
def _fast() -> Engine:
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    names = list(PATTERNS)
    flags = [hyperscan.HS_FLAG_DOTALL] * len(names)
    database.compile(
        expressions=list(PATTERNS.values()), ids=list(range(len(names))), elements=len(names), flags=flags
    )
    is_plain = [name in PLAIN for name in names]

    def fast(block: bytes) -> Ends:
        ends: list[tuple[int, bool]] = []

        def found(pattern: int, start: int, end: int, flags: int, context: object) -> None:  # noqa: ARG001  (its shape)
            ends.append((end, is_plain[pattern]))

        database.scan(block, match_event_handler=found)
        return iter(ends)

    return fast
