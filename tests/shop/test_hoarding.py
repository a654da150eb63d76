"""Bots that hold scarce goods: small shares in turn, a mailbox first, and honest buyers reach payment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.app import create_shop
from shop.catalog.models import Variant
from shop.context import Shop
from shop.orders.hoarding import LAPSED_FROM, allowance, hoarded, is_scarce
from shop.orders.links import order_of_token
from shop.orders.models import Hold, Order
from shop.settings import load
from tests.concurrency.rush import put_on_sale
from tests.environment import make_environ
from tests.servers.letters import Letters
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer, plenty
from tests.shop.crowd import Mailboxes
from tests.shop.hoarders import Hoarders
from tests.shop.ordering import GUEST, a_variant, place_order, prove_mailbox

SKU = plenty("style")


@pytest.fixture
def mail(post: Letters) -> dict[str, str]:
    """It is read here."""
    return {"MAIL_URL": post.url}


def test_bots_hold_what_their_mailboxes_are_worth_and_honest_buyers_reach_payment(
    paying_shop: Shop, sandbox: Sandbox, post: Letters
) -> None:
    pieces, owned = 8, Mailboxes(domains=1, boxes=1)
    goods = put_on_sale(paying_shop, "style", pieces)
    attack = Hoarders(paying_shop, sandbox, post, goods.sku, bots=24, pieces=pieces, mailboxes=owned)
    score = attack.run(2, honest=2)
    first, second = score.rounds
    assert score.faults() == []
    assert first.held_by_bots == pieces, "nobody can know yet who will not pay"
    assert second.held_by_bots <= first.promised + owned.domains + owned.boxes
    assert (second.reached_payment, second.paid, second.mailed) == (2, 2, 2)


@pytest.fixture
def either_shop(database_url: str, sandbox: Sandbox) -> Iterator[Shop]:
    """A shop on each database."""
    parts = create_shop(load(make_environ(database_url, **sandbox.addresses)))
    yield parts
    parts.db.dispose()


def test_hoarding_is_told_from_what_lapsed_lately_and_outweighs_what_was_sold(either_shop: Shop) -> None:
    sku, orders = a_variant(either_shop)[0].sku, []
    for number in range(LAPSED_FROM):
        guest = replace(GUEST, email=f"g{number}@example.jp", street=f"神宮前{number}")
        orders.append(place_order(either_shop, contact=guest))
    assert _hoarded(either_shop, sku) == set()
    ago = utcnow() - dt.timedelta(minutes=1)
    _set(either_shop, orders, state="expired", held_until=ago)
    assert _hoarded(either_shop, sku) == {sku}
    assert _hoarded(either_shop, sku, pieces=1000) == set(), "there is enough for everybody"
    _set(either_shop, orders[:1], held_until=utcnow() + dt.timedelta(minutes=5))  # given up for another order
    assert _hoarded(either_shop, sku) == set()
    _set(either_shop, orders, held_until=ago)
    sold = [
        place_order(either_shop, contact=replace(GUEST, email=f"s{n}@example.jp")) for n in range(LAPSED_FROM)
    ]
    _set(either_shop, sold, state="paid")
    assert _hoarded(either_shop, sku) == set(), "as many pay: it is a rush"
    _set(either_shop, orders, placed_at=utcnow() - dt.timedelta(hours=2))
    assert _hoarded(either_shop, sku) == set()


def _hoarded(shop: Shop, sku: str, pieces: int = 10) -> set[str]:
    with shop.db.read() as session:
        return hoarded(session, "style", {sku: pieces}, utcnow())


def _set(shop: Shop, orders: list[str], **values: object) -> None:
    shop.db.write(lambda session: session.execute(update(Order).where(Order.id.in_(orders)).values(**values)))


def test_hoarded_goods_are_given_one_at_a_time_and_once_an_hour(paying_app: Flask, paying_shop: Shop) -> None:
    sku = a_variant(paying_shop)[0].sku
    orders = [
        place_order(
            paying_shop, contact=replace(GUEST, email=f"g{number}@example.jp", street=f"神宮前{number}")
        )
        for number in range(LAPSED_FROM)
    ]
    _lapse(paying_shop, sku, orders)
    prove_mailbox(paying_shop, "style", "mine@six.example")
    buyer = Buyer(paying_app, "style")
    answer = buyer.confirm(buyer.final_page(sku, 2, email="mine@six.example", street="神南6-1"))
    assert answer.headers["Location"] == "/cart"
    assert "お一人さま1点まで" in buyer.get("/cart").text

    other = Buyer(paying_app, "style")
    prove_mailbox(paying_shop, "style", "other@seven.example")
    answer = other.confirm(other.final_page(sku, 1, email="other@seven.example", street="神南7-1"))
    token = other.order_in(answer)
    _lapse(paying_shop, sku, [order_of_token(paying_shop.settings.keys, "style", token) or ""])
    assert other.confirm().headers["Location"] == "/cart"
    assert "1時間に1回" in other.get("/cart").text


def _lapse(shop: Shop, sku: str, orders: list[str]) -> None:
    """The orders were not paid in time; three pieces are on the shelf, and free."""
    _set(shop, orders, state="expired", held_until=utcnow() - dt.timedelta(minutes=1))

    def free(session: Session) -> None:
        session.execute(update(Hold).where(Hold.order_id.in_(orders)).values(state="released"))
        shelf = update(Variant).where(Variant.store_id == "style", Variant.sku == sku)
        session.execute(shelf.values(on_hand=3, held=0))

    shop.db.write(free)


def test_what_is_held_for_days_without_money_leaves_half_for_those_who_pay(
    paying_app: Flask, paying_shop: Shop
) -> None:
    shelf = update(Variant).where(Variant.store_id == "style", Variant.sku == SKU)
    paying_shop.db.write(lambda session: session.execute(shelf.values(on_hand=4)))
    told = []
    for number in range(3):
        buyer = Buyer(paying_app, "style")
        page = buyer.final_page(SKU, method="konbini", email=f"k{number}@example.jp", street=f"神南{number}")
        answer = buyer.confirm(page)
        told.append("/orders/" in answer.headers["Location"])
    assert told == [True, True, False]
    assert answer.headers["Location"] == "/checkout/delivery"
    assert "別のお支払い方法をお選びください" in buyer.get("/checkout/delivery").text
    buyer.delivery(method="card")
    assert "/orders/" in buyer.confirm().headers["Location"]


def test_one_piece_may_always_be_promised_and_one_is_always_a_share() -> None:
    assert [allowance(pieces) for pieces in (1, 10, 39, 40, 1000)] == [1, 1, 1, 2, 50]
    assert [is_scarce(10, held) for held in (0, 2, 3, 10)] == [False, False, True, True]
