"""Money is exact, of one currency, and nothing but whole numbers."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.money import CurrencyMismatch, Money, exponent

AMOUNTS = st.integers(-(10**12), 10**12)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=30)


@pytest.mark.parametrize("wrong", [1.0, Decimal(1), "1", True, None, 1j, Fraction(1)])
def test_only_whole_numbers_become_money(wrong: object) -> None:
    with pytest.raises(TypeError):
        Money(wrong)  # type: ignore[arg-type]  # the wrong type is the case


@pytest.mark.parametrize("wrong", [1.0, Decimal(2), True, "2"])
def test_money_is_multiplied_by_whole_numbers_only(wrong: object) -> None:
    with pytest.raises(TypeError):
        Money(100) * wrong  # type: ignore[operator]  # the wrong type is the case


@pytest.mark.parametrize("currency", ["", "jpy", "YEN", "XXX"])
def test_an_unknown_currency_is_refused(currency: str) -> None:
    with pytest.raises(ValueError, match="unknown currency"):
        Money(1, currency)


def test_a_yen_has_no_decimals_and_a_cent_two() -> None:
    assert (exponent("JPY"), exponent("USD"), exponent("KWD")) == (0, 2, 3)


@given(AMOUNTS, AMOUNTS)
def test_sums_differences_and_order_are_those_of_the_numbers(a: int, b: int) -> None:
    assert Money(a) + Money(b) == Money(a + b)
    assert Money(a) - Money(b) == Money(a - b)
    assert -Money(a) == Money(-a)
    assert (Money(a) < Money(b), Money(a) <= Money(b)) == (a < b, a <= b)
    assert (Money(a) > Money(b), Money(a) >= Money(b)) == (a > b, a >= b)
    assert bool(Money(a)) is (a != 0)


@given(AMOUNTS, st.integers(-1000, 1000))
def test_a_product_is_exact_from_both_sides(a: int, count: int) -> None:
    assert Money(a) * count == count * Money(a) == Money(a * count)


@pytest.mark.parametrize(
    "mix",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
    ],
)
def test_currencies_do_not_mix(mix: object) -> None:
    assert callable(mix)
    with pytest.raises(CurrencyMismatch):
        mix(Money(1, "JPY"), Money(1, "USD"))


def test_equal_numbers_of_two_currencies_are_not_equal() -> None:
    assert Money(1, "JPY") != Money(1, "USD")


@pytest.mark.parametrize("number", [0, 1, 1.0])
def test_money_is_neither_added_to_nor_ordered_with_a_number(number: float) -> None:
    with pytest.raises(TypeError):
        Money(1) + number  # type: ignore[operator]  # the wrong type is the case
    with pytest.raises(TypeError):
        Money(1) - number  # type: ignore[operator]  # the wrong type is the case
    with pytest.raises(TypeError):
        _ = Money(1) < number  # type: ignore[operator]  # the wrong type is the case


@pytest.mark.parametrize(
    ("money", "ja", "en"),
    [
        (Money(0), "0円", "¥0"),
        (Money(1234), "1,234円", "¥1,234"),
        (Money(-1234567), "-1,234,567円", "-¥1,234,567"),
        (Money(123456, "USD"), "1,234.56 USD", "1,234.56 USD"),
        (Money(-5, "USD"), "-0.05 USD", "-0.05 USD"),
        (Money(1234, "KRW"), "1,234 KRW", "1,234 KRW"),
        (Money(1, "KWD"), "0.001 KWD", "0.001 KWD"),
    ],
)
def test_an_amount_is_written_for_its_reader(money: Money, ja: str, en: str) -> None:
    assert (money.format("ja"), money.format("ja_JP"), money.format("en")) == (ja, ja, en)


@given(AMOUNTS, WEIGHTS)
def test_shares_add_up_and_are_less_than_one_unit_from_their_quota(amount: int, weights: list[int]) -> None:
    if not sum(weights):
        weights = [*weights, 1]

    shares = Money(amount).allocate(weights)

    assert sum(shares, Money(0)) == Money(amount)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share.minor - Fraction(amount * weight, sum(weights))) < 1


@given(AMOUNTS, WEIGHTS)
def test_a_larger_weight_never_gets_less(amount: int, weights: list[int]) -> None:
    weights = sorted([*weights, 1])
    sizes = [abs(share.minor) for share in Money(amount).allocate(weights)]
    for weight, size in zip(weights, sizes, strict=True):
        assert weight or not size
    # A tie goes to the earlier one, so equal weights may differ by one unit downwards.
    for (w1, s1), (w2, s2) in zip(
        zip(weights, sizes, strict=True), list(zip(weights, sizes, strict=True))[1:], strict=False
    ):
        assert s1 <= s2 or (w1 == w2 and s1 - s2 == 1)


def test_the_largest_remainder_gets_the_odd_unit() -> None:
    assert Money(100).allocate([1, 1, 1]) == [Money(34), Money(33), Money(33)]
    assert Money(-100).allocate([1, 1, 1]) == [Money(-34), Money(-33), Money(-33)]
    assert Money(10).allocate([2, 5, 2]) == [Money(2), Money(6), Money(2)]
    assert Money(7, "USD").allocate([0, 1]) == [Money(0, "USD"), Money(7, "USD")]


def test_nothing_is_allocated_without_weights_but_no_money_needs_none() -> None:
    assert Money(0).allocate([0, 0]) == [Money(0), Money(0)]
    assert Money(0).allocate([]) == []
    for weights in ([], [0, 0]):
        with pytest.raises(ValueError, match="no weight"):
            Money(1).allocate(weights)
    with pytest.raises(ValueError, match="not negative"):
        Money(1).allocate([2, -1])
