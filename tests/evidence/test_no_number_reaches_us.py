"""The evidence as `shop scope verify` gathers it: the whole command on SQLite, once for all tests here.

docs/evidence.md says what this shows and what it does not.
"""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from security.canary.numbers import fresh_number
from security.signatures import SigningKey, opened
from shop.cli import main
from shop.scope.checks.canary import PROCESSES
from shop.scope.registry import CHECKS

pytestmark = pytest.mark.browser

# Until the static rules are in this build their evidence is missing, and the command must say so.
NOT_BUILT = set() if importlib.util.find_spec("security.rules") else {"E5"}


LEAK = """\
--- /dev/null
+++ b/shop/templates/checkout/_more.html
@@ -0,0 +1 @@
+<label for="q">カード番号</label><input id="q" name="q">
"""
"""A change that E25 must see."""


@dataclass
class Run:
    """A finished run of the command."""

    result: Result
    folder: Path
    key: SigningKey
    number: str

    @property
    def report(self) -> dict[str, Any]:
        document = json.loads((self.folder / "report.json").read_text())
        whole: dict[str, Any] = opened(document, [self.key.public])
        return whole

    def check(self, name: str) -> dict[str, Any]:
        return next(each for each in self.report["results"] if each["id"] == name)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Every check, with an assessor's number and entry point, signed."""
    # Fifteen digits with a code of four: an assessor's number need not be the usual kind.
    folder, key, number = tmp_path_factory.mktemp("report"), SigningKey.new(), fresh_number("37", 15)
    key.write(folder / "key")
    wish = (
        f'nonce = "an assessor\'s"\nnumbers = ["{number}"]\nentry_points = ["/search?q={{canary}}&after=1"]\n'
    )
    (folder / "challenge.toml").write_text(f'{wish}patches = ["leak.diff"]\n')
    (folder / "leak.diff").write_text(LEAK)
    words = ["scope", "verify", "--report", str(folder / "out"), "--sign", str(folder / "key")]
    result = CliRunner().invoke(main, [*words, "--challenge", str(folder / "challenge.toml")])
    return Run(result, folder / "out", key, number)


def test_all_automatic_evidence_is_green(run: Run) -> None:
    status = {each["id"]: each["status"] for each in run.report["results"]}
    red = {name: run.check(name) for name, state in status.items() if state not in {"green", "not exercised"}}
    assert red.keys() == NOT_BUILT, red
    assert run.result.exit_code == (2 if NOT_BUILT else 0)
    built = {check.id for check in CHECKS if check.is_built} - NOT_BUILT - {"E17"}
    assert {name for name, state in status.items() if state == "green"} - {"E17"} == built


@pytest.mark.parametrize(
    "name", ["E4", "E7", "E8", "E10", "E11", "E12", "E13", "E14", "E16", "E18", "E20", "E21", "E24"]
)
def test_green_as_things_are(name: str, run: Run) -> None:
    """What tests/scope turns red, by taking out one protection after another."""
    assert run.check(name)["status"] == "green"
    assert run.check(name)["figures"]


def test_the_figures_were_counted_in_this_run(run: Run) -> None:
    canary = run.check("E1")
    assert canary["figures"]["purchases"] == 6
    assert canary["figures"]["processes"] == sum(PROCESSES.values())
    sinks = {row[0]: row[1:] for row in canary["tables"][0]["rows"]}
    assert {
        "recorded bytes, browsers and shop",
        "database files",
        "database rows",
        "mails",
        "logs",
    } <= sinks.keys()
    assert {name: sinks[name] for name in PROCESSES} == {name: [str(n), "0"] for name, n in PROCESSES.items()}
    walked = {(row[0], row[1], row[2]) for row in run.check("E2")["tables"][0]["rows"]}
    assert {
        (store, "/cart", size) for store in ("style", "cocomo") for size in ("desktop", "phone")
    } <= walked
    assert run.check("E6")["figures"]["scripts executed"] > 100


def test_the_report_says_what_it_was_taken_from_and_what_it_is_not(run: Run) -> None:
    page = (run.folder / "report.html").read_text()
    about = run.report["about"]
    assert about["build"] in page
    assert page.index("provider hosts") < page.index("automatic checks without finding")
    assert "Not a statement of PCI DSS compliance" in page
    for too_much in ("PCI compliant", "SAQ A eligible", "非保持化を満たす"):
        assert too_much not in page
    assert page.count("data:image/jpeg;base64,") == 4
    assert re.findall(r'(?:src|href)="(?!data:|#)', page) == [], "the page needs nothing else"
    assert "<script" not in page


def test_no_number_is_in_the_report(run: Run) -> None:
    for path in run.folder.iterdir():
        assert run.number not in path.read_text(), path.name
    assert run.number not in run.result.output


def test_the_report_is_signed_for_its_challenge(run: Run) -> None:
    words = ["scope", "check-report", str(run.folder / "report.json"), "--key", run.key.public]
    challenge = str(run.folder.parent / "challenge.toml")
    assert CliRunner().invoke(main, [*words, "--challenge", challenge]).exit_code == 0
    assert CliRunner().invoke(main, [*words, "--challenge", "another"]).exit_code == 1
    stranger = SigningKey.new().public
    assert CliRunner().invoke(main, [*words[:3], "--key", stranger]).exit_code == 1
    assert run.report["files"].keys() >= {"report.html", "sbom.cdx.json", "integrity.json"}
    sarif = json.loads((run.folder / "report.sarif").read_text())
    assert sarif["version"] == "2.1.0"


def test_a_missing_browser_is_missing_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CHROMIUM_PATH", raising=False)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", "/nowhere")
    result = CliRunner().invoke(main, ["scope", "verify", "--only", "E2"])
    assert result.exit_code == 2
    assert "evidence missing: no browser" in result.stdout
