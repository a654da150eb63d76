"""The compiled looks: they leave out nothing that the patterns name, and tell of words what `re` tells."""

from __future__ import annotations

import re
import shutil
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from security.scanner import compiled
from security.scanner.by_hyperscan import BEHIND_A_DIGIT, lines_of
from security.scanner.patterns import COMPILED

_WORDS = re.compile(rb"[A-Za-z0-9+/_-]{19,}")
_DIGITS = st.binary(min_size=1, max_size=6).map(lambda data: bytes(b"0123456789"[byte % 10] for byte in data))
# What stands between digits in one of the patterns or another, and what ends them.
_DIVIDERS = (
    *(b" ", b"-", b".", b"/", b"\t", b"\x00", b"\xef\xbc\x8c", b",", b"_"),
    *(b"'", b"; ", b"\n", b": ", b"\x7f\x80"),
)
_JOINTS = (
    *(b"\r\n ", b"\n ", b'"+"', b"' . '", b'" || "', b"`&`"),
    *(b'"\n    "', b"' +\r\n\t\t. '", b'"    &    \n' + b" " * 40 + b'||    "'),
)
_ENDS = (b"^", b"=", b"a", b"Nov", b"[", b" " * 9, b"(" * 13, b"x" * 60)
_BETWEEN = st.sampled_from([*_DIVIDERS, *_JOINTS, *_ENDS])


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """Digits in groups that are often alike, divided alike as well: only so do the longer patterns come about."""
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        size, between = draw(st.integers(1, 7)), draw(_BETWEEN)
        for _ in range(draw(st.integers(1, 14))):
            digits = draw(_DIGITS)
            parts.append((digits * size)[:size] if draw(st.integers(0, 5)) else digits)
            parts.append(between if draw(st.integers(0, 7)) else draw(_BETWEEN))
    return b"x" * draw(st.integers(0, 130)) + b"".join(parts)


@pytest.fixture(scope="module")
def runs() -> compiled.Runs:
    built = compiled.runs()
    assert built is not None, "not built: `make setup` builds it where there is a C compiler"
    return built


def test_it_is_built_where_it_can_be() -> None:
    assert compiled.runs() is not None or not any(map(shutil.which, ("cc", "gcc", "clang")))


@settings(max_examples=600, deadline=None)
@given(texts())
def test_whatever_a_pattern_names_is_in_a_line_that_is_told(text: bytes) -> None:
    built = compiled.runs()
    assert built is not None
    lines = list(lines_of(built.digits(text), text))
    for name in BEHIND_A_DIGIT:
        for named in COMPILED[name].finditer(text):
            assert any(first <= named.start() and named.end() <= last for first, last in lines), (
                name,
                named[0],
            )


@pytest.mark.parametrize(
    "text",
    [
        b"4242424242424242",
        b"4242 4242 4242 4242",
        b"3782-822463-10005",
        b"4242:4242:4242:4242",
        b";4242424242424242=2912",
        b"4, 2, 4, 2, 4, 2, 4, 2, 4, 2, 4, 2, 4, 2, 4, 2",
        b"52,50,52,50,52,50,52,50,52,50,52,50,52,50,52,50",
        b'"4242" + "4242"',
        b"4242\r\n\t4242",
        b"4,242,424,242,424,242",
    ],
    ids=lambda text: text.decode(),
)
@pytest.mark.parametrize("before", [*range(70), 127, 128])
def test_it_is_told_wherever_it_stands(runs: compiled.Runs, text: bytes, before: int) -> None:
    for lead in (b"x" * before, b" " * before, b"7 y" * before):
        for tail in (b"", b"x" * 80):
            assert runs.digits(lead + text + tail)


@pytest.mark.parametrize(
    "text",
    [
        b'192.168.1.7 - - [23/Nov/2026:04:12:33 +0900] "GET /products/424242 HTTP/1.1" 200 12345 "-"',
        b"the year 2026, the 27th, at 14:50",
        b"x = [1, 2, 3]  # 0x1F",
    ],
    ids=["log", "prose", "source"],
)
def test_of_ordinary_lines_nothing_is_told(runs: compiled.Runs, text: bytes) -> None:
    assert runs.digits((text + b"\n") * 50) == []


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 90), st.sampled_from([b" ", b".", b"\n", b"=", b"\xff", b"()"])), max_size=30
    )
)
def test_words_are_those_that_re_finds(parts: list[tuple[int, bytes]]) -> None:
    built = compiled.runs()
    assert built is not None
    text = b"".join((b"aZ09+/_-" * 12)[:size] + behind for size, behind in parts)
    words, places, long = built.words(text, 19, 32)
    expected = list(_WORDS.finditer(text))
    assert words == b"".join(word[0] + b"\n" for word in expected)
    pairs = list(struct.iter_unpack("=II", places))
    assert [stands for _, stands in pairs] == [word.start() for word in expected]
    assert all(words[among:].startswith(word[0]) for (among, _), word in zip(pairs, expected, strict=True))
    assert long == [word.span() for word in expected if len(word[0]) >= 32]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_looked_at(data: bytes) -> None:
    built = compiled.runs()
    assert built is not None
    assert all(0 < place <= len(data) for place in built.digits(data))
    assert built.words(data, 1, 1)[0].count(b"\n") == len(re.findall(rb"[A-Za-z0-9+/_-]+", data))


@pytest.mark.parametrize("place", [0, 1, 63, 64, 99, 100, 107, 108, 199, 200, 205, 249])
def test_a_chunk_is_told_for_what_is_in_it_or_just_behind_it(runs: compiled.Runs, place: int) -> None:
    text = bytearray(b"a" * 250)
    text[place] = 0x80
    told = [start for start in (0, 100, 200) if start <= place < start + 108]
    assert runs.beyond_ascii(bytes(text), 100, 8) == told
    assert runs.beyond_ascii(b"a" * 250, 100, 8) == []


@pytest.mark.parametrize("fewest", [0, -1, 33])
def test_a_length_that_does_not_fit_is_refused(runs: compiled.Runs, fewest: int) -> None:
    with pytest.raises(ValueError, match="1 to 32"):
        runs.words(b"text", fewest, 32)


def test_what_is_no_bytes_is_refused(runs: compiled.Runs) -> None:
    with pytest.raises(TypeError):
        runs.digits("text")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        runs.words("text", 19, 32)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        runs.beyond_ascii("text", 10, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize(("size", "across"), [(0, 8), (-1, 8), (10, -1)])
def test_a_chunk_that_can_not_be_is_refused(runs: compiled.Runs, size: int, across: int) -> None:
    with pytest.raises(ValueError, match="a byte at least"):
        runs.beyond_ascii(b"text", size, across)
