"""A run's outcome as text, JSON or SARIF 2.1.0. Used by the command line alone."""

from __future__ import annotations

import json
from collections import Counter

from ..counted import counted
from ..finding import Finding
from ..sarif import invocation, location, text_of
from .catalog import RULES
from .config import Allow
from .run import Result
from .suppress import Suppression

_PAGES = "docs/rules"


def as_text(result: Result) -> str:
    """A line for each finding and each suppression that took one away, then one that counts."""
    lines = [str(finding) for finding in result.findings]
    lines += [
        f"{finding.path}:{finding.line}: {finding.rule} allowed: {by.reason}"
        for finding, by in result.suppressed
        if isinstance(by, Suppression)
    ]
    entries = Counter(by for _, by in result.suppressed if isinstance(by, Allow))
    lines += [
        f"{by.path}: {count} of {', '.join(by.rules)} allowed: {by.reason}" for by, count in entries.items()
    ]
    allowed = f"{len(result.suppressed)} allowed by {_count(result)}"
    unread = f"{len(result.unreadable)} not readable, {counted(result.files, 'files looked at')}"
    return "\n".join([*lines, f"{len(result.findings)} found, {allowed}, {unread}"])


def _count(result: Result) -> str:
    comments = len({by for _, by in result.suppressed if isinstance(by, Suppression)})
    entries = len({by for _, by in result.suppressed if isinstance(by, Allow)})
    return f"{counted(comments, 'comments')} and {counted(entries, 'entries of the configuration')}"


def as_json(result: Result) -> str:
    """One object: status, files, findings, suppressed, suppressions, unreadable."""
    document = {
        "status": result.status,
        "files": result.files,
        "findings": list(map(_finding, result.findings)),
        "suppressed": [
            _finding(finding)
            | {"reason": by.reason, "by": "comment" if isinstance(by, Suppression) else "configuration"}
            for finding, by in result.suppressed
        ],
        "suppressions": [
            {
                "path": each.path,
                "line": each.line,
                "kind": each.kind,
                "rules": each.rules,
                "reason": each.reason,
            }
            for each in result.suppressions
        ],
        "unreadable": result.unreadable,
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _finding(finding: Finding) -> dict[str, object]:
    return {"path": finding.path, "line": finding.line, "rule": finding.rule, "message": finding.message}


def as_sarif(result: Result) -> str:
    """A SARIF log with one run; suppressed results are marked, what could not be read stands in the notifications."""
    rules = [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.title},
            "help": {"text": f"{_PAGES}/{rule.id}.md"},
            "defaultConfiguration": {"level": rule.level},
            "properties": {"tags": ["security", *([f"external/cwe/cwe-{rule.cwe}"] if rule.cwe else [])]},
        }
        for rule in RULES.values()
    ]
    taken = [
        _sarif(finding)
        | {
            "suppressions": [
                {
                    "kind": "inSource" if isinstance(by, Suppression) else "external",
                    "justification": by.reason,
                }
            ]
        }
        for finding, by in result.suppressed
    ]
    run = {
        "tool": {"driver": {"name": "hitsuka-rules", "rules": rules}},
        "results": [*map(_sarif, result.findings), *taken],
        "invocations": [invocation(result.unreadable)],
    }
    return text_of(run)


def _sarif(finding: Finding) -> dict[str, object]:
    return {
        "ruleId": finding.rule,
        "level": RULES[finding.rule].level,
        "message": {"text": finding.message},
        "locations": [location(finding.path, finding.line)],
    }
