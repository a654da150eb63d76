"""The frame of the staff's pages: the menu, by rights, as data, the bar of card payment, and how a moment is written.
An area that brings pages adds its line to the menu here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString
from sqlalchemy.exc import SQLAlchemyError

from payments.stop import CardState, all_states
from shop.context import the_shop
from shop.staff.access import Signed
from shop.staff.rights import Right
from shop.stores import all_stores

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
    NavItem("/stuck", lazy_gettext("止まっているもの"), Right.TRY_AGAIN),
    NavItem("/approvals", lazy_gettext("承認"), Right.APPROVE),
    NavItem("/audit", lazy_gettext("監査記録"), Right.SEE_AUDIT),
    NavItem("/members", lazy_gettext("メンバー"), Right.MANAGE_STAFF),
    NavItem("/security", lazy_gettext("自分のセキュリティ")),
)


def staff_nav(member: Signed) -> list[NavItem]:
    """What this member can open."""
    return [item for item in ITEMS if item.right is None or member.may(item.right)]


@dataclass(frozen=True)
class CardBarLine:
    """How card payment of one store stands, for the bar that is on every page."""

    store_id: str
    name: str
    state: CardState
    until: dt.datetime | None

    @property
    def text(self) -> LazyString:
        return CARD_STATES[self.state][0]

    @property
    def kind(self) -> str:
        return CARD_STATES[self.state][1]


CARD_STATES: dict[CardState, tuple[LazyString, str]] = {
    CardState.OPEN: (lazy_gettext("受付中"), "good"),
    CardState.PAUSED: (lazy_gettext("一時停止"), "bad"),
    CardState.STOPPED: (lazy_gettext("停止"), "bad"),
}


def card_bar() -> list[CardBarLine]:
    """Every store's line, by one small query. Asked by the frame of a page for who is signed in.

    Nothing while the database does not answer: the page that says so has the same frame.
    """
    try:
        with the_shop().db.read() as session:
            known = all_states(session)
    except SQLAlchemyError:
        return []
    open_one = (CardState.OPEN, None)
    return [
        CardBarLine(store.id, store.name, *known.get(store.id, open_one)) for store in all_stores().values()
    ]


def japan_time(moment: dt.datetime) -> str:
    """A moment as staff read it: 2026-11-25 14:03, in Japan's time."""
    return moment.astimezone(_JAPAN).strftime("%Y-%m-%d %H:%M")
