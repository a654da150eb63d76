"""The scanner's fast engine: its patterns in Hyperscan (extra `fast`).

Hyperscan goes through a block once for each automaton that it makes of the patterns, and most of them have one. So one
looser automaton stands for all that begins with a digit, and the longest words are sought by their length alone: in
both ways hardly anything is named in most texts, and the exact patterns see the lines of what is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

import hyperscan

from . import deflated
from .patterns import BASE64, COMPILED, DECODED, DEFLATE, FOREIGN, KINDS, ODD_RUN, PATTERNS, SEPARATORS, Ends

_Ends = list[tuple[int, int]]

_SHORT_GROUPS = rb"(?:[\x00-/:-@\[-`{-\xff]+[0-9]{1,2}){10}"
# Each follows a first digit. One automaton holds them all, for none has a fixed text in it.
_BEHIND_A_DIGIT: dict[str, bytes] = {
    "digits": rb"(?:[" + SEPARATORS + rb"]*[0-9]){13}",
    "groups": rb"[0-9]{3}" + ODD_RUN + rb"[0-9]{4}[0-9]*" + ODD_RUN + rb"[0-9]{4}",
    "single digits": _SHORT_GROUPS,
    "character codes": _SHORT_GROUPS,
    "joined strings": rb"[\x22\x27`][ \t+.&\\|]+[\x22\x27`][0-9]",
    "folded": rb"\r?\n[ \t][0-9]",
    "thousands": rb"[,_'\xef\xbc\x8c]+(?:[0-9]{3}[,_'\xef\xbc\x8c]+){2}[0-9]{3}",
    "track": rb"(?:[" + SEPARATORS + rb"]*[0-9]){11}[\^=]",
}
# A fixed text that is rarer than those of the whole pattern; what is named in vain is decoded in vain.
_HEX_CODE = rb"[,; ]0[xX]3[0-9]"
# A number in base64 or hex fills at least nineteen letters. Most of a log has no word so long: that is seen far faster.
_WORD = BASE64 + rb"{19}"
_IN_RUNS = (
    (rb"[A-Z2-7]", 20, ("base32",)),
    (rb"[a-z2-7]", 20, ("base32",)),
    (rb"[0-9A-Fa-f]", 24, ("hex", "hex of packed")),
)
_IN_WORDS = frozenset(
    ["base32", "base64 of digits", "base64 of text", "base64 of packed", "hex", "hex of packed", DEFLATE]
)
# What no block of ASCII alone holds; most are that.
_BEYOND_ASCII = frozenset(
    [
        "full-width",
        "full-width, Shift_JIS",
        "full-width, EUC-JP",
        "full-width, UTF-16",
        "EBCDIC",
        "kanji digits",
    ]
)
_CHUNK, _ACROSS = 64 << 10, 128
_NEAR, _FAR = 256, 8 << 10  # a single digit may stand on a line of its own; a line may have no end


@cache
def engine() -> Callable[[bytes], Ends]:
    """The engine; its patterns are compiled at the first call."""
    apart = {*_BEHIND_A_DIGIT, "other scripts", *_IN_WORDS}
    marked = {name: pattern for name, pattern in PATTERNS.items() if name not in apart} | {
        "hex codes": _HEX_CODE
    }
    in_any = _Patterns(marked)
    in_ascii = _Patterns({name: each for name, each in marked.items() if name not in _BEYOND_ASCII})
    loose = _Patterns({"digits": rb"[0-9](?:" + b"|".join(dict.fromkeys(_BEHIND_A_DIGIT.values())) + rb")"})
    exact = _Patterns({name: PATTERNS[name] for name in [*_BEHIND_A_DIGIT, "hex"]})
    in_scripts, in_words = _in_chunks({"other scripts": PATTERNS["other scripts"]}, FOREIGN), _in_words()

    def ends(block: bytes) -> Ends:
        found = in_ascii(block) if block.isascii() else in_any(block) + in_scripts(block)
        for first, last in _lines_of(loose(block), block):
            found += [(first + end, kind) for end, kind in exact(block[first:last])]
        return found + in_words(block)

    return ends


class _Patterns:
    """Patterns in one database: called with bytes, where they end."""

    def __init__(self, patterns: dict[str, bytes], flag: int = 0) -> None:
        self._kinds = [KINDS[name] for name in patterns]
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(
            expressions=list(patterns.values()),
            ids=list(range(len(patterns))),
            elements=len(patterns),
            flags=[hyperscan.HS_FLAG_DOTALL | flag] * len(patterns),
        )

    def __call__(self, block: bytes) -> _Ends:
        ends: _Ends = []
        kinds = self._kinds

        def found(pattern: int, start: int, end: int, flags: int, context: object) -> None:  # noqa: ARG001  (its shape)
            ends.append((end, kinds[pattern]))

        self._database.scan(block, match_event_handler=found)
        return ends


class _Runs:
    """Runs of so many letters or more: called with bytes, where each begins and ends."""

    def __init__(self, letters: bytes, fewest: int) -> None:
        self._fewest = fewest
        self._rest = re.compile(letters + rb"*")
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(
            expressions=[letters + rb"{%d}" % fewest], ids=[0], elements=1, flags=[hyperscan.HS_FLAG_DOTALL]
        )

    def __call__(self, block: bytes) -> Iterator[tuple[int, int]]:
        view, at = memoryview(block), 0
        # It would name every letter behind: so it is stopped at the first, and goes on behind the run.
        while end := self._first(view[at:]):
            first, at = at + end - self._fewest, self._rest.match(block, at + end).end()  # type: ignore[union-attr]  # matches nothing at least
            yield first, at

    def _first(self, view: memoryview) -> int:
        ends: list[int] = []

        def found(pattern: int, start: int, end: int, flags: int, context: object) -> bool:  # noqa: ARG001  (its shape)
            ends.append(end)
            return True

        try:
            self._database.scan(view, match_event_handler=found)  # type: ignore[type-var]  # any buffer does
        except hyperscan.ScanTerminated:
            return ends[0]
        return 0


def _in_chunks(patterns: dict[str, bytes], needed: bytes) -> Callable[[bytes], _Ends]:
    """Where they end in the chunks in which what they need is."""
    gate, inside = (
        _Patterns({next(iter(patterns)): needed}, hyperscan.HS_FLAG_SINGLEMATCH),
        _Patterns(patterns),
    )

    def ends(block: bytes) -> _Ends:
        return [
            (start + end, kind)
            for start, chunk in _chunks(block)
            if gate(chunk)
            for end, kind in inside(chunk)
        ]

    return ends


def _chunks(block: bytes) -> Iterator[tuple[int, bytes]]:
    for start in range(0, len(block), _CHUNK):
        yield start, block[start : start + _CHUNK + _ACROSS]


def _in_words() -> Callable[[bytes], _Ends]:
    """What long words hold, in the chunks that have any."""
    has_word = _Patterns({DEFLATE: _WORD}, hyperscan.HS_FLAG_SINGLEMATCH)
    named = _Patterns({name: PATTERNS[name] for name in ("base64 of digits", "base64 of packed")})
    runs = [(_Runs(letters, fewest), names) for letters, fewest, names in _IN_RUNS]
    long_words = _Runs(BASE64, 32)

    def ends(block: bytes) -> _Ends:
        found: _Ends = []
        for start, chunk in _chunks(block):
            if not has_word(chunk):
                continue
            found += [(start + end, kind) for end, kind in named(chunk)]
            for seek, names in runs:
                for first, last in seek(chunk):
                    found += _in_run(chunk[first:last], start + first, names)
            for first, last in long_words(chunk):
                found += _in_run(chunk[first:last], start + first, ("base64 of text",))
                if deflated.holds(block, start + first + 32):
                    found.append((start + first + 32, DECODED))
        return found

    return ends


def _in_run(run: bytes, start: int, names: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    for name in names:
        if name != "base32" or not run.isalpha():  # a word; the decoder takes it for one too
            yield from ((start + each.end(), DECODED) for each in COMPILED[name].finditer(run))


def _lines_of(ends: _Ends, block: bytes) -> Iterator[tuple[int, int]]:
    """The lines in which something ended, with a bit of what is round them."""
    done = 0
    for end, _ in sorted(ends):
        if end + _NEAR > done:
            first = max(0, block.rfind(b"\n", max(0, end - _FAR), end) - _NEAR, end - _FAR)
            newline = block.find(b"\n", end, end + _FAR)
            done = (newline if newline >= 0 else end + _FAR) + 2 * _NEAR
            yield first, done
