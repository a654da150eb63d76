"""How refunds divide over lines and tax rates: sums hold to the yen, whatever parts go back in whatever order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.money import Money
from shop.orders.refund_plan import Left, NotRefundable, Plan, Wish, plan_refund
from shop.tax import Rounding, TaxLine, TaxRate, fee_line, totals_by_rate

roundings = st.sampled_from(Rounding)


def _snapshot(lines: list[tuple[int, int, int]], fee: int, rounding: Rounding) -> dict[str, Any]:
    """As `shop.checkout.quote` keeps it: (quantity, unit, rate) of each line."""
    taxed = [TaxLine(Money(unit) * quantity, TaxRate(rate)) for quantity, unit, rate in lines]
    taxed += [fee_line(Money(fee))] if fee else []
    return {
        "lines": [[f"sku{n}", quantity, unit, rate] for n, (quantity, unit, rate) in enumerate(lines)],
        "delivery_fee": fee,
        "tax": [[int(t.rate), t.gross.minor, t.tax.minor] for t in totals_by_rate(taxed, rounding)],
    }


orders = st.tuples(
    st.lists(
        st.tuples(st.integers(1, 9), st.integers(1, 99_999), st.sampled_from([8, 10])), min_size=1, max_size=6
    ),
    st.sampled_from([0, 660, 1_320]),
    roundings,
)


@given(orders, st.lists(st.integers(1, 50_000), max_size=12))
def test_parts_by_amount_and_the_rest_add_up_to_the_order_and_its_tax(
    order: tuple[list[tuple[int, int, int]], int, Rounding], amounts: list[int]
) -> None:
    lines, fee, rounding = order
    snapshot = _snapshot(lines, fee, rounding)
    plans: list[Plan] = []
    for amount in amounts:
        if Money(amount) < Left.of(snapshot, plans).total:
            plans.append(plan_refund(snapshot, plans, Wish(amount=Money(amount)), rounding))
            assert plans[-1].amount == Money(amount)
    plans.append(plan_refund(snapshot, plans, Wish(everything=True), rounding))
    for rate, gross, tax in snapshot["tax"]:
        parts = [part for plan in plans for part in plan.parts if part.rate == rate]
        assert sum(part.gross.minor for part in parts) == gross
        assert sum(part.tax.minor for part in parts) == tax
        assert all(part.gross.minor > 0 and part.tax.minor >= 0 for part in parts)
    with pytest.raises(NotRefundable):
        plan_refund(snapshot, plans, Wish(amount=Money(1)), rounding)


@given(orders, st.data())
def test_lines_go_back_piece_by_piece_to_nothing(
    order: tuple[list[tuple[int, int, int]], int, Rounding], data: st.DataObject
) -> None:
    lines, fee, rounding = order
    snapshot = _snapshot(lines, fee, rounding)
    plans: list[Plan] = []
    pieces = [f"sku{n}" for n, (quantity, _unit, _rate) in enumerate(lines) for _ in range(quantity)]
    for sku in data.draw(st.permutations(pieces)):
        plans.append(plan_refund(snapshot, plans, Wish({sku: 1}), rounding))
    if fee:
        plans.append(plan_refund(snapshot, plans, Wish(fee=True), rounding))
    assert Left.of(snapshot, plans).total == Money(0)
    taxes = {rate: tax for rate, _gross, tax in snapshot["tax"]}
    for rate, tax in taxes.items():
        assert sum(part.tax.minor for plan in plans for part in plan.parts if part.rate == rate) == tax


@given(orders)
def test_a_plan_survives_its_keeping(order: tuple[list[tuple[int, int, int]], int, Rounding]) -> None:
    lines, fee, rounding = order
    plan = plan_refund(_snapshot(lines, fee, rounding), [], Wish({"sku0": 1}), rounding)
    assert Plan.from_json(plan.to_json()) == plan


MIXED = _snapshot([(2, 1_080, 8), (1, 2_200, 10)], 660, Rounding.FLOOR)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (Wish({"other": 1}), "unknown_line"),
        (Wish({"sku0": 3}), "too_many"),
        (Wish({"sku0": -1}), "too_many"),
        (Wish(), "nothing"),
        (Wish({"sku0": 0}), "nothing"),
        (Wish(amount=Money(0)), "nothing"),
        (Wish(amount=Money(-5)), "nothing"),
        (Wish(amount=Money(5_021)), "over"),
    ],
)
def test_what_cannot_go_back_is_refused_by_name(wish: Wish, code: str) -> None:
    with pytest.raises(NotRefundable) as refused:
        plan_refund(MIXED, [], wish, Rounding.FLOOR)
    assert refused.value.code == code


def test_lines_whose_money_went_back_as_an_amount_are_refused() -> None:
    before = [plan_refund(MIXED, [], Wish(amount=Money(4_000)), Rounding.FLOOR)]
    with pytest.raises(NotRefundable) as refused:
        plan_refund(MIXED, before, Wish({"sku0": 2}), Rounding.FLOOR)
    assert refused.value.code == "over_rate"


def test_the_fee_goes_back_once() -> None:
    before = [plan_refund(MIXED, [], Wish(fee=True), Rounding.FLOOR)]
    with pytest.raises(NotRefundable) as refused:
        plan_refund(MIXED, before, Wish(fee=True), Rounding.FLOOR)
    assert refused.value.code == "fee_gone"
