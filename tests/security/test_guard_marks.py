"""The guard: numbers within which a format puts marks of its own, or which go on in the next line, are refused."""

from __future__ import annotations

import pickle
import zlib

import pytest

from security.guard import check_body

from .scanned import CARD

FIRST, REST = CARD[:8], CARD[8:]
FOURS = [CARD[at : at + 4] for at in range(0, 16, 4)]

TEXTS = {
    "a span of OpenDocument": f"<text:p>{FIRST}<text:span a='b'>{REST}</text:span></text:p>",
    "blanks of OpenDocument": f"<text:p>{'<text:s/>'.join(FOURS)}</text:p>",
    "runs of Word": f"<w:t>{FOURS[0]} </w:t><w:proofErr/><w:t>{FOURS[1]} {FOURS[2]}</w:t><w:t> {FOURS[3]}</w:t>",
    "an instruction": f"<a>{FIRST}<?page break?>{REST}</a>",
    "RTF": rf"{{\rtf1\ansi card {FIRST}{{\b {REST}}}}}",
    "a line that goes on, indented": f'a: "{FIRST}\\\n      {REST}"',
    "strings one below the other": f"a = (\n    '{FIRST}'\n    '{REST}'\n)",
    "strings joined over lines": f"a = '{FIRST}' +\n  '{REST}';",
    "strings of Visual Basic": f's = "{FIRST}" & _\n    "{REST}"',
    "columns that a control character divides": f"1\x01Taro\x01{CARD}\x0112/29",
    "an integer of InfluxDB's": f"pay,shop=a number={CARD}i 1700000000000000000",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_number_within_marks_is_refused(kind: str) -> None:
    hit = check_body(TEXTS[kind].encode(), "text/plain")

    assert hit is not None
    assert hit.kind == "card"


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps({"number": CARD}, 1),
        pickle.dumps({"number": int(CARD)}, 1),
        pickle.dumps([list(map(int, CARD))], 1),
        b"%PDF-1.7\n<</Title <FEFF" + CARD.encode("utf-16-be").hex().encode() + b">>>\nendobj\n",
        b"%PDF-1.7\n1 0 obj\n<</Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 32>>>>stream\n"
        + zlib.compress(b"\0" + f"<</Note (card {CARD})>>".encode().ljust(32))
        + b"\nendstream\n",
    ],
)
def test_a_number_in_a_format_is_refused(data: bytes) -> None:
    assert (hit := check_body(data, "")) is not None
    assert hit.kind == "card"


@pytest.mark.parametrize(
    "text",
    [
        "[\n" + "".join(f"    '{FIRST}',\n    '{REST}',\n" for _ in range(2)) + "]",
        rf"{{\rtf1\ansi {FIRST}\cell {REST}\par {FIRST}\tab {REST}}}",
    ],
)
def test_cells_and_items_stay_apart(text: str) -> None:
    hit = check_body(text.encode(), "application/octet-stream")

    assert hit is None or hit.kind == "maybe"
