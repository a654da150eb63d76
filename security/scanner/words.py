"""What long words of base64 and base32 hold: the scanner's fast engine looks at those alone."""

from __future__ import annotations

import re
import string
from bisect import bisect_left
from collections.abc import Callable, Iterator

from . import deflated
from .automata import ONCE, Automata, Found, exactly, spans
from .compiled import Runs
from .patterns import BASE64, COMPILED, DECODED

_FEWEST, _LONG = 19, 32
"""Letters: of a number in base64 or hex, and of a text or something packed that holds one."""
# Most of a log has no word so long: that is seen far faster than what is in them.
_WORD = BASE64 + b"{%d}" % _FEWEST
# A word of base32 without a digit is a word. Its first digit has six letters or digits behind it, or many before it.
_DIGIT_IN_BASE32 = rb"[A-Za-z]{4}[2-7]|[2-7](?:[a-z2-7]{6}|[A-Z2-7]{6})"
_BASE32, _BASE32_REACH = (string.ascii_letters + "234567").encode(), 32
_CHUNK = 64 << 10


def in_words(runs: Runs | None) -> Callable[[bytes], Found]:
    """Where a block's words hold something, by the compiled look for words or without it."""
    look = _compiled(runs) if runs else _uncompiled()

    def ends(block: bytes) -> Found:
        found, long = look(block)
        for first, last in long:
            if block[first:last].islower():  # a digit's bits are a capital letter's in base64
                continue
            found += [
                (each.end(), DECODED) for each in COMPILED["base64 of text"].finditer(block, first, last)
            ]
            if _may_be_deflated(block, first, last) and deflated.holds(block, last):
                found.append((first + _LONG, DECODED))
        return found

    return ends


_Look = Callable[[bytes], tuple[Found, list[tuple[int, int]]]]
"""What is named in a block's words, and the spans of the long ones."""


def _compiled(runs: Runs) -> _Look:
    in_chunk = _in_chunk()

    def look(block: bytes) -> tuple[Found, list[tuple[int, int]]]:
        words, places, long = runs.words(block, _FEWEST, _LONG)
        return list(_back(places, in_chunk(words) if words else [])), long

    return look


def _uncompiled() -> _Look:
    in_chunk, long_words = _in_chunk(), _LongWords()
    has_word = Automata([(_WORD, DECODED)], flag=ONCE)

    def look(block: bytes) -> tuple[Found, list[tuple[int, int]]]:
        found: Found = []
        long: list[tuple[int, int]] = []
        for start, stop in spans(block, _CHUNK, has_word) if has_word(block) else ():
            found += [(start + end, kind) for end, kind in in_chunk(block[start:stop])]
            long += long_words(block, start, stop)
        return found, long

    return look


def _back(places: bytes, ends: Found) -> Iterator[tuple[int, int]]:
    """What ended among the words, where it ends in the block."""
    pairs = memoryview(places).cast("I")
    among, stands = pairs[0::2], pairs[1::2]
    for end, kind in ends:
        word = bisect_left(among, end) - 1
        yield stands[word] + end - among[word], kind


def _in_chunk() -> Callable[[bytes], Found]:
    named = Automata(exactly("base64 of digits", "base64 of packed"))
    in_base32 = Automata([(_DIGIT_IN_BASE32, DECODED)])

    def ends(chunk: bytes) -> Found:
        return named(chunk) + [(end, DECODED) for end in _in_base32(chunk, in_base32(chunk))]

    return ends


class _LongWords:
    """Called with a span of a block: where each long word begins and ends."""

    def __init__(self) -> None:
        self._rest = re.compile(BASE64 + rb"*")
        # It would name every letter behind: so each look ends with the first, and the next goes on behind the word.
        self._first = Automata([(BASE64 + b"{%d}" % _LONG, DECODED)], flag=ONCE)

    def __call__(self, block: bytes, first: int, last: int) -> Iterator[tuple[int, int]]:
        view = memoryview(block)
        while ends := self._first(view[first:last]):
            end = first + ends[0][0]
            first = self._rest.match(block, end, last).end()  # type: ignore[union-attr]  # matches nothing at least
            yield end - _LONG, first


def _in_base32(chunk: bytes, ends: Found) -> Iterator[int]:
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
