"""The scanner's fast engine: its patterns in Hyperscan (extra `fast`).

Hyperscan goes through a block once for each automaton that it makes of the patterns, and most of them have one. So one
looser automaton stands for all that begins with a digit, and the longest words are sought by their length alone: in
both ways hardly anything is named in most texts, and the exact patterns see the lines of what is.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from typing import Any

import hyperscan

from . import deflated
from .patterns import (
    BASE64,
    COMPILED,
    DECODED,
    DEFLATE,
    FOREIGN,
    KINDS,
    ODD_RUN,
    PATTERNS,
    PLAINLY,
    SEPARATORS,
    Ends,
)

_Ends = list[tuple[int, int]]

_SHORT_GROUPS = rb"(?:[\x00-/:-@\[-`{-\xff]+[0-9]{1,2}){10}"
# Each follows a first digit. One automaton holds them all, for none has a fixed text in it.
_BEHIND_A_DIGIT: dict[str, bytes] = {
    "digits": rb"(?:[" + SEPARATORS + rb"]*[0-9]){13}",
    "groups": rb"[0-9]{3}" + ODD_RUN + rb"[0-9]{4}[0-9]*" + ODD_RUN + rb"[0-9]{4}",
    "single digits": _SHORT_GROUPS,
    "character codes": _SHORT_GROUPS,
    "joined strings": rb"[\x22\x27`][ \t\r\n+.&\\|]+[\x22\x27`][0-9]",
    "folded": rb"\r?\n[ \t][0-9]",
    "thousands": rb"[,_'\xef\xbc\x8c]+(?:[0-9]{3}[,_'\xef\xbc\x8c]+){2}[0-9]{3}",
    "track": rb"(?:[" + SEPARATORS + rb"]*[0-9]){11}[\^=]",
}
# Of those the ones that make one automaton with the others so large that two are sooner made.
_SPREAD = ("groups", "single digits", "character codes", "joined strings")
# An automaton that counts far takes longer to make than most files to read. These count less or not at all, or begin
# with a rarer text; what they name is judged by their own patterns in `re`.
_LOOSER: dict[str, bytes] = {
    name: re.sub(rb"\{1,\d+\}", b"+", re.sub(rb"\{0,\d+\}", b"*", PATTERNS[name]))
    for name in ("inline tags", "sections", "office runs", "continued")
} | {
    "hex codes": rb"[,; ]0[xX]3[0-9]",
    "kanji digits": PATTERNS["kanji digits"].removesuffix(b"{12}") + b"{6}",
}
# A number in base64 or hex fills at least nineteen letters. Most of a log has no word so long: that is seen far faster.
_WORD = BASE64 + rb"{19}"
# A word of base32 without a digit is a word. Its first digit has six letters or digits behind it, or many before it.
_DIGIT_IN_BASE32 = rb"[A-Za-z]{4}[2-7]|[2-7](?:[a-z2-7]{6}|[A-Z2-7]{6})"
_BASE32, _BASE32_REACH = (string.ascii_letters + "234567").encode(), 32
_IN_WORDS = frozenset(["base32", "base64 of digits", "base64 of text", "base64 of packed", DEFLATE])
# What no block of ASCII alone holds; most are that.
_BEYOND_ASCII = frozenset(
    [
        "full-width",
        "full-width, Shift_JIS",
        "full-width, EUC-JP",
        "full-width, Big5",
        "full-width, UTF-16",
        "EBCDIC",
        "kanji digits",
    ]
)
_LINES = re.compile(rb"[^\n]{1,2048}")  # of a long one its parts
_LOOSELY = 0  # a kind of its own: nothing is looked at for it yet
_CHUNK, _ACROSS = 64 << 10, 128
_FOREIGN_CHUNK = 8 << 10  # what is no ASCII stands in few places of most texts
_NEAR, _FAR = 256, 8 << 10  # a single digit may stand on a line of its own; a line may have no end


@cache
def engine() -> Callable[[bytes], Ends]:
    """The engine; its patterns are compiled at the first call."""
    apart = {*_BEHIND_A_DIGIT, "other scripts", *_IN_WORDS}
    marked = {name: _LOOSER.get(name, pattern) for name, pattern in PATTERNS.items() if name not in apart}
    in_any = _Patterns(marked)
    in_ascii = _Patterns({name: each for name, each in marked.items() if name not in _BEYOND_ASCII})
    loose = _Patterns({"digits": rb"[0-9](?:" + b"|".join(dict.fromkeys(_BEHIND_A_DIGIT.values())) + rb")"})
    exact = [
        _Patterns({name: PATTERNS[name] for name in names}, most=4_000)
        for names in (_SPREAD, [name for name in _BEHIND_A_DIGIT if name not in _SPREAD])
    ]
    in_scripts, in_words = _in_scripts(), _in_words()

    def ends(block: bytes) -> Ends:
        found = _confirmed(in_ascii(block) if block.isascii() else in_any(block) + in_scripts(block), block)
        for first, last in _lines_of(loose(block), block):
            line = block[first:last]
            found += [(first + end, kind) for patterns in exact for end, kind in patterns(line)]
        return found + in_words(block)

    return ends


def _confirmed(ends: _Ends, block: bytes) -> _Ends:
    """What a looser pattern named is judged by its own."""
    loosely = [each for each in ends if each[1] == _LOOSELY]
    if not loosely:
        return ends
    sure = [each for each in ends if each[1] != _LOOSELY]
    for first, last in _lines_of(loosely, block):
        for name in _LOOSER:
            sure += [(found.end(), KINDS[name]) for found in COMPILED[name].finditer(block, first, last)]
    return sure


class _Patterns:
    """Patterns in one database, made when it is first needed: called with bytes, where they end.

    Where they end nearly everywhere, all the rest is named, line by line: to be told each end would take for ever.
    """

    def __init__(self, patterns: dict[str, bytes], *, flag: int = 0, most: int = 100_000) -> None:
        self._patterns, self._flag, self._most = patterns, hyperscan.HS_FLAG_DOTALL | flag, most
        self._kinds = [_LOOSELY if name in _LOOSER else KINDS[name] for name in patterns]

    @cached_property
    def _database(self) -> Any:
        return _database(list(self._patterns.values()), self._flag)

    def __call__(self, block: bytes | memoryview) -> _Ends:
        ends: _Ends = []
        kinds, most = self._kinds, self._most

        def found(pattern: int, start: int, end: int, flags: int, context: object) -> bool:  # noqa: ARG001  (its shape)
            ends.append((end, kinds[pattern]))
            return len(ends) > most

        try:
            self._database.scan(block, match_event_handler=found)
        except hyperscan.ScanTerminated:
            ends += [(each.end(), PLAINLY | DECODED) for each in _LINES.finditer(block, ends[-1][0])]
        return ends


def _database(patterns: list[bytes], flag: int) -> Any:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = [flag] * len(patterns)
    database.compile(
        expressions=patterns, ids=list(range(len(patterns))), elements=len(patterns), flags=flags
    )
    return database


class _Runs:
    """Runs of so many letters or more: called with a span of a block, where each begins and ends."""

    def __init__(self, letters: bytes, fewest: int) -> None:
        self._fewest = fewest
        self._rest = re.compile(letters + rb"*")
        # It would name every letter behind: so each look ends with the first, and the next goes on behind the run.
        self._first = _Patterns({DEFLATE: letters + rb"{%d}" % fewest}, flag=hyperscan.HS_FLAG_SINGLEMATCH)

    def __call__(self, block: bytes, first: int, last: int) -> Iterator[tuple[int, int]]:
        view = memoryview(block)
        while ends := self._first(view[first:last]):
            end = first + ends[0][0]
            first = self._rest.match(block, end, last).end()  # type: ignore[union-attr]  # matches nothing at least
            yield end - self._fewest, first


def _spans(block: bytes, size: int, is_wanted: Callable[[bytes], object]) -> Iterator[tuple[int, int]]:
    """The chunks of this size that are wanted, with a bit of what follows; neighbours are one."""
    first: int | None = None
    for start in range(0, len(block), size):
        if is_wanted(block[start : start + size + _ACROSS]):
            first = start if first is None else first
        elif first is not None:
            yield first, start + _ACROSS
            first = None
    if first is not None:
        yield first, len(block)


def _in_scripts() -> Callable[[bytes], _Ends]:
    """Digits of other scripts, where there are any."""
    name = "other scripts"
    gate, digits = (
        _Patterns({name: FOREIGN}, flag=hyperscan.HS_FLAG_SINGLEMATCH),
        _Patterns({name: PATTERNS[name]}),
    )

    def ends(block: bytes) -> _Ends:
        spans = _spans(block, _FOREIGN_CHUNK, lambda chunk: not chunk.isascii() and gate(chunk))
        return [(first + end, kind) for first, last in spans for end, kind in digits(block[first:last])]

    return ends


def _in_words() -> Callable[[bytes], _Ends]:
    """What long words hold, in the chunks that have any."""
    has_word = _Patterns({DEFLATE: _WORD}, flag=hyperscan.HS_FLAG_SINGLEMATCH)
    named = _Patterns({name: PATTERNS[name] for name in ("base64 of digits", "base64 of packed")})
    in_base32, long_words = _Patterns({"base32": _DIGIT_IN_BASE32}), _Runs(BASE64, 32)

    def ends(block: bytes) -> _Ends:
        found: _Ends = []
        for start, stop in _spans(block, _CHUNK, has_word) if has_word(block) else ():
            words = block[start:stop]
            found += [(start + end, kind) for end, kind in named(words)]
            found += [(start + end, DECODED) for end in _in_base32(words, in_base32(words))]
            for first, last in long_words(block, start, stop):
                if block[first:last].islower():  # a digit's bits are a capital letter's in base64
                    continue
                text = COMPILED["base64 of text"].finditer(block, first, last)
                found += [(each.end(), DECODED) for each in text]
                if _may_be_deflated(block, first, last) and deflated.holds(block, last):
                    found.append((first + 32, DECODED))
        return found

    return ends


def _in_base32(chunk: bytes, ends: _Ends) -> Iterator[int]:
    """Where words that are long enough for base32 go on, of those with a digit near these ends."""
    done = 0
    for end, _ in ends:
        if end <= done:
            continue
        before, after = chunk[max(0, end - _BASE32_REACH) : end], chunk[end : end + _BASE32_REACH]
        first, done = len(before.rstrip(_BASE32)), end + len(after) - len(after.lstrip(_BASE32))
        if done - end + len(before) - first >= 20 and COMPILED["base32"].search(
            before[first:] + chunk[end:done]
        ):
            yield done


def _may_be_deflated(block: bytes, first: int, last: int) -> bool:
    return deflated.is_mixed(block[first:last]) or b"%" in (block[last : last + 1], block[first - 1 : first])


def _lines_of(ends: _Ends, block: bytes) -> Iterator[tuple[int, int]]:
    """The lines in which something ended, with a bit of what is round them."""
    done = 0
    for end, _ in sorted(ends):
        if end + _NEAR > done:
            first = max(0, block.rfind(b"\n", max(0, end - _FAR), end) - _NEAR, end - _FAR)
            newline = block.find(b"\n", end, end + _FAR)
            done = (newline if newline >= 0 else end + _FAR) + 2 * _NEAR
            yield first, done
