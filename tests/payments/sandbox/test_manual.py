"""The manual, docs/sandbox.md, says what is there."""

from __future__ import annotations

import re
from pathlib import Path

from payments.sandbox.__main__ import parser
from payments.sandbox.actions import ACTIONS
from payments.sandbox.app import close, create_app
from payments.sandbox.config import Config
from payments.sandbox.faults import API_KINDS, WEBHOOK_KINDS
from payments.sandbox.operations import OPERATIONS

MANUAL = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text(encoding="utf-8")


def test_it_lists_every_operation_and_no_other() -> None:
    table = MANUAL.partition("## What is here")[2].partition("Checkout Sessions:")[0]
    listed = {
        f"{resource}.{verb}"
        for resource, verbs in re.findall(r"^\| `([a-z_.]+)` \| ([a-z_, ]+) \|$", table, re.MULTILINE)
        for verb in verbs.split(", ")
    }
    assert listed == {operation.name for operation in OPERATIONS}


def test_it_lists_every_option_fault_and_action() -> None:
    for action in parser()._actions:
        for option in action.option_strings:
            if option.startswith("--") and option != "--help":
                assert f"`{option}" in MANUAL, option
    for word in (*API_KINDS, *WEBHOOK_KINDS, *(name for _, group in ACTIONS.values() for name in group)):
        assert word in MANUAL, word


def test_it_lists_every_call_of_the_control_api() -> None:
    app = create_app(Config(port=1, rate_limit=None))
    rules = {str(rule) for rule in app.url_map.iter_rules() if str(rule).startswith("/_sandbox/")}
    close(app)
    told = MANUAL.partition("## Control API")[2].partition("Faults of API")[0]
    for rule in rules:
        first = rule.removeprefix("/_sandbox/").partition("/")[0]
        if first not in {"", "panel"}:
            assert re.search(rf"(GET|POST) {re.escape(first)}\b", told), rule
