"""The scanner's fast engine: its patterns in Hyperscan (extra `fast`).

Hyperscan goes through a block once for each automaton that it makes of the patterns, and most of them have one. So one
looser automaton stands for all that begins with a digit, and the longest words are sought by their length alone: in
both ways hardly anything is named in most texts, and the exact patterns see the lines of what is. Those two looks are
compiled where they can be (`_runs.c`), which makes them several times as fast.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from . import compiled
from .automata import ACROSS, ONCE, Automata, Found, exactly, spans
from .compiled import Runs
from .patterns import COMPILED, DEFLATE, FOREIGN, KINDS, ODD_RUN, PATTERNS, SEPARATORS, Ends
from .words import in_words

_SHORT_GROUPS = rb"(?:[\x00-/:-@\[-`{-\xff]+[0-9]{1,2}){10}"
# Each follows a first digit. One automaton holds them all, for none has a fixed text in it.
BEHIND_A_DIGIT: dict[str, bytes] = {
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
_LOOSELY = 0  # a kind of its own: nothing is looked at for it yet
_FOREIGN_CHUNK = 8 << 10  # what is no ASCII stands in few places of most texts
_NEAR, _FAR = 256, 8 << 10  # a single digit may stand on a line of its own; a line may have no end


@cache
def engine(*, with_compiled: bool = True) -> Callable[[bytes], Ends]:
    """The engine, with the compiled looks where they were built; its patterns are compiled at the first call."""
    runs = compiled.runs() if with_compiled else None
    apart = {*BEHIND_A_DIGIT, "other scripts", *_IN_WORDS}
    marked = [_marked(name) for name in PATTERNS if name not in apart]
    in_any = Automata(marked)
    in_ascii = Automata([_marked(name) for name in PATTERNS if name not in apart | _BEYOND_ASCII])
    digits = runs.digits if runs else _loose_digits()
    exact = [
        Automata(exactly(*names), most=4_000)
        for names in (_SPREAD, [name for name in BEHIND_A_DIGIT if name not in _SPREAD])
    ]
    scripts, words = _in_scripts(runs), in_words(runs)

    def ends(block: bytes) -> Ends:
        found = _confirmed(in_ascii(block) if block.isascii() else in_any(block) + scripts(block), block)
        for first, last in lines_of(digits(block), block):
            line = block[first:last]
            found += [(first + end, kind) for patterns in exact for end, kind in patterns(line)]
        return found + words(block)

    return ends


def _marked(name: str) -> tuple[bytes, int]:
    return (_LOOSER[name], _LOOSELY) if name in _LOOSER else (PATTERNS[name], KINDS[name])


def _loose_digits() -> Callable[[bytes], list[int]]:
    behind = b"|".join(dict.fromkeys(BEHIND_A_DIGIT.values()))
    loose = Automata([(rb"[0-9](?:" + behind + rb")", _LOOSELY)])
    return lambda block: [end for end, _ in loose(block)]


def _confirmed(ends: Found, block: bytes) -> Found:
    """What a looser pattern named is judged by its own."""
    loosely = [end for end, kind in ends if kind == _LOOSELY]
    if not loosely:
        return ends
    sure = [each for each in ends if each[1] != _LOOSELY]
    for first, last in lines_of(loosely, block):
        for name in _LOOSER:
            sure += [(found.end(), KINDS[name]) for found in COMPILED[name].finditer(block, first, last)]
    return sure


def _in_scripts(runs: Runs | None) -> Callable[[bytes], Found]:
    """Digits of other scripts, where there are any."""
    gate, named = Automata([(FOREIGN, _LOOSELY)], flag=ONCE), Automata(exactly("other scripts"))

    def ends(block: bytes) -> Found:
        starts = runs.beyond_ascii(block, _FOREIGN_CHUNK, ACROSS) if runs else None
        wanted = spans(block, _FOREIGN_CHUNK, lambda chunk: not chunk.isascii() and gate(chunk), starts)
        return [(first + end, kind) for first, last in wanted for end, kind in named(block[first:last])]

    return ends


def lines_of(ends: Iterable[int], block: bytes) -> Iterator[tuple[int, int]]:
    """The lines in which something ended, with a bit of what is round them."""
    done = 0
    for end in sorted(ends):
        if end + _NEAR > done:
            first = max(0, block.rfind(b"\n", max(0, end - _FAR), end) - _NEAR, end - _FAR)
            newline = block.find(b"\n", end, end + _FAR)
            done = (newline if newline >= 0 else end + _FAR) + 2 * _NEAR
            yield first, done
