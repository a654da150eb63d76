"""The scan's outcome as text, JSON or SARIF 2.1.0. Used by the command line alone."""

from __future__ import annotations

import json

from .scan import CARD, TEST_NUMBER, Finding, Scan

_RULES = {
    CARD: ("error", "A card number"),
    TEST_NUMBER: ("note", "A card number that a provider publishes for tests"),
}


def as_text(scan: Scan) -> str:
    """A line for each finding, then one that counts."""
    found = f"{len(scan.findings)} found, {len(scan.unreadable)} not readable, {scan.files} files looked at"
    return "\n".join([*map(str, scan.findings), found])


def as_json(scan: Scan) -> str:
    """One object: status, files, findings, unreadable."""
    findings = [
        {
            "path": each.path,
            "place": each.place,
            "rule": each.rule,
            "issuer": each.issuer,
            "length": each.length,
            "last4": each.last4,
            "encoding": each.encoding,
        }
        for each in scan.findings
    ]
    document = {
        "status": scan.status,
        "files": scan.files,
        "findings": findings,
        "unreadable": scan.unreadable,
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def as_sarif(scan: Scan) -> str:
    """A SARIF log with one run; what could not be read stands among the notifications (section 3.20.21)."""
    rules = [
        {"id": rule, "shortDescription": {"text": text}, "defaultConfiguration": {"level": level}}
        for rule, (level, text) in _RULES.items()
    ]
    notes = [{"level": "error", "message": {"text": text}} for text in scan.unreadable]
    run = {
        "tool": {"driver": {"name": "hitsuka-security", "rules": rules}},
        "results": list(map(_sarif_result, scan.findings)),
        "invocations": [{"executionSuccessful": not scan.unreadable, "toolExecutionNotifications": notes}],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _sarif_result(finding: Finding) -> dict[str, object]:
    place: dict[str, object] = {"artifactLocation": {"uri": finding.path.replace("\\", "/")}}
    if finding.line is not None:
        place["region"] = {"startLine": finding.line}
    return {
        "ruleId": finding.rule,
        "level": _RULES[finding.rule][0],
        "message": {
            "text": f"{finding.issuer}, {finding.length} digits, ends {finding.last4} ({finding.place})"
        },
        "locations": [{"physicalLocation": place}],
    }
