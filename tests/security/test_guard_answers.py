"""What the guard answers and reports: to the visitor, to the shop, in report mode."""

from __future__ import annotations

from typing import Any

import pytest

from .cards import in_form
from .guarded import (
    CARD,
    FORM,
    Shop,
)


def test_a_field_named_by_a_number_is_reported_without_its_name() -> None:
    shop = Shop()

    shop.send(body=in_form(**{f"x{CARD[:8]}": CARD}), content_type=FORM)

    assert shop.passages[0].place == "body"


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "カード番号"),
        ({"HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.9,ja;q=0.5"}, "card number"),
        ({"HTTP_ACCEPT_LANGUAGE": "ja,en;q=0.9"}, "カード番号"),
        ({"path": f"/en/{CARD}"}, "card number"),
        ({"HTTP_ACCEPT": "application/json"}, "card_number_refused"),
    ],
)
def test_the_answer_is_for_its_reader(environ: dict[str, Any], words: str) -> None:
    shop = Shop()

    shop.send(**{"path": f"/{CARD}", **environ})

    assert words in shop.body.decode()
    assert shop.headers["Content-Length"] == str(len(shop.body))
    assert shop.headers["Referrer-Policy"] == "no-referrer"


def test_head_gets_no_body() -> None:
    shop = Shop()

    assert shop.send(path=f"/{CARD}", REQUEST_METHOD="HEAD") == 422
    assert shop.body == b""


def test_report_mode_counts_and_lets_pass() -> None:
    shop = Shop(mode="report")

    status = shop.send(f"/{CARD}", in_form(note=CARD), FORM, HTTP_COOKIE=f"a={CARD}")

    assert status == 200
    assert shop.reached[0]["body"] == in_form(note=CARD)
    assert CARD in shop.reached[0]["HTTP_COOKIE"]
    assert [passage.place for passage in shop.passages] == ["path", "cookie:a", "body:note"]
    assert not any(passage.refused for passage in shop.passages)


@pytest.mark.parametrize("at", [0, 300 << 10, (2 << 20) - 100])
def test_report_mode_hands_on_the_whole_of_a_long_body(at: int) -> None:
    """It is judged window by window, and what is found in one leaves out nothing."""
    shop = Shop(mode="report")
    body = b"x " * (1 << 20)
    body = body[:at] + f" {CARD} ".encode() + body[at:]

    assert shop.send(body=body, content_type="application/octet-stream") == 200
    assert shop.reached[0]["body"] == body
    assert {passage.kind for passage in shop.passages} >= {"card"}


def test_report_mode_lets_pass_what_cannot_be_judged() -> None:
    shop = Shop(mode="report", max_body=10, cpu_seconds=60.0)  # not what a slow machine finds too much

    assert shop.send(body=b"x" * (2 << 20), content_type="text/plain") == 200
    assert len(shop.reached[0]["body"]) == 2 << 20
    assert shop.send(body=b"abc", content_type="text/plain", HTTP_CONTENT_ENCODING="odd") == 200
    assert [passage.kind for passage in shop.passages] == ["unread"]


def test_a_passage_names_what_is_to_be_purged() -> None:
    shop = Shop()

    shop.send(QUERY_STRING=f"a={CARD}")

    assert any("access logs" in sink for sink in shop.passages[0].sinks)
