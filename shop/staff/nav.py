"""The frame of the staff's pages: the menu, by rights, as data, and how a moment is written. An area that brings pages
adds its line here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from shop.staff.access import Signed
from shop.staff.rights import Right

_JAPAN = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True)
class NavItem:
    """One line of the menu, for whoever has the right."""

    path: str
    label: LazyString
    right: Right | None = None


ITEMS = (
    NavItem("/", lazy_gettext("ホーム")),
    NavItem("/orders", lazy_gettext("注文"), Right.SEE_ORDERS),
    NavItem("/customers", lazy_gettext("お客さま"), Right.SEE_CUSTOMERS),
    NavItem("/cards", lazy_gettext("カード決済"), Right.SEE_PAYMENTS),
    NavItem("/disputes", lazy_gettext("申し立て"), Right.SEE_PAYMENTS),
    NavItem("/approvals", lazy_gettext("承認"), Right.APPROVE),
    NavItem("/audit", lazy_gettext("監査記録"), Right.SEE_AUDIT),
    NavItem("/members", lazy_gettext("メンバー"), Right.MANAGE_STAFF),
    NavItem("/security", lazy_gettext("自分のセキュリティ")),
)


def staff_nav(member: Signed) -> list[NavItem]:
    """What this member can open."""
    return [item for item in ITEMS if item.right is None or member.may(item.right)]


def japan_time(moment: dt.datetime) -> str:
    """A moment as staff read it: 2026-11-25 14:03, in Japan's time."""
    return moment.astimezone(_JAPAN).strftime("%Y-%m-%d %H:%M")
