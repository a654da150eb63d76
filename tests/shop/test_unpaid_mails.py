"""Orders that nobody pays write to an address that anyone can type: a few mails a day, no more."""

from __future__ import annotations

import dataclasses
import datetime as dt

from flask import Flask
from sqlalchemy import select, update

from payments.columns import utcnow
from shop.context import Shop
from shop.jobs.models import Job
from shop.mail.message import compose
from shop.orders.listener import OrderListener
from shop.orders.models import Order
from shop.orders.release import UNPAID_MAILS_A_DAY, release
from tests.shop.ordering import GUEST, place_order


def _run_out(shop: Shop, order_id: str) -> None:
    when = utcnow() - dt.timedelta(seconds=1)
    shop.db.write(
        lambda session: session.execute(update(Order).where(Order.id == order_id).values(held_until=when))
    )
    assert release(shop.db, shop.providers["style"], OrderListener(), "style", order_id, utcnow())


def _mails(shop: Shop) -> list[str]:
    with shop.db.read() as session:
        return list(session.scalars(select(Job.subject_id).where(Job.detail == "order_expired")))


def test_an_address_gets_a_few_mails_a_day_about_unpaid_orders(paying_shop: Shop) -> None:
    for _order in range(UNPAID_MAILS_A_DAY + 2):
        _run_out(paying_shop, place_order(paying_shop))
    assert len(_mails(paying_shop)) == UNPAID_MAILS_A_DAY


def test_another_address_and_another_day_have_mails_of_their_own(paying_shop: Shop) -> None:
    orders = [place_order(paying_shop) for _order in range(UNPAID_MAILS_A_DAY)]
    for order_id in orders:
        _run_out(paying_shop, order_id)
    other = dataclasses.replace(GUEST, email="other@example.jp")
    other_order = place_order(paying_shop, contact=other)
    _run_out(paying_shop, other_order)
    yesterday = utcnow() - dt.timedelta(hours=25)
    paying_shop.db.write(lambda session: session.execute(update(Order).values(placed_at=yesterday)))
    next_day = place_order(paying_shop)
    _run_out(paying_shop, next_day)
    assert _mails(paying_shop)[-2:] == [other_order, next_day]


def test_what_was_typed_is_text_in_a_mail(paying_shop: Shop, paying_app: Flask) -> None:
    typed = "<b data-typed>&</b>\"'"
    contact = dataclasses.replace(GUEST, family_name=typed, given_name=typed, street=typed, building=typed)
    _run_out(paying_shop, place_order(paying_shop, contact=contact))
    with paying_shop.db.read() as session:
        job = session.scalars(select(Job).where(Job.detail == "order_expired")).one()
    with paying_app.app_context():
        mail = compose(paying_shop, job)
    body = mail.get_body(("html",)) if mail else None
    assert body is not None
    assert "&lt;b data-typed&gt;" in body.get_content()
    assert "<b data-typed>" not in body.get_content()
