"""A pytest plugin (`-p tools.protections.seen`): how each test ended, as JSON in the file SEEN_FILE names.

A test that dies of an import error or in a fixture has noticed nothing; a failed assertion has. So a test counts as
"red" when it failed by an assertion in its own body, and as "broken" when it failed in any other way.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path

import pytest

_ended: dict[str, str] = {}
_WORST = ("green", "broken", "red")
"""Of several parts of one test, the last in this order is what it said."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note how a phase of a test ended."""
    report = yield
    name = item.nodeid.partition("[")[0]
    _ended[name] = max(_ended.get(name, "green"), _how(call, report), key=_WORST.index)
    return report


def _how(call: pytest.CallInfo[None], report: pytest.TestReport) -> str:
    if report.passed:
        return "green"
    error = call.excinfo
    is_assertion = error is not None and error.errisinstance((AssertionError, pytest.fail.Exception))
    return "red" if report.when == "call" and is_assertion else "broken"


def pytest_sessionfinish() -> None:
    """Write it down, with the place that the shop was imported from: it must be the copy."""
    import shop

    where = str(Path(str(shop.__file__)).resolve().parent.parent)
    Path(os.environ["SEEN_FILE"]).write_text(json.dumps({"root": where, "tests": _ended}), "utf-8")
