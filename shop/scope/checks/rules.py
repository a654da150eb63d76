"""E5: the static rules of `security.rules` over the source, as `python -m security rules` runs them."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

from security.canary.sinks import MissingEvidence
from shop.scope.lab import Lab
from shop.scope.result import Notes, Table

TIMEOUT_S = 600
PATHS = ("shop", "payments", "security", "static", "deploy", "wsgi.py")


def look(lab: Lab, notes: Notes) -> None:
    """Run them in a process of their own, so that the tree's code is read and never imported."""
    if importlib.util.find_spec("security.rules") is None:
        raise MissingEvidence("the static rules (security.rules) are not in this build")
    command = [sys.executable, "-m", "security", "rules", "--format", "json", *PATHS]
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
    for each in report["findings"]:
        notes.found(str(each["path"]), str(each["rule"]), str(each["message"]), each.get("line"))
    for line in report["unreadable"]:
        notes.lack(f"not read by the static rules: {line}")
    if (done.returncode == 1) != bool(report["findings"]):
        raise MissingEvidence("the static rules' exit status and their report disagree")
    notes.add("files", int(report["files"]))
    notes.add("suppressed, each with its reason", len(report["suppressed"]))
    notes.control(report["files"] > 0, "the static rules read no file")
    table = Table("Findings of static rules that were suppressed", ("Place", "Rule", "Reason"))
    table.rows += [
        (f"{each['path']}:{each['line']}", each["rule"], each["reason"]) for each in report["suppressed"]
    ]
    notes.tables.append(table)
