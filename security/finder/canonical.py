"""Any script's digits as ASCII, dividers as one character for each role. Pure; used by `pan`.

Every character becomes exactly one: offsets stay as they are, and the finder's patterns need to know ASCII alone.
"""

from __future__ import annotations

import re
import unicodedata

# What stands between two digits without being seen; the finder skips it as it skips control characters.
IGNORED = "\x00"
_ROLES = {
    # (A full stop of full width ends the number of a point sooner than it begins a fraction.)
    "-": "−ー\uff70─━˗⁃➖．",
    ".": "・･·•。｡",
    "/": "／⁄∕",
    ",": "，、､；",
    ":": "：",
    "_": "＿",
    "|": "｜￤",
    "\\": "＼",
    "*": "＊～〜",
}
# Digits of Japanese; the formal ones are those of contracts and cheques.
KANJI = (
    "〇零",
    "一壱壹弌",
    "二弐貳弍",
    "三参參弎",
    "四肆",
    "五伍",
    "六陸",
    "七漆柒",
    "八捌",
    "九玖",
)
# Numerals from nought to nine that are no decimal digits: small, circled, in brackets, Roman, of Suzhou, rods.
_NUMERALS = "²³¹⁰⁴-⁹₀-₉Ⅰ-Ⅸⅰ-ⅸ①-⑨⑴-⑼⒈-⒐⓪⓵-⓽⓿❶-❾➀-➈➊-➒〡-〩㆒-㆕㈠-㈨㊀-㊈፩-፱៰-៹𐄇-𐄏𐹠-𐹨𝍠-𝍨🄀-🄌"
_LONG, _ASCII = 1024, bytes(range(128))
# Every digit that is no ASCII digit; in two patterns, each of which is far faster than both in one.
_FOREIGN_DIGIT = re.compile(r"[^\D0-9]")
_OTHER = "".join(KANJI) + _NUMERALS
_OTHER_DIGIT = re.compile(f"[{_OTHER}]")
_NUMERAL = re.compile(f"[{_NUMERALS}]")
# Numerals that count what stands beside them: ① before a number, 一回払い behind it.
_COUNTER = re.compile(
    rf"[{_OTHER}](?<![{_OTHER}].)(?:[{_OTHER}]?(?=\d{{4}})|(?<=\d.)[{_OTHER}]?(?![\d{_OTHER}]))"
)
_COUNTED = "号"
# Blank, whatever their category: a line's end, fillers of Hangul and Khmer, the empty cell of Braille, and what
# Shift_JIS makes of Latin-1's space.
_BLANKS = "\x85\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800\uf8f0"


class _Table(dict[int, str]):
    """Filled as characters are met."""

    def __missing__(self, code: int) -> str:
        self[code] = role = _role(chr(code))
        return role


def _role(char: str) -> str:
    if char.isascii():
        return char
    digit = unicodedata.digit(char, None)
    if digit is None and _NUMERAL.match(char):
        digit = int(unicodedata.numeric(char))
    if digit is not None:
        return str(digit)
    return _role_by_category(char, unicodedata.category(char))


def _role_by_category(char: str, category: str) -> str:
    if category in {"Cc", "Cf", "Mn", "Me"}:
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
    | {ord(char): str(value) for value, chars in enumerate(KANJI) for char in chars}
    | {ord(char): " " for char in _BLANKS}
)


def has_foreign_digit(text: str) -> bool:
    """Whether a digit stands in it that is none of ASCII."""
    if len(text) > _LONG:  # of which most is ASCII, as a rule, and left out far faster than searched
        text = text.encode("utf-8", "replace").translate(None, _ASCII).decode()
    return bool(_OTHER_DIGIT.search(text) or _FOREIGN_DIGIT.search(text))


def without_counters(text: str) -> str:
    """`text`, of the same length, without one or two numerals of another kind at once before or behind digits."""
    return _COUNTER.sub(lambda found: _COUNTED * len(found[0]), text)


def canonical(text: str) -> str:
    """`text`, of the same length, with each character in its role."""
    return text if text.isascii() else text.translate(_TABLE)
