"""Cash on delivery, end to end: the choice, the fee, the order, what staff write down, and money handed back."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.ledger import balance
from payments.models import Attempt, LedgerEntry, Payment
from payments.reconcile import reconcile
from shop.audit.models import AuditEntry
from shop.context import Shop
from shop.jobs.models import Job
from shop.methods.cod import AtTheDoor, NotRecorded, record
from shop.orders.links import order_of_token
from shop.orders.listener import OrderListener
from shop.orders.models import Hold, Order, OrderPayment
from shop.staff.rights import Role
from tests.shop.buyer import Buyer, hidden_field, plenty
from tests.shop.till import stock_of
from tests.staff.desk import COMMAND, signed_in


def _order(shop: Shop, token: str, store_id: str = "style") -> Order:
    order_id = order_of_token(shop.settings.keys, store_id, token)
    with shop.db.read() as session:
        return session.get_one(Order, (store_id, order_id))


def _payment(shop: Shop, order: Order) -> Payment:
    with shop.db.read() as session:
        link = session.get_one(OrderPayment, (order.store_id, order.id))
        return session.get_one(Payment, (order.store_id, link.payment_id))


def _mails(shop: Shop, order: Order) -> list[str]:
    with shop.db.read() as session:
        query = select(Job.detail).where(Job.kind == "mail", Job.subject_id == order.id)
        return list(session.scalars(query.order_by(Job.created_at)))


def _record(shop: Shop, order: Order, what: AtTheDoor) -> None:
    def work(session: Session) -> None:
        record(session, shop, order.store_id, order.id, what, actor=COMMAND, request_id="req-test")

    shop.db.write(work)


def test_the_fee_stands_in_every_sum_before_and_after_the_button(style: Buyer, paying_shop: Shop) -> None:
    sku = plenty("style")
    page = style.final_page(sku, method="cod")
    assert "代引手数料" in page
    assert "注文を確定する</button>" in page
    total = int(hidden_field(page, "total"))
    order = _order(paying_shop, style.order_in(style.confirm(page)))
    kept = order.snapshot
    assert order.total_minor == total == kept["goods"] + kept["delivery_fee"] + kept["method_fee"]
    assert kept["method_fee"] > 0
    assert sum(gross for _rate, gross, _tax in kept["tax"]) == total
    ten = {rate: (gross, tax) for rate, gross, tax in kept["tax"]}[10]
    assert ten[0] >= kept["delivery_fee"] + kept["method_fee"]
    assert ten[1] == ten[0] * 10 // 110


def test_an_order_is_concluded_by_the_button_and_nobody_asks_the_provider(
    either_style: Buyer, either_shop: Shop
) -> None:
    token = either_style.buy(quantity=2, method="cod")
    order, payment = _order(either_shop, token), None
    payment = _payment(either_shop, order)
    assert (order.state, payment.state, payment.method) == ("on_delivery", "pending", "cod")
    with either_shop.db.read() as session:
        assert session.scalars(select(Attempt)).all() == []
        assert [hold.state for hold in session.scalars(select(Hold))] == ["active"]
    assert _mails(either_shop, order) == ["order_cod"]
    assert "代金引換" in either_style.get(f"/orders/{token}").text
    assert either_style.get("/cart").text.count('name="quantity"') == 0  # the basket is empty
    assert either_style.get(f"/orders/{token}/pay").headers["Location"].endswith(f"/orders/{token}")


def test_pressing_twice_is_one_order_and_leads_to_it(style: Buyer, paying_shop: Shop) -> None:
    page = style.final_page(method="cod")
    first = style.order_in(style.confirm(page))
    second = style.order_in(style.confirm(page))
    assert second == first
    with paying_shop.db.read() as session:
        assert len(session.scalars(select(Order)).all()) == 1


def test_collected_money_is_booked_once(either_style: Buyer, either_shop: Shop) -> None:
    before = stock_of(either_shop)
    order = _order(either_shop, either_style.buy(method="cod"))
    _record(either_shop, order, AtTheDoor.COLLECTED)
    for again in AtTheDoor:
        with pytest.raises(NotRecorded):
            _record(either_shop, order, again)
    payment = _payment(either_shop, order)
    with either_shop.db.read() as session:
        entries = session.scalars(select(LedgerEntry).where(LedgerEntry.payment_id == payment.id)).all()
        assert [(entry.kind, entry.amount_minor) for entry in entries] == [("captured", order.total_minor)]
        assert session.get_one(Order, ("style", order.id)).state == "paid"
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("cod.%"))).all()
    assert actions == ["cod.collected"]
    assert stock_of(either_shop) == (before[0] - 1, before[1])
    assert _mails(either_shop, order) == ["order_cod", "order_paid"]


def test_what_is_not_taken_comes_back_once(either_style: Buyer, either_shop: Shop) -> None:
    before = stock_of(either_shop)
    order = _order(either_shop, either_style.buy(method="cod"))
    assert stock_of(either_shop) == (before[0], before[1] + 1)
    _record(either_shop, order, AtTheDoor.RETURNED)
    with pytest.raises(NotRecorded):
        _record(either_shop, order, AtTheDoor.RETURNED)
    assert stock_of(either_shop) == before
    with either_shop.db.read() as session:
        assert session.get_one(Order, ("style", order.id)).state == "returned"
        assert balance(session, _payment(either_shop, order)) == 0


def test_a_card_order_has_nothing_to_record_at_the_door(style: Buyer, paying_shop: Shop) -> None:
    order = _order(paying_shop, style.buy())
    with pytest.raises(NotRecorded):
        _record(paying_shop, order, AtTheDoor.COLLECTED)


def test_staff_write_down_what_happened_and_hand_money_back(
    style: Buyer, paying_shop: Shop, paying_app: Flask
) -> None:
    order = _order(paying_shop, style.buy(method="cod"))
    path = f"/orders/style/{order.id}"
    packer = signed_in(paying_app, paying_shop, Role.FULFILMENT)
    assert "引き渡し・代金回収済み" in packer.get(path).text
    assert packer.post(f"{path}/cod/elsewhere", {}, form_on=path).status_code == 404
    assert (
        signed_in(paying_app, paying_shop, Role.FINANCE)
        .post(f"{path}/cod/collected", {}, form_on=path)
        .status_code
        == 403
    )
    assert packer.post(f"{path}/cod/collected", {}, form_on=path).status_code == 303
    assert "引き渡し・代金回収済み" not in packer.get(path).text
    cashier = signed_in(paying_app, paying_shop, Role.FINANCE)
    page = cashier.get(f"{path}/refund").text
    fields = {"key": hidden_field(page, "key"), "mode": "all", "reason": "changed_mind", "note": ""}
    refused = cashier.post(f"{path}/refund", fields)
    assert (refused.status_code, "どのように返したか" in refused.text) == (409, True)
    for _press in range(2):
        assert cashier.post(f"{path}/refund", fields | {"note": "現金書留"}).status_code == 303
    with paying_shop.db.read() as session:
        payment = _payment(paying_shop, order)
        assert balance(session, payment) == 0
        assert session.get_one(Order, ("style", order.id)).state == "refunded"
    report = reconcile(paying_shop.db, paying_shop.providers["style"], OrderListener(), utcnow())
    assert report.agrees, report.differences


def test_an_order_beyond_the_carrier_s_bound_is_refused_wherever_it_is_asked(
    style: Buyer, paying_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = style.final_page(method="cod")
    from shop.methods import policy

    small = policy.parse('[style]\noffered = ["card", "cod"]\n[style.cod]\nleast = 1\nmost = 2\nfees = []')
    monkeypatch.setattr(policy, "_all", lambda: small)
    assert style.confirm(page).headers["Location"].endswith("/checkout/delivery")
    again = style.get("/checkout/confirm")
    assert again.headers["Location"].endswith("/checkout/delivery")
    offered = style.get("/checkout/delivery").text
    assert 'value="cod"' not in offered
    assert "このご注文の金額ではお使いいただけません" in offered
    assert style.delivery(method="cod").status_code == 422
    assert style.delivery(method="konbini").status_code == 422
    with paying_shop.db.read() as session:
        assert session.scalars(select(Order)).all() == []
