"""Every prefecture has a fee, free delivery begins at its yen, and a wrong setting is named."""

from importlib.resources import files

import pytest

from payments.money import CurrencyMismatch, Money
from shop.address.prefectures import PREFECTURES
from shop.delivery import policy as policies
from shop.delivery.fees import fee, fee_range
from shop.delivery.policy import BadPolicy, policy_of
from shop.delivery.regions import REGIONS, region_of
from shop.stores import all_stores

TEXT = files("shop.delivery").joinpath("style.toml").read_text("utf-8")


def test_every_prefecture_is_in_one_region() -> None:
    members = [prefecture for region in REGIONS.values() for prefecture in region]
    assert sorted(members) == sorted(PREFECTURES)
    assert len(PREFECTURES) == 47
    with pytest.raises(KeyError):
        region_of("Tokyo")


def test_every_store_has_a_fee_and_a_lead_time_for_everywhere() -> None:
    for store_id in all_stores():
        policy = policy_of(store_id)
        assert all(fee(policy, prefecture, Money(0)) > Money(0) for prefecture in PREFECTURES)
        assert set(policy.lead_days) == set(REGIONS)


@pytest.mark.parametrize(
    ("prefecture", "goods", "expected"),
    [
        ("東京都", 10999, 700),
        ("東京都", 11000, 0),
        ("東京都", 11001, 0),
        ("北海道", 11000, 1300),
        ("沖縄県", 1_000_000, 1800),
        ("高知県", 0, 1000),
    ],
)
def test_delivery_is_free_from_a_total_but_never_to_remote_regions(
    prefecture: str, goods: int, expected: int
) -> None:
    assert fee(policy_of("style"), prefecture, Money(goods)) == Money(expected)


def test_a_store_may_never_deliver_for_free() -> None:
    policy = policies.parse(TEXT.replace("free_from = 11000", ""))
    assert fee(policy, "東京都", Money(10**9)) == Money(700)


def test_the_range_of_fees_is_known_before_an_address() -> None:
    assert fee_range(policy_of("style")) == (Money(700), Money(1800))


def test_goods_of_another_currency_are_no_ground_for_free_delivery() -> None:
    with pytest.raises(CurrencyMismatch):
        fee(policy_of("style"), "東京都", Money(999_999, "USD"))


@pytest.mark.parametrize(
    ("good", "bad", "named"),
    [
        ("okinawa = 1800", "", "fees"),
        ("okinawa = 1800", "okinawa = 1800\nguam = 1", "fees"),
        ("okinawa = 1800", "okinawa = -1", "fees.okinawa"),
        ("okinawa = 1800", "okinawa = 1.5", "fees.okinawa"),
        ("okinawa = 1800", "okinawa = true", "fees.okinawa"),
        ("hokkaido = 2", "hokkaido = 99", "lead_days.hokkaido"),
        ("cutoff_hour = 13", "cutoff_hour = 25", "cutoff_hour"),
        ("cutoff_hour = 13", "", "cutoff_hour"),
        ('remote = ["hokkaido", "okinawa"]', 'remote = ["guam"]', "remote"),
        ("free_from = 11000", "free_from = -1", "free_from"),
        ("weekdays = [5, 6]", "weekdays = [7]", "closed.weekdays"),
        ("weekdays = [5, 6]", "weekdays = [0, 1, 2, 3, 4, 5, 6]", "closed.weekdays"),
        ("weekdays = [5, 6]", "weekdays = 5", "weekdays"),
        ("on_holidays = true", 'on_holidays = "yes"', "closed.on_holidays"),
        ('from = "12-29"', 'from = "12-32"', "closed.from"),
        ("dates = []", 'dates = ["2027-08-13"]', "closed.dates"),
        ("dates = []", "dates = [2027-08-13T00:00:00]", "closed.dates"),
        ("[fees]", "[fees", "TOML"),
    ],
)
def test_a_wrong_setting_is_named(good: str, bad: str, named: str) -> None:
    assert good in TEXT
    with pytest.raises(BadPolicy, match=named):
        policies.parse(TEXT.replace(good, bad, 1))


@pytest.mark.parametrize("store_id", ["nobody", "../style", "", "style.toml"])
def test_a_store_without_settings_is_refused(store_id: str) -> None:
    with pytest.raises(BadPolicy, match="no delivery settings"):
        policy_of(store_id)
