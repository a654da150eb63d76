"""From the basket to a placed order, by request: one order a final page, nothing charged but what was shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from payments.states import AttemptState
from shop.cart.models import CartLine
from shop.catalog.models import Variant
from shop.context import Shop
from shop.orders.holds import UNITS_PER_CUSTOMER
from shop.orders.links import order_of_token, order_token
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer, hidden_field
from tests.shop.till import (
    SKU,
    attempts_of,
    change_variant,
    orders_of,
    pay_for,
    run_out,
    stock_of,
)


def test_confirming_places_the_order_holds_the_goods_and_opens_one_session(
    style: Buyer, paying_shop: Shop
) -> None:
    on_hand, held = stock_of(paying_shop)
    token = style.buy(quantity=2)
    (order,) = orders_of(paying_shop)
    assert order_of_token(paying_shop.settings.keys, "style", token) == order.id
    assert stock_of(paying_shop) == (on_hand, held + 2)
    assert [attempt.state for attempt in attempts_of(paying_shop)] == [AttemptState.OPEN]


def test_pressing_again_finds_the_first_order(style: Buyer, paying_shop: Shop) -> None:
    page = style.final_page()
    first, second = style.confirm(page), style.confirm(page)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(orders_of(paying_shop)) == 1
    assert len(attempts_of(paying_shop)) == 1


def test_getting_the_pages_makes_nothing(style: Buyer, paying_shop: Shop) -> None:
    style.final_page()
    for path in ("/checkout", "/checkout/delivery", "/checkout/confirm"):
        style.get(path)
    assert orders_of(paying_shop) == []


def test_a_second_purchase_with_the_same_basket_is_a_second_order(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    style.buy()
    (first,) = orders_of(paying_shop)
    pay_for(paying_shop, sandbox, first)
    style.add()
    answer = style.confirm()
    assert answer.status_code == 303
    orders = orders_of(paying_shop)
    assert [order.state for order in orders] == ["paid", "placed"]
    assert style.order_in(answer) == order_token(paying_shop.settings.keys, "style", orders[1].id)


def test_a_press_that_comes_after_the_payment_shows_the_paid_order(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    style.buy()
    (order,) = orders_of(paying_shop)
    page = style.get("/checkout/confirm").text
    _between_reading_and_placing(monkeypatch, lambda: pay_for(paying_shop, sandbox, order))
    answer = style.confirm(page)
    assert answer.headers["Location"].startswith("/orders/")
    assert [order.state for order in orders_of(paying_shop)] == ["paid"]


def test_a_basket_changed_while_the_button_is_pressed_places_nothing(
    style: Buyer, paying_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = style.final_page()

    def change() -> None:
        paying_shop.db.write(lambda session: session.execute(update(CartLine).values(quantity=3)))

    _between_reading_and_placing(monkeypatch, change)
    assert style.confirm(page).headers["Location"] == "/checkout/confirm"
    assert orders_of(paying_shop) == []


def _between_reading_and_placing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let something happen after the view has read the basket and before the order is placed."""
    from shop.checkout import service, views

    def late(*arguments: Any, **named: Any) -> service.Placed:
        act()
        return service.confirm(*arguments, **named)

    monkeypatch.setattr(views, "confirm", late)


def test_another_quantity_ends_the_unpaid_order_and_places_a_new_one(style: Buyer, paying_shop: Shop) -> None:
    on_hand, held = stock_of(paying_shop)
    style.buy()
    style.add(quantity=1)
    style.confirm()
    assert [order.state for order in orders_of(paying_shop)] == ["expired", "placed"]
    assert [attempt.state for attempt in attempts_of(paying_shop)] == [
        AttemptState.EXPIRED,
        AttemptState.OPEN,
    ]
    assert stock_of(paying_shop) == (on_hand, held + 2)


def test_another_address_does_not_go_to_the_first_orders_address(style: Buyer, paying_shop: Shop) -> None:
    style.buy()
    style.address(street="千駄ヶ谷4-5-6", postal_code="151-0051")
    style.confirm()
    first, second = orders_of(paying_shop)
    assert (first.state, second.state) == ("expired", "placed")
    assert first.address_hash != second.address_hash


def test_an_address_changed_in_another_tab_is_shown_before_anything_is_placed(
    style: Buyer, paying_shop: Shop
) -> None:
    page = style.final_page()
    style.address(street="千駄ヶ谷4-5-6", postal_code="151-0051")
    answer = style.confirm(page)
    assert answer.status_code == 409
    assert "千駄ヶ谷4-5-6" in answer.text
    assert orders_of(paying_shop) == []


