"""No day is offered that can't be kept: cut-off, closed days, year's end, distance, Japan's clock."""

from datetime import UTC, date, datetime, timedelta, timezone
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.address.prefectures import PREFECTURES
from shop.delivery import policy as policies
from shop.delivery.policy import policy_of
from shop.delivery.slots import (
    JST,
    Choice,
    Slot,
    day_label,
    days,
    earliest_day,
    is_possible,
    is_shipping_day,
    shipping_day,
)

# Closed at weekends, on holidays and from 12-29 to 01-03; cut-off at 13; 1 day to Tokyo, 3 to Okinawa.
STYLE = policy_of("style")
# Closed on Sundays and from 12-31 to 01-03; cut-off at 11.
COCOMO = policy_of("cocomo")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JST)


MOMENTS = st.integers(0, 10 * 365 * 24 * 60).map(lambda minute: at("2026-01-01") + timedelta(minutes=minute))


@pytest.mark.parametrize(
    ("now", "shipped"),
    [
        ("2026-11-24T12:59:59.999999", "2026-11-24"),
        ("2026-11-24T13:00:00", "2026-11-25"),
        ("2026-11-24T00:00:00", "2026-11-24"),
        ("2026-11-24T23:59:59", "2026-11-25"),
        ("2026-11-20T13:00:00", "2026-11-24"),  # Friday, weekend, then the holiday of Monday 23rd
        ("2026-11-22T09:00:00", "2026-11-24"),
        ("2026-12-28T12:59:00", "2026-12-28"),
        ("2026-12-28T13:00:00", "2027-01-04"),  # the year's end
        ("2027-01-03T23:00:00", "2027-01-04"),
        ("2027-01-10T10:00:00", "2027-01-12"),  # Coming of Age Day on Monday 11th
        ("2028-02-28T13:00:00", "2028-02-29"),  # leap day
        ("2028-02-29T13:00:00", "2028-03-01"),
        ("2027-03-19T13:00:00", "2027-03-23"),  # the equinox falls on a Sunday, so Monday 22nd is off too
        ("2026-05-01T13:00:00", "2026-05-07"),  # Golden Week with a substitute holiday
    ],
)
def test_an_order_leaves_on_the_next_shipping_day(now: str, shipped: str) -> None:
    assert shipping_day(STYLE, at(now)) == date.fromisoformat(shipped)


def test_the_cut_off_is_by_the_clock_of_japan_wherever_the_server_is() -> None:
    moment = datetime(2026, 11, 24, 3, 59, 59, tzinfo=UTC)
    assert shipping_day(STYLE, moment) == date(2026, 11, 24)
    assert shipping_day(STYLE, moment + timedelta(seconds=1)) == date(2026, 11, 25)
    late_in_utc = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)  # already the 25th in Japan
    assert shipping_day(STYLE, late_in_utc) == date(2026, 11, 25)
    assert shipping_day(STYLE, late_in_utc.astimezone(timezone(timedelta(hours=-10)))) == date(2026, 11, 25)


def test_a_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        days(STYLE, "東京都", datetime(2026, 11, 24))  # noqa: DTZ001 - the missing zone is the case


@pytest.mark.parametrize(
    ("policy", "day", "ships"),
    [
        (STYLE, "2026-11-23", False),
        (COCOMO, "2026-11-23", True),  # a holiday, on which this store works
        (STYLE, "2026-11-28", False),
        (COCOMO, "2026-11-28", True),
        (COCOMO, "2026-11-29", False),
        (STYLE, "2026-12-29", False),
        (COCOMO, "2026-12-30", True),
        (COCOMO, "2026-12-31", False),
        (COCOMO, "2027-01-02", False),
        (COCOMO, "2027-01-04", True),
    ],
)
def test_each_store_has_its_own_closed_days(policy: policies.Policy, day: str, ships: bool) -> None:
    assert is_shipping_day(policy, date.fromisoformat(day)) is ships


