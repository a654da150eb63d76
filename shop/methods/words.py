"""The ways to pay in words, for shoppers and staff."""

from __future__ import annotations

import datetime as dt

from flask_babel import LazyString, lazy_gettext

from payments.methods import Method
from shop.delivery.slots import JST, day_label

_LABELS = {
    Method.CARD: lazy_gettext("クレジットカード"),
    Method.KONBINI: lazy_gettext("コンビニ払い"),
    Method.TRANSFER: lazy_gettext("銀行振込"),
    Method.COD: lazy_gettext("代金引換"),
}
_FEES = {
    Method.KONBINI: lazy_gettext("コンビニ払い手数料"),
    Method.TRANSFER: lazy_gettext("銀行振込手数料"),
    Method.COD: lazy_gettext("代引手数料"),
}


def label_of(method: str) -> LazyString | str:
    """A way to pay, as a shopper chooses it."""
    return _LABELS.get(Method(method), method)


def fee_label(method: str) -> LazyString | str:
    """What the fee of a way to pay is called in a sum."""
    return _FEES.get(Method(method), method)


def deadline_text(moment: dt.datetime, locale: str) -> str:
    """A deadline as people read it: 11月30日（月）23:59, or Mon, Nov 30, 23:59 (Japan time)."""
    there = moment.astimezone(JST)
    clock = f"{there:%H:%M}"
    if locale.startswith("ja"):
        return f"{day_label(there.date(), 'ja')}{clock}"
    return f"{day_label(there.date(), 'en')}, {clock} (Japan time)"


METHOD_WORDS = {"method_label": label_of, "fee_label": fee_label, "deadline_text": deadline_text}
"""What templates of all hosts find."""
