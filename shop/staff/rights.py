"""What staff may do, as data: a role is a set of rights, a person has one role or several."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString


class Right(StrEnum):
    """One thing that a page of the staff needs."""

    SEE_ORDERS = "see_orders"
    SEE_CUSTOMERS = "see_customers"
    """Who ordered, in clear."""
    SEE_PAYMENTS = "see_payments"
    SHIP = "ship"
    REFUND = "refund"
    TRY_AGAIN = "try_again"
    """What was given up after many tries: mails, the provider's news. Money needs REFUND."""
    EXPORT = "export"
    SETTINGS = "settings"
    SEE_AUDIT = "see_audit"
    APPROVE = "approve"
    PAUSE_CARDS = "pause_cards"
    STOP_CARDS = "stop_cards"
    MANAGE_STAFF = "manage_staff"


class Role(StrEnum):
    """What someone is here. The words are kept in the database."""

    SUPPORT = "support"
    FULFILMENT = "fulfilment"
    FINANCE = "finance"
    SECURITY = "security"
    SIGNER = "signer"
    OWNER = "owner"

    @property
    def label(self) -> LazyString:
        return _LABELS[self]


# An owner decides who works here, but neither refunds, exports nor signs by that: these are roles of their own.
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.SUPPORT: frozenset({Right.SEE_ORDERS, Right.SEE_CUSTOMERS, Right.TRY_AGAIN}),
    Role.FULFILMENT: frozenset({Right.SEE_ORDERS, Right.SEE_CUSTOMERS, Right.SHIP}),
    Role.FINANCE: frozenset(
        {Right.SEE_ORDERS, Right.SEE_PAYMENTS, Right.REFUND, Right.TRY_AGAIN, Right.EXPORT}
    ),
    Role.SECURITY: frozenset({Right.SEE_PAYMENTS, Right.SEE_AUDIT, Right.PAUSE_CARDS, Right.STOP_CARDS}),
    Role.SIGNER: frozenset({Right.SEE_PAYMENTS, Right.APPROVE}),
    Role.OWNER: frozenset(
        {
            Right.SEE_ORDERS,
            Right.SEE_PAYMENTS,
            Right.SEE_AUDIT,
            Right.TRY_AGAIN,
            Right.SETTINGS,
            Right.PAUSE_CARDS,
            Right.STOP_CARDS,
            Right.MANAGE_STAFF,
        }
    ),
}

_LABELS: dict[Role, LazyString] = {
    Role.SUPPORT: lazy_gettext("お客様対応"),
    Role.FULFILMENT: lazy_gettext("出荷"),
    Role.FINANCE: lazy_gettext("経理"),
    Role.SECURITY: lazy_gettext("セキュリティ"),
    Role.SIGNER: lazy_gettext("承認者"),
    Role.OWNER: lazy_gettext("管理責任者"),
}


def rights_of(roles: Iterable[str]) -> frozenset[Right]:
    """Everything that somebody with these roles may. A word that is no role (of a newer build, say) gives nothing."""
    known = [Role(role) for role in roles if role in set(Role)]
    return frozenset().union(*(RIGHTS[role] for role in known))
