"""Find and mask card numbers (PANs) in text. Pure; standard library alone. Anyone may import it.

A number is reported when its length and first digits belong to a card network (`issuers`), its Luhn digit is
right (ISO/IEC 7812-1 annex B) and its surroundings do not say that it is something else. A match never holds
the whole number.
"""

from __future__ import annotations

import bisect
import enum
import itertools
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from .issuers import FIRST_DIGITS, issuer_of


class Verdict(enum.StrEnum):
    """CARD: treat it as a card number. MAYBE: everyday numbers look like this too (JAN codes, waybills)."""

    CARD = "card"
    MAYBE = "maybe"


class Match(NamedTuple):
    """Where a number stands (`text[start:end]`, with its separators) and the parts that may be shown."""

    start: int
    end: int
    digits_length: int
    issuer: str
    last4: str
    verdict: Verdict


# One character for each role, so that the patterns below need to know no others. Offsets stay as they are.
_IGNORED = "\x00"
_ROLES = {
    "-": "−ー\uff70─━˗⁃➖",
    ".": "．・･·•。｡",
    "/": "／⁄∕",
    ",": "，、､：；｜＿＊～〜＼￤",
}
_KANJI = "〇一二三四五六七八九"


class _Canonical(dict[int, str]):
    """Translation table, filled as characters are met: any digit to ASCII, separators to their role."""

    def __missing__(self, code: int) -> str:
        self[code] = role = _role(chr(code))
        return role


def _role(char: str) -> str:
    if char.isascii():
        return char
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(char)
    if category in {"Cf", "Mn", "Me"}:
        return _IGNORED
    if category in {"Zs", "Zl", "Zp"}:
        return " "
    if category == "Pd":
        return "-"
    # Full-width and accented Latin letters; a sign such as № is no letter and begins no identifier.
    plain = unicodedata.normalize("NFKD", char)[0] if category.startswith("L") else char
    return plain if plain.isascii() else char


_CANONICAL = _Canonical(
    {ord(char): role for role, chars in _ROLES.items() for char in chars}
    | {ord(char): str(value) for value, char in enumerate(_KANJI)}
    | {ord("零"): "0"}
)

_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_STRONG = rf"[ \t\-./{_CONTROL}]"
_WEAK = rf"[ \t,:;|_*~+\\\r\n{_CONTROL}]"
# Both are linear: a failed start looks at most eleven digits ahead, a successful one consumes what it read.
_RUN = re.compile(rf"[0-9](?:{_STRONG}{{0,5}}+[0-9]){{11,}}")
_WEAK_GROUPS = re.compile(
    rf"(?<![0-9])(?=([0-9]{{4}}(?:(?:{_WEAK}{{1,4}}[0-9]{{4}}){{3}}"
    rf"|{_WEAK}{{1,4}}[0-9]{{6}}{_WEAK}{{1,4}}[0-9]{{4,5}})(?![0-9])))"
)
_GROUP = re.compile(rf"[0-9](?:[{_CONTROL}]*[0-9])*")
_DIGITS_OF_ALL_SCRIPTS = rf"\d{_KANJI}零⁰¹²³⁴-⁹₀-₉①-⑨⓪❶-❾➀-➈"
_DIGIT = re.compile(f"[{_DIGITS_OF_ALL_SCRIPTS}]")
_UUID = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![0-9A-Fa-f])")
# A letter before the digits means an identifier, unless it ends one of these words, an escape such as \n, or
# the %B with which track 1 of a magnetic stripe begins.
_LABEL_BEFORE = re.compile(
    r"(?:(?<![A-Za-z0-9])(?:card|pan|cc|ccnum|no|num|number|cardno|cardnumber"
    r"|visa|master|mastercard|amex|jcb|diners|discover)|\\[nrt]|%b)$",
    re.IGNORECASE,
)
_LABEL_AFTER = re.compile(r"(?:exp|cvc|cvv|cvn|\\[nrt])", re.IGNORECASE)
_LABEL_REACH = 24
_FEWEST, _MOST = 12, 19
_ZERO_FRACTION = re.compile(r"0{1,2}")


