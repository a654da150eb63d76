"""Nothing of ours says a whole number: outputs of guard, log filter, guards of ways out and scanner, errors too."""

from __future__ import annotations

import io
import logging
import traceback
from pathlib import Path
from random import Random

import pytest

from security import pan
from security.__main__ import main
from security.decode import views
from security.decoder.budget import Budget
from security.logs import PANFilter
from security.refused import require_clean
from security.request.judge import check_body, hit_in_header, hit_in_query, hit_in_text
from security.scan import Scan
from security.scanner import scan_report

from .corpus.case import CARD
from .corpus.judged import cases
from .corpus.numbers import common_card
from .guarded import Shop

NUMBER = common_card(Random("outputs"))


def holds_it(text: str) -> bool:
    return NUMBER in "".join(char for char in text if char.isdigit()) or bool(pan.find(text))


def test_whatever_the_guard_finds_it_says_nothing_of(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for number, case in enumerate(cases()):
        if case.verdict == CARD and number % 6 == 0:
            data = case.data if isinstance(case.data, bytes) else case.data.encode("utf-8", "surrogatepass")
            shop = Shop()
            shop.send(body=data, content_type=case.content_type or "text/plain")
            hits = [
                check_body(data),
                hit_in_text(data.decode("latin-1")),
                hit_in_query(data.decode("latin-1")),
            ]
            hits.append(hit_in_header("HTTP_X", data.decode("latin-1")))
            assert case.number not in f"{shop.passages} {shop.headers} {shop.body.decode()} {hits}"
    assert not pan.find(caplog.text)


@pytest.mark.parametrize("failing", ["security.pan.find", "security.request.body.Intake.finish"])
def test_a_guard_that_fails_says_nothing(
    failing: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError(f"{NUMBER} {arguments}")

    monkeypatch.setattr(failing, fail)
    shop = Shop()

    assert shop.send(body=f"note={NUMBER}".encode(), content_type="application/x-www-form-urlencoded") == 500
    assert NUMBER not in caplog.text + shop.body.decode() + repr(shop.headers) + repr(shop.passages)


def test_an_error_before_a_way_out_says_nothing() -> None:
    try:
        require_clean(f"a {NUMBER}", "somewhere")
    except Exception:  # noqa: BLE001  (whatever is raised is looked at)
        shown = traceback.format_exc()

    assert "somewhere" in shown
    assert not holds_it(shown)


def test_a_log_with_a_traceback_and_its_values_says_nothing() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(PANFilter())
    logger = logging.getLogger("tests.security.outputs")
    logger.propagate = False
    logger.addHandler(handler)
    try:
        {}[NUMBER, int(NUMBER)]  # type: ignore[index]  # its error repeats the key
    except KeyError:
        logger.exception("failed for %s", {"n": NUMBER}, extra={"card": NUMBER}, stack_info=True)

    assert stream.getvalue()
    assert not holds_it(stream.getvalue())


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_the_scanner_says_nothing_even_of_names_and_errors(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / f"{NUMBER}.txt").write_text(f"{NUMBER}\n{NUMBER.encode().hex()}\n")
    (tmp_path / f"{NUMBER}.gz").write_bytes(b"\x1f\x8b\x08broken")

    assert main(["scan", str(tmp_path), str(tmp_path / f"{NUMBER}.none"), "--format", form]) == 1
    said = capsys.readouterr()

    assert NUMBER[-4:] in said.out
    assert NUMBER not in said.out + said.err


def test_a_scan_keeps_nothing_of_a_number_but_what_it_shows() -> None:
    scan = Scan()
    scan.stream("x", io.BytesIO(f"a {NUMBER}\n".encode()))

    assert scan.findings
    assert NUMBER not in repr(scan) + scan_report.as_json(scan) + scan_report.as_sarif(scan)
    assert NUMBER not in repr(vars(scan))


def test_a_budget_keeps_nothing() -> None:
    budget = Budget()
    list(views(f"n={NUMBER}", budget))

    assert NUMBER not in repr(budget)
