"""Which ways to pay a store offers, with bounds, fees and deadlines, read from methods.toml. Anyone in `shop` may
import it."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from payments.methods import Method
from payments.money import Money
from shop.delivery.slots import JST

_PROVIDER_BOUNDS = {Method.KONBINI: (120, 300_000)}
"""What the provider takes at all (docs.stripe.com/payments/konbini)."""
_MOST_DAYS = 60
_HIGHEST = 99_999_999
"""Eight digits of yen: more no provider takes."""


class BadMethods(ValueError):
    """The file is wrong; the text names the setting, for whoever wrote it."""


@dataclass(frozen=True)
class Terms:
    """One way to pay of one store. `days` and `grace` are those of methods whose money comes later."""

    method: Method
    least: Money
    most: Money
    fees: tuple[tuple[Money, Money], ...] = ()
    days: int = 0
    grace: dt.timedelta = dt.timedelta()

    def fee(self, before: Money) -> Money | None:
        """The fee on an order of that total; None when the table ends before it."""
        if not self.fees:
            return Money(0, before.currency)
        return next((fee for up_to, fee in self.fees if before <= up_to), None)

    def takes(self, before: Money) -> bool:
        """Whether an order of that total, to which the fee comes, can be paid so."""
        fee = self.fee(before)
        return fee is not None and self.least <= before + fee <= self.most

    def deadline(self, now: dt.datetime) -> dt.datetime:
        """The last second in which it can be paid, when it is ordered now: the end of a day in Japan."""
        day = now.astimezone(JST).date() + dt.timedelta(days=self.days)
        return dt.datetime.combine(day, dt.time(23, 59, 59), JST).astimezone(dt.UTC)


_CARD = Terms(Method.CARD, Money(1), Money(_HIGHEST))


@dataclass(frozen=True)
class Methods:
    """All ways to pay of one store, in the order in which they are shown."""

    terms: Mapping[Method, Terms]

    def of(self, method: Method) -> Terms | None:
        """The terms of a method; None when this store does not offer it."""
        return self.terms.get(method)


def methods_of(store_id: str) -> Methods:
    """The ways to pay of a store. Raises BadMethods; ask for every store at the start, so that a mistake shows then."""
    try:
        return _all()[store_id]
    except KeyError:
        raise BadMethods(f"no ways to pay for the store {store_id!r}") from None


def deadline_of(store_id: str, method: Method, now: dt.datetime) -> dt.datetime | None:
    """Until when an order of now can be paid; None for what is paid at once or at the door."""
    terms = methods_of(store_id).of(method)
    return terms.deadline(now) if terms is not None and method.is_promise else None


def parse(text: str) -> dict[str, Methods]:
    """Every store's methods in a TOML text. Raises BadMethods at the first setting that is wrong or missing."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadMethods(f"not TOML: {error}") from None
    return {store_id: _methods(store_id, table) for store_id, table in raw.items()}


@cache
def _all() -> dict[str, Methods]:
    return parse(files(__package__).joinpath("methods.toml").read_text("utf-8"))


def _methods(store_id: str, table: object) -> Methods:
    if not isinstance(table, dict) or not isinstance(offered := table.get("offered"), list) or not offered:
        raise BadMethods(f"{store_id}.offered must be a list of ways to pay")
    if unknown := [name for name in offered if name not in {each.value for each in Method}]:
        raise BadMethods(f"{store_id}.offered has {unknown[0]!r}, which is no way to pay")
    methods = [Method(name) for name in offered]
    return Methods({method: _terms(store_id, method, table) for method in methods})


def _terms(store_id: str, method: Method, table: Mapping[str, Any]) -> Terms:
    if method is Method.CARD:
        return _CARD
    setting = f"{store_id}.{method.value}"
    raw = table.get(method.value)
    if not isinstance(raw, dict):
        raise BadMethods(f"{setting} is offered, but has no table")
    low, high = _PROVIDER_BOUNDS.get(method, (1, _HIGHEST))
    least = _number(raw.get("least"), f"{setting}.least", low, high)
    return Terms(
        method,
        least=Money(least),
        most=Money(_number(raw.get("most"), f"{setting}.most", least, high)),
        fees=_fees(raw.get("fees"), f"{setting}.fees"),
        days=_number(raw.get("days"), f"{setting}.days", 1, _MOST_DAYS) if method.is_promise else 0,
        grace=_grace(raw, setting) if method.is_promise else dt.timedelta(),
    )


def _grace(raw: Mapping[str, Any], setting: str) -> dt.timedelta:
    return dt.timedelta(hours=_number(raw.get("grace_hours"), f"{setting}.grace_hours", 0, 72))


def _fees(value: object, setting: str) -> tuple[tuple[Money, Money], ...]:
    if not isinstance(value, list) or not all(isinstance(row, list) and len(row) == 2 for row in value):
        raise BadMethods(f"{setting} must be a list of [total up to, fee]")
    rows = [(_number(up_to, setting, 1, _HIGHEST), _number(fee, setting, 0, 100_000)) for up_to, fee in value]
    totals = [up_to for up_to, _fee in rows]
    if totals != sorted(set(totals)):
        raise BadMethods(f"{setting} must go up from row to row")
    return tuple((Money(up_to), Money(fee)) for up_to, fee in rows)


def _number(value: object, setting: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadMethods(f"{setting} must be a whole number from {low} to {high}")
    return value
