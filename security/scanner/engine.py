"""Where in a block of bytes a card number may stand, plain or encoded: the scanner's first look.

Two engines run the same patterns: `re`, which is always there, and Hyperscan (extra `fast`). Both may name places where
nothing is; neither misses one that the other names, for the finder sees whole lines of both.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Literal

from ..finder.canonical import KANJI
from . import deflated

_SEPARATORS = rb" \t\-./\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xff"
_ODD_RUN = rb"[\x00-\x09\x0b-/:-@\[-`{-\xff]+"
_ODD = _ODD_RUN[:-1] + rb"{1,12}"
_BASE64 = rb"[A-Za-z0-9+/_-]"
_QUAD_OF_DIGITS = rb"[I-P][CDSTijyz][AEIMQUYcgkosw048][g-z0-9+/_-]"
_QUAD_OF_TEXT = rb"[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589]" + _BASE64
_FOREIGN = (
    rb"[\xd9\xdb][\xa0-\xb9]|\xe0[\xa5-\xbf][\x80-\xbf]|\xf0\x9d\x9f[\x80-\xbf]"
    rb"|\xe2[\x81\x82\x85\x91\x92\x93\x9d\x9e][\x80-\xbf]|\xc2[\xb2\xb3\xb9]|\xe3[\x80\x86\x88\x8a][\x80-\xbf]"
    rb"|\xf0[\x90\x91\x96\x9d\x9e\x9f\xa0][\x80-\xbf][\x80-\xbf]|\xe1[\x81-\xb1][\x80-\xbf]|\xdf[\x80-\x89]|\xea[\x80-\xbf]{2}"
)
_KANJI = b"|".join(re.escape(digit.encode()) for digits in KANJI for digit in digits)
_INLINE = (
    rb"(?:</?(?:b|i|em|strong|span|a|u|font|mark|wbr|small|sub|sup|code|tt)\b[^<>\n]{0,80}>"
    rb"|<!--[^<>\n]{0,80}-->){1,4}"
)
_JOINT = rb"[\x22\x27`][ \t]?(?:[+.&\x5c]|\|\|)[ \t]?[\x22\x27`]"


def _base32_digits() -> bytes:
    """Lower-case base32 of digits, spaces and marks, wherever it begins: their bytes (0x20 to 0x3f) begin with the bits
    001. Thirteen such bytes fill twenty letters; any word of twenty letters would be too common."""
    classes = []
    for place in range(8):
        bits = [(5 * place + bit) % 8 for bit in range(5)]
        fits = [
            letter
            for value, letter in enumerate(string.ascii_lowercase + "234567")
            if all(at > 2 or value >> (4 - bit) & 1 == (at == 2) for bit, at in enumerate(bits))
        ]
        classes.append(f"[{''.join(fits)}]")
    return "".join(classes[2:] + classes + classes[:6]).encode()


_IN_FOURS = rb"[0-9]{4}" + _ODD + rb"[0-9]{4}" + _ODD + rb"[0-9]{4}"
# Fourteen digits are the fewest that are a card; bytes over 127 may be dividers or invisible.
_DEFLATE = "base64 of deflate"
PATTERNS: dict[str, bytes] = {
    "digits": rb"(?:[0-9][" + _SEPARATORS + rb"]*){13}[0-9]",
    "groups": rb"[0-9]{4}" + _ODD + rb"(?:" + _IN_FOURS + rb"|[0-9]{6}" + _ODD + rb"[0-9]{4})",
    "track": rb"(?:%[Bb]|;)[0-9]{12,19}[\^=]",
    "single digits": rb"(?:[0-9][\x00-/:-@\[-`{-\xff]{1,8}){11}[0-9]",
    "inline tags": rb"[0-9]" + _INLINE + rb"[0-9]{1,15}" + _INLINE + rb"[0-9]",
    "tagged digits": rb"(?:[0-9](?:<[^<>\n]+>)+){8}[0-9]",
    "call that joins": (
        rb"(?:[Jj][Oo][Ii][Nn]|[Cc][Oo][Nn][Cc][Aa][Tt])[ ]?\([ ]?[\[(]?[ ]?[\x22\x27`][0-9]{1,8}[\x22\x27`]"
    ),
    "hex dump": (
        rb"\n(?:0x)?0[0-9A-Fa-f]{3,7}:?[ \t]{1,3}(?:[0-9A-Fa-f]{2}){1,2}(?:[ ]{1,2}(?:[0-9A-Fa-f]{2}){1,2}){3}"
    ),
    "folded": rb"[0-9]\r?\n[ \t][0-9]",
    "continued": rb"[0-9]\\\r?\n[0-9]",
    "announced": (
        rb"(?:[Cc][Aa][Rr][Dd]|PAN|pan|\xe3\x82\xab\xe3\x83\xbc\xe3\x83\x89)[^0-9]{0,24}[0-9]{4}[^0-9A-Za-z]{1,12}"
        rb"(?:[0-9]{4}[^0-9A-Za-z]{1,12}[0-9]{4}[^0-9A-Za-z]{1,12}[0-9]{2}|[0-9]{6}[^0-9A-Za-z]{1,12}[0-9]{4})"
    ),
    "joined strings": rb"[0-9]" + _JOINT + rb"[0-9]",
    "character codes": rb"(?:(?:4[89]|5[0-7])[,; \t]{1,3}){11}",
    "hex codes": rb"0[xX]3[0-9][,; ]{1,3}0[xX]3[0-9]",
    "sections": rb"[0-9](?:<!\[CDATA\[|\]\]>|<!--[^<>\n]{0,80}-->){1,3}[0-9]",
    "office runs": rb"[0-9]</(?:[a-z]{1,8}:)?(?:t|span)>(?:</?[a-zA-Z][^<>\n]{0,200}>){1,12}[0-9]",
    "colours": rb"[0-9](?:\x1b\[[0-9;]{0,20}[A-Za-z]){1,4}[0-9]",
    "thousands": rb"[0-9]{1,3}(?:(?:[,_']|\xef\xbc\x8c)[0-9]{3}){4}",
    "exponent": rb"[0-9]\.[0-9]{9,18}[eE](?:\+|1)[0-9]?",
    "base32": rb"[A-Z2-7]{20}|" + _base32_digits(),
    "ascii85": rb"<~[!-uz]{12}",
    "base64 of wide": rb"/x[A-Z][/A-Za-z0-9+][A-Z/][A-Za-z0-9+/]{10}",
    "full-width": rb"(?:(?:\xef\xbc[\x90-\x99]|[0-9])[^\n]{0,6}){6}\xef\xbc[\x90-\x99]",
    "full-width, Shift_JIS": rb"(?:\x82[\x4f-\x58]){4}",
    "full-width, EUC-JP": rb"(?:\xa3[\xb0-\xb9]){4}",
    "full-width, ISO-2022-JP": rb"(?:#[0-9]){4}",
    "EBCDIC": rb"(?:[\xf0-\xf9][\x40\x60\x4b\x61]?){13}[\xf0-\xf9]",
    "full-width, UTF-16": rb"(?:[\x10-\x19]\xff){4}|(?:\xff[\x10-\x19]){4}",
    "other scripts": rb"(?:(?:" + _FOREIGN + rb"|[0-9])[^\n]{0,6}){6}(?:" + _FOREIGN + rb")",
    "kanji digits": rb"(?:(?:" + _KANJI + rb")[^\n]{0,3}){12}",
    "url": (
        rb"%(?:3[0-9]%(?:3[0-9]|[CEce][0-9A-Fa-f]%)|25(?:25)*[23u]|u00[23]|u[fF][fF]1|26(?:%23|amp|[a-z]{2,6}%3)"
        rb"|5[cC](?:u|x|N|0{0,4}3)|(?:EF%BC|ef%bc)%9|82%[45])"
        rb"|[0-9]%(?:20|09|2[dDeEfF]|C2%A0|c2%a0|E[23]%8|e[23]%8|00[0-9]|3[0-9][0-9])"
    ),
    "entities": rb"&#[xX]?[0-9A-Fa-f]{2,7};?[ ]?&#|&amp;(?:amp;)*#|[0-9]&(?:[A-Za-z]{2,16};|#)",
    "escapes": (
        rb"\\(?:u{1,4}00[23]|u-?[0-9]{1,5}\?\\u|'3[0-9]\\'3|x[23]"
        rb"|u\{[23]|u[fF][fF]1|U000000[23]|06[0-9]|N\{|0{0,4}3[0-9] ?\\"
        rb"|u[0-9A-Fa-f]{4}(?:\\u[0-9A-Fa-f]{4}){11})|[0-9]\\{1,4}(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|t)[0-9]"
    ),
    "quoted-printable": rb"=3[0-9]=3[0-9]|[0-9]=\r?\n[0-9]|[0-9]=(?:20|2D|C2=A0|E[23]=8)",
    "base64 of digits": rb"(?:" + _QUAD_OF_DIGITS + rb"){4}",
    "base64 of text": rb"(?:" + _QUAD_OF_TEXT + rb"){8}",
    # Nothing marks what is deflated without a frame: each token is tried.
    _DEFLATE: rb"(?<![A-Za-z0-9+/_-])" + _BASE64 + rb"{32}",
    "base64 of packed": rb"(?:eJ[w-z]|eN[o-r]|eF[4-7]|eAE|H4sI|QlpoO|/Td6W|UEsDB|gA[JMQRSU])"
    + _BASE64
    + rb"{20}",
    "hex": rb"(?:3[0-9](?:2[0dDeEfF])?){12}|(?:3[0-9][ :,-]){11}",
    "hex of packed": (
        rb"(?:1[fF]8[bB]08|78(?:01|5[eE]|9[cC]|[dD][aA])|504[bB]0304|425[aA]68|[fF][dD]377[aA])[0-9A-Fa-f]{24}"
    ),
}
PLAIN = frozenset(
    [
        "digits",
        "groups",
        "announced",
        "single digits",
        "track",
        "full-width",
        "other scripts",
        "kanji digits",
        "thousands",
    ]
)

# Ends of what was found in a block, with whether it stands plain.
Ends = Iterable[tuple[int, bool]]
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
    "quoted-printable": (b"=3", b"=\n", b"=\r", b"=2", b"=C2", b"=E"),
    "base64 of packed": (b"eJ", b"eN", b"eF", b"eAE", b"H4sI", b"QlpoO", b"/Td6W", b"UEsDB", b"gA"),
    "sections": (b"]]>", b"CDATA[", b"<!--"),
    "office runs": (b"t>", b"span>"),
    "colours": (b"\x1b[",),
}
_SMALL = 16 << 10


def plain(block: bytes) -> Ends:
    """By the standard library: in small pieces, of which most have nothing to try a pattern on."""
    for start in range(0, len(block), _SMALL):
        # What begins in one piece may end in the next.
        piece = block[start : start + _SMALL + 1024]
        for name in _worth_trying(piece):
            for found in _COMPILED[name].finditer(piece):
                if name != _DEFLATE or deflated.holds(piece, found.end()):
                    yield start + found.end(), name in PLAIN


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
    if b"q+" in joints or b"q +" in joints:
        yield "joined strings"
    if not piece.isascii():
        yield from ("other scripts", "kanji digits", "EBCDIC")
    yield from _worth_tokens(piece)


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
            yield from ("base64 of text", _DEFLATE)
    hexes = piece.translate(_HEX_RUNS)
    if b"h" * 24 in hexes or b"hh hh hh hh hh hh hh hh hh hh hh" in hexes:
        yield from ("hex", "hex of packed")


_TOKENS = frozenset(["base64 of packed"])


# What no block of ASCII alone holds; most are that, and these are the dearest patterns.
_BEYOND_ASCII = frozenset(
    [
        "full-width",
        "full-width, Shift_JIS",
        "full-width, EUC-JP",
        "full-width, UTF-16",
        "EBCDIC",
        "other scripts",
        "kanji digits",
    ]
)


# Hyperscan gives each pattern without a fixed text in it an automaton of its own, and each takes a pass over the block.
# These go into two, by ends that are looser than theirs; the exact ones then see the lines in which a loose one ended.
_LOOSE: dict[str, bytes] = {
    "digits": PATTERNS["digits"],
    "groups": rb"[0-9]{4}" + _ODD_RUN + rb"[0-9]{4}(?:[0-9]{2})?" + _ODD_RUN + rb"[0-9]{4}",
    "single digits": rb"(?:[0-9][\x00-/:-@\[-`{-\xff]+){6}[0-9]",
    "character codes": rb"(?:[45][0-9][,; \t]+){4}",
}
# Fourteen digits make nineteen letters of base64. Most of a log has no word so long, which is seen far faster.
_LOOSE_IN_WORDS: dict[str, bytes] = {
    "base32": PATTERNS["base32"],
    "base64 of digits": rb"(?:" + _QUAD_OF_DIGITS + rb"){3}",
    "base64 of text": rb"(?:" + _QUAD_OF_TEXT + rb"){3}",
}
_WORD, _LONG_WORD = _BASE64 + rb"{19}", _BASE64 + rb"{32}"
_CHUNK, _ACROSS = 64 << 10, 128
_NEAR, _FAR = 256, 8 << 10  # a single digit may stand on a line of its own; a line may have no end


@cache
def _fast() -> Engine:
    inexact = {**_LOOSE, **_LOOSE_IN_WORDS}
    loose = _scanner_of({"any": _either(_LOOSE)})
    exact = _scanner_of({name: PATTERNS[name] for name in inexact})
    in_words = _in_words()
    others = {name: pattern for name, pattern in PATTERNS.items() if name not in inexact and name != _DEFLATE}
    in_any = _scanner_of(others)
    in_ascii = _scanner_of({name: each for name, each in others.items() if name not in _BEYOND_ASCII})

    def scan(block: bytes) -> Ends:
        ends = (in_ascii if block.isascii() else in_any)(block)
        likely, deflates = in_words(block)
        for first, last in _lines_of(loose(block) + likely, block):
            ends += [(first + end, is_plain) for end, is_plain in exact(block[first:last])]
        return ends + [(end, False) for end in deflates]

    return scan


def _either(patterns: dict[str, bytes]) -> bytes:
    return b"|".join(b"(?:" + each + b")" for each in patterns.values())


def _in_words() -> Callable[[bytes], tuple[list[tuple[int, bool]], list[int]]]:
    """Where loose patterns end in the chunks that have long words, and where bare deflate is in base64."""
    has_word = _scanner_of({"word": _WORD}, only_first=True)
    loose, long_word = _scanner_of({"any": _either(_LOOSE_IN_WORDS)}), _scanner_of({"word": _LONG_WORD})

    def scan(block: bytes) -> tuple[list[tuple[int, bool]], list[int]]:
        likely, deflates = list[tuple[int, bool]](), list[int]()
        for start in range(0, len(block), _CHUNK):
            chunk = block[start : start + _CHUNK + _ACROSS]
            if not has_word(chunk):
                continue
            likely += [(start + end, False) for end, _ in loose(chunk)]
            before = 0
            for end, _ in long_word(chunk):
                if end != before + 1 and deflated.holds(block, start + end):
                    deflates.append(start + end)
                before = end
        return likely, deflates

    return scan


def _lines_of(ends: list[tuple[int, bool]], block: bytes) -> Iterator[tuple[int, int]]:
    """The lines in which something ended, with a bit of what is round them."""
    done = 0
    for end, _ in sorted(ends):
        if end + _NEAR > done:
            first = max(0, block.rfind(b"\n", max(0, end - _FAR), end) - _NEAR, end - _FAR)
            newline = block.find(b"\n", end, end + _FAR)
            done = (newline if newline >= 0 else end + _FAR) + 2 * _NEAR
            yield first, done


def _scanner_of(
    patterns: dict[str, bytes], *, only_first: bool = False
) -> Callable[[bytes], list[tuple[int, bool]]]:
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flag = hyperscan.HS_FLAG_DOTALL | (hyperscan.HS_FLAG_SINGLEMATCH if only_first else 0)
    names, flags = list(patterns), [flag] * len(patterns)
    database.compile(
        expressions=list(patterns.values()), ids=list(range(len(names))), elements=len(names), flags=flags
    )
    is_plain = [name in PLAIN for name in names]

    def scan(block: bytes) -> list[tuple[int, bool]]:
        ends: list[tuple[int, bool]] = []

        def found(pattern: int, start: int, end: int, flags: int, context: object) -> None:  # noqa: ARG001  (its shape)
            ends.append((end, is_plain[pattern]))

        database.scan(block, match_event_handler=found)
        return ends

    return scan
