"""Find secrets of the kinds that give power over payments, in text. Pure; standard library alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .finding import Finding

# Written in pieces, so that this file is no finding itself.
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("payment key", re.compile(r"\b(?:sk|rk)_(?:live_[0-9A-Za-z]{10,}|test_[0-9A-Za-z]{16,})")),
    ("live publishable key", re.compile(r"\bpk_live_[0-9A-Za-z]{10,}")),
    ("webhook secret", re.compile(r"\bwhsec_[0-9A-Za-z+/]{20,}")),
    ("private key", re.compile("-----BEGIN (?:[A-Z]+ )*PRIVATE " + "KEY-----")),
    ("cloud key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("access token", re.compile(r"\b(?:ghp|gho|ghs|github_pat|glpat|xox[abprs])[-_][0-9A-Za-z_-]{20,}")),
    ("API key", re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b")),
    (
        "address with a password",
        re.compile(
            r"\b(?:postgres(?:ql)?(?:\+\w+)?|mysql|redis|smtps?|amqp)://[^\s:/@{}<$]+:(?!password@)[^\s@{}<$]{6,}@(?!localhost|127\.|[\w.-]*\.example\b)"
        ),
    ),
)
# Where a page or a script is made, no secret key stands at all, however short.
_IN_PAGES = re.compile(r"\b(?:sk|rk)_(?:live|test)_\w+|\bwhsec_\w+")


def find(text: str, path: str, *, is_page: bool = False) -> Iterator[Finding]:
    """Every secret in `text`, without its value. `is_page`: what browsers are sent, templates and scripts."""
    kinds = (*_KINDS, ("secret key on a page", _IN_PAGES)) if is_page else _KINDS
    for number, line in enumerate(text.split("\n"), 1):
        for kind, pattern in kinds:
            if pattern.search(line):
                yield Finding(path, number, "secret", f"looks like a {kind}")
                break
