"""The two engines of the scanner: whatever text it is, both lead to the same findings."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from security.scan import Scan
from security.scanner import by_hyperscan, engine, look

from .cards import in_base64, percent_encoded, written_forms
from .corpus.case import CARD, Case
from .corpus.judged import cases
from .scanned import PUBLISHED

PLAIN, FAST = engine.by_name("plain"), engine.by_name("fast")
UNCOMPILED = by_hyperscan.engine(with_compiled=False)
# What the scanner leaves to the guard: values by themselves that are no file.
_NOT_IN_FILES = (
    "boxes",
    "halves",
    "JSON exponent",
    "JSON float",
    "XML cells",
    "XML, inner",
    "XML attributes",
    "HTML, values",
    "HTML, cell",
    "form, box",
    "form, list",
    "form, parts",
    "form, front",
    "form, first and second",
    "JSON, groups as numbers",
    "JSON codes",
    "bare deflate",
    "a line each",
    "behind a mark",
    "upload:",
    "gRPC",
    "bytes: chip",
    "chip, in base64",
    "64 bits",
    "base32hex",
    "base85",
    "ascii85, bare",
    "uuencoded",
    "UTF-7",
    "name of a host",
    "calls, one",
    "two lines",
    "groups over two",
    "table, ",
    "digits between",
    "two pieces",  # some of these are only ever MAYBE
)


def found(data: bytes, by: engine.Engine) -> set[look.Sighting | look.NotFullyRead]:
    return set(look.look(io.BytesIO(data), by))


def test_the_fast_engine_is_the_one_that_is_taken() -> None:
    assert engine.by_name(None) is FAST
    assert FAST is not PLAIN


def as_file(case: Case) -> bytes:
    data = case.data if isinstance(case.data, bytes) else case.data.encode("utf-8", "surrogatepass")
    return b"first line\n" + data + b"\nlast line\n"


def test_both_find_the_same_in_the_corpus() -> None:
    for case in list(cases())[::3]:
        data = as_file(case)
        assert found(data, PLAIN) == found(data, FAST) == found(data, UNCOMPILED), case.kind


@given(
    st.lists(
        st.one_of(
            st.text(max_size=40),
            written_forms().map(lambda form: form[1]),
            written_forms().map(lambda form: percent_encoded(form[1])),
            written_forms().map(lambda form: in_base64(f"n {form[1]} n")),
            st.from_regex(r"[0-9 ./%=&;\n-]{0,40}", fullmatch=True),
        ),
        max_size=6,
    )
)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_both_find_the_same_in_anything(pieces: list[str]) -> None:
    data = "\n".join(pieces).encode("utf-8", "surrogatepass")

    assert found(data, PLAIN) == found(data, FAST)


@pytest.mark.parametrize("name", ["plain", "fast"])
def test_the_corpus_is_found_in_files(name: engine.EngineName) -> None:
    wanted = [
        case
        for case in cases()
        if case.verdict == CARD and not any(word in case.kind for word in _NOT_IN_FILES)
    ][::3]
    missed = []
    for case in wanted:
        scan = Scan(engine_name=name)
        data = case.data if isinstance(case.data, bytes) else case.data.encode()
        scan.stream("x", io.BytesIO(data))
        if case.number[-4:] not in {each.last4 for each in scan.findings}:
            missed.append(case.kind)

    assert len(missed) <= 0.01 * len(wanted), sorted(set(missed))


_NAMES = ["ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE"]
LEAST_DIGITS: dict[str, Callable[[str], str]] = {
    "named characters": lambda number: "".join(f"\\N{{DIGIT {_NAMES[int(each)]}}}" for each in number),
    "escapes": lambda number: "".join(f"\\x3{each}" for each in number),
    "entities": lambda number: "".join(f"&#x3{each};" for each in number),
    "codes of a URL": lambda number: "".join(f"%3{each}" for each in number),
    "quoted-printable": lambda number: "".join(f"=3{each}" for each in number),
    "a line that goes on, indented": lambda number: f"{number[:4]}\\\n        {number[4:]}",
    "colours in JSON": lambda number: json.dumps(f"\x1b[32m{number[:4]}\x1b[0m{number[4:]}"),
    "hex of UTF-16": lambda number: number.encode("utf-16-le").hex(),
    "dividers escaped": lambda number: "\\x20".join(number[at : at + 4] for at in range(0, 16, 4)),
}


@pytest.mark.parametrize("way", LEAST_DIGITS)
def test_a_line_with_no_digit_more_than_the_number_needs_is_looked_into(way: str) -> None:
    line = LEAST_DIGITS[way](PUBLISHED).encode()
    for by in (PLAIN, FAST):
        assert {seen.last4 for seen in found(line, by) if isinstance(seen, look.Sighting)} == {"4242"}
