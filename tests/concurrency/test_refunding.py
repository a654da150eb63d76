"""A person gives money back: once a press, never more than is there, to the yen at the provider. On both databases."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select

from payments.columns import utcnow
from payments.ledger import balance
from payments.models import LedgerEntry, Payment
from payments.models import Refund as RefundRow
from payments.money import Money
from payments.refunds import send_refund, wanted_refunds
from payments.settle import settle
from shop.checkout.payment import ui_mode_of
from shop.context import Shop
from shop.orders.listener import OrderListener
from shop.orders.models import Order, OrderPayment, OrderRefund
from shop.orders.queries import order_view
from shop.orders.refund_plan import NotRefundable, Wish
from shop.orders.refunding import RefundReason, Request, refund_order
from shop.stores import all_stores
from shop.vault import Place, Purpose
from tests.concurrency.together import together
from tests.servers.sandbox import Sandbox
from tests.shop.ordering import place_order
from tests.shop.starting import start_payment

STYLE = all_stores()["style"]
ONE_PART = Wish(amount=Money(300))


def paid_order(shop: Shop, sandbox: Sandbox) -> str:
    """A paid order of two pieces; its id."""
    order_id = place_order(shop, quantity=2)
    with shop.db.read() as session:
        view = order_view(session, "style", order_id)
    assert view is not None
    started = start_payment(shop, view, ui_mode=ui_mode_of(STYLE), locale="ja", request_id="r", now=utcnow())
    assert started.session is not None
    sandbox.pay(started.session.id)
    settle(shop.db, shop.providers["style"], OrderListener(), "style", view.payment.id, cause="test")
    return order_id


def refund(shop: Shop, order_id: str, wish: Wish = ONE_PART, key: str = "k1", note: str = "") -> OrderRefund:
    wanted = Request(wish, RefundReason.DAMAGED, note, key, "staff:someone", "req-test")
    return shop.db.write(lambda session: refund_order(session, shop, "style", order_id, wanted))


def send_wanted(shop: Shop) -> None:
    with shop.db.read() as session:
        wanted = wanted_refunds(session)
    for store_id, refund_id in wanted:
        send_refund(shop.db, shop.providers[store_id], OrderListener(), store_id, refund_id)


def _state(shop: Shop, order_id: str) -> tuple[str, str, int]:
    """Of the order, of its payment, and what is left of the money."""
    with shop.db.read() as session:
        order = session.get_one(Order, ("style", order_id))
        link = session.get_one(OrderPayment, ("style", order_id))
        payment = session.get_one(Payment, ("style", link.payment_id))
        return order.state, payment.state, balance(session, payment)


def _total(shop: Shop, order_id: str) -> int:
    with shop.db.read() as session:
        return session.get_one(Order, ("style", order_id)).total_minor


def _sku(shop: Shop, order_id: str) -> str:
    with shop.db.read() as session:
        return str(session.get_one(Order, ("style", order_id)).snapshot["lines"][0][0])


def test_a_part_goes_back_and_the_order_stays_paid(shop: Shop, sandbox: Sandbox) -> None:
    order_id = paid_order(shop, sandbox)
    kept = refund(shop, order_id, Wish(amount=Money(300)), note="角が欠けていた")
    assert _state(shop, order_id)[1] == "paid"
    send_wanted(shop)
    assert _state(shop, order_id) == ("paid", "paid", _total(shop, order_id) - 300)
    assert kept.note is not None
    place = Place("style", "order_refund", "note", kept.refund_id)
    assert "角が" not in kept.note.decode("latin-1")
    assert shop.vault.open_personal(place, kept.note, purpose=Purpose.KEY_ROTATION) == "角が欠けていた"


def test_pieces_and_then_the_rest_end_the_order(shop: Shop, sandbox: Sandbox) -> None:
    order_id = paid_order(shop, sandbox)
    refund(shop, order_id, Wish({_sku(shop, order_id): 1}), key="one")
    refund(shop, order_id, Wish(everything=True), key="rest")
    assert _state(shop, order_id)[:2] == ("paid", "refunding")
    send_wanted(shop)
    assert _state(shop, order_id) == ("refunded", "refunded", 0)
    with pytest.raises(NotRefundable) as refused:
        refund(shop, order_id, Wish(everything=True), key="again")
    assert refused.value.code == "state"


def test_a_second_press_is_the_same_refund(shop: Shop, sandbox: Sandbox) -> None:
    order_id = paid_order(shop, sandbox)
    made = together([partial(refund, shop, order_id, Wish(amount=Money(200)))] * 4)
    assert len({one.refund_id for one in made}) == 1
    send_wanted(shop)
    assert _state(shop, order_id)[2] == _total(shop, order_id) - 200


def test_two_people_at_once_give_back_no_more_than_there_is(shop: Shop, sandbox: Sandbox) -> None:
    order_id = paid_order(shop, sandbox)
    most = _total(shop, order_id)

    def press(number: int) -> str:
        try:
            refund(shop, order_id, Wish(amount=Money(most - 1)), key=f"k{number}")
        except NotRefundable as error:
            return error.code
        return "made"

    outcomes = together([partial(press, number) for number in range(4)])
    assert sorted(outcomes) == ["made", "over", "over", "over"]
    send_wanted(shop)
    assert _state(shop, order_id) == ("paid", "paid", 1)


def test_a_refund_made_on_the_providers_screen_leaves_that_much_less(shop: Shop, sandbox: Sandbox) -> None:
    order_id = paid_order(shop, sandbox)
    provider = shop.providers["style"]
    with shop.db.read() as session:
        link = session.get_one(OrderPayment, ("style", order_id))
        payment = session.get_one(Payment, ("style", link.payment_id))
    assert payment.provider_id is not None
    provider.refund(payment.provider_id, Money(500), idempotency_key=f"screen-{order_id}", reference="other")
    settle(shop.db, provider, OrderListener(), "style", payment.id, cause="test")
    with pytest.raises(NotRefundable) as refused:
        refund(shop, order_id, Wish(amount=Money(_total(shop, order_id))))
    assert refused.value.code == "over"  # no plan of ours knows of it; the ledger does
    refund(shop, order_id, Wish(everything=True), key="rest")
    send_wanted(shop)
    assert _state(shop, order_id) == ("refunded", "refunded", 0)


def test_everything_is_no_more_than_the_order_though_it_was_paid_twice(shop: Shop, sandbox: Sandbox) -> None:
    """The second payment's way back failed, so its money is with us: that is not this refund's."""
    order_id = paid_order(shop, sandbox)
    with shop.db.read() as session:
        link = session.get_one(OrderPayment, ("style", order_id))
        payment = session.get_one(Payment, ("style", link.payment_id))
    second = LedgerEntry(
        store_id="style",
        payment_id=payment.id,
        kind="captured",
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        account=payment.account,
        provider_object=f"ch_second_{order_id}",
    )
    shop.db.write(lambda session: session.add(second))
    kept = refund(shop, order_id, Wish(everything=True))
    with shop.db.read() as session:
        assert session.get_one(RefundRow, ("style", kept.refund_id)).amount_minor == payment.amount_minor


def test_money_that_did_not_come_cannot_go_back(shop: Shop) -> None:
    order_id = place_order(shop)
    with pytest.raises(NotRefundable) as refused:
        refund(shop, order_id, Wish(amount=Money(100)))
    assert refused.value.code == "state"
    with shop.db.read() as session:
        assert session.scalar(select(RefundRow.id).limit(1)) is None
        assert session.scalar(select(OrderRefund.refund_id).limit(1)) is None


def test_a_failed_refund_may_be_made_anew(shop: Shop, sandbox: Sandbox) -> None:
    order_id = paid_order(shop, sandbox)
    kept = refund(shop, order_id, Wish(amount=Money(300)))
    shop.db.write(
        lambda session: setattr(session.get_one(RefundRow, ("style", kept.refund_id)), "state", "failed")
    )
    refund(shop, order_id, Wish(everything=True), key="anew")
    send_wanted(shop)
    assert _state(shop, order_id) == ("refunded", "refunded", 0)
