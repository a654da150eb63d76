"""On which days and when a parcel can come; every function is told `now`. Checkout and jobs may import it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

import jpholiday

from .policy import Policy
from .regions import region_of

# Japan has no summer time, so this needs no time zone database (which Windows lacks).
JST = timezone(timedelta(hours=9), "JST")
DAYS_AHEAD = 14
_WEEKDAYS = {"ja": "月火水木金土日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Slot(StrEnum):
    """The time slots of the carriers; the value is stored and sent by forms."""

    ANY = "any"
    MORNING = "am"
    FROM_14 = "14-16"
    FROM_16 = "16-18"
    FROM_18 = "18-20"
    FROM_19 = "19-21"

    def label(self, locale: str) -> str:
        """Return the slot for a reader, in Japanese or English."""
        ja = locale.startswith("ja")
        if self is Slot.ANY:
            return "指定なし" if ja else "Any time"
        if self is Slot.MORNING:
            return "午前中" if ja else "Morning"
        start, end = self.value.split("-")
        return f"{start}時～{end}時" if ja else f"{start}:00–{end}:00"


@dataclass(frozen=True)
class Choice:
    """What a shopper asked for: a day or None for the earliest, and a slot."""

    day: date | None = None
    slot: Slot = Slot.ANY


def _in_japan(now: datetime) -> datetime:
    if now.utcoffset() is None:
        raise ValueError("now needs a time zone")
    return now.astimezone(JST)


def is_shipping_day(policy: Policy, day: date) -> bool:
    """Return whether the store ships on `day`."""
    first, last = policy.closed_season
    today = (day.month, day.day)
    in_season = first <= today <= last if first <= last else today >= first or today <= last
    return not (
        in_season
        or day.weekday() in policy.closed_weekdays
        or day in policy.closed_dates
        or (policy.closed_on_holidays and jpholiday.is_holiday(day))
    )


def shipping_day(policy: Policy, now: datetime) -> date:
    """Return the day on which an order of `now` leaves: today before the cut-off, else the next shipping day.

    The cut-off hour itself is too late. Raises ValueError for a `now` without a time zone, and where the
    store ships on no day of the coming year.
    """
    here = _in_japan(now)
    first = here.date() + timedelta(days=int(here.hour >= policy.cutoff_hour))
    for later in range(366):
        day = first + timedelta(days=later)
        if is_shipping_day(policy, day):
            return day
    raise ValueError("the store ships on no day of the coming year")


def earliest_day(policy: Policy, prefecture: str, now: datetime) -> date:
    """Return the first day on which an order of `now` can arrive. Carriers deliver on every day of the year.

    KeyError for an unknown prefecture.
    """
    return shipping_day(policy, now) + timedelta(days=policy.lead_days[region_of(prefecture)])


def days(policy: Policy, prefecture: str, now: datetime) -> list[date]:
    """Return the days a shopper may choose, from the earliest to 14 days after today; [] where none is."""
    first = earliest_day(policy, prefecture, now)
    last = _in_japan(now).date() + timedelta(days=DAYS_AHEAD)
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def is_possible(policy: Policy, prefecture: str, choice: Choice, now: datetime) -> bool:
    """Return whether `choice` can still be kept; to be asked again when the order is placed."""
    return choice.day is None or choice.day in days(policy, prefecture, now)


def day_label(day: date, locale: str) -> str:
    """Return a day with its weekday for a reader: 11月25日（水）, Wed, 25 Nov."""
    if locale.startswith("ja"):
        return f"{day.month}月{day.day}日（{_WEEKDAYS['ja'][day.weekday()]}）"
    return f"{_WEEKDAYS['en'][day.weekday()]}, {day.day} {_MONTHS[day.month - 1]}"
