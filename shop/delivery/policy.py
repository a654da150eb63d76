"""What one store promises about delivery, read from its <store>.toml. Checkout and jobs may import it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from payments.money import Money

from .regions import REGIONS


class BadPolicy(ValueError):
    """The file of a store is wrong; the text names the setting, for whoever wrote it."""


@dataclass(frozen=True)
class Policy:
    """Fees (tax included) and lead days by region, and the days on which the store does not ship.

    `free_from` is the total of goods from which delivery is free, None for never; `remote` regions always
    pay. An order before `cutoff_hour` (0 to 24, Japan time) leaves the same day. `closed_weekdays` count from
    Monday 0, `closed_season` is a first and a last (month, day) that may span the year's end.
    """

    fees: Mapping[str, Money]
    lead_days: Mapping[str, int]
    free_from: Money | None
    remote: frozenset[str]
    cutoff_hour: int
    closed_weekdays: frozenset[int]
    closed_on_holidays: bool
    closed_season: tuple[tuple[int, int], tuple[int, int]]
    closed_dates: frozenset[date]


def _number(value: object, setting: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadPolicy(f"{setting} must be a whole number from {low} to {high}")
    return value


def _by_region(value: object, setting: str, high: int) -> dict[str, int]:
    if not isinstance(value, dict) or set(value) != set(REGIONS):
        raise BadPolicy(f"{setting} must have exactly the regions {', '.join(REGIONS)}")
    return {region: _number(value[region], f"{setting}.{region}", 0, high) for region in REGIONS}


def _month_day(value: object, setting: str) -> tuple[int, int]:
    try:
        # A leap year, so that 02-29 can be written.
        day = date.fromisoformat(f"2000-{value}")
    except ValueError:
        raise BadPolicy(f'{setting} must be a day like "12-29"') from None
    return day.month, day.day


def _dates(value: object) -> frozenset[date]:
    # TOML has dates and times; a time is a date to Python, and no day of ours.
    if not isinstance(value, list) or any(type(day) is not date for day in value):
        raise BadPolicy("closed.dates must be a list of days like 2027-08-13")
    return frozenset(value)


def parse(text: str) -> Policy:
    """Return the policy in TOML `text`; raises `BadPolicy` at the first setting that is wrong or missing."""
    try:
        return _policy(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadPolicy(f"not TOML: {error}") from None
    except KeyError as missing:
        raise BadPolicy(f"{missing.args[0]} is missing") from None


def _policy(raw: dict[str, Any]) -> Policy:
    closed, remote, free_from = raw["closed"], raw["remote"], raw.get("free_from")
    if not isinstance(closed, dict) or not isinstance(closed["weekdays"], list):
        raise BadPolicy("closed must be a table with a list of weekdays")
    if not isinstance(remote, list) or not set(remote) <= set(REGIONS):
        raise BadPolicy("remote must be a list of regions")
    if not isinstance(closed["on_holidays"], bool):
        raise BadPolicy("closed.on_holidays must be true or false")
    weekdays = frozenset(_number(day, "closed.weekdays", 0, 6) for day in closed["weekdays"])
    if len(weekdays) == 7:
        raise BadPolicy("closed.weekdays must leave a day to ship on")
    return Policy(
        fees={region: Money(yen) for region, yen in _by_region(raw["fees"], "fees", 100_000).items()},
        lead_days=_by_region(raw["lead_days"], "lead_days", 14),
        free_from=None if free_from is None else Money(_number(free_from, "free_from", 0, 10_000_000)),
        remote=frozenset(remote),
        cutoff_hour=_number(raw["cutoff_hour"], "cutoff_hour", 0, 24),
        closed_weekdays=weekdays,
        closed_on_holidays=closed["on_holidays"],
        closed_season=(_month_day(closed["from"], "closed.from"), _month_day(closed["to"], "closed.to")),
        closed_dates=_dates(closed["dates"]),
    )


@cache
def policy_of(store_id: str) -> Policy:
    """Return the policy of a store, read once; raises `BadPolicy` where it has none or a wrong one.

    Call it at the start for every store, so that a mistake shows before a shopper does.
    """
    file = files(__package__).joinpath(f"{store_id}.toml")
    if not re.fullmatch("[a-z][a-z0-9_-]*", store_id) or not file.is_file():
        raise BadPolicy(f"no delivery settings for the store {store_id!r}")
    try:
        return parse(file.read_text("utf-8"))
    except BadPolicy as error:
        raise BadPolicy(f"{store_id}.toml: {error}") from None
