"""Two people decide on one reservation: what one of them lets go, the other can't sell by meanwhile."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.models import Attempt, Payment
from payments.settle import settle
from shop.context import Shop
from shop.jobs.models import Job
from shop.jobs.worker import Worker
from shop.orders.listener import OrderListener
from shop.orders.models import Order, OrderPayment
from shop.settings import Settings, load
from shop.staff.rights import Role
from tests.environment import make_environ
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer
from tests.staff.desk import signed_in


@pytest.fixture
def settings(sqlite_url: str, sandbox: Sandbox) -> Settings:
    return load(make_environ(sqlite_url, CARD_CAPTURE_COCOMO="shipment", **sandbox.addresses))


def _states(shop: Shop, order_id: str) -> tuple[str, str]:
    with shop.db.read() as session:
        link = session.get_one(OrderPayment, ("cocomo", order_id))
        payment = session.get_one(Payment, ("cocomo", link.payment_id))
        return session.get_one(Order, ("cocomo", order_id)).state, payment.state


def _reserved(app: Flask, shop: Shop, sandbox: Sandbox, waits_as: str) -> str:
    """An order whose card is only reserved, and waits for a person."""
    buyer = Buyer(app, "cocomo")
    assert buyer.confirm(buyer.final_page()).status_code == 303
    with shop.db.read() as session:
        attempt, order = session.scalars(select(Attempt)).one(), session.scalars(select(Order)).one()
    sandbox.pay(attempt.session_id or "")

    def wait(session: Session) -> None:
        session.get_one(Order, ("cocomo", order.id)).state = "review"
        session.get_one(Payment, ("cocomo", attempt.payment_id)).state = waits_as

    settle(shop.db, shop.providers["cocomo"], OrderListener(), "cocomo", attempt.payment_id, cause="test")
    assert _states(shop, order.id) == ("authorised", "authorised")
    shop.db.write(wait)
    return order.id


WAYS = {
    "review": ("/orders/cocomo/{}/review", {"verdict": "give_back"}, {"verdict": "good"}),
    "after_stop": ("/cards/cocomo/after-stop/{}", {"decision": "give_back"}, {"decision": "release"}),
}


@pytest.mark.parametrize("waits_as", WAYS)
def test_what_one_lets_go_another_does_not_sell_by(
    shop_app: Flask, shop: Shop, sandbox: Sandbox, waits_as: str
) -> None:
    order_id = _reserved(shop_app, shop, sandbox, waits_as)
    path, back, good = WAYS[waits_as]
    one, other = signed_in(shop_app, shop, Role.FINANCE), signed_in(shop_app, shop, Role.FINANCE)
    assert one.post(path.format(order_id), back, form_on="/").status_code == 303
    assert other.post(path.format(order_id), good, form_on="/").status_code == 409
    assert _states(shop, order_id) == ("review", waits_as)
    Worker(shop_app, shop).turn()
    assert _states(shop, order_id) == ("canceled", "voided")
    with shop.db.read() as session:
        mails = list(
            session.scalars(select(Job.detail).where(Job.kind == "mail", Job.subject_id == order_id))
        )
    assert mails.count("order_authorised") == 1, "and nobody was told of it again"
