"""The order button pressed again by a page that was read before: one order, whatever has become of it meanwhile."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.cart.cart import take_out
from shop.checkout.payment import ui_mode_of
from shop.checkout.service import CONCLUDED, BasketChanged, Buyer, confirm
from shop.context import Shop
from shop.orders.models import Order
from shop.orders.states import OrderState
from shop.stores import all_stores
from tests.shop.ordering import GUEST, a_basket, a_quote

STYLE = all_stores()["style"]


def _pressed_twice(shop: Shop, state: OrderState, *, is_empty: bool) -> tuple[str, str]:
    """The ids that both presses lead to."""
    quote = a_quote(shop, STYLE)
    buyer = Buyer(a_basket(shop, "style", quote), GUEST, "ja", "req-test")

    def press() -> str:
        return confirm(shop, STYLE, quote, buyer, ui_mode_of(STYLE), utcnow()).order_id

    first = press()

    def meanwhile(session: Session) -> None:
        session.get_one(Order, ("style", first)).state = state.value
        if is_empty:
            take_out(session, "style", buyer.cart_id, [line.sku for line in quote.lines])

    shop.db.write(meanwhile)
    return first, press()


@pytest.mark.parametrize("state", sorted(CONCLUDED))
def test_what_is_concluded_is_not_ordered_again(paying_shop: Shop, state: OrderState) -> None:
    first, second = _pressed_twice(paying_shop, state, is_empty=True)
    assert first == second


def test_goods_whose_payment_is_under_review_are_not_charged_again(paying_shop: Shop) -> None:
    """Money may have moved for them, and the basket is as it was."""
    first, second = _pressed_twice(paying_shop, OrderState.REVIEW, is_empty=False)
    assert first == second


@pytest.mark.parametrize("state", [OrderState.EXPIRED, OrderState.REFUNDED, OrderState.CANCELED])
def test_what_is_over_is_ordered_anew(paying_shop: Shop, state: OrderState) -> None:
    first, second = _pressed_twice(paying_shop, state, is_empty=False)
    assert first != second
    with pytest.raises(BasketChanged):
        _pressed_twice(paying_shop, state, is_empty=True)
