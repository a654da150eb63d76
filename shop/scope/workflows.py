"""What a workflow or a script of CI lets in: strangers' steps and branches with our rights, code off the net. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

_OURS = frozenset({"actions", "github", "."})
_USES = re.compile(r"^\s*-?\s*uses:\s*[\"']?(?:docker://)?([^/@\s\"']+)[^\s\"']*", re.MULTILINE)
_FAULTS = (
    (
        re.compile(r"^\s*-?\s*pull_request_target\b", re.MULTILINE),
        "others' branches run with this project's rights",
    ),
    (re.compile(r"permissions:\s*write-all"), "every step may write everything"),
    (re.compile(r"^\s*contents:\s*write\b", re.MULTILINE), "a step may change the code"),
    (
        re.compile(r"\b(?:curl|wget)\b[^\n|]*\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b"),
        "what the net gives is run as it comes",
    ),
    (
        re.compile(
            r"\bpip3?\s+install\b[^\n]*(?:--(?:extra-)?index-url|--trusted-host|\s-i\s|git\+|https?://)"
        ),
        "installs from a place of its own",
    ),
    (
        re.compile(
            r"\bref:\s*[\"']?\$\{\{\s*github\.event\.(?:workflow_run\.head_|pull_request\.head\.)",
            re.MULTILINE,
        ),
        "others' branches run with this project's rights",
    ),
    (
        re.compile(
            r"^\s*(?:actions|packages|id-token|deployments|statuses|checks|pages):\s*write\b", re.MULTILINE
        ),
        "a step may write what others rely on",
    ),
    (
        re.compile(
            r"\bsecrets\.(?!GITHUB_TOKEN)[\s\S]*\b(?:printenv|env|export -p)\b\s*(?:>|\||$)", re.MULTILINE
        ),
        "a secret of CI is told",
    ),
    (
        re.compile(r"\b(?:echo|printf|curl|wget)\b[^\n]*\$\{\{\s*secrets\."),
        "a secret of CI is told",
    ),
)


def workflow_faults(text: str) -> Iterator[str]:
    """What is wrong with a workflow, a Makefile or a script that CI runs."""
    yield from (message for pattern, message in _FAULTS if pattern.search(text))
    for owner in sorted({match[1] for match in _USES.finditer(text)} - _OURS):
        yield f"steps of {owner} run here"
