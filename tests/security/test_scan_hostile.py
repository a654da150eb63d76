"""Files made to keep the scanner busy: its work grows as they do and no faster, and what it leaves is told."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from security import pan
from security.scan import Scan
from security.scanner import look

from .cards import grouped
from .scanned import CARD

SHAPES = {
    "groups without end": b"4242 ",
    "a number to each line": CARD.encode() + b"\n",
    "one digit": b"4",
    "one letter": b"A",
    "digits and dividers": b"4 2.4-2/",
    "URL": b"%34%32",
    "escapes": b"\\u0034\\u0032",
    "hex": b"34323432",
    "words": b"card: 4242 ",
    "quotes": b'4"+"2"+"',
    "single digits": b"4,2,",
}


def work_on(data: bytes, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many characters the finder was given for it."""
    given = 0
    find = pan.find

    def counting(text: str, *rest: Callable[[int], bool]) -> list[pan.Match]:
        nonlocal given
        given += len(text)
        return find(text, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(pan, "find", counting)
        Scan().stream("x", io.BytesIO(data))
    return given


@pytest.mark.parametrize("shape", SHAPES)
def test_work_grows_no_faster_than_the_file(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    of_half, of_all = (
        work_on(SHAPES[shape] * (size // len(SHAPES[shape])), monkeypatch) for size in (100_000, 200_000)
    )

    assert of_all <= 2.2 * of_half + 50_000
    assert of_all <= 60 * 200_000


def test_after_very_many_numbers_the_rest_is_told_as_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "MOST_TOLD", 50)
    scan = Scan()

    scan.stream("x", io.BytesIO(f"{grouped(CARD, ' ')}\n".encode() * 60))

    assert [each.line for each in scan.findings] == list(range(1, 51))
    (line,) = scan.unreadable
    assert line == "x: line 50: 50 card numbers so far, the rest is not looked at"


def test_a_long_line_of_groups_is_found_to_its_end() -> None:
    """It is searched in pieces."""
    number = grouped(CARD, " ")
    line = ("1234 5678 " * 20 + number + " / ") * 1500

    scan = Scan()
    scan.stream("x", io.BytesIO(line.encode()))

    assert len(scan.findings) == len([each for each in pan.find(line) if each.verdict is pan.Verdict.CARD])
