"""E5: the static rules of `security.rules` over the source, as `python -m security rules` runs them."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

from security.canary.sinks import MissingEvidence
from shop.scope.lab import Lab
from shop.scope.result import Notes

TIMEOUT_S = 120


def look(lab: Lab, notes: Notes) -> None:
    """Run them in a process of their own, so that the tree's code is read and never imported."""
    if importlib.util.find_spec("security.rules") is None:
        raise MissingEvidence("the static rules (security.rules) are not in this build")
    command = [sys.executable, "-m", "security", "rules", "--format", "json"]
    try:
        done = subprocess.run(
            command, cwd=lab.root, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise MissingEvidence(f"the static rules did not end in {TIMEOUT_S} s") from None
    if done.returncode not in {0, 1}:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise MissingEvidence(f"the static rules could not read everything: {last}")
    report = json.loads(done.stdout)
    findings = report["findings"] if isinstance(report, dict) else report
    for each in findings:
        notes.found(str(each["path"]), str(each["rule"]), str(each["message"]), each.get("line"))
    if (done.returncode == 1) != bool(findings):
        raise MissingEvidence("the static rules' exit status and their report disagree")
    notes.add("files", int(report.get("files", 0)) if isinstance(report, dict) else 1)
    if not notes.figures["files"]:
        notes.lack("the static rules read no file")
