"""How a card number may stand in bytes, plain or encoded: the patterns that both engines of the scanner look for."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable

from ..finder.canonical import KANJI

SEPARATORS = rb" \t\-./\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xff"
ODD_RUN = rb"[\x00-\x09\x0b-/:-@\[-`{-\xff]+"
_ODD = ODD_RUN[:-1] + rb"{1,12}"
BASE64 = rb"[A-Za-z0-9+/_-]"
QUAD_OF_DIGITS = rb"[I-P][CDSTijyz][AEIMQUYcgkosw048][g-z0-9+/_-]"
_QUAD_OF_TEXT = rb"[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589]" + BASE64
# Every digit of another script by its bytes in UTF-8, and little else: a word in Thai or a bracket in Japanese is none.
FOREIGN = (
    rb"\xc2[\xb2\xb3\xb9]|\xd9[\xa0-\xa9]|\xdb[\xb0-\xb9]|\xdf[\x80-\x89]"
    rb"|\xe0(?:[\xa5\xa7\xa9\xab\xad\xaf\xb1\xb3\xb5\xb7][\xa6-\xaf]|[\xb9\xbb][\x90-\x99]|\xbc[\xa0-\xa9])"
    rb"|\xe1(?:[\x81\xa5][\x80-\x8f]|[\x82\xa0\xa7\xad][\x90-\x99]|\x8d[\xa9-\xb1]|[\x9f\xae][\xa0-\xb9]|[\xaa\xb1][\x80-\x99])"
    rb"|\xe2(?:[\x81\x85][\xa0-\xb9]|[\x82\x92][\x80-\x90]|[\x91\x93][\xa0-\xbf]|\x9d[\xb6-\xbe]|\x9e[\x80-\x92])"
    rb"|\xe3(?:\x80[\x87\xa1-\xa9]|\x86[\x92-\x95]|\x88[\xa0-\xa8]|\x8a[\x80-\x88])"
    rb"|\xea[\x98\xa3\xa4\xa7\xa9\xaf][\x80-\xb9]"
    rb"|\xf0(?:[\x90\x91\x96\x9e][\x80-\xbf]|\x9d[\x8d\x9f]|\x9f[\x84\xaf])[\x80-\xbf]"
)
_KANJI = b"|".join(re.escape(digit.encode()) for digits in KANJI for digit in digits)
_INLINE = (
    rb"(?:</?(?:b|i|em|strong|span|a|u|font|mark|wbr|small|sub|sup|code|tt|tspan)\b[^<>\n]{0,80}>"
    rb"|<!--[^<>\n]{0,80}-->){1,4}"
)
# In one line, or over two: there the second begins with blanks or what joins them.
_JOINER = rb"(?:[+.&]|\|\|)"
_JOINT = (
    rb"[\x22\x27`](?:[ \t]?(?:[+.&\x5c]|\|\|)[ \t]?"
    rb"|[ \t]{0,4}(?:"
    + _JOINER
    + rb"[ \t]{0,4})?\r?\n[ \t]{1,40}(?:"
    + _JOINER
    + rb"[ \t]{0,4})?)[\x22\x27`]"
)


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
DEFLATE = "base64 of deflate"
PATTERNS: dict[str, bytes] = {
    "digits": rb"(?:[0-9][" + SEPARATORS + rb"]*){13}[0-9]",
    "groups": rb"[0-9]{4}" + _ODD + rb"(?:" + _IN_FOURS + rb"|[0-9]{6}" + _ODD + rb"[0-9]{4})",
    "track": rb"(?:%[Bb]|;)[0-9]{12,19}[\^=]",
    "single digits": rb"(?:[0-9][\x00-/:-@\[-`{-\xff]{1,8}){11}[0-9]",
    "inline tags": rb"[0-9]" + _INLINE + rb"[0-9]{1,15}" + _INLINE + rb"[0-9]",
    "tagged digits": rb"(?:[0-9](?:<[^<>\n]+>)+){8}[0-9]",
    "call that joins": (
        rb"(?:[Jj][Oo][Ii][Nn]|[Cc][Oo][Nn][Cc][Aa][Tt])[ ]?\([ ]?[\[(]?[ ]?[\x22\x27`][0-9]{1,8}[\x22\x27`]"
    ),
    "hex dump": (
        rb"\n[ \t]{0,4}(?:0x)?0[0-9A-Fa-f]{3,7}(?::| -)?[ \t]{1,3}"
        rb"(?:[0-9A-Fa-f]{2}){1,2}(?:[ ]{1,2}(?:[0-9A-Fa-f]{2}){1,2}){3}"
    ),
    "folded": rb"[0-9]\r?\n[ \t][0-9]",
    "continued": rb"[0-9]\\\r?\n[ \t]{0,40}[0-9]",
    "announced": (
        rb"(?:[Cc][Aa][Rr][Dd]|PAN|pan|\xe3\x82\xab\xe3\x83\xbc\xe3\x83\x89)[^0-9]{0,24}[0-9]{4}[^0-9A-Za-z]{1,12}"
        rb"(?:[0-9]{4}[^0-9A-Za-z]{1,12}[0-9]{4}[^0-9A-Za-z]{1,12}[0-9]{2}|[0-9]{6}[^0-9A-Za-z]{1,12}[0-9]{4})"
    ),
    "joined strings": rb"[0-9]" + _JOINT + rb"[0-9]",
    "character codes": rb"(?:(?:4[89]|5[0-7])[,; \t]{1,3}){11}",
    "hex codes": rb"0[xX]3[0-9][,; ]{1,3}0[xX]3[0-9]",
    "sections": rb"[0-9](?:<!\[CDATA\[|\]\]>|<!--[^<>\n]{0,80}-->){1,3}[0-9]",
    "office runs": (rb"[0-9][ ]?</(?:[a-z]{1,8}:)?(?:t|span)>(?:</?[a-zA-Z][^<>\n]{0,200}>){1,12}[ ]?[0-9]"),
    "colours": rb"[0-9](?:\x1b\[[0-9;]{0,20}[A-Za-z]){1,4}[0-9]",
    "thousands": rb"[0-9]{1,3}(?:(?:[,_']|\xef\xbc\x8c)[0-9]{3}){4}",
    "exponent": rb"[0-9]\.[0-9]{9,18}[eE](?:\+|1)[0-9]?",
    "base32": rb"[A-Z2-7]{20}|" + _base32_digits(),
    "ascii85": rb"<~[!-uz]{12}",
    "base64 of wide": rb"/x[A-Z][/A-Za-z0-9+][A-Z/][A-Za-z0-9+/]{10}",
    "full-width": rb"(?:(?:\xef\xbc[\x90-\x99]|[0-9])[^\n]{0,6}){6}\xef\xbc[\x90-\x99]",
    "full-width, Shift_JIS": rb"(?:\x82[\x4f-\x58]){4}",
    "full-width, EUC-JP": rb"(?:\xa3[\xb0-\xb9]){4}",
    "full-width, Big5": rb"(?:\xa2[\xaf-\xb8]){4}",
    "full-width, ISO-2022-JP": rb"(?:#[0-9]){4}",
    "EBCDIC": rb"(?:[\xf0-\xf9][\x40\x60\x4b\x61]?){13}[\xf0-\xf9]",
    "full-width, UTF-16": rb"(?:[\x10-\x19]\xff){4}|(?:\xff[\x10-\x19]){4}",
    "other scripts": rb"(?:(?:" + FOREIGN + rb"|[0-9])[^\n]{0,6}){6}(?:" + FOREIGN + rb")",
    "kanji digits": rb"(?:(?:" + _KANJI + rb")[^\n]{0,3}){12}",
    "url": (
        rb"%(?:3[0-9]%(?:3[0-9]|[CEce][0-9A-Fa-f]%)|25(?:25)*[23u]|u00[23]|u[fF][fF]1|26(?:%23|amp|[a-z]{2,6}%3)"
        rb"|5[cC](?:u|x|N|0{0,4}3)|(?:EF%BC|ef%bc)%9|82%[45])"
        # Digits at once behind an escape look like more of it: %22 is a quotation mark.
        rb"|%[2-7][0-9A-Fa-f][0-9]{12}"
        rb"|[0-9]%(?:20|09|2[dDeEfF]|C2%A0|c2%a0|E[23]%8|e[23]%8|00[0-9]|3[0-9][0-9])"
    ),
    "entities": rb"&#[xX]?[0-9A-Fa-f]{2,7};?[ ]?&#|&amp;(?:amp;)*#|[0-9]&(?:[A-Za-z]{2,16};|#)",
    "escapes": (
        rb"\\(?:u{1,4}00[23]|u-?[0-9]{1,5}\?\\u|'3[0-9]\\'3|x[23]"
        rb"|u\{[23]|u[fF][fF]1|U000000[23]|06[0-9]|[67][0-7]\\{1,4}[67][0-7]|0{0,4}3[0-9] ?\\"
        rb"|u[0-9A-Fa-f]{4}(?:\\u[0-9A-Fa-f]{4}){11})|[0-9]\\{1,4}(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|t)[0-9]"
        rb"|[0-9]\\{1,2}u001[bB]\["
    ),
    "named characters": rb"\\N\{",
    "quoted-printable": rb"=3[0-9]=3[0-9]|[0-9]=\r?\n[0-9]|[0-9]=(?:20|2D|C2=A0|E[23]=8)",
    "base64 of digits": rb"(?:" + QUAD_OF_DIGITS + rb"){4}",
    "base64 of text": rb"(?:" + _QUAD_OF_TEXT + rb"){8}",
    # Nothing marks what is deflated without a frame: each token is tried.
    DEFLATE: rb"(?<![A-Za-z0-9+/_-])" + BASE64 + rb"{32}",
    "base64 of packed": rb"(?:eJ[w-z]|eN[o-r]|eF[4-7]|eAE|H4sI|QlpoO|/Td6W|UEsDB|gA[JMQRSU])"
    + BASE64
    + rb"{20}",
    "hex": rb"(?:3[0-9](?:2[0dDeEfF])?){12}|(?:3[0-9]00){12}|(?:3[0-9][ :,-]){11}",
    "chip in hex": rb"(?:5[Aa]|57|9[Ff][ :]?6[Bb])[ :](?:0[6-9A-Fa-f]|1[0-3])(?:[ :][0-9]{2}){6}",
    "hex of packed": (
        rb"(?:1[fF]8[bB]08|78(?:01|5[eE]|9[cC]|[dD][aA])|504[bB]0304|425[aA]68|[fF][dD]377[aA])[0-9A-Fa-f]{24}"
    ),
}
COMPILED = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}
# How what a pattern names is looked at: as it stands, decoded, or both. Digits with their usual dividers alone are
# decoded only where the finder sees something in them: what hides more than that is named by another pattern. Some ways
# to write a digit have one in them; most escapes stand where there are too few.
PLAINLY, DECODED, WRITTEN = 1, 2, 4
_WITH_DIGITS = frozenset(["url", "entities", "escapes", "quoted-printable"])
_BOTH = frozenset(
    [
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


def _kind(name: str) -> int:
    if name == "digits":
        return PLAINLY
    if name in _BOTH:
        return PLAINLY | DECODED
    return WRITTEN if name in _WITH_DIGITS else DECODED


KINDS = {name: _kind(name) for name in PATTERNS}

# Ends of what was found in a block, with how that is looked at.
Ends = Iterable[tuple[int, int]]
