"""Every SARIF log of the package is SARIF 2.1.0, and the example workflow uploads the file that its command writes."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from security.__main__ import main
from security.canary.numbers import fresh_number
from security.result import Notes, Result
from security.result_sarif import sarif
from security.sarif import location

ROOT = Path(__file__).parents[2]
LEVELS = {"none", "note", "warning", "error"}
URI = re.compile(r"(?!.*%(?![0-9A-F]{2}))[A-Za-z0-9/!$&'()*+,;=@~._%-]+")
"""A relative reference of a path alone (RFC 3986, section 4.2): no scheme, nothing unescaped."""


def check(log: Any) -> list[dict[str, Any]]:
    """Hold a log to the standard's required properties (sections 3.13 to 3.58); its results."""
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    assert all(rule["shortDescription"]["text"] for rule in driver["rules"])
    (invocation,) = run["invocations"]
    notes = invocation["toolExecutionNotifications"]
    assert invocation["executionSuccessful"] is (not notes)
    assert all(note["message"]["text"] and note["level"] in LEVELS for note in notes)
    for result in run["results"]:
        check_result(result, set(ids))
    results: list[dict[str, Any]] = run["results"]
    return results


def check_result(result: dict[str, Any], rules: set[str]) -> None:
    assert result["ruleId"] in rules
    assert result["level"] in LEVELS
    assert result["message"]["text"]
    (place,) = result["locations"]
    physical = place["physicalLocation"]
    assert URI.fullmatch(physical["artifactLocation"]["uri"]), physical
    assert physical.get("region", {"startLine": 1})["startLine"] >= 1
    assert all(each["fullyQualifiedName"] for each in place["logicalLocations"])
    for each in result.get("suppressions", []):
        assert each["kind"] in {"inSource", "external"}
        assert each["justification"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project with a finding, an allowed one, and a file that cannot be read, at names that are no URIs."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "my pages: 100%"
    folder.mkdir()
    (folder / "form.html").write_text('<label>Card number <input name="n"></label>\n')
    (tmp_path / "app.py").write_text(
        "from flask import request\n\n\ndef look():\n"
        "    print(request.form)  # hk: allow HK202 nobody reads what is printed here\n"
        "    print(request.form)\n"
    )
    (tmp_path / "static").mkdir()
    (tmp_path / "static/a.js").write_text("1\n")
    (tmp_path / "scope.toml").write_text("")
    return tmp_path


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    status = main(list(words))
    return status, json.loads(capsys.readouterr().out)


def test_rules_as_sarif(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, log = asked(capsys, "rules", ".", "--format", "sarif")
    results = check(log)
    assert status == 1
    assert {each["ruleId"] for each in results} == {"HK105", "HK202"}
    uris = {each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in results}
    assert any(uri.endswith("my%20pages%3A%20100%25/form.html") for uri in uris)
    assert [
        each["locations"][0]["physicalLocation"]["region"]["startLine"]
        for each in results
        if "suppressions" in each
    ] == [5]
    (project / "broken.py").write_text("def (:\n")
    status, log = asked(capsys, "rules", "broken.py", "--format", "sarif")
    assert (status, check(log)) == (2, [])
    (note,) = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert "broken.py" in note["message"]["text"]


def test_rules_as_json_say_the_same(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, document = asked(capsys, "rules", ".", "--format", "json")
    assert document.keys() == {"status", "files", "findings", "suppressed", "suppressions", "unreadable"}
    assert (status, document["status"], document["unreadable"]) == (1, 1, [])
    assert all(each.keys() == {"path", "line", "rule", "message"} for each in document["findings"])
    assert {(each["rule"], each["line"]) for each in document["findings"]} == {("HK105", 1), ("HK202", 6)}
    (taken,) = document["suppressed"]
    assert (taken["rule"], taken["line"], taken["by"]) == ("HK202", 5, "comment")
    assert "nobody reads" in taken["reason"]


CONFIGS = {
    "[rules": "scope.toml",
    "[rules]\nnonsense = 1": "unknown key nonsense",
    "[rules]\nmax_suppressions = 'two'": "whole number",
    "[rules]\nguards = ['PANGuard']": "a path, a colon and a name",
    "[rules]\npaths = 'shop'": "list of texts",
    "[[rules.allow]]\npath = 'a'": "needs path, rules and reason",
    "[[rules.allow]]\npath = 'a'\nrules = ['HK105']\nreason = ' '": "a reason in words",
    "[[rules.allow]]\npath = 'a'\nrules = ['HK000']\nreason = 'because it is so'": "ids of rules",
    "rules = 3": "must be a table",
}


@pytest.mark.parametrize("text", CONFIGS)
@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_a_mistake_in_the_configuration_is_exit_2_with_one_line(
    text: str, form: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "scope.toml").write_text(text)
    status = main(["rules", ".", "--format", form])
    output = capsys.readouterr()
    assert (status, output.out, len(output.err.splitlines())) == (2, "", 1)
    assert CONFIGS[text] in output.err


@pytest.mark.parametrize("words", [["nowhere"], [".", "--config", "none.toml"], ["empty"]])
def test_nothing_to_look_at_is_never_green(
    words: list[str], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "empty").mkdir()
    assert main(["rules", *words, "--format", "sarif"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_results_of_checks_as_sarif() -> None:
    red, blind = Notes(), Notes()
    red.found("style /orders/<token>/pay (phone, ja)", "card-field", "a field")
    red.lack("no browser")
    results = [Result(name, "t", "t", notes, {}, "") for name, notes in (("E2", red), ("E4", blind))]
    log = sarif(results, "tool")
    (result,) = check(log)
    assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].startswith("style /orders/")
    told = [
        each["message"]["text"] for each in log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    ]
    assert told == ["evidence missing: E2: no browser", "evidence missing: E4: it looked at nothing"]


def test_a_scan_as_sarif(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "a: b#c?.txt").write_text(f"{fresh_number()}\n")
    status, log = asked(capsys, "scan", ".", "--format", "sarif")
    (result,) = check(log)
    assert (status, result["ruleId"]) == (1, "card-number")
    (project / "a: b#c?.txt").unlink()
    (project / "a b#c?.zip").write_bytes(b"PK\x03\x04 and nothing that follows")
    status, log = asked(capsys, "scan", ".", "--format", "sarif")
    assert (status, check(log)) == (2, [])


def test_the_example_workflow_uploads_what_its_command_writes(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / ".github/workflows/scope.yml").read_text()
    (command,) = re.findall(r"run: \.venv/bin/python -m security (.+)", text)
    (upload,) = re.findall(r"sarif_file: (.+)", text)
    assert re.search(r"upload-sarif@\S+\n\s+if: always\(\)", text), "findings are what it is for"
    assert "security-events: write" in text
    (project / "scope.toml").write_text('[inventory]\nfile = "inventory.toml"\nstatic = "static"\n')
    (project / "inventory.toml").write_text("")
    assert main(shlex.split(command)) != 0
    capsys.readouterr()
    results = check(json.loads(Path(upload).read_text()))
    assert {"HK105", "HK202"} <= {each["ruleId"] for each in results}


def test_a_name_that_is_no_utf_8_has_an_address_of_its_bytes() -> None:
    place = location("a/\udcff.txt", 1)

    assert place["physicalLocation"]["artifactLocation"]["uri"] == "a/%FF.txt"
    json.dumps(place, ensure_ascii=False).encode("utf-8")