_ASCII_DIGITS = frozenset("0123456789")
_ANY_TWELVE_DIGITS = re.compile(f"(?:[^{_DIGITS_OF_ALL_SCRIPTS}]*+[{_DIGITS_OF_ALL_SCRIPTS}]){{{_FEWEST}}}")
# For a look before the search: digits become 0, what may stand between them is deleted, the rest blanked.
_BLANKED = bytes(ord("0") if chr(code).isascii() and chr(code).isdigit() else ord("?") for code in range(256))
_CONTROL_BYTES = bytes((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F))
_STRONG_BYTES = b" \t-./" + _CONTROL_BYTES
_WEAK_BYTES = b" \t,:;|_*~+\\\r\n" + _CONTROL_BYTES
_TWELVE = b"0" * _FEWEST


class _Group(NamedTuple):
    start: int
    end: int
    digits: str


def find(text: str) -> list[Match]:
    """Every card-like number in `text`, from left to right; where two could be read, they may overlap.

    Finds plain and grouped numbers, digits of any script, and zero-width characters between them. It does not
    decode: `decode.views` lays bare what is URL-encoded, in base64 and the like.
    """
    if not text.isascii():
        if not _ANY_TWELVE_DIGITS.match(text):
            return []
        text = text.translate(_CANONICAL)
    raw = text.encode("ascii", "replace")
    matches: list[Match] = []
    if _TWELVE in raw.translate(_BLANKED, _STRONG_BYTES):
        for run in _RUN.finditer(text):
            matches += _in_run(text, run.start(), run.end())
    if _TWELVE in raw.translate(_BLANKED, _WEAK_BYTES):
        matches += _weakly_grouped(text)
    return _settled(text, matches) if matches else matches


def mask(text: str, *, least: Verdict = Verdict.CARD) -> str:
    """`text` with every digit but the last four of each number replaced by an asterisk.

    Numbers of verdict MAYBE are masked too, if `least` says so. The length stays the same.
    """
    hidden: set[int] = set()
    for match in find(text):
        if least is Verdict.MAYBE or match.verdict is Verdict.CARD:
            digits = [found.start() for found in _DIGIT.finditer(text, match.start, match.end)]
            hidden.update(digits[:-4])
    return "".join("*" if at in hidden else char for at, char in enumerate(text)) if hidden else text


def digits_of(text: str, match: Match) -> str:
    """The number itself, as ASCII digits. For comparing, never for keeping."""
    return _bare(text[match.start : match.end].translate(_CANONICAL))


def is_luhn_valid(digits: str) -> bool:
    """Whether the last of `digits` (ASCII) is the check digit of those before it."""
    raw = digits.encode("ascii")
    total = sum(raw[-1::-2]) + sum(raw[-2::-2].translate(_DOUBLED))
    return (total - ord("0") * len(raw)) % 10 == 0


_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")


def _settled(text: str, matches: list[Match]) -> list[Match]:
    """In order, without what lies in a UUID and without a MAYBE that a CARD overlaps."""
    if "-" in text:
        uuids = [uuid.span() for uuid in _UUID.finditer(text)]
        matches = _apart_from(matches, uuids)
    cards = [match for match in matches if match.verdict is Verdict.CARD]
    others = [match for match in matches if match.verdict is Verdict.MAYBE]
    return sorted(cards + _apart_from(others, [(card.start, card.end) for card in cards]))


def _apart_from(matches: list[Match], spans: list[tuple[int, int]]) -> list[Match]:
    """The matches that overlap none of `spans`. Hostile input makes both long, hence one sweep."""
    kept, spans = [], sorted(spans)
    ends = list(itertools.accumulate((end for _, end in spans), max))
    for match in matches:
        before = bisect.bisect_left(spans, (match.end, 0))
        if not before or ends[before - 1] <= match.start:
            kept.append(match)
    return kept


def _in_run(text: str, start: int, end: int) -> Iterator[Match]:
    """The matches within one stretch of digits and separators: for each group the best that begins there."""
    groups = [
        _Group(found.start(), found.end(), found[0] if found[0].isdigit() else _bare(found[0]))
        for found in _GROUP.finditer(text, start, end)
    ]
    whole = _whole_run(text, groups)
    if whole is not None:
        yield whole
    for first, group in enumerate(groups):
        if group.digits[0] in FIRST_DIGITS:
            found = [_judge(text, groups, first, last) for last in _usual_ends(groups, first)]
            yield from sorted(filter(None, found), key=_by_worth)[:1]


def _bare(number: str) -> str:
    return "".join(char for char in number if char in _ASCII_DIGITS)