def test_an_earlier_order_that_cannot_be_ended_keeps_the_new_one_from_being_placed(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    style.buy()
    style.add(quantity=1)
    page = style.get("/checkout/confirm").text
    sandbox.fault("*", "refuse", times=None)
    answer = style.confirm(page)
    assert answer.status_code == 503
    assert [order.state for order in orders_of(paying_shop)] == ["placed"]
    sandbox.control("faults", method="DELETE")
    assert style.confirm(page).status_code == 303
    assert [order.state for order in orders_of(paying_shop)] == ["expired", "placed"]


def test_an_order_whose_hold_ran_out_is_not_resumed_but_placed_anew(style: Buyer, paying_shop: Shop) -> None:
    style.buy()
    run_out(paying_shop, orders_of(paying_shop)[0])
    assert style.confirm().status_code == 303
    assert [order.state for order in orders_of(paying_shop)] == ["expired", "placed"]


def test_a_new_price_is_shown_beside_the_old_and_asked_again(style: Buyer, paying_shop: Shop) -> None:
    page = style.final_page()
    before = int(hidden_field(page, "total"))
    with paying_shop.db.read() as session:
        price = session.get_one(Variant, ("style", SKU)).price
    change_variant(paying_shop, SKU, price=price + 500)
    answer = style.confirm(page)
    assert answer.status_code == 409
    assert f"{before:,}円" in answer.text
    assert f"{before + 500:,}円" in answer.text
    assert orders_of(paying_shop) == []
    assert style.confirm(answer.text).status_code == 303
    assert [order.total_minor for order in orders_of(paying_shop)] == [before + 500]


@pytest.mark.parametrize(
    "changes",
    [
        {"digest": ""},
        {"digest": "0" * 32},
        {"digest": "x" * 5000},
        {"total": "1", "digest": "0" * 32},
        {"total": "-1", "digest": ""},
        {"total": "９" * 8, "digest": ""},
        {"total": "1e9", "digest": ""},
    ],
)
def test_a_tampered_page_places_nothing(style: Buyer, paying_shop: Shop, changes: dict[str, str]) -> None:
    page = style.final_page()
    assert style.confirm(page, **changes).status_code == 409
    assert orders_of(paying_shop) == []


def test_a_tampered_total_alone_changes_no_amount(style: Buyer, paying_shop: Shop, sandbox: Sandbox) -> None:
    page = style.final_page()
    style.confirm(page, total="1")
    (order,) = orders_of(paying_shop)
    assert order.total_minor == int(hidden_field(page, "total"))
    session = paying_shop.providers["style"].retrieve_session(attempts_of(paying_shop)[0].session_id or "")
    assert session.amount.minor == order.total_minor


def test_sold_out_at_the_button_places_nothing_and_holds_nothing(style: Buyer, paying_shop: Shop) -> None:
    page = style.final_page(quantity=2)
    change_variant(paying_shop, SKU, on_hand=1)
    answer = style.confirm(page)
    assert answer.headers["Location"] == "/cart"
    assert "在庫がなくなった商品" in style.get("/cart").text
    assert orders_of(paying_shop) == []
    assert stock_of(paying_shop) == (1, 0)


def test_no_step_asks_for_anything_when_the_goods_are_gone(
    style: Buyer, paying_app: Flask, paying_shop: Shop
) -> None:
    style.final_page(quantity=2)
    newcomer = Buyer(paying_app, "style")
    newcomer.add()
    change_variant(paying_shop, SKU, on_hand=0)
    for buyer, path in ((newcomer, ""), (style, ""), (style, "/delivery"), (style, "/confirm")):
        assert buyer.get(f"/checkout{path}").headers["Location"] == "/cart"


def test_the_last_piece_that_one_holds_oneself_stands_in_no_way(style: Buyer, paying_shop: Shop) -> None:
    change_variant(paying_shop, SKU, on_hand=1)
    style.buy()
    for path in ("", "/delivery", "/confirm"):
        assert style.get(f"/checkout{path}").status_code == 200


def test_two_buyers_want_the_last_piece_and_one_gets_it(
    style: Buyer, paying_app: Flask, paying_shop: Shop
) -> None:
    change_variant(paying_shop, SKU, on_hand=1)
    rival = Buyer(paying_app, "style")
    page, rivals = style.final_page(), rival.final_page(email="rival@example.jp", street="神南9-9-9")
    assert style.order_in(style.confirm(page))
    assert rival.confirm(rivals).headers["Location"] == "/cart"
    assert len(orders_of(paying_shop)) == 1
    assert stock_of(paying_shop) == (1, 1)


def test_one_customer_cannot_hold_a_shelf_without_paying(
    style: Buyer, paying_app: Flask, paying_shop: Shop
) -> None:
    change_variant(paying_shop, SKU, on_hand=60)
    style.buy(quantity=UNITS_PER_CUSTOMER)
    again = Buyer(paying_app, "style")
    answer = again.confirm(again.final_page(street="神南9-9-9"))
    assert answer.headers["Location"] == "/cart"
    assert f"お一人さま{UNITS_PER_CUSTOMER}点まで" in again.get("/cart").text
    assert len(orders_of(paying_shop)) == 1
