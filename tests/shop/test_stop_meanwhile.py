"""Cards stopped while a shopper is on the way from one step of paying to the next: nobody is led to a session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from payments.columns import utcnow
from payments.making import Made
from payments.stop import CardsClosed
from shop.checkout.payment import resume, ui_mode_of
from shop.checkout.service import Buyer as Person
from shop.checkout.service import confirm
from shop.context import Shop
from shop.orders.links import order_token
from shop.orders.models import Hold, Order
from shop.stores import all_stores
from tests.shop.buyer import Buyer
from tests.shop.card_switch import start, stop, view_of
from tests.shop.ordering import GUEST, a_basket, a_quote, place_order


def _then_stop(call: Callable[..., Any], shop: Shop, store_id: str) -> Callable[..., Any]:
    def called(*given: Any) -> Any:
        answer = call(*given)
        stop(shop, store_id)
        return answer

    return called


@pytest.fixture
def stops_while_asking(paying_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """From now on the provider's answer about a session comes a moment after the stop."""

    def from_now_on(store_id: str) -> None:
        provider = paying_shop.providers[store_id]
        asked = _then_stop(provider.retrieve_session, paying_shop, store_id)
        monkeypatch.setattr(provider, "retrieve_session", asked)

    return from_now_on


def test_the_pay_page_that_was_being_made_shows_no_field(
    style: Buyer, paying_shop: Shop, stops_while_asking: Callable[[str], None]
) -> None:
    order_id = place_order(paying_shop)
    assert start(paying_shop, order_id)
    stops_while_asking("style")
    page = style.get(f"/orders/{order_token(paying_shop.settings.keys, 'style', order_id)}/pay")
    assert "一時お休み" in page.text
    assert "data-secret" not in page.text


@pytest.mark.parametrize("store_id", ["style", "cocomo"])
def test_who_goes_on_paying_is_not_led_to_the_session_that_was_looked_up(
    paying_shop: Shop, stops_while_asking: Callable[[str], None], store_id: str
) -> None:
    order_id = place_order(paying_shop, store_id)
    assert start(paying_shop, order_id, store_id)
    view = view_of(paying_shop, order_id, store_id)
    stops_while_asking(store_id)
    started = resume(paying_shop, view, ui_mode=ui_mode_of(all_stores()[store_id]), now=utcnow())
    assert started is not None
    assert (started.outcome, started.session) == (Made.CLOSED, None)


def test_a_stopped_store_does_not_even_ask(paying_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The calm page stands though the provider is away too."""
    order_id = place_order(paying_shop)
    assert start(paying_shop, order_id)
    view = view_of(paying_shop, order_id)
    stop(paying_shop)
    asked: list[str] = []
    monkeypatch.setattr(paying_shop.providers["style"], "retrieve_session", asked.append)
    started = resume(paying_shop, view, ui_mode=ui_mode_of(all_stores()["style"]), now=utcnow())
    assert started is not None
    assert (started.outcome, asked) == (Made.CLOSED, [])


@pytest.mark.parametrize("is_slowed", [False, True])
def test_no_order_by_card_is_placed_also_when_its_session_would_come_later(
    paying_shop: Shop, is_slowed: bool
) -> None:
    store = all_stores()["style"]
    quote = a_quote(paying_shop, store)
    person = Person(a_basket(paying_shop, "style", quote), GUEST, "ja", "req-test")
    stop(paying_shop)
    with pytest.raises(CardsClosed):
        confirm(paying_shop, store, quote, person, ui_mode_of(store), utcnow(), is_slowed=is_slowed)
    with paying_shop.db.read() as session:
        assert session.scalars(select(Order)).all() == []
        assert session.scalars(select(Hold)).all() == []
