"""The scanner's engine by the standard library's `re`: small pieces, of which most have nothing to try a pattern on."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

from . import deflated
from .patterns import COMPILED, DEFLATE, KINDS, Ends

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
_BASE32_SHAPES = bytes(
    ord("b") if chr(code) in string.ascii_letters + "234567" else ord(" ") for code in range(256)
)
_BASE32_RUN = b"b" * 20
_HEX_RUNS = bytes(ord("h") if chr(code) in "0123456789abcdefABCDEF" else ord(" ") for code in range(256))
_STRONG_BYTES = (
    bytes(code for code in range(256) if code > 126 or (code < 32 and code not in b"\n\r")) + b" -./"
)
_JOINTS = bytes(
    ord("q")
    if chr(code) in "\"'`"
    else ord("+")
    if chr(code) in "+.&|\\"
    else ord(" ")
    if code in b" \t"
    else ord("?")
    for code in range(256)
)
# What must stand in a block for a pattern to be worth a try: one of these.
_MARKS: dict[str, tuple[bytes, ...]] = {
    "track": (b"^", b"="),
    "full-width": (b"\xef\xbc",),
    "full-width, Shift_JIS": (b"\x82",),
    "full-width, EUC-JP": (b"\xa3",),
    "full-width, Big5": (b"\xa2",),
    "full-width, ISO-2022-JP": (b"#",),
    "full-width, UTF-16": (b"\xff",),
    "inline tags": (b"<",),
    "tagged digits": (b"<",),
    "call that joins": (b'("', b"('", b"([", b"( "),
    "continued": (b"\\\n", b"\\\r"),
    "folded": (b"\n ", b"\n\t"),
    "announced": (b"ard", b"ARD", b"pan", b"PAN", b"\xe3\x82\xab\xe3\x83\xbc\xe3\x83\x89"),
    "hex codes": (b"0x3", b"0X3"),
    "exponent": (b"e+", b"E+", b"e1", b"E1"),
    "ascii85": (b"<~",),
    "base64 of wide": (b"/x",),
    "url": (b"%",),
    "entities": (b"&",),
    "escapes": (b"\\",),
    "named characters": (b"\\N{",),
    "quoted-printable": (b"=3", b"=\n", b"=\r", b"=2", b"=C2", b"=E"),
    "chip in hex": (b"5A", b"5a", b"57", b"6B", b"6b"),
    "base64 of packed": (b"eJ", b"eN", b"eF", b"eAE", b"H4sI", b"QlpoO", b"/Td6W", b"UEsDB", b"gA"),
    "sections": (b"]]>", b"CDATA[", b"<!--"),
    "office runs": (b"t>", b"span>"),
    "colours": (b"\x1b[",),
}
_SMALL = 16 << 10


def ends(block: bytes) -> Ends:
    """Where the patterns end in `block`."""
    for start in range(0, len(block), _SMALL):
        # What begins in one piece may end in the next.
        piece = block[start : start + _SMALL + 1024]
        for name in _worth_trying(piece):
            for found in COMPILED[name].finditer(piece):
                if name != DEFLATE or deflated.holds(piece, found.end()):
                    yield start + found.end(), KINDS[name]


def _worth_trying(piece: bytes) -> Iterator[str]:
    yield from (
        name for name, marks in _MARKS.items() if name not in _TOKENS and any(mark in piece for mark in marks)
    )
    if _FOURTEEN in piece.translate(_BLANKED, _STRONG_BYTES):
        yield "digits"
    lengths = piece.translate(_LENGTHS)
    if _has_groups(lengths):
        yield "groups"
    if b" 000 000 000 000" in lengths:
        yield "thousands"
    singles, pairs = lengths.count(b" 0 ") >= _EVERY_OTHER, lengths.count(b" 00 ") >= _EVERY_OTHER
    evenly = b" ".join(lengths.split()) if singles or pairs else b""
    if singles and _TEN_SINGLES in evenly:
        yield "single digits"
    if pairs and _TEN_PAIRS in evenly:
        yield "character codes"
    joints = piece.translate(_JOINTS)
    if b"q+" in joints or b"q +" in joints or _JOINED_LINES.search(piece):
        yield "joined strings"
    if not piece.isascii():
        yield from ("other scripts", "kanji digits", "EBCDIC")
    yield from _worth_tokens(piece)


_JOINED_LINES = re.compile(rb"[\x22\x27`][ \t\r]*\n[ \t]+[+.&|\x22\x27`]")
_WIDEST = 12
_GROUPS = tuple(
    b"0000" + b" " * width + middle + b" " * width + b"0000"
    for width in range(1, _WIDEST + 1)
    for middle in (b"0000", b"000000")
)


_EVERY_OTHER = 5  # of ten in a row, for they overlap
_TEN_SINGLES, _TEN_PAIRS = b" 0" * 10, b" 00" * 10


_NARROW_GROUPS, _WIDE_GAP = _GROUPS[:8], b"0000     "


def _has_groups(lengths: bytes) -> bool:
    """Whether three groups as on a card stand in a row, evenly apart."""
    if b" 0000 " not in lengths and b" 000000 " not in lengths:
        return False
    likely = _GROUPS if _WIDE_GAP in lengths else _NARROW_GROUPS
    return any(groups in lengths for groups in likely)


def _worth_tokens(piece: bytes) -> Iterator[str]:
    shape = piece.translate(_SHAPES)
    if _RUN in shape:
        yield "base64 of digits"
        if _BASE32_RUN in piece.translate(_BASE32_SHAPES):
            yield "base32"
        yield from (name for name in ["base64 of packed"] if any(mark in piece for mark in _MARKS[name]))
        if _LONG_RUN in shape:
            yield from ("base64 of text", DEFLATE)
    hexes = piece.translate(_HEX_RUNS)
    if b"h" * 24 in hexes or b"hh hh hh hh hh hh hh hh hh hh hh" in hexes:
        yield from ("hex", "hex of packed")


_TOKENS = frozenset(["base64 of packed"])
