"""Runs of base64 and hex in a text, and what they decode to. Used by `decode`; pure.

`shape_of` draws a text with one letter for each kind of character: runs in it are found far faster than by pattern, and
most texts have none.
"""

from __future__ import annotations

import base64
import binascii
import re
import string
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .. import pan
from . import dense
from .budget import Budget
from .charsets import is_text, is_wide


class Token(NamedTuple):
    """What a run decodes to. `aligned` is False where we guessed that it begins a little later."""

    data: bytes
    encoding: str
    aligned: bool = True


_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}")
_FOLDED = re.compile(r"(?:[A-Za-z0-9+/]{8,100}\r?\n[ \t]*)+[A-Za-z0-9+/]{2,100}")
_HEX = re.compile(r"[0-9A-Fa-f]{24,}")
_HEX_PAIRS = re.compile(
    r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{2}(?:[ :,-][0-9A-Fa-f]{2}){11,999}"
)  # longer ones in pieces
# Of whole words: to look behind at each letter of a long text would be dear.
_WORDS = re.compile(r"[A-Za-z0-9]{20,}")
_BASE32 = re.compile(r"[A-Z2-7]+|[a-z2-7]+")
_BASE32_HEX = re.compile(r"[0-9A-V]+|[0-9a-v]+")
_ASCII85 = re.compile(r"<~([!-uz\s]{12,4000})~>")
_NO_DIVIDERS = str.maketrans("", "", " :,-")
_URL_SAFE = str.maketrans("-_", "+/")

_WORD = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
_HEX_DIGITS = frozenset(b"0123456789abcdefABCDEF")
_ROLES = {
    **dict.fromkeys(_WORD, "a"),
    **dict.fromkeys(b"%&\\<\x1b", "m"),
    **dict.fromkeys(b"\r\n", "n"),
    **dict.fromkeys(b"\"'`", "q"),
}
_SHAPES = "".join(_ROLES.get(code, " ") for code in range(256)).encode()
_HEX_SHAPES = "".join(
    "h" if code in _HEX_DIGITS else " " if code in b" :,-" else "?" for code in range(256)
).encode()
_RUN_OF_16, _RUN_OF_24, _PAIRS = b"a" * 16, b"a" * 24, b"aa aa aa aa aa aa aa aa aa aa aa aa"
_RUN_OF_20 = b"a" * 20
_CASES = tuple(
    bytes(ord("a") if chr(code) in letters + string.digits else ord(" ") for code in range(256))
    for letters in (string.ascii_uppercase, string.ascii_lowercase)
)
_FOLD = b"a" * 8 + b"n"
_HEX_RUN, _HEX_PAIR_RUN = b"h" * 24, b"hh hh hh hh hh hh hh hh hh hh hh hh"
_SAMPLE = 1200


def shape_of(text: str) -> bytes:
    """`text` with one letter for each kind of character."""
    return text.encode("ascii", "replace").translate(_SHAPES)


def has_marks(shape: bytes) -> bool:
    """Whether there is a character in it with which some encoding marks what it encodes."""
    return b"m" in shape


def may_have_tokens(shape: bytes) -> bool:
    """Whether a text of this shape may have any token."""
    return _RUN_OF_16 in shape or _PAIRS in shape or _FOLD in shape


def may_have_dense(text: str) -> bool:
    """Whether it may hold what `dense` decodes."""
    return dense.may_be(text) or "begin " in text


def tokens(text: str, shape: bytes, budget: Budget, seen: set[int]) -> Iterator[Token]:
    """What runs of base64 (each alignment, url-safe, folded) and of hex in `text`, whose shape it is, decode to.

    Those in `seen` stood in another reading of the same text; more are noted there.
    """
    for runs, decode in _ways(text, shape):
        if not budget.has_time(len(text)):
            return
        for run in runs:
            mark = hash((run, decode))
            if mark in seen:
                continue
            if not budget.spend(len(run), tokens=1):
                return
            seen.add(mark)
            yield from decode(run, budget)


def dense_tokens(text: str, budget: Budget) -> Iterator[Token]:
    """What runs of letters that nothing announces decode to, where that is digits."""
    if dense.may_be(text):
        yield from (Token(data, name, aligned=False) for data, name in dense.of_85(text, budget))
    if "begin " in text:
        yield from (Token(data, "uuencode") for data in dense.uudecoded(text, budget))


