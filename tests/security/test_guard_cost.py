"""What a request may cost is counted before it is spent: in steps, which are the same on any machine."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from typing import Any

import pytest

from security.decode import Budget, views
from security.decoder import documents
from security.decoder.multipart import boundary_of
from security.request import gate, judge
from security.request.judge import check_body

from . import hostile
from .cards import in_base64
from .guarded import CARD, Shop


def database(definition: str, *values: object) -> bytes:
    """A database whose one table says of itself what it was not made by."""
    made = sqlite3.connect(":memory:", isolation_level=None)
    made.execute(f"CREATE TABLE t({', '.join('abc'[: len(values)])})")
    made.execute(f"INSERT INTO t VALUES({', '.join('?' * len(values))})", values)
    made.execute("PRAGMA writable_schema = 1")
    made.execute("UPDATE sqlite_master SET sql = ?", (definition,))
    return made.serialize()


@pytest.mark.parametrize(
    "head",
    [
        {"HTTP_COOKIE": "a=1; " * 65_000},
        {"HTTP_COOKIE": ";" * 300_000},
        {"HTTP_COOKIE": "; ".join(f"c%34@{n}=%34%30%30%30" for n in range(9000))},
    ],
)
def test_more_cookies_than_a_browser_has_are_refused(head: dict[str, Any]) -> None:
    shop = Shop()

    assert shop.send(**head) == 413
    assert [(passage.place, passage.kind) for passage in shop.passages] == [("cookie", "over_budget")]


def test_as_many_cookies_as_a_browser_keeps_pass() -> None:
    assert Shop().send(HTTP_COOKIE="; ".join(f"c{n}={n * 7919}" for n in range(180))) == 200


def test_all_that_stands_before_a_body_has_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[Budget]()

    def counted() -> Budget:
        made.append(Budget())
        return made[-1]

    monkeypatch.setattr(gate, "request_budget", counted)
    monkeypatch.setattr(judge, "request_budget", counted)

    headers: dict[str, Any] = {f"HTTP_X_{n}": f"value {n} of many" for n in range(40)}
    referer = "http://shop.test/?q=some-words"
    assert (
        Shop().send("/some/longer/path", QUERY_STRING="q=some-words", HTTP_REFERER=referer, **headers) == 200
    )
    assert len(made) == 1


def test_what_a_property_list_shares_is_counted_wherever_it_stands() -> None:
    budget = Budget(tokens=20_000)

    list(views(hostile.property_list(), budget))

    assert budget.over
    assert budget.tokens > -100  # and it ended there


def test_a_column_that_is_reckoned_is_not_read() -> None:
    reckoned = f"CREATE TABLE t(a, b GENERATED ALWAYS AS (printf('%d', {int(CARD) - 1} + 1)))"

    assert check_body(database(reckoned, "x")) is None
    assert check_body(database("CREATE TABLE t(a)", CARD)) is not None


def test_a_table_is_read_whatever_its_columns_are_called() -> None:
    assert check_body(database("CREATE TABLE t(a, virtual_number)", "x", CARD)) is not None


def test_a_directory_of_thousands_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(9000):
            archive.writestr(f"{number}", b"")
    monkeypatch.setattr(zipfile, "ZipFile", None)

    hit = check_body(packed.getvalue(), "application/zip")

    assert hit is not None
    assert hit.kind == "over_budget"


def test_lines_of_json_are_parsed_as_far_as_the_budget_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = list[str]()

    def counted(text: str, **options: Any) -> object:
        parsed.append(text)
        return json.loads(text)

    monkeypatch.setattr(documents, "json", type("json", (), {"loads": staticmethod(counted)}))
    budget = Budget(tokens=300)

    list(views(b'"aaaaaaaaaaaa"\n' * 5000, budget, "application/json"))

    assert budget.over
    assert len(parsed) < 310


def test_boxes_end_with_the_budget() -> None:
    boxes = json.dumps([{"d": "4"}] * 5000).encode()
    budget = Budget(tokens=6000)

    list(views(boxes, budget, "application/json"))

    assert budget.over


def test_a_boundary_is_looked_for_where_one_may_stand() -> None:
    assert boundary_of("multipart/form-data; boundary=b") == b"b"
    assert boundary_of("multipart/form-data" + ";" * 300_000 + "boundary=b") is None


def test_parts_of_a_long_program_are_put_together_over_every_end() -> None:
    codes = ",".join(str(ord(digit)) for digit in CARD)
    for before in range(15_800, 17_000, 37):
        text = "x " * (before // 2) + f"[{codes}] " + "x " * 9000
        assert check_body(text.encode(), "text/plain") is not None, before


def test_a_run_of_digits_is_seen_over_every_end() -> None:
    for before in range((32 << 10) - 40, (32 << 10) + 40, 7):
        assert check_body(b"x" * before + b" 4242 4242 4242 4242 " + b"y" * 40_000, "text/plain") is not None


def test_base64_of_a_property_list_ends_too() -> None:
    hit = check_body(in_base64(hostile.property_list().decode("latin-1")).encode())

    assert hit is None or hit.kind == "over_budget"
