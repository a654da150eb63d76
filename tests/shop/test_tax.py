"""Tax is rounded once per rate, and a discount falls on the rates to the last yen."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.money import CurrencyMismatch, Money
from shop.tax import (
    Rounding,
    TaxLine,
    TaxRate,
    after_discount,
    apportion_discount,
    fee_line,
    included_tax,
    totals_by_rate,
)

GROSSES = st.integers(0, 10**8)
RATES = st.sampled_from(TaxRate)
LINES = st.lists(st.builds(TaxLine, st.builds(Money, GROSSES), RATES), max_size=25)
ROUNDINGS = st.sampled_from(Rounding)


def line(yen: int, rate: TaxRate = TaxRate.STANDARD) -> TaxLine:
    return TaxLine(Money(yen), rate)


@pytest.mark.parametrize(
    ("yen", "rate", "floor", "half_up", "ceil"),
    [
        (1100, 10, 100, 100, 100),
        (1080, 8, 80, 80, 80),
        (1000, 10, 90, 91, 91),
        (1000, 8, 74, 74, 75),
        (5, 10, 0, 0, 1),
        (6, 10, 0, 1, 1),
        (27, 8, 2, 2, 2),
        (0, 10, 0, 0, 0),
        (-1000, 10, -90, -91, -91),
    ],
)
def test_tax_is_rounded_as_the_store_does(yen: int, rate: int, floor: int, half_up: int, ceil: int) -> None:
    taxes = [included_tax(Money(yen), TaxRate(rate), mode) for mode in Rounding]
    assert taxes == [Money(floor), Money(half_up), Money(ceil)]


@given(GROSSES, RATES, ROUNDINGS)
def test_tax_is_within_a_yen_of_the_exact_part(yen: int, rate: TaxRate, rounding: Rounding) -> None:
    error = included_tax(Money(yen), rate, rounding).minor - Fraction(yen * rate, 100 + rate)
    low, high = {
        Rounding.FLOOR: (Fraction(-1), Fraction(0)),
        Rounding.HALF_UP: (Fraction(-1, 2), Fraction(1, 2)),
        Rounding.CEIL: (Fraction(0), Fraction(1)),
    }[rounding]
    assert low <= error <= high
    assert abs(error) < 1


def test_three_lines_of_one_rate_are_rounded_together() -> None:
    # 3 x 5 yen hold 15 x 10/110 = 1.36 yen of tax; each line alone would hold 0.
    assert totals_by_rate([line(5)] * 3)[0].tax == Money(1)


@given(LINES, ROUNDINGS)
def test_totals_lose_no_yen_and_are_rounded_once_a_rate(lines: list[TaxLine], rounding: Rounding) -> None:
    totals = totals_by_rate(lines, rounding)

    assert sum((t.gross for t in totals), Money(0)) == sum((each.gross for each in lines), Money(0))
    assert [t.rate for t in totals] == sorted({each.rate for each in lines}, reverse=True)
    for total in totals:
        of_rate = sum(each.gross.minor for each in lines if each.rate is total.rate)
        assert total.tax == included_tax(Money(of_rate), total.rate, rounding)
        assert total.net + total.tax == total.gross


@given(LINES, st.data())
def test_a_discount_is_stored_to_the_last_yen(lines: list[TaxLine], data: st.DataObject) -> None:
    gross = sum(each.gross.minor for each in lines)
    discount = Money(data.draw(st.integers(0, gross)))

    shares = apportion_discount(lines, discount)

    assert sum(shares, Money(0)) == discount
    for each, share in zip(lines, shares, strict=True):
        assert Money(0) <= share <= each.gross
    for rate in TaxRate:
        of_rate = sum(each.gross.minor for each in lines if each.rate is rate)
        share_of_rate = sum(s.minor for each, s in zip(lines, shares, strict=True) if each.rate is rate)
        assert abs(share_of_rate - Fraction(discount.minor * of_rate, gross or 1)) < 1
    reduced = totals_by_rate(after_discount(lines, shares))
    assert sum((t.gross for t in reduced), Money(0)) == Money(gross) - discount


def test_many_small_lines_of_one_rate_do_not_draw_the_discount_to_it() -> None:
    # Dividing straight over the lines would give the odd yen to whole rates of small lines.
    lines = [*[line(1, TaxRate.REDUCED)] * 9, line(10)]
    shares = apportion_discount(lines, Money(10))
    assert sum(share.minor for share in shares[:9]) in (4, 5)
    assert shares[9].minor in (5, 6)


@pytest.mark.parametrize("yen", [-1, 201])
def test_an_impossible_discount_is_refused(yen: int) -> None:
    with pytest.raises(ValueError, match="discount"):
        apportion_discount([line(100), line(100, TaxRate.REDUCED)], Money(yen))


def test_a_negative_line_takes_no_discount() -> None:
    with pytest.raises(ValueError, match="negative"):
        apportion_discount([line(100), line(-50)], Money(10))


def test_currencies_do_not_mix_in_a_total() -> None:
    with pytest.raises(CurrencyMismatch):
        totals_by_rate([line(100), TaxLine(Money(1, "USD"), TaxRate.STANDARD)])


def test_a_fee_has_the_standard_rate_beside_food() -> None:
    lines = [line(540, TaxRate.REDUCED), fee_line(Money(660))]
    assert [(t.rate, t.gross.minor, t.tax.minor) for t in totals_by_rate(lines)] == [
        (10, 660, 60),
        (8, 540, 40),
    ]


def test_only_the_reduced_rate_is_marked() -> None:
    assert [rate.mark for rate in TaxRate] == ["", "※"]
