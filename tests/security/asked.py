"""What the rules say of one text, as if it stood in a project."""

from __future__ import annotations

from security.rules.config import Config
from security.rules.run import Result, judge


def rules_in(name: str, text: str, config: Config | None = None) -> set[str]:
    """The rules that fire for a file of this name; it must have been readable."""
    result = Result()
    judge({f"src/{name}": text}, config or Config(), result)
    assert result.unreadable == []
    return {finding.rule for finding in result.findings}
