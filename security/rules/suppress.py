"""Suppressions: which findings a comment takes away, and whether it may.

`hk: allow HK407 our own words` in a comment of any language, on the line or alone on the line above; in Python also
`# noqa: HK407 our own words` and `# nosec HK407 our own words`. A suppression needs an id and a reason in words.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from ..finding import Finding
from .catalog import RULES

_ALLOW = re.compile(r"\bhk:\s*allow\b[:\s]*(?P<ids>(?:HK\d{3}[,\s]*)*)(?P<reason>[^\n]*)", re.IGNORECASE)
_NOQA = re.compile(
    r"#\s*noqa\b(?::\s*(?P<ids>[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*))?(?P<reason>[^#\n]*)", re.IGNORECASE
)
_NOSEC = re.compile(r"#\s*nosec\b:?\s*(?P<ids>(?:[A-Z]+\d+[,\s]*)*)(?P<reason>[^#\n]*)")
_ENDS = re.compile(r"(?:\*/|-->|#\}|-%\}|%\}).*$")
_IDS = re.compile(r"[A-Z]+\d+")
# To take Python apart for its comments takes as long as to parse it, and most files have none of these.
_ANY = re.compile(r"hk:\s*allow|noqa|nosec", re.IGNORECASE)


@dataclass(frozen=True)
class Suppression:
    """One comment: the line it stands for, the rules it names (also of other tools), its reason."""

    path: str
    line: int
    covers: frozenset[int]
    rules: tuple[str, ...]
    reason: str
    kind: str

    @property
    def ours(self) -> tuple[str, ...]:
        return tuple(rule for rule in self.rules if rule.startswith("HK"))


def in_text(path: str, text: str, *, is_python: bool) -> list[Suppression]:
    """The suppressions of a file, in order. In Python only comments count, elsewhere any `hk: allow`."""
    if not _ANY.search(text):
        return []
    lines = text.splitlines()
    if is_python:
        return [each for line, comment in _comments(text) for each in _of_comment(path, line, comment, lines)]
    return [
        each
        for number, line in enumerate(lines, 1)
        if "hk:" in line
        for each in _of_comment(path, number, line, lines, own_only=True)
    ]


def _comments(text: str) -> Iterator[tuple[int, str]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return


def _of_comment(
    path: str, line: int, comment: str, lines: list[str], *, own_only: bool = False
) -> Iterator[Suppression]:
    found = [("hk: allow", match) for match in _ALLOW.finditer(comment)]
    if not own_only:
        found += [("noqa", match) for match in _NOQA.finditer(comment)] + [
            ("nosec", match) for match in _NOSEC.finditer(comment)
        ]
    for kind, match in found:
        rules = tuple(_IDS.findall(match["ids"] or ""))
        reason = _ENDS.sub("", match["reason"]).strip(" ()-:–.")
        written = lines[line - 1].strip()
        alone = written.startswith(("#", "//", "/*", "<!--", "{#", "*"))
        yield Suppression(path, line, frozenset({line, line + 1} if alone else {line}), rules, reason, kind)


def faults(suppressions: list[Suppression], used: set[Suppression]) -> Iterator[Finding]:
    """HK901: a suppression that names no rule, gives no reason, or hides nothing (of ours)."""
    for each in suppressions:
        if not each.rules:
            yield Finding(
                each.path, each.line, "HK901", f"'{each.kind}' names no rule, so it hides everything"
            )
        elif each.ours and (len(each.reason.split()) < 2 and len(each.reason) < 6):
            yield Finding(
                each.path, each.line, "HK901", f"'{each.kind}' of {', '.join(each.ours)} gives no reason"
            )
        elif unknown := [rule for rule in each.ours if rule not in RULES]:
            yield Finding(each.path, each.line, "HK901", f"there is no rule {unknown[0]}")
        elif each.ours and each not in used:
            yield Finding(
                each.path, each.line, "HK901", f"{', '.join(each.ours)} finds nothing here any more"
            )
