"""A change that edits the judge itself: whatever it says of that change then is no evidence. Pure."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from security.finding import Finding

RULE = "judge"
JUDGES = (
    "shop/scope/",
    "security/canary/",
    "security/columns.py",
    "security/commands/",
    "security/finding.py",
    "security/header_rules.py",
    "security/markup.py",
    "security/recorder.py",
    "security/result.py",
    "security/result_sarif.py",
    "security/rules/",
    "security/sarif.py",
    "security/scripts/inventory.py",
    "security/secret_scan.py",
    "security/signatures.py",
    "security/watch/",
)
"""What verifies, watches, canaries and reports, and the rules: files, and folders with all below them."""


def edited_judges(before: Mapping[str, str], after: Mapping[str, str]) -> list[Finding]:
    """A finding for each of them that does something else in `after`; both are texts by path."""
    return [
        Finding(path, None, RULE, "the judge was edited: what it says of this change is no evidence")
        for path in sorted(before.keys() | after.keys())
        if path.startswith(JUDGES) and _meaning(path, before.get(path)) != _meaning(path, after.get(path))
    ]


def _meaning(path: str, text: str | None) -> str | None:
    """A text without what changes nothing: comments and blanks of Python."""
    if text is None or not path.endswith(".py"):
        return text
    try:
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError):
        return text
