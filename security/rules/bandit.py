"""The Python rules as plugins of Bandit, one for each id: `bandit -r src` then reports them beside its own.

Bandit looks at one file at a time, so what flows from file to file is seen by `python -m security rules` alone. This
module needs Bandit; nothing else imports it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import bandit  # type: ignore[import-untyped]  # it ships no types
from bandit.core import test_properties  # type: ignore[import-untyped]  # as above

from ..finding import Finding
from . import config
from .catalog import RULES
from .run import Result, judge

Plugin = Callable[[Any], Any]
# Bandit asks at each node, and takes one answer a node: a finding is told at the first node on its line.
_NODES = (
    *(
        "Call",
        "Assign",
        "AnnAssign",
        "AugAssign",
        "ClassDef",
        "FunctionDef",
        "AsyncFunctionDef",
        "Return",
        "Raise",
    ),
    *(
        "With",
        "Try",
        "ExceptHandler",
        "Dict",
        "Attribute",
        "Name",
        "If",
        "Expr",
        "Str",
        "keyword",
        "JoinedStr",
    ),
)
_waiting: dict[str, list[Finding]] = {}


def _findings(context: Any) -> list[Finding]:
    """What is still to be told of this file; the rules run when its first node comes."""
    name = str(context.filename)
    if name not in _waiting:
        _waiting.clear()
        data = context.file_data
        data.seek(0)
        result = Result()
        # What a function refuses may have gone into another file, which Bandit does not show.
        settings = replace(config.load(None), refusals=())
        judge({name: data.read().decode("utf-8", "replace")}, settings, result)
        _waiting[name] = result.findings
    return _waiting[name]


def _plugin(rule: str) -> Plugin:
    def check(context: Any) -> Any:
        waiting = _findings(context)
        line = getattr(context.node, "lineno", None)
        found = next((each for each in waiting if each.rule == rule and each.line == line), None)
        if found is None:
            return None
        waiting.remove(found)
        severity = bandit.HIGH if RULES[rule].level == "error" else bandit.LOW
        text = f"{RULES[rule].title}: {found.message}"
        return bandit.Issue(severity=severity, confidence=bandit.MEDIUM, cwe=RULES[rule].cwe, text=text)

    check.__name__ = f"hitsuka_{rule.lower()}"
    for node in _NODES:
        check = test_properties.checks(node)(check)
    marked: Plugin = test_properties.test_id(rule)(check)
    return marked


HK101 = _plugin("HK101")
HK102 = _plugin("HK102")
HK103 = _plugin("HK103")
HK104 = _plugin("HK104")
HK105 = _plugin("HK105")
HK106 = _plugin("HK106")
HK107 = _plugin("HK107")
HK108 = _plugin("HK108")
HK109 = _plugin("HK109")
HK201 = _plugin("HK201")
HK202 = _plugin("HK202")
HK203 = _plugin("HK203")
HK204 = _plugin("HK204")
HK205 = _plugin("HK205")
HK206 = _plugin("HK206")
HK207 = _plugin("HK207")
HK208 = _plugin("HK208")
HK209 = _plugin("HK209")
HK210 = _plugin("HK210")
HK301 = _plugin("HK301")
HK302 = _plugin("HK302")
HK303 = _plugin("HK303")
HK304 = _plugin("HK304")
HK305 = _plugin("HK305")
HK306 = _plugin("HK306")
HK307 = _plugin("HK307")
HK308 = _plugin("HK308")
HK309 = _plugin("HK309")
HK310 = _plugin("HK310")
HK311 = _plugin("HK311")
HK401 = _plugin("HK401")
HK402 = _plugin("HK402")
HK403 = _plugin("HK403")
HK404 = _plugin("HK404")
HK405 = _plugin("HK405")
HK406 = _plugin("HK406")
HK407 = _plugin("HK407")
HK408 = _plugin("HK408")
HK409 = _plugin("HK409")
HK410 = _plugin("HK410")
HK411 = _plugin("HK411")
HK412 = _plugin("HK412")
HK501 = _plugin("HK501")
HK502 = _plugin("HK502")
HK503 = _plugin("HK503")
HK504 = _plugin("HK504")
HK505 = _plugin("HK505")
HK506 = _plugin("HK506")
HK601 = _plugin("HK601")
HK602 = _plugin("HK602")
HK603 = _plugin("HK603")
HK604 = _plugin("HK604")
HK605 = _plugin("HK605")
HK701 = _plugin("HK701")
HK702 = _plugin("HK702")
HK703 = _plugin("HK703")
HK704 = _plugin("HK704")
HK705 = _plugin("HK705")
