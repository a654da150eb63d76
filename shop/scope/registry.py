"""Every piece of evidence by id, with the requirements that it supports; the one place to add another.

A piece *supports* a requirement, it never fulfils it; what the ids mean is read in the standards themselves. Those
whose feature is not in this build stand here too, and say so.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from shop.scope.result import Notes, NotExercised

if TYPE_CHECKING:
    from shop.scope.lab import Lab

Look = Callable[["Lab", Notes], None]


class Group(StrEnum):
    """What runs one after the other; the groups run side by side."""

    STATIC = "static"
    REQUEST = "request"
    BROWSER = "browser"


@dataclass(frozen=True)
class Check:
    """One piece of evidence. `where` is `module:function` below `shop.scope.checks`, or why there is none."""

    id: str
    title: str
    title_ja: str
    group: Group
    where: str
    pci: tuple[str, ...] = ()
    jp: tuple[str, ...] = ()
    asvs: tuple[str, ...] = ()
    typical_s: float = 2.0
    """For the time that is left; on two quiet cores."""
    feature: str = ""
    """The package without which there is nothing to look at."""

    @property
    def supports(self) -> dict[str, tuple[str, ...]]:
        return {
            "PCI DSS v4.0.1": self.pci,
            "JP guideline": self.jp,
            "OWASP ASVS": tuple(f"v5.0.0-{chapter}" for chapter in self.asvs),
        }

    @property
    def is_built(self) -> bool:
        """Whether there is code that looks."""
        return re.fullmatch(r"\w+:\w+", self.where) is not None

    def look(self, lab: Lab, notes: Notes) -> None:
        """Gather the evidence into `notes`. Raises NotExercised when the feature, or the check, is not there."""
        if self.feature and importlib.util.find_spec(self.feature) is None:
            raise NotExercised("feature not present")
        if not self.is_built:
            raise NotExercised(self.where)
        module, _, function = self.where.partition(":")
        look: Look = getattr(importlib.import_module(f"shop.scope.checks.{module}"), function)
        look(lab, notes)


_NO_CHECK = "the feature is here, an automatic check of it is not"
_S, _R, _B = Group.STATIC, Group.REQUEST, Group.BROWSER

# fmt: off
CHECKS: tuple[Check, ...] = (
    Check("E1", "Card numbers made for the run are found nowhere on our side", "カード番号の不通過",
          _B, "canary:look", ("eligibility", "3.2.1"), ("N",), ("14.2.1", "14.2.3", "16.2.5"), 55),
    Check("E2", "No field of ours takes a card number, on any page", "自社画面のカード入力欄なし",
          _B, "walk:fields", ("eligibility",), ("N",), ("14.1.1",), 60),
    Check("E3", "The payment step is the provider's host and path", "決済画面の行き先",
          _B, "walk:payment_step", ("eligibility",), ("N",), ("3.7.2",), 1),
    Check("E4", "No model and no migrated table has a place for a card", "データベースの列",
          _S, "columns:look", ("3.2.1",), ("N",), ("14.2.4",), 3),
    Check("E5", "Own rules over the source: no raw card call, no logged body", "静的規則",
          _S, "rules:look", ("3.2.1", "6.3.1"), ("N", "V3"), ("16.2.5",), 8),
    Check("E6", "What ran in the browser is what the inventory lists", "スクリプト台帳との照合",
          _B, "walk:executed", ("script criterion: technique",), ("V3", "V4"), ("3.4.3", "3.4.7", "3.6.1"), 1),
    Check("E7", "Headers and cookies of every route and error page", "ヘッダーとCookie",
          _R, "headers:look", ("script criterion: technique",), ("V3",), ("3.3", "3.4", "14.3.2"), 12),
    Check("E8", "Forged, old, repeated and altered webhooks change nothing", "Webhookの改ざん",
          _R, "webhook:look", (), ("F1",), ("2.3.1", "13.2.1", "16.5.3"), 10),
    Check("E9", "Altered amounts, orders and success pages pay for nothing", "金額と注文の改ざん",
          _R, "tamper:look", (), ("F1", "F2"), ("2.2.2", "2.3.2", "8.3.1"), 10),
    Check("E10", "Card testing is slowed and stopped", "クレジットマスター対策",
          _R, "card_testing:look", (), ("V5",), ("2.4.1", "6.3.1"), 15, "shop.card_testing"),
    Check("E11", "Login, registration and changes of a shopper's account", "会員の不正ログイン対策",
          _R, "shoppers:look", (), ("F4",), ("6.2", "6.3.1", "7.5.1"), 8, "shop.accounts"),
    Check("E12", "Staff: address, second factor, rights, lock; walls between stores", "管理画面の保護",
          _R, "staff:look", ("2.2.2", "8.2.1", "8.2.2", "8.3.1", "8.3.5", "8.3.6", "8.3.7"), ("V1",),
          ("6.3.2", "6.3.3", "8.2.1"), 16, "shop.staff"),
    Check("E13", "Whoever is disabled is out at once", "退職者の即時遮断",
          _R, "staff:leavers", ("8.2.5",), ("V1",), ("7.4.2",), 2, "shop.staff"),
    Check("E14", "Nothing but pages and static files is served", "公開領域の確認",
          _R, "paths:look", ("6.3.1",), ("V2",), ("5.3", "13.4.1", "13.4.2", "13.4.3"), 6),
    Check("E15", "What a shopper types does not run in a staff browser", "管理画面での格納型XSS",
          _B, "stored_script:look", ("script criterion: technique",), ("V3",), ("1.2.1", "3.2.2"), 15, "shop.staff"),
    Check("E16", "SQL, template and script injection, cross-site posts", "注入とCSRF",
          _R, "injection:look", ("6.3.1",), ("V3",), ("1.2.4", "1.3.7", "3.5.1"), 12),
    Check("E17", "Dependencies: locked by hash, listed, audited", "依存部品",
          _S, "dependencies:look", ("6.3.1", "6.3.3"), ("V3", "V4"), ("15.1.2", "15.2.1"), 12),
    Check("E18", "No secret in the tree or in a served page", "秘密情報の露出",
          _R, "secrets:look", (), ("V1",), ("13.3.1",), 8),
    Check("E19", "The shop reaches no host but the listed ones", "外向き通信の制限",
          _R, "an egress list is not in this build", (), ("V4",), ("13.2.4",), 0, "shop.egress"),
    Check("E20", "3-D Secure is asked for, and failing it ships nothing", "3-Dセキュア",
          _R, "three_d_secure:look", (), ("F3",), ("2.3.1",), 4),
    Check("E21", "Stop of card payment and the gate before it resumes", "決済停止と再開",
          _R, "stop:look", ("12.10.1",), ("seed case",), ("16.5.3",), 4, "shop.cards"),
    Check("E22", "Incident kit: who is affected, deadlines, notices", "漏えい時の対応",
          _R, _NO_CHECK, ("12.10.1",), ("APPI art. 26",), ("16.2.1",), 0, "shop.incidents"),
    Check("E23", "Register of service providers and age of their papers", "委託先の記録",
          _S, _NO_CHECK, ("12.8.1", "12.8.2", "12.8.3", "12.8.4", "12.8.5", "11.3.2", "11.3.2.1"), ("V3",),
          ("13.1.1",), 0, "shop.register"),
    Check("E24", "Integrity list of code, templates and static files", "改ざん検知用の一覧",
          _S, "integrity:look", (), ("V4",), (), 2),
    Check("E25", "Seeded leaks turn the verification red", "変異試験",
          _S, "seeded:look", (), (), (), 20),
)
# fmt: on

# What only people can show: the ids of SAQ A (r1) that no program can settle, H wholly and P in part.
BY_PEOPLE: dict[str, tuple[str, ...]] = {
    "people alone": ("9.4.1", "9.4.1.1", "9.4.2", "9.4.3", "9.4.4", "9.4.6"),
    "people, with papers whose age and structure a program may check": (
        "3.1.1", "3.2.1", "8.2.2", "11.3.2", "11.3.2.1", "12.8.1", "12.8.2", "12.8.3", "12.8.4", "12.8.5",
        "12.10.1",
    ),
}  # fmt: skip


class UnknownCheck(Exception):
    """A name that no check has; the message says it."""


def chosen(names: tuple[str, ...]) -> list[Check]:
    """The checks of these ids, in the table's order; all of them without a name."""
    known = {check.id: check for check in CHECKS}
    wanted = {name.upper() for name in names}
    if unknown := sorted(wanted - known.keys()):
        raise UnknownCheck(f"no check is called {unknown[0]}; `shop scope verify --list` names them")
    return [check for check in CHECKS if not wanted or check.id in wanted]