def _by_worth(match: Match) -> tuple[Verdict, int]:
    return match.verdict, -match.end  # "card" sorts before "maybe", longer before shorter


def _usual_ends(groups: list[_Group], first: int) -> Iterator[int]:
    """Where a number grouped as on a card may end: in one piece, in fours, 4-6-5 (Amex) or 4-6-4 (Diners)."""
    size = len(groups[first].digits)
    if _FEWEST <= size <= _MOST:
        yield first + 1
    if size != 4:
        return
    sizes = [len(group.digits) for group in groups[first : first + 5]]
    fours = next((at for at, each in enumerate(sizes) if each != 4), len(sizes))
    if fours >= 4:
        yield first + 4
    if fours in {3, 4} and fours < len(sizes) and sizes[fours] < 4:
        yield first + fours + 1
    if fours == 3 and (first == 0 or len(groups[first - 1].digits) != 4):
        yield first + 3
    if sizes[1:3] in ([6, 5], [6, 4]):
        yield first + 3


def _whole_run(text: str, groups: list[_Group]) -> Match | None:
    """A run that is one number in unusual groups, all divided by the same character (space or hyphen)."""
    sizes = [len(group.digits) for group in groups]
    if not 2 <= len(groups) <= _MOST or not _FEWEST <= sum(sizes) <= _MOST:
        return None
    if set(_usual_ends(groups, 0)) >= {len(groups)}:
        return None
    dividers = {text[left.end : right.start] for left, right in itertools.pairwise(groups)}
    if len(dividers) != 1 or not dividers <= {" ", "-"}:
        return None
    match = _judge(text, groups, 0, len(groups))
    uniform = len(set(sizes[:-1])) == 1 and sizes[-1] <= sizes[0]
    few_pieces = len(sizes) <= 4 and min(sizes) >= 3
    if match is None or ((uniform or few_pieces) and match.digits_length >= 14):
        return match
    return match._replace(verdict=Verdict.MAYBE)


def _judge(text: str, groups: list[_Group], first: int, last: int) -> Match | None:
    """The match that groups `first` to `last` (exclusive) make, judged by digits and neighbours."""
    digits = "".join(group.digits for group in groups[first:last])
    match = _match(digits, groups[first].start, groups[last - 1].end)
    if match is None or _in_identifier(text, match.start, match.end):
        return None
    if last - first == 1:
        if first and text[groups[first - 1].end : match.start] == ".":
            return None  # the decimals of a fraction
        if last < len(groups) and text[match.end : groups[last].start] == ".":
            # 4242….0 is a card number that went through a spreadsheet; other decimals make it an amount.
            return match if _ZERO_FRACTION.fullmatch(groups[last].digits) else None
    return match


def _match(digits: str, start: int, end: int) -> Match | None:
    if digits[0] not in FIRST_DIGITS or not is_luhn_valid(digits):
        return None
    issuer = issuer_of(digits)
    if issuer is None:
        return None
    sure = issuer.sure and not (len(digits) == 13 and _is_product_code(digits))
    return Match(start, end, len(digits), issuer.issuer, digits[-4:], Verdict.CARD if sure else Verdict.MAYBE)


def _is_product_code(digits: str) -> bool:
    """A JAN code (GS1 prefix 45 or 49), or any other 13 digits with a right EAN-13 check digit."""
    total = sum(map(int, digits[::2])) + 3 * sum(map(int, digits[1::2]))
    return digits.startswith(("45", "49")) or total % 10 == 0


def _in_identifier(text: str, start: int, end: int) -> bool:
    """Whether letters touch the digits, as in a hash or an id; a short label such as "card" is none."""
    if start and _is_latin(text[start - 1]):
        label = _LABEL_BEFORE.search(text[max(0, start - _LABEL_REACH) : start])
        if label is None:
            return True
    if end < len(text) and _is_latin(text[end]):
        return not _LABEL_AFTER.match(text, end)
    return False


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalpha()


def _weakly_grouped(text: str) -> Iterator[Match]:
    """Groups as on a card divided by commas, line ends, underscores: lists of numbers look like this too."""
    for found in _WEAK_GROUPS.finditer(text):
        start, end = found.span(1)
        match = _match(_bare(found[1]), start, end)
        if match is not None and not _in_identifier(text, start, end):
            yield match._replace(verdict=Verdict.MAYBE)