def test_a_store_may_close_within_a_year_and_on_single_days() -> None:
    text = files("shop.delivery").joinpath("style.toml").read_text("utf-8")
    text = text.replace('from = "12-29"', 'from = "08-12"').replace('to = "01-03"', 'to = "08-14"')
    policy = policies.parse(text.replace("dates = []", "dates = [2027-08-16]"))
    assert shipping_day(policy, at("2027-08-11T13:00")) == date(2027, 8, 17)
    assert is_shipping_day(policy, date(2027, 12, 29))


def test_distance_adds_days_and_the_window_ends_fourteen_days_after_today() -> None:
    now = at("2026-11-24T10:00")
    assert earliest_day(STYLE, "東京都", now) == date(2026, 11, 25)
    assert earliest_day(STYLE, "沖縄県", now) == date(2026, 11, 27)
    offered = days(STYLE, "東京都", now)
    assert (offered[0], offered[-1], len(offered)) == (date(2026, 11, 25), date(2026, 12, 8), 14)


def test_a_store_closed_for_long_offers_no_day_but_still_takes_the_order() -> None:
    text = files("shop.delivery").joinpath("style.toml").read_text("utf-8")
    policy = policies.parse(text.replace('from = "12-29"', 'from = "12-01"'))
    now = at("2026-12-02T10:00")
    assert days(policy, "東京都", now) == []
    assert is_possible(policy, "東京都", Choice(), now)


def test_a_store_that_never_ships_says_so() -> None:
    text = files("shop.delivery").joinpath("style.toml").read_text("utf-8")
    policy = policies.parse(text.replace('from = "12-29"', 'from = "01-01"').replace("01-03", "12-31"))
    with pytest.raises(ValueError, match="no day"):
        shipping_day(policy, at("2026-11-24T10:00"))


@given(MOMENTS, st.sampled_from(PREFECTURES), st.sampled_from([STYLE, COCOMO]))
def test_every_offered_day_can_be_kept(now: datetime, prefecture: str, policy: policies.Policy) -> None:
    shipped, offered = shipping_day(policy, now), days(policy, prefecture, now)

    assert is_shipping_day(policy, shipped)
    assert shipped >= now.date()
    assert shipped > now.date() or now.hour < policy.cutoff_hour
    # No shipping day lies between the order and the day it leaves.
    first = now.date() + timedelta(days=int(now.hour >= policy.cutoff_hour))
    assert not any(is_shipping_day(policy, first + timedelta(days=i)) for i in range((shipped - first).days))
    for day in offered:
        assert shipped < day <= now.date() + timedelta(days=14)
        assert is_possible(policy, prefecture, Choice(day, Slot.MORNING), now)
    assert offered == sorted(set(offered))
    assert not is_possible(policy, prefecture, Choice(shipped), now)
    assert not is_possible(policy, prefecture, Choice(now.date() + timedelta(days=15)), now)


def test_a_day_chosen_before_the_cut_off_is_refused_after_it() -> None:
    choice = Choice(date(2026, 11, 25), Slot.FROM_19)
    assert is_possible(STYLE, "東京都", choice, at("2026-11-24T12:59"))
    assert not is_possible(STYLE, "東京都", choice, at("2026-11-24T13:00"))
    assert not is_possible(STYLE, "沖縄県", choice, at("2026-11-24T12:59"))


def test_no_wish_is_always_possible() -> None:
    assert is_possible(STYLE, "沖縄県", Choice(), at("2026-12-31T23:59"))


def test_slots_and_days_are_written_for_their_reader() -> None:
    assert [slot.label("ja") for slot in Slot] == [
        "指定なし", "午前中", "14時～16時", "16時～18時", "18時～20時", "19時～21時",
    ]  # fmt: skip
    assert [slot.label("en") for slot in Slot][:3] == ["Any time", "Morning", "14:00–16:00"]
    assert Slot("am") is Slot.MORNING
    assert day_label(date(2026, 11, 25), "ja") == "11月25日（水）"
    assert day_label(date(2026, 11, 25), "en") == "Wed, 25 Nov"
    week = [day_label(date(2026, 11, 22) + timedelta(days=i), "ja")[-2] for i in range(7)]
    assert week == list("日月火水木金土")
