"""The report says first what stands against it, and holds nothing of this machine."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

import pytest

from shop.scope.lab import Lab
from shop.scope.registry import CHECKS
from shop.scope.report.document import Run, document, told
from shop.scope.report.page import page
from shop.scope.result import Notes, Result

NOW = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)


def result(name: str, notes: Notes) -> Result:
    check = next(each for each in CHECKS if each.id == name)
    return Result(name, check.title, check.title_ja, notes, check.supports, f"… --only {name}", 1.0)


def written(folder: Path, *results: Result, url: str = "") -> str:
    whole = document(list(results), Lab(folder, url=url), Run(NOW, NOW, ("shop", "scope", "verify")))
    return page(whole, list(results))


def green(**figures: int | str) -> Notes:
    return Notes(figures=dict(figures) or {"looks": 1})


def test_what_was_found_and_what_is_missing_stand_in_the_verdict_with_the_way_to_their_check(
    tmp_path: Path,
) -> None:
    red, lacking = green(), green()
    red.found("style /checkout", "card-field", "a field asks for <a card>")
    red.found("style /cart", "card-field", "another")
    lacking.lack("no browser")
    text = written(tmp_path, result("E2", red), result("E17", lacking), result("E4", green()))
    verdict = text[text.index('<section class="verdict') : text.index("</section>")]
    assert (
        '<a href="#E2">E2</a> finding: style /checkout: card-field: a field asks for &lt;a card&gt; (and 1 more)'
        in verdict
    )
    assert '<a href="#E17">E17</a> evidence missing: no browser' in verdict
    assert "#E4" not in verdict
    assert 'id="E17"' in text


def test_a_check_that_is_not_green_supports_no_requirement(tmp_path: Path) -> None:
    lacking = green()
    lacking.lack("nothing to look at")
    text = written(
        tmp_path, result("E4", green()), result("E20", lacking), result("E22", Notes(not_exercised=["-"]))
    )
    said = dict(re.findall(r'id="(E\d+)">.*?>(supporting|would support) ', text))
    assert said == {"E4": "supporting", "E20": "would support", "E22": "would support"}


def test_what_was_not_tried_is_said_before_the_evidence(tmp_path: Path) -> None:
    text = written(tmp_path, result("E7", green()), url="https://style.example")
    before = text[: text.index("The evidence")]
    assert "not run: E1 was not chosen" in before
    assert "not run: E6 was not chosen" in before
    assert "not chosen for this run: E1, E2" in before
    looked = result("E6", green(**{"pages of the deployed address": 3}))
    after = written(tmp_path, looked, url="https://style.example")
    assert "not exercised there: an order, the payment step, a payment" in after
    assert (
        "environment: sandbox; and the production configuration, request level, without the provider; and the pages"
        in after
    )


def test_a_leg_whose_check_saw_nothing_was_not_run(tmp_path: Path) -> None:
    lacking = green()
    lacking.lack("the database refuses")
    whole = document([result("E1", lacking), result("E7", green())], Lab(tmp_path), Run(NOW, NOW, ()))
    states = {leg["leg"]: leg["state"] for leg in whole["legs"]}
    assert states["sandbox"] == "not run: E1: missing"
    assert states["production configuration"] == "run"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("--database", "postgresql://me:word@db/x"), "--database …"),
        (("--database=postgresql://me:word@db/x",), "--database=…"),
        (("--report", "/home/me/out", "--sign=/home/me/verify.key"), "--report out --sign=verify.key"),
        (("--challenge", "/home/me/his.toml", "--only", "E4"), "--challenge his.toml --only E4"),
        (("--challenge", "any words/of his"), "--challenge any words/of his"),
    ],
)
def test_a_command_line_is_told_without_what_is_this_machines_own(words: tuple[str, ...], shown: str) -> None:
    assert " ".join(told(words)) == shown


def test_the_report_names_no_file_of_this_machine(tmp_path: Path) -> None:
    run = Run(NOW, NOW, ("shop", "scope", "verify", "--report", str(tmp_path / "out")))
    whole = document([result("E4", green())], Lab(tmp_path), run)
    assert str(tmp_path) not in json.dumps(whole)
