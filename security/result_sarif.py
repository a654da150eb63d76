"""Results of checks as SARIF 2.1.0, for tools that collect findings. Standard library alone."""

from __future__ import annotations

from typing import Any

from .finding import Finding
from .result import Result

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(results: list[Result], tool: str) -> dict[str, Any]:
    """Every finding as a result, every missing piece of evidence as a notification of the run."""
    rules = sorted({finding.rule for result in results for finding in result.notes.findings})
    missing = [f"{result.id}: {line}" for result in results for line in result.notes.missing]
    run = {
        "tool": {
            "driver": {
                "name": tool,
                "rules": [{"id": rule, "shortDescription": {"text": rule}} for rule in rules],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not missing,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": f"evidence missing: {text}"}} for text in missing
                ],
            }
        ],
        "results": [_one(result.id, finding) for result in results for finding in result.notes.findings],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _one(check: str, finding: Finding) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": finding.path}}
    if finding.line is not None:
        place["region"] = {"startLine": max(finding.line, 1)}
    return {
        "ruleId": finding.rule,
        "level": "error",
        "message": {"text": f"{check}: {finding.message}"},
        "locations": [{"physicalLocation": place}],
    }
