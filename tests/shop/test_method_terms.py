"""What each way to pay costs, takes and allows: the file that says so, and the arithmetic."""

from __future__ import annotations

import datetime as dt

import pytest

from payments.methods import Method
from payments.money import Money
from shop.methods.offers import Refusal, offers, open_offers
from shop.methods.policy import BadMethods, Terms, methods_of, parse
from shop.methods.words import deadline_text
from shop.stores import all_stores

GOOD = """
[one]
offered = ["card", "konbini", "cod"]
[one.konbini]
least = 120
most = 5_000
days = 3
grace_hours = 2
fees = []
[one.cod]
least = 1
most = 1_000
fees = [[499, 100], [900, 50]]
"""


@pytest.mark.parametrize(
    ("before", "fee"), [(1, 100), (499, 100), (500, 50), (900, 50), (901, None), (10_000, None)]
)
def test_the_fee_goes_by_the_order_s_total(before: int, fee: int | None) -> None:
    terms = parse(GOOD)["one"].of(Method.COD)
    assert terms is not None
    assert terms.fee(Money(before)) == (None if fee is None else Money(fee))


@pytest.mark.parametrize(("before", "is_taken"), [(119, False), (120, True), (5_000, True), (5_001, False)])
def test_bounds_count_to_the_yen(before: int, is_taken: bool) -> None:
    found = offers(parse(GOOD)["one"], Money(before), cards_closed=False)
    konbini = next(offer for offer in found if offer.method is Method.KONBINI)
    assert (konbini.refusal is None) is is_taken


def test_bounds_count_the_fee_with_the_order() -> None:
    terms = Terms(Method.COD, Money(1), Money(1_000), ((Money(1_000), Money(100)),))
    assert terms.takes(Money(900))
    assert not terms.takes(Money(901))


def test_closed_cards_leave_everything_else() -> None:
    for store_id in all_stores():
        found = offers(methods_of(store_id), Money(5_000), cards_closed=True)
        assert [offer.method for offer in found if offer.refusal is Refusal.CLOSED] == [Method.CARD]
        others = [method for method in methods_of(store_id).terms if method is not Method.CARD]
        assert [offer.method for offer in open_offers(found)] == others
        assert Method.COD in others


def test_every_row_of_a_store_s_fees_can_be_reached_and_stays_within_its_bounds() -> None:
    for store_id in all_stores():
        for terms in methods_of(store_id).terms.values():
            assert all(terms.takes(up_to) for up_to, _fee in terms.fees), (store_id, terms.method)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("most = 5_000", "most = 300_001"),  # more than the provider takes
        ("least = 120", "least = 119"),
        ("days = 3", "days = 61"),
        ("days = 3", 'days = "3"'),
        ("grace_hours = 2", "grace_hours = -1"),
        ("[[499, 100], [900, 50]]", "[[900, 50], [499, 100]]"),
        ("[[499, 100], [900, 50]]", "[[499, 100], [499, 50]]"),
        ("[[499, 100], [900, 50]]", "[[499, -1]]"),
        ("[[499, 100], [900, 50]]", "[[499]]"),
        ("[[499, 100], [900, 50]]", "[[499, 1.5]]"),
        ('"card", "konbini", "cod"', '"card", "cheque"'),
        ('"card", "konbini", "cod"', '"customer_balance"'),
        ('offered = ["card", "konbini", "cod"]', "offered = []"),
        ("[one.cod]", "[one.dog]"),
        ("least = 1\n", "least = true\n"),
        ("[one]", "[one"),
    ],
)
def test_a_wrong_setting_is_named(old: str, new: str) -> None:
    assert old in GOOD
    with pytest.raises(BadMethods):
        parse(GOOD.replace(old, new))


def test_an_unknown_store_has_no_ways_to_pay() -> None:
    with pytest.raises(BadMethods):
        methods_of("nowhere")


@pytest.mark.parametrize(
    ("ordered", "ja", "en"),
    [
        # 2026-11-27 is a Friday. The day is Japan's, whatever day it is in London.
        ("2026-11-27T14:59:59+00:00", "11月30日（月）23:59", "Mon, 30 Nov, 23:59 (Japan time)"),
        ("2026-11-27T15:00:00+00:00", "12月1日（火）23:59", "Tue, 1 Dec, 23:59 (Japan time)"),
        ("2026-12-29T00:00:00+00:00", "1月1日（金）23:59", "Fri, 1 Jan, 23:59 (Japan time)"),
    ],
)
def test_the_deadline_is_the_end_of_a_day_in_japan(ordered: str, ja: str, en: str) -> None:
    terms = parse(GOOD)["one"].of(Method.KONBINI)
    assert terms is not None
    deadline = terms.deadline(dt.datetime.fromisoformat(ordered))
    assert (deadline_text(deadline, "ja"), deadline_text(deadline, "en")) == (ja, en)
