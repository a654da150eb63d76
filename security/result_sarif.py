"""Results of checks as SARIF 2.1.0, for tools that collect findings. Standard library alone."""

from __future__ import annotations

from typing import Any

from .finding import Finding
from .result import Result, Status
from .sarif import invocation, location, log


def sarif(results: list[Result], tool: str) -> dict[str, Any]:
    """Every finding as a result, every missing piece of evidence as a notification of the run."""
    rules = sorted({finding.rule for result in results for finding in result.notes.findings})
    missing = [f"evidence missing: {result.id}: {line}" for result in results for line in _missing(result)]
    run = {
        "tool": {
            "driver": {
                "name": tool,
                "rules": [{"id": rule, "shortDescription": {"text": rule}} for rule in rules],
            }
        },
        "invocations": [invocation(missing)],
        "results": [_one(result.id, finding) for result in results for finding in result.notes.findings],
    }
    return log(run)


def _missing(result: Result) -> list[str]:
    if result.status is Status.MISSING and not result.notes.missing:
        return ["it looked at nothing"]
    return result.notes.missing


def _one(check: str, finding: Finding) -> dict[str, Any]:
    return {
        "ruleId": finding.rule,
        "level": "error",
        "message": {"text": f"{check}: {finding.message}"},
        "locations": [location(finding.path, finding.line)],
    }
