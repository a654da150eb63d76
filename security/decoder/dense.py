"""Digits in the encodings of eighty-five letters and in uuencode, which nothing announces. Pure; used by `tokens`.

Four characters make five letters, the first of which tells that they are digits: three such fives in a row stand for
twelve digits, and hardly ever for anything else.
"""

from __future__ import annotations

import base64
import binascii
import re
import string
from collections.abc import Callable, Iterable, Iterator

from .. import pan
from .budget import Budget
from .charsets import is_text

_FIVE = 5
_DIGITS_AND_DIVIDERS = bytes(code for code in range(128) if not chr(code).isalpha())
# Each letter as x, those with which four digits begin, or a divider and three digits, as f: of RFC 1924 and of Adobe.
_BASE85 = "".join(
    "f"
    if chr(code) in "AEFGHI"
    else "x"
    if chr(code).isalnum() or chr(code) in "!#$%&()*+-;<=>?@^_`{|}~"
    else " "
    for code in range(128)
)
_ASCII85 = "".join("f" if chr(code) in "+/0123" else "x" if 33 <= code <= 117 else " " for code in range(128))
_DIGITS = re.compile(rb"f(?=[fx]{4}f[fx]{4}f([fx]{4,60}))")
_WINDOW = 16 << 10
# A run of fewer letters holds no card's number.
_DENSE = bytes(ord("x") if 33 <= code <= 126 else ord(" ") for code in range(256))
_RUN = b"x" * 18
_UUENCODED = re.compile(r"begin [0-7]{3,4} [^\r\n]{1,100}\r?\n((?:[ -`]{2,62}\r?\n){1,30000}+)")


def may_be(text: str) -> bool:
    """Whether letters enough stand side by side. A fast look."""
    return _RUN in text.encode("utf-8", "replace").translate(_DENSE)


def of_85(text: str, budget: Budget) -> Iterator[tuple[bytes, str]]:
    """What runs of such letters hold, if that is digits; and by which encoding."""
    for start in range(0, len(text), _WINDOW):
        window = text[start : start + _WINDOW + _LONGEST]
        if not budget.spend(2 * len(window)):
            return
        raw = window.encode("ascii", "replace").replace(b"\x7f", b" ")
        for letters, values, decode, name in _ALPHABETS:
            for found in _DIGITS.finditer(raw.translate(letters)):
                if not budget.spend(0, tokens=1):
                    return
                if not _are_digits(raw[found.start() : found.start() + _FIVE], values):
                    continue
                if data := _digits(window, found.start(), found.end(1), decode):
                    yield data, name


def _are_digits(five: bytes, values: bytes) -> bool:
    """Whether five letters stand for digits and what divides them: reckoned here, for the library's way is slow."""
    number = 0
    for letter in five:
        number = number * 85 + values[letter]
    return number < 1 << 32 and not number.to_bytes(4, "big").translate(None, _DIGITS_AND_DIVIDERS)


def _digits(text: str, start: int, end: int, decode: Callable[[str], bytes]) -> bytes:
    """With the five letters before, which may begin with something else than digits; nothing, if these are none."""
    for begin in (max(0, start - _FIVE), start):
        data = decode(text[begin:end])
        if pan.may_hold(data) and is_text(data):
            return data
    return b""


def uudecoded(text: str, budget: Budget) -> Iterator[bytes]:
    """What stands between the lines that begin and end it."""
    for found in _UUENCODED.finditer(text):
        if not budget.spend(len(found[0]), tokens=1):
            return
        try:
            yield b"".join(binascii.a2b_uu(line) for line in found[1].splitlines())
        except binascii.Error:
            continue


def _of_base85(run: str) -> bytes:
    try:
        return base64.b85decode(run)
    except ValueError:
        return _of_base85(run[: len(run) - len(run) % _FIVE]) if len(run) % _FIVE else b""


def _of_ascii85(run: str) -> bytes:
    try:
        return base64.a85decode(run)
    except ValueError:
        return _of_ascii85(run[: len(run) - len(run) % _FIVE]) if len(run) % _FIVE else b""


def _values(letters: Iterable[int]) -> bytes:
    """What each letter stands for."""
    values = bytearray(256)
    for value, letter in enumerate(letters):
        values[letter] = value
    return bytes(values)


_LONGEST = 80
_RFC_1924 = (
    string.digits + string.ascii_uppercase + string.ascii_lowercase + "!#$%&()*+-;<=>?@^_`{|}~"
).encode()
_ALPHABETS = (
    (_BASE85.encode().ljust(256), _values(_RFC_1924), _of_base85, "base85"),
    (_ASCII85.encode().ljust(256), _values(range(33, 118)).ljust(256), _of_ascii85, "ascii85"),
)
