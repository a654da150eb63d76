"""The log filter, judged by what a handler really writes."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings

from security.logs import WITHHELD, PANFilter, scrubbed

from .cards import grouped, in_base64, percent_encoded, written_forms

CARD = "4242424242424242"


class Output:
    """A logger whose handler writes all there is: message, traceback, stack, extra fields."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        handler = logging.StreamHandler(self.stream)
        handler.setFormatter(_Everything())
        handler.addFilter(PANFilter())
        self.logger = logging.getLogger("tests.security.logs")
        self.logger.handlers.clear()
        self.logger.propagate = False
        self.logger.setLevel(logging.INFO)
        self.logger.addHandler(handler)

    @property
    def text(self) -> str:
        return self.stream.getvalue()


class _Everything(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        return line + json.dumps({"args": record.args, "card": getattr(record, "card", None)}, default=str)


@pytest.fixture
def output() -> Output:
    return Output()


def test_a_message_without_a_card_is_written_as_it_was(output: Output) -> None:
    output.logger.info("order %s of %s, JAN %d", "HTK-1", "山田", 4901234567894)

    assert output.text.startswith("order HTK-1 of 山田, JAN 4901234567894{")


def test_a_card_in_the_message_is_masked(output: Output) -> None:
    output.logger.info(f"paid with {grouped(CARD, ' ')}")  # noqa: G004  (what careless code does)

    assert "**** **** **** 4242" in output.text
    assert grouped(CARD, " ") not in output.text


def test_a_card_in_the_arguments_is_masked(output: Output) -> None:
    output.logger.info("form %s %d", {"number": CARD}, int(CARD))

    assert CARD not in output.text
    assert output.text.count("************4242") == 2


@pytest.mark.parametrize("arguments", [(CARD,), ({"n": CARD},)], ids=["by place", "by name"])
def test_an_argument_of_which_the_message_shows_a_part_goes_no_further(
    arguments: tuple[object, ...], output: Output
) -> None:
    output.logger.info(
        "starts with %(n).4s" if isinstance(arguments[0], dict) else "starts with %.4s", *arguments
    )

    assert output.text.startswith("starts with 4242{")
    assert CARD not in output.text


def test_a_card_in_a_traceback_is_masked(output: Output) -> None:
    try:
        int(f"bad number {CARD}")
    except ValueError:
        output.logger.exception("failed")

    assert CARD not in output.text
    assert "bad number ************4242" in output.text


def test_a_card_in_an_extra_field_is_masked(output: Output) -> None:
    output.logger.info("paid", extra={"card": {"number": CARD}})

    assert CARD not in output.text
    assert "************4242" in output.text


@pytest.mark.parametrize("encode", [percent_encoded, in_base64, lambda text: text.encode().hex()])
def test_an_encoded_card_is_withheld(encode: Callable[[str], str], output: Output) -> None:
    output.logger.info("GET /?n=%s", encode(CARD))

    assert output.text.startswith(WITHHELD)


def test_what_cannot_be_formatted_is_withheld(output: Output) -> None:
    output.logger.info("%d", CARD, extra={"card": CARD})

    assert CARD not in output.text
    assert output.text.startswith("[withheld")


@given(written_forms())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_card_in_any_shape_is_masked(form: tuple[str, str]) -> None:
    assert form[1] not in scrubbed(f"note: {form[1]}.")


def test_what_was_clean_once_makes_nothing_else_clean(output: Output) -> None:
    for text in ("paid by 4242", f"paid by {CARD}", "paid by 4242", f"paid by {CARD}"):
        output.logger.info(text, extra={"card": text})

    assert output.text.count('paid by 4242{"args": [], "card": "paid by 4242"}') == 2
    assert output.text.count("************4242") == 4
    assert CARD not in output.text
