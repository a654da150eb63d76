"""Made-up customers are real accounts with a history; seeding again adds nobody twice."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import func, select

from shop.accounts.models import Account
from shop.context import Shop
from shop.orders.models import Order
from shop.seeding import SEEDED_PASSWORD, seed_customers, seed_orders
from shop.stores import all_stores
from tests.accounts.member import Member


def test_a_seeded_customer_signs_in_and_sees_their_orders(both_app: Flask, both_shop: Shop) -> None:
    store = all_stores()["style"]
    for _run in range(2):
        seed_customers(both_shop.db, both_shop.vault, store, 3, lambda _done: None)
    seed_orders(both_shop.db, both_shop.vault, store, 6, 3, lambda _done: None)
    with both_shop.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 3
        mine = session.scalars(select(Order).where(Order.account_id.is_not(None))).all()
    assert len(mine) == 6
    member = Member(both_app)
    assert member.sign_in("guest0@example.jp", SEEDED_PASSWORD).status_code == 303
    assert member.get("/account/addresses").text.count("いつものお届け先</strong>") == 1