_Decode = Callable[[str, Budget], Iterator[Token]]


def _ways(text: str, shape: bytes) -> Iterator[tuple[Iterator[str], _Decode]]:
    """The runs of each kind, sought as they are asked for, and how they are decoded."""
    if _RUN_OF_16 in shape:
        yield _all(_BASE64, text), _base64
        if _has_one_case(text):
            yield _words(_BASE32, text), _base32
            yield _words(_BASE32_HEX, text), _base32_hex
    if _FOLD in shape:
        yield _all(_FOLDED, text), _folded
    if "<~" in text:
        yield _all(_ASCII85, text), _ascii85
    if _RUN_OF_24 in shape or _PAIRS in shape:
        digits = text.encode("ascii", "replace").translate(_HEX_SHAPES)
        if _HEX_RUN in digits:
            yield _all(_HEX, text), _hex
        if _HEX_PAIR_RUN in digits:
            yield _all(_HEX_PAIRS, text), _hex


def _all(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    return (found[0] for found in pattern.finditer(text))


def _words(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    return (word for word in _all(_WORDS, text) if pattern.fullmatch(word))


def _has_one_case(text: str) -> bool:
    """Whether there are runs of digits and of letters that all are capitals, or all small."""
    raw = text.encode("ascii", "replace")
    return any(_RUN_OF_20 in raw.translate(shapes) for shapes in _CASES)


def _hex(run: str, budget: Budget) -> Iterator[Token]:
    """The run decoded; one of odd length from its first digit and from its second."""
    digits = run if run.isalnum() else run.translate(_NO_DIVIDERS)
    yield Token(binascii.unhexlify(digits[: len(digits) & ~1]), "hex")
    if len(digits) % 2 and budget.spend(len(digits)):
        yield Token(binascii.unhexlify(digits[1:]), "hex", aligned=False)


def _base32(run: str, budget: Budget) -> Iterator[Token]:
    return _of_fives(run, base64.b32decode, budget)


def _base32_hex(run: str, budget: Budget) -> Iterator[Token]:
    return _of_fives(run, base64.b32hexdecode, budget)


def _of_fives(run: str, decode: Callable[..., bytes], budget: Budget) -> Iterator[Token]:
    """The run decoded, where that gives text: words and hashes hardly ever do."""
    # The library's decoder is slow, and what does not begin as text is none.
    if len(run) > _SAMPLE and not is_text(decode(run[:_SAMPLE], casefold=True)):
        return
    digits = run[: len(run) - len(run) % 8] if len(run) % 8 in {1, 3, 6} else run
    if budget.spend(0, tokens=len(digits) // 32):
        data = decode(digits + "=" * (-len(digits) % 8), casefold=True)
        if is_text(data):
            yield Token(data, "base32")


def _ascii85(run: str, budget: Budget) -> Iterator[Token]:  # noqa: ARG001  (the shape of the others)
    try:
        yield Token(base64.a85decode(run, adobe=True), "ascii85")
    except ValueError:
        return


def _folded(run: str, budget: Budget) -> Iterator[Token]:
    return _base64("".join(run.split()), budget)


def _base64(run: str, budget: Budget) -> Iterator[Token]:
    """The run decoded from its first character, and from the next three where that gives text or numbers.

    Of a long run only a sample is tried at the other places: it is a file, with nothing stuck to its front.
    """
    run = run.translate(_URL_SAFE) if "-" in run or "_" in run else run
    yield Token(_decoded(run), "base64")
    for start in (1, 2, 3):
        sample = _decoded(run[start : start + _SAMPLE])
        if not (is_text(sample) or pan.may_hold(sample) or is_wide(sample)):
            continue
        if len(run) <= _SAMPLE:
            yield Token(sample, "base64", aligned=False)
        elif budget.spend(len(run)):
            yield Token(_decoded(run[start:]), "base64", aligned=False)


def _decoded(run: str) -> bytes:
    run = run[: len(run) - (len(run) % 4 == 1)]
    return base64.b64decode(run + "=" * (-len(run) % 4))
