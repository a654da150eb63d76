"""What an order would cost and say: pure arithmetic over the basket, the address and the store's terms.

The final page shows a quote, its digest goes with the confirm button, and the order keeps it as its snapshot: so a
shopper pays what they saw, or is asked again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from payments.methods import Method
from payments.money import Money
from shop.delivery.fees import fee
from shop.delivery.policy import Policy
from shop.delivery.slots import Choice, Slot, day_label, earliest_day
from shop.methods.policy import methods_of
from shop.stores import Store
from shop.tax import RateTotal, Rounding, TaxLine, TaxRate, fee_line, totals_by_rate

_FREE = Money(0)


@dataclass(frozen=True)
class QuoteLine:
    """One line of the basket at today's price."""

    sku: str
    product_slug: str
    name_ja: str
    name_en: str
    unit: Money
    quantity: int
    tax_rate: TaxRate

    @property
    def gross(self) -> Money:
        return self.unit * self.quantity

    def name(self, locale: str) -> str:
        return self.name_ja if locale == "ja" else self.name_en


@dataclass(frozen=True)
class Quote:
    """All amounts are tax-included; `totals` has the tax within them, rounded once per rate."""

    lines: tuple[QuoteLine, ...]
    delivery_fee: Money
    totals: tuple[RateTotal, ...]
    prefecture: str
    choice: Choice
    earliest: dt.date
    recipient: str
    """A keyed hash of who receives it and where: a page that showed another address is not this quote."""
    method: Method = Method.CARD
    method_fee: Money = _FREE

    @property
    def goods(self) -> Money:
        return sum((line.gross for line in self.lines), Money(0))

    @property
    def before_fee(self) -> Money:
        """What the fee of the way to pay goes by."""
        return self.goods + self.delivery_fee

    @property
    def total(self) -> Money:
        return self.before_fee + self.method_fee

    @property
    def digest(self) -> str:
        """A short hash over everything that the shopper agrees to."""
        agreed = [self.snapshot(), self.recipient]
        text = json.dumps(agreed, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def delivery_text(self, locale: str) -> str:
        """The day and slot in words; without a wish, the earliest day."""
        slot = self.choice.slot.label(locale)
        if self.choice.day is not None:
            return f"{day_label(self.choice.day, locale)} {slot}"
        first = day_label(self.earliest, locale)
        return f"{first}以降（時間帯：{slot}）" if locale == "ja" else f"from {first} ({slot.lower()})"

    def snapshot(self) -> dict[str, Any]:
        """What an order keeps, as JSON; nothing personal but the prefecture, which the fee depends on."""
        return {
            "lines": [[line.sku, line.quantity, line.unit.minor, int(line.tax_rate)] for line in self.lines],
            "goods": self.goods.minor,
            "delivery_fee": self.delivery_fee.minor,
            "method": self.method.value,
            "method_fee": self.method_fee.minor,
            "total": self.total.minor,
            "tax": [[int(total.rate), total.gross.minor, total.tax.minor] for total in self.totals],
            "delivery": {"ja": self.delivery_text("ja"), "en": self.delivery_text("en")},
        }


def make_quote(
    store: Store,
    policy: Policy,
    lines: Sequence[QuoteLine],
    prefecture: str,
    choice: Choice,
    recipient: str,
    now: dt.datetime,
    method: Method = Method.CARD,
) -> Quote:
    """The quote for a basket. `lines` is not empty, `recipient` a keyed hash; KeyError for an unknown prefecture.

    A way to pay that the store does not have, or not for such a total, costs nothing here: who asks sees to it that
    nobody orders so (`shop.methods.offers`).
    """
    goods = sum((line.gross for line in lines), Money(0))
    delivery_fee = fee(policy, prefecture, goods)
    method_fee = _method_fee(store, method, goods + delivery_fee)
    taxed = [TaxLine(line.gross, line.tax_rate) for line in lines]
    taxed += [fee_line(each) for each in (delivery_fee, method_fee) if each]
    return Quote(
        lines=tuple(lines),
        delivery_fee=delivery_fee,
        totals=tuple(totals_by_rate(taxed, Rounding(store.rounding))),
        prefecture=prefecture,
        choice=choice,
        earliest=earliest_day(policy, prefecture, now),
        recipient=recipient,
        method=method,
        method_fee=method_fee,
    )


def _method_fee(store: Store, method: Method, before: Money) -> Money:
    terms = methods_of(store.id).of(method)
    return (terms.fee(before) if terms else None) or Money(0)


def choice_of(day: dt.date | None, slot: str | None) -> Choice:
    """The stored wish of a draft."""
    return Choice(day=day, slot=Slot(slot) if slot else Slot.ANY)
