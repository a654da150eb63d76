"""What the last comparison with the provider came to, in words. `shop/jobs/schedules.py` writes the line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask_babel import gettext as _

from shop.backoffice.words import Word

_ONE = re.compile(
    r"(?P<account>[^:;]+): (?:(?P<how>agrees|differs), healed (?P<healed>\d+)|no answer \((?P<code>\w+)\))"
)


@dataclass(frozen=True)
class Match:
    """How it went with one account of the provider."""

    word: Word
    more: str


def matches(line: str | None) -> list[Match]:
    """One of each account. What can't be read (the line is cut at its end) is never good: somebody must look."""
    return [_match(part) for part in line.split("; ")] if line else []


def _match(part: str) -> Match:
    found = _ONE.fullmatch(part)
    if found is None:
        return Match((_("不明"), "bad"), "")
    account = found["account"]
    if found["code"]:
        return Match((_("返事なし"), "bad"), _("%(account)s: 決済会社が答えませんでした。", account=account))
    if found["how"] == "differs":
        return Match((_("相違"), "bad"), _("%(account)s: 人が確かめるべき相違があります。", account=account))
    healed = int(found["healed"])
    more = _("%(account)s: %(n)d 件を直しました。", account=account, n=healed) if healed else ""
    return Match((_("一致"), "good"), more)
