"""A staff form that is refused comes back with what was typed and chosen, whatever was wrong with it."""

from __future__ import annotations

from html import escape

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from payments.models import Payment
from payments.stop import CardState, state_of
from shop.context import Shop
from shop.orders.models import Order
from shop.staff.rights import Role
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer, hidden_field
from tests.shop.card_switch import view_of
from tests.shop.till import buy_and_pay
from tests.staff.desk import make_member, signed_in

LONG = "決済会社から電話があり、" * 30


@pytest.mark.parametrize("act", ["pause", "stop"])
def test_a_reason_that_is_too_long_comes_back(paying_app: Flask, paying_shop: Shop, act: str) -> None:
    desk, page = signed_in(paying_app, paying_shop, Role.SECURITY), "/cards/style"
    answer = desk.post(f"{page}/{act}", {"reason": LONG, "minutes": "240"}, form_on=page)
    assert answer.status_code == 400
    assert answer.text.count(f'value="{LONG}"') == 1
    assert ('<option selected value="240">' in answer.text) is (act == "pause")
    with paying_shop.db.read() as session:
        assert state_of(session, "style") is CardState.OPEN


@pytest.mark.parametrize("act", ["pause", "stop"])
def test_a_reason_that_the_service_refuses_comes_back(
    paying_app: Flask, paying_shop: Shop, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    monkeypatch.setattr("shop.cards.service.LONGEST_REASON", 3)
    desk, page = signed_in(paying_app, paying_shop, Role.SECURITY), "/cards/style"
    answer = desk.post(f"{page}/{act}", {"reason": "電話があった", "minutes": "30"}, form_on=page)
    assert answer.status_code == 409
    assert answer.text.count('value="電話があった"') == 1


ORDER_FORMS = {
    "refund, a note": ("refund", {"mode": "all", "note": LONG * 3}),
    "refund, an amount": ("refund", {"mode": "amount", "amount": "百円", "note": "電話で約束"}),
    "refund, too much": ("refund", {"mode": "amount", "amount": "99999999", "note": "電話で約束"}),
    "parcel, a long number": ("ship", {"mode": "lines", "carrier": "yamato", "tracking": "12-" * 20}),
    "parcel, a wrong number": ("ship", {"mode": "all", "carrier": "yamato", "tracking": "みほん"}),
}


@pytest.mark.parametrize("kind", ORDER_FORMS)
def test_a_refused_refund_or_parcel_comes_back(
    kind: str, paying_app: Flask, paying_shop: Shop, style: Buyer, sandbox: Sandbox
) -> None:
    path, fields = ORDER_FORMS[kind]
    order_id = buy_and_pay(style, paying_shop, sandbox)
    desk = signed_in(paying_app, paying_shop, Role.FINANCE, Role.FULFILMENT)
    page = f"/orders/style/{order_id}/{path}"
    form = desk.get(page).text
    hidden = {name: hidden_field(form, name) for name in ("csrf_token", "key")}
    pieces = {f"pieces-{line.sku}": "abc" for line in view_of(paying_shop, order_id).lines}
    answer = desk.post_bare(page, hidden | {"reason": "late"} | pieces | fields)
    assert answer.status_code in {400, 409}
    for name, typed in (fields | pieces).items():
        told = f'value="{escape(typed)}"' if name != "note" else escape(typed)
        assert told in answer.text, name
    number = ["all", "lines", "amount"].index(fields["mode"])
    assert f'checked id="mode-{number}"' in answer.text


def test_a_verdict_that_gets_no_answer_comes_back(
    paying_app: Flask, paying_shop: Shop, style: Buyer, sandbox: Sandbox
) -> None:
    order_id = buy_and_pay(style, paying_shop, sandbox)
    payment_id = view_of(paying_shop, order_id).payment.id

    def put_under_review(session: Session) -> None:
        session.get_one(Payment, ("style", payment_id)).state = "review"
        session.get_one(Order, ("style", order_id)).state = "review"

    paying_shop.db.write(put_under_review)
    sandbox.fault("checkout.sessions.retrieve", "refuse", times=None)
    sandbox.fault("checkout.sessions.list", "refuse", times=None)
    desk, page = signed_in(paying_app, paying_shop, Role.FINANCE), f"/orders/style/{order_id}/review"
    answer = desk.post(page, {"verdict": "good"})
    assert answer.status_code == 503
    assert 'value="good" required checked' in answer.text
    assert answer.text.count("checked") == 1


@pytest.mark.parametrize(
    ("name", "email"), [("花" * 81, "hanako@example.jp"), ("花子", "hanako@"), ("花子", "h" * 260)]
)
def test_a_refused_invitation_comes_back(paying_app: Flask, paying_shop: Shop, name: str, email: str) -> None:
    desk, page = signed_in(paying_app, paying_shop, Role.OWNER), "/members/invite"
    answer = desk.post(page, {"name": name, "email": email, "roles": ["finance"]})
    assert answer.status_code == 400
    assert f'value="{name}"' in answer.text
    assert f'value="{email}"' in answer.text
    assert answer.text.count("checked") == 1


def test_roles_that_are_refused_come_back_as_they_were_ticked(paying_app: Flask, paying_shop: Shop) -> None:
    desk = signed_in(paying_app, paying_shop, Role.OWNER)
    page = f"/members/{make_member(paying_shop, Role.FINANCE).id}"
    assert desk.get(page).text.count("checked") == 1
    answer = desk.post(f"{page}/roles", form_on=page)
    assert answer.status_code == 400
    assert "checked" not in answer.text


def test_what_a_customer_told_comes_back(paying_app: Flask, paying_shop: Shop) -> None:
    desk = signed_in(paying_app, paying_shop, Role.SUPPORT)
    answer = desk.post("/customers", {"told": "a" * 255})
    assert answer.status_code == 400
    assert f'value="{"a" * 255}"' in answer.text
