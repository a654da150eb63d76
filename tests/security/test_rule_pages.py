"""Each rule has a page; its bad example is found by that rule, its good one by none."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from security.rules.catalog import RULES
from security.rules.config import Config
from tests.security.asked import rules_in
from tests.security.test_rule_refusals import kept

PAGES = Path(__file__).parents[2] / "docs" / "rules"
_BLOCK = re.compile(r"```(python|html|js)\n(.*?)```", re.DOTALL)


def rules_of(language: str, text: str, config: Config | None = None) -> set[str]:
    name = {"python": "app.py", "html": "page.html", "js": "page.js"}[language]
    return rules_in(name, text, config)


def example(rule: str, heading: str) -> tuple[str, str]:
    section = (PAGES / f"{rule}.md").read_text().partition(f"## {heading}")[2]
    match = _BLOCK.search(section)
    assert match is not None
    return match[1], match[2]


@pytest.mark.parametrize("rule", sorted(RULES))
def test_the_bad_example_is_found(rule: str, tmp_path: Path) -> None:
    # What was refused is what the good example refuses.
    good = kept(tmp_path, {"src/app.py": example(rule, "Good")[1]}) if rule == "HK605" else ""
    limit = replace(Config(), max_suppressions=0, refusals=(good,) if good else ())
    assert rule in rules_of(*example(rule, "Bad"), config=limit)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_the_good_example_is_clean(rule: str) -> None:
    assert rules_of(*example(rule, "Good")) == set()


def test_the_index_lists_every_rule_and_no_other() -> None:
    lines = [line for line in (PAGES / "README.md").read_text().splitlines() if line.startswith("| [")]
    assert lines == [index_line(rule) for rule in sorted(RULES)]
    assert {path.stem for path in PAGES.glob("HK*.md")} == set(RULES)


def index_line(rule: str) -> str:
    each = RULES[rule]
    return f"| [{each.id}]({each.id}.md) | {each.title} | {each.classes} | {each.level} |"
