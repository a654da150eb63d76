"""Find and mask card numbers (PANs) in text. Pure; standard library alone. Anyone may import it.

A number is reported when its length and first digits belong to a card network (`issuers`), its Luhn digit is right
(ISO/IEC 7812-1 annex B), it has a shape that cards have (`shapes`) and its surroundings (`neighbours`) do not say that
it is something else. A match never holds the whole number.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Callable, Iterable, Iterator

from .finder import odd_groups, shapes, tracks
from .finder.canonical import canonical, has_foreign_digit, without_counters
from .finder.match import FEWEST, Match, Spend, Verdict, is_luhn_valid

__all__ = ["FEWEST", "Match", "Verdict", "digits_of", "find", "is_luhn_valid", "mask", "may_hold"]

_UUID = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![0-9A-Fa-f])")
# ISO 13616: country, check digits, the account in fours.
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,3})?(?![A-Za-z0-9])"
)
_DIVIDED = re.compile(r"[ -]|$")
_SHORTEST_IBAN, _REACH, _SHARE_OF_FRAMES = 15, 44, 8
# For a look before the search: digits become 0, what may stand between them is deleted, the rest blanked.
_BLANKED = bytes(ord("0") if ord("0") <= code <= ord("9") else ord("?") for code in range(256))
_ODD_BYTES = bytes(code for code in range(128) if not chr(code).isalnum())
# Of UTF-8: the first bytes of ideographs, which are letters; anything else that is no ASCII may be a divider.
_IDEOGRAPHS = range(0xE5, 0xEA)
_ODD_WIDE = _ODD_BYTES + bytes(code for code in range(128, 256) if code not in _IDEOGRAPHS)
_STRONG_BYTES = b" \t-./" + bytes((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F))
_TWELVE = b"0" * FEWEST
# Groups as on a card have one of four or six digits in the middle.
_LENGTHS = bytes(
    ord("0")
    if chr(code).isdigit() and code < 128
    else ord(" ")
    if code < 128 and not chr(code).isalnum()
    else ord("?")
    for code in range(256)
)
_MIDDLE_GROUPS = (b" 0000 ", b" 000000 ")
_SINGLE, _FEWEST_SINGLES = b" 0 ", 5  # every other of twelve, for they overlap
_WIDE_BEHIND, _WIDE_BEFORE = b"0000     ", b"     0000"
# A search of a long text is a piece of work by itself.
_LONG, _SHARE = 64 << 10, 512
_PIECE, _SHARE_OF_ROLES = 16 << 10, 16
_THOUSANDS = b" 000 000 000 000"


def _no_limit(work: int) -> bool:  # noqa: ARG001  (the shape of a limit)
    return True


def find(text: str, spend: Spend = _no_limit) -> list[Match]:
    """Every card-like number in `text`, from left to right; where two could be read, they may overlap.

    Finds plain and grouped numbers, digits of any script, and zero-width characters between them. It does not
    decode: `decode.views` lays bare what is URL-encoded, in base64 and the like. `spend` is asked before pieces of
    work; once it says False, what was found so far is returned.
    """
    if not text.isascii():
        # Most of what is no ASCII is letters, between which no number stands; to find its roles is dear.
        wide = text.encode("utf-8", "replace").translate(_BLANKED, _ODD_WIDE)
        if _TWELVE not in wide and not (_may_go_on(wide, spend) and _has_foreign_digit(text, spend)):
            return []
        apart = without_counters(text) if len(text) <= _LONG else text
        matches = _unsettled(canonical(apart), spend) if apart != text else []
        text = _canonical(text, spend)
        matches += _unsettled(text, spend)
    else:
        matches = _unsettled(text, spend)
    return _settled(text, matches, spend) if matches else matches


def _unsettled(text: str, spend: Spend) -> list[Match]:
    """What each search finds in a canonical text."""
    raw = text.encode("ascii", "replace")
    if _TWELVE not in raw.translate(_BLANKED, _ODD_BYTES):
        return []
    return [match for search in _searches(raw, spend) for match in search(text, spend)]


def _has_foreign_digit(text: str, spend: Spend) -> bool:
    if len(text) <= _PIECE:
        return has_foreign_digit(text)
    pieces = (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))
    return any(spend(_SHARE) and has_foreign_digit(piece) for piece in pieces)


def _canonical(text: str, spend: Spend) -> str:
    """The canonical text; of a long one as much as may be spent on."""
    if len(text) <= _LONG:
        return canonical(text)
    pieces = (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))
    return "".join(canonical(piece) for piece in pieces if spend(len(piece) // _SHARE_OF_ROLES))


def _searches(raw: bytes, spend: Spend) -> Iterator[Callable[[str, Spend], Iterable[Match]]]:
    """Those for which there is something in the text, the cheap look at which is `raw`."""
    if _TWELVE in raw.translate(_BLANKED, _STRONG_BYTES):
        yield shapes.in_runs
        yield _in_frames
    if not _may_go_on(raw, spend):
        return
    lengths = raw.translate(_LENGTHS)
    if any(middle in lengths for middle in _MIDDLE_GROUPS):
        yield odd_groups.in_unlike_dividers
        if _WIDE_BEHIND in lengths and _WIDE_BEFORE in lengths:
            yield odd_groups.in_like_dividers
    if not _may_go_on(raw, spend):
        return
    if lengths.count(_SINGLE) >= _FEWEST_SINGLES and _may_go_on(raw, spend):
        yield odd_groups.digit_by_digit
    if _THOUSANDS in lengths and (b"," in raw or b"_" in raw or b"'" in raw):
        yield odd_groups.in_thousands


def _may_go_on(raw: bytes, spend: Spend) -> bool:
    return len(raw) <= _LONG or spend(len(raw) // _SHARE)


def _in_frames(text: str, spend: Spend) -> Iterator[Match]:
    if "^" in text or "=" in text:
        yield from tracks.in_tracks(text, spend)
    if ("D" in text or "d" in text or "A0" in text or "a0" in text) and (
        "57" in text or "5A0" in text or "5a0" in text
    ):
        yield from tracks.in_chip_data(text, spend)


def may_hold(data: bytes) -> bool:
    """Whether ASCII digits enough for a card stand in `data` with nothing but dividers between them. A fast look."""
    return _TWELVE in data.translate(_BLANKED, _ODD_BYTES)


def mask(text: str, *, least: Verdict = Verdict.CARD) -> str:
    """`text` with every digit but the last four of each number replaced by an asterisk.

    Numbers of verdict MAYBE are masked too, if `least` says so. The length stays the same.
    """
    hidden: set[int] = set()
    for match in find(text):
        if least is Verdict.MAYBE or match.verdict is Verdict.CARD:
            shown = canonical(text[match.start : match.end])
            hidden.update([match.start + at for at, char in enumerate(shown) if char.isdigit()][:-4])
    return "".join("*" if at in hidden else char for at, char in enumerate(text)) if hidden else text


def digits_of(text: str, match: Match) -> str:
    """The number itself, as ASCII digits. For comparing, never for keeping."""
    return "".join(char for char in canonical(text[match.start : match.end]) if char.isdigit())


def _settled(text: str, matches: list[Match], spend: Spend) -> list[Match]:
    """In order and once each, without what lies in a UUID or an account, or is a MAYBE that a CARD overlaps."""
    matches = list(dict.fromkeys(matches))
    if frames := list(_frames_round(text, matches, spend)):
        matches = _apart_from(matches, frames)
    cards = [match for match in matches if match.verdict is Verdict.CARD]
    others = [match for match in matches if match.verdict is Verdict.MAYBE]
    return sorted(cards + _apart_from(others, [(card.start, card.end) for card in cards]))


def _frames_round(text: str, matches: list[Match], spend: Spend) -> Iterator[tuple[int, int]]:
    """The UUIDs and accounts near the matches: to look for them in all of a long text is dear."""
    for match in matches:
        if not spend(_SHARE_OF_FRAMES):
            return
        start, end = max(0, match.start - _REACH), match.end + _REACH
        if "-" in text[start:end]:
            yield from (uuid.span() for uuid in _UUID.finditer(text, start, end))
        for found in _IBAN.finditer(text, start, end):
            # A word of four letters may follow that is none of an account's groups.
            ends = [found.start() + cut.start() for cut in _DIVIDED.finditer(found[0])]
            yield from ((found.start(), each) for each in ends if _is_iban(text[found.start() : each]))


def _is_iban(text: str) -> bool:
    """Whether its check digits are right (ISO 7064, modulo 97)."""
    account = text.replace(" ", "").replace("-", "")
    digits = "".join(str(int(char, 36)) for char in account[4:] + account[:4])
    return len(account) >= _SHORTEST_IBAN and int(digits) % 97 == 1


def _apart_from(matches: list[Match], spans: list[tuple[int, int]]) -> list[Match]:
    """The matches that overlap none of `spans`. Hostile input makes both long, hence one sweep."""
    kept, spans = [], sorted(spans)
    ends = list(itertools.accumulate((end for _, end in spans), max))
    for match in matches:
        before = bisect.bisect_left(spans, (match.end, 0))
        if not before or ends[before - 1] <= match.start:
            kept.append(match)
    return kept
