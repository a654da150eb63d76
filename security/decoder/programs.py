"""Numbers as the text of a program may write them: joined strings, codes of characters, names, exponents. Pure.

Used by `layers`. Every function gives the text changed, or as it was.
"""

from __future__ import annotations

import re
from decimal import Decimal

# A string that ends with a digit, what joins it to the next in some language, and that one's first digit.
# (Lookbehinds stand behind the first character, so that the search may leap to it.)
_JOINT = re.compile(
    r"[\"'`](?<=[0-9].)(?:\s{0,40}(?:[+.&\\]|\|\||& _)\s{0,40}|[ \t]{0,40}\r?\n[ \t]{1,40})[\"'`](?=[0-9])"
)
_CODES = re.compile(
    r"[45](?<![0-9A-Za-z].)(?:(?<=4)[89]|(?<=5)[0-7])[,;\s]{1,3}"
    r"(?:(?:4[89]|5[0-7])[,;\s]{1,3}){10,17}(?:4[89]|5[0-7])(?![0-9])"
)
_HEX_CODES = re.compile(r"0(?:[xX]3[0-9][,;\s]{0,3}0){11,}[xX]3[0-9]")
_EXPONENT = re.compile(r"(?<![0-9A-Za-z.])([0-9]{1,4}\.[0-9]{9,18})[eE]\+?([0-9]{1,2})(?![0-9])")
_NAMED = re.compile(r"\\N\{(?:[A-Z-]+ ){0,3}DIGIT (ZERO|ONE|TWO|THREE|FOUR|FIVE|SIX|SEVEN|EIGHT|NINE)\}")
_NAMES = ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")
_STYLE = re.compile(r"(?:\\0{0,4}3[0-9] ?){12,}")


# As RTF writes what is no ASCII: its code as a signed number, and what to show instead.
_RICH_TEXT = re.compile(r"(?:\\u-?[0-9]{1,5}\?){4,}")
_NUMBER = re.compile(r"-?[0-9]+")
# The arguments of a call that puts them together.
# (Each begins with a bracket, to which the search leaps.)
_PARTS = r"((?:[\"'`][0-9]{1,8}[\"'`]\s?,?\s?){2,19})"
_JOINED = re.compile(
    rf"\((?:(?<=join\()|(?<=join.\()|(?<=concat\()|(?<=concat.\())\s?[\[(]?\s?{_PARTS}", re.IGNORECASE
)
_JOINED_LIST = re.compile(rf"\[\s?{_PARTS}\]\s?\.\s?join\(")

# One call for each character, as SQL and Visual Basic write them.
# (It begins with a bracket, to which the search leaps.)
_CALLS = re.compile(
    r"\(\s?(?:4[89]|5[0-7])\s?\)(?:[^0-9A-Za-z]{0,8}n?chr?(?:ar|[bw])?\$?\(\s?(?:4[89]|5[0-7])\s?\)){11,}",
    re.IGNORECASE,
)
_CALL = ("hr(", "HR(", "har(", "HAR(", "hr$(", "hrW(", "hrw(")

# As `tokens.shape_of` draws them, without blanks: q a quote, a a letter, digit or plus, m an ampersand or backslash.
_JOINERS = (b"qaq", b"qq", b"qmq", b"qmaq")
_PAIRS, _WIDE_PAIRS, _PAIR_LINES = b"aa aa aa aa", b"aa  aa  aa  aa", b"aanaanaanaa"


def may_be(text: str, shape: bytes) -> bool:
    """Whether `put_together` may change a text, whose shape (`tokens.shape_of`) it is."""
    return (
        _has_codes(shape)
        or "0x3" in text
        or "0X3" in text
        or _has_joints(shape)
        or _has_exponents(text)
        or _joins(text)
        or ("(" in text and _has_calls(text))
    )


def _joins(text: str) -> bool:
    return "(" in text and ("join" in text or "oncat" in text or "ONCAT" in text)


def _has_codes(shape: bytes) -> bool:
    # The short one first: a text of letters alone makes looking for the long ones dear.
    if b" " in shape and b" aa " in shape and (_PAIRS in shape or _WIDE_PAIRS in shape):
        return True
    return b"n" in shape and _PAIR_LINES in shape


def _has_calls(text: str) -> bool:
    return any(call in text for call in _CALL)


def _has_joints(shape: bytes) -> bool:
    if b"q" not in shape:
        return False
    dense = shape.translate(None, b" n")
    return any(joiner in dense for joiner in _JOINERS)


def _has_exponents(text: str) -> bool:
    return "." in text and ("e+" in text or "E+" in text or "e1" in text or "E1" in text)


def put_together(text: str, shape: bytes) -> str:
    """Strings joined, lists of codes as the characters, exponents written out."""
    if _has_joints(shape):
        text = _JOINT.sub("", text)
    if _joins(text):
        text = _JOINED.sub(lambda found: " " + "".join(re.findall("[0-9]+", found[1])), text)
    if ".join(" in text:
        text = _JOINED_LIST.sub(lambda found: " " + "".join(re.findall("[0-9]+", found[1])), text)
    if "(" in text and _has_calls(text):
        text = _CALLS.sub(lambda found: " " + _codes_of(found[0]), text)
    if _has_codes(shape):
        text = _CODES.sub(_characters, text)
    if "0x3" in text or "0X3" in text:
        text = _HEX_CODES.sub(_hex_characters, text)
    return _EXPONENT.sub(_written_out, text) if _has_exponents(text) else text


def may_have_escapes(text: str) -> bool:
    """Whether `unescaped` may change a text."""
    return "\\N{" in text or "?\\u" in text or "\\3" in text or "\\0" in text


def unescaped(text: str) -> str:
    """Digits by their names, and by the escapes of a style sheet."""
    if "\\N{" in text:
        text = _NAMED.sub(lambda found: str(_NAMES.index(found[1])), text)
    if "?\\u" in text:
        text = _RICH_TEXT.sub(lambda found: "".join(map(_of_rich_text, _NUMBER.findall(found[0]))), text)
    if "\\3" not in text and "\\0" not in text:
        return text
    return _STYLE.sub(lambda found: "".join(re.findall(r"3([0-9]) ?(?=\\|$)", found[0])), text)


def _of_rich_text(code: str) -> str:
    return chr(int(code) & 0xFFFF)


def _characters(found: re.Match[str]) -> str:
    return _codes_of(found[0])


def _codes_of(text: str) -> str:
    return "".join(chr(int(code)) for code in re.findall(r"[0-9]+", text))


def _hex_characters(found: re.Match[str]) -> str:
    return "".join(re.findall(r"0[xX]3([0-9])", found[0]))


def _written_out(found: re.Match[str]) -> str:
    value = Decimal(found[1]).scaleb(int(found[2]))
    whole = value == value.to_integral_value() and 11 <= value.adjusted() <= 18
    return str(int(value)) if whole else found[0]
