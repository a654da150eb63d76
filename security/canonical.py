"""Any script's digits as ASCII, dividers as one character for each role. Pure; used by `pan`.

Every character becomes exactly one: offsets stay as they are, and the finder's patterns need to know ASCII alone.
"""

from __future__ import annotations

import re
import unicodedata

# What stands between two digits without being seen; the finder skips it as it skips control characters.
IGNORED = "\x00"
_ROLES = {
    "-": "−ー\uff70─━˗⁃➖",
    ".": "．・･·•。｡",
    "/": "／⁄∕",
    ",": "，、､：；",
    "_": "＿",
    "|": "｜￤",
    "\\": "＼",
    "*": "＊～〜",
}
_KANJI = "〇一二三四五六七八九"
# Every digit that is no ASCII digit: decimal digits, small and circled ones, those of Japanese.
FOREIGN_DIGIT = re.compile(f"[^\\D0-9]|[{_KANJI}零⁰¹²³⁴-⁹₀-₉①-⑨⓪❶-❾➀-➈]")


class _Table(dict[int, str]):
    """Filled as characters are met."""

    def __missing__(self, code: int) -> str:
        self[code] = role = _role(chr(code))
        return role


def _role(char: str) -> str:
    if char.isascii():
        return char
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    return _role_by_category(char, unicodedata.category(char))


def _role_by_category(char: str, category: str) -> str:
    if category in {"Cf", "Mn", "Me"}:
        return IGNORED
    if category[0] == "Z":
        return " "
    if category == "Pd":
        return "-"
    if category[0] == "L":
        # Full-width and accented Latin letters are letters of an identifier too.
        plain = unicodedata.normalize("NFKD", char)[0]
        return plain if plain.isascii() else char
    # Arrows, stars, brackets: no divider of numbers by trade, but one in fours all the same.
    return "*" if category[0] in "PS" and char not in "№＃" else char


_TABLE = _Table(
    {ord(char): role for role, chars in _ROLES.items() for char in chars}
    | {ord(char): str(value) for value, char in enumerate(_KANJI)}
    | {ord("零"): "0"}
)


def canonical(text: str) -> str:
    """`text`, of the same length, with each character in its role."""
    return text if text.isascii() else text.translate(_TABLE)
