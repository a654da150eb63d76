"""The scan's outcome as text, JSON or SARIF 2.1.0. Used by the command line alone.

Rule ids and fingerprints are stable; `docs/scanner.md` lists them.
"""

from __future__ import annotations

import json
from collections import Counter

from ..sarif import invocation, location, text_of
from ..scan import CARD, TEST_NUMBER, Finding, Scan

_RULES = {
    CARD: ("error", "A card number"),
    TEST_NUMBER: ("note", "A card number that a provider publishes for tests"),
}


def as_text(scan: Scan) -> str:
    """A line for each finding, then one that counts."""
    found = f"{len(scan.findings)} found, {len(scan.unreadable)} not readable, {scan.files} files looked at"
    return "\n".join([*map(str, scan.findings), found])


def as_json(scan: Scan) -> str:
    """One object: status, files, bytes, findings, unreadable."""
    findings = [
        {
            "path": each.path,
            "place": each.place,
            "rule": each.rule,
            "issuer": each.issuer,
            "length": each.length,
            "last4": each.last4,
            "encoding": each.encoding,
            "fingerprint": each.fingerprint,
        }
        for each in scan.findings
    ]
    document = {
        "status": scan.status,
        "files": scan.files,
        "bytes": scan.bytes,
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
    seen: Counter[str] = Counter()
    run = {
        "tool": {"driver": {"name": "hitsuka-security", "rules": rules}},
        "results": [_sarif_result(finding, seen) for finding in scan.findings],
        "invocations": [invocation(scan.unreadable)],
    }
    return text_of(run)


def _sarif_result(finding: Finding, seen: Counter[str]) -> dict[str, object]:
    seen[finding.fingerprint] += 1
    shown = f"{finding.issuer}, {finding.length} digits, ends {finding.last4} ({finding.place})"
    return {
        "ruleId": finding.rule,
        "level": _RULES[finding.rule][0],
        "message": {"text": shown},
        "locations": [location(finding.path, finding.line)],
        # Alike findings of one file are told apart by their order (section 3.27.17).
        "partialFingerprints": {"cardNumber/v1": f"{finding.fingerprint}:{seen[finding.fingerprint]}"},
    }
