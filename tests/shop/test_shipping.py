"""Authorise with the order, take the money with the parcel: as staff and shoppers meet it."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.capture import send_capture, wanted_captures
from payments.columns import new_id, utcnow
from payments.ledger import balance
from payments.models import Attempt, Capture, Payment
from payments.settle import settle
from payments.stop import CardState, locked_switch, turn
from payments.transitions import WrongTransition
from shop.app import create_app, create_shop
from shop.audit.models import AuditEntry
from shop.cards.after_stop import Decision, decide
from shop.catalog.models import Variant
from shop.context import Shop
from shop.fulfilment import deadlines, shipping
from shop.fulfilment.carriers import BadTracking, Carrier, tracking_number
from shop.fulfilment.models import Fulfilment, FulfilmentHistory, Shipment
from shop.fulfilment.parcels import left_to_ship
from shop.fulfilment.states import NEXT, FulfilmentState, advance
from shop.jobs.models import Job
from shop.jobs.worker import Worker
from shop.mail.message import compose
from shop.orders.links import order_of_token, order_token
from shop.orders.listener import OrderListener
from shop.orders.models import Hold, Order, OrderLine, OrderPayment
from shop.orders.refund_plan import Left
from shop.orders.refunding import standing_plans
from shop.settings import load
from shop.staff.rights import Role
from tests.environment import make_environ
from tests.security.cards import luhn_digit
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer, hidden_field
from tests.shop.ordering import place_order
from tests.staff.desk import COMMAND, Desk, signed_in


@pytest.fixture
def later(database_url: str, sandbox: Sandbox) -> Iterator[Shop]:
    """A shop whose style store takes the money with the parcel."""
    parts = create_shop(load(make_environ(database_url, CARD_CAPTURE_STYLE="shipment", **sandbox.addresses)))
    yield parts
    sandbox.control("faults", method="DELETE")
    parts.db.dispose()


@pytest.fixture
def app(later: Shop) -> Flask:
    made = create_app(shop=later)
    made.testing = True
    return made


@pytest.fixture
def desk(app: Flask, later: Shop) -> Desk:
    return signed_in(app, later, Role.FULFILMENT)


def _order_id(shop: Shop, buyer: Buyer, token: str) -> str:
    order_id = order_of_token(shop.settings.keys, buyer.store_id, token)
    assert order_id is not None
    return order_id


def _payment(shop: Shop, order_id: str, store_id: str = "style") -> Payment:
    with shop.db.read() as session:
        link = session.get_one(OrderPayment, (store_id, order_id))
        return session.get_one(Payment, (store_id, link.payment_id))


def _settle(shop: Shop, order_id: str, store_id: str = "style") -> Payment:
    payment = _payment(shop, order_id, store_id)
    settle(shop.db, shop.providers[store_id], OrderListener(), store_id, payment.id, cause="test")
    return _payment(shop, order_id, store_id)


def _bought(app: Flask, shop: Shop, sandbox: Sandbox, quantity: int = 3, store_id: str = "style") -> str:
    """An order whose money is promised (or, at cocomo, paid); its id."""
    buyer = Buyer(app, store_id)
    assert buyer.confirm(buyer.final_page(quantity=quantity)).status_code == 303
    with shop.db.read() as session:
        newest = select(Order.id).where(Order.store_id == store_id).order_by(Order.id.desc())
        order_id = session.scalars(newest).first() or ""
    payment = _payment(shop, order_id, store_id)
    with shop.db.read() as session:
        session_id = session.scalar(select(Attempt.session_id).where(Attempt.payment_id == payment.id))
    sandbox.pay(session_id or "")
    _settle(shop, order_id, store_id)
    return order_id


def _states(shop: Shop, order_id: str, store_id: str = "style") -> tuple[str, str, str]:
    with shop.db.read() as session:
        order = session.get_one(Order, (store_id, order_id))
        row = session.get(Fulfilment, (store_id, order_id))
    return order.state, _payment(shop, order_id, store_id).state, row.state if row else "none"


def _line(shop: Shop, order_id: str) -> OrderLine:
    with shop.db.read() as session:
        return session.scalars(select(OrderLine).where(OrderLine.order_id == order_id)).one()


def _stock(shop: Shop, sku: str) -> tuple[int, int]:
    with shop.db.read() as session:
        variant = session.get_one(Variant, ("style", sku))
    return variant.on_hand, variant.held


def _ship(desk: Desk, order_id: str, pieces: dict[str, int] | None = None, **changes: str) -> int:
    page = f"/orders/style/{order_id}/ship"
    key = changes.pop("key", None) or hidden_field(desk.get(page).text, "key")
    fields = {"key": key, "carrier": "yamato", "tracking": "123456789012"}
    fields |= {"mode": "lines" if pieces else "all"} | changes
    fields |= {f"pieces-{sku}": str(quantity) for sku, quantity in (pieces or {}).items()}
    return desk.post(page, fields, form_on="/").status_code


def _mails(shop: Shop, order_id: str) -> list[str]:
    with shop.db.read() as session:
        query = select(Job.detail).where(Job.subject_id == order_id, Job.kind == "mail")
        return [detail.partition(":")[0] for detail in session.scalars(query.order_by(Job.created_at))]


def _left(shop: Shop, order_id: str) -> int:
    with shop.db.read() as session:
        return balance(session, _payment(shop, order_id))


def _page_of(app: Flask, shop: Shop, order_id: str, store_id: str = "style", root: str = "") -> str:
    """What the shopper's page of an order lists of it."""
    token = order_token(shop.settings.keys, store_id, order_id)
    answer = app.test_client().get(f"{root}/orders/{token}", base_url=f"http://{store_id}.localhost:8000")
    assert answer.status_code == 200
    return answer.text.partition("<dl")[2].partition("</dl>")[0]


def test_the_order_is_concluded_by_a_promise(app: Flask, later: Shop, sandbox: Sandbox) -> None:
    order_id = _bought(app, later, sandbox)
    assert _states(later, order_id) == ("authorised", "authorised", "none")
    assert _left(later, order_id) == 0
    assert _mails(later, order_id) == ["order_authorised"]


def test_shipping_all_takes_all_once_and_sends_a_mail(
    app: Flask, later: Shop, sandbox: Sandbox, desk: Desk
) -> None:
    order_id = _bought(app, later, sandbox)
    page = f"/orders/style/{order_id}/ship"
    key = hidden_field(desk.get(page).text, "key")
    for _press in range(2):
        assert _ship(desk, order_id, key=key) == 303
    assert _states(later, order_id) == ("paid", "paid", "shipped")
    payment = _payment(later, order_id)
    assert _left(later, order_id) == payment.amount_minor
    with later.db.read() as session:
        parcels = session.scalars(select(Shipment).where(Shipment.order_id == order_id)).all()
        job = session.scalars(
            select(Job).where(Job.subject_id == order_id, Job.detail.like("order_shipped%"))
        ).one()
    assert [one.state for one in parcels] == ["sent"]
    assert b"123456789012" not in (parcels[0].tracking or b"")
    with app.app_context():
        message = compose(later, job)
    assert message is not None
    text = str(message.get_body(("plain",)).get_content())  # type: ignore[union-attr]  # it has one
    assert "123456789012" in text
    assert "ヤマト運輸" in text
    assert _ship(desk, order_id, key=new_id()) == 409
    told = _page_of(app, later, order_id)
    assert "ヤマト運輸" in told
    assert "お荷物の番号は" in told
    assert "123456789012" not in told  # a link may be forwarded
    assert "差し引きのご請求額" not in told
    timeline = desk.get(f"/orders/style/{order_id}").text
    for told in ("出荷済み", "荷物: 出荷", "入金"):
        assert told in timeline


def test_shipping_a_part_takes_a_part_and_gives_the_rest_up(
    app: Flask, later: Shop, sandbox: Sandbox, desk: Desk
) -> None:
    order_id = _bought(app, later, sandbox)
    line, payment = _line(later, order_id), _payment(later, order_id)
    before = _stock(later, line.sku)
    assert _ship(desk, order_id, {line.sku: 1}) == 303
    assert _states(later, order_id) == ("paid", "paid", "short")
    taken = payment.amount_minor - 2 * line.unit_minor
    assert _left(later, order_id) == taken
    told = _page_of(app, later, order_id)
    assert "残りの商品はお届けできず、代金はいただいていません。" in told
    assert f"{taken:,}円" in told.partition("差し引きのご請求額")[2]
    assert _stock(later, line.sku) == (before[0] + 2, before[1])
    with later.db.read() as session:
        order = session.get_one(Order, ("style", order_id))
        left = Left.of(order.snapshot, standing_plans(session, order))
        assert left_to_ship(session, order) == {line.sku: 0}
    assert left.total.minor == taken
    assert left.quantities[line.sku] == 1
    finance = signed_in(app, later, Role.FINANCE)
    refund = f"/orders/style/{order_id}/refund"
    fields = {"key": new_id(), "mode": "lines", "reason": "damaged", f"pieces-{line.sku}": "2"}
    assert finance.post(refund, fields).status_code == 409
    assert finance.post(refund, fields | {"mode": "all"}).status_code == 303
    Worker(app, later).turn()
    assert _left(later, order_id) == 0
    assert _states(later, order_id)[:2] == ("refunded", "refunded")


def test_an_order_that_is_paid_leaves_in_several_parcels(
    app: Flask, later: Shop, sandbox: Sandbox, desk: Desk
) -> None:
    order_id = _bought(app, later, sandbox, store_id="cocomo")
    with later.db.read() as session:
        sku = session.scalars(select(OrderLine.sku).where(OrderLine.order_id == order_id)).one()
    page = f"/orders/cocomo/{order_id}/ship"
    fields = {"carrier": "own", "tracking": "", "mode": "lines", f"pieces-{sku}": "2"}
    first = fields | {"key": hidden_field(desk.get(page).text, "key")}
    assert desk.post(page, first).status_code == 303
    assert _states(later, order_id, "cocomo") == ("paid", "paid", "partly")
    told = _page_of(app, later, order_id, "cocomo")
    assert "当店がお届け・お渡し" in told
    assert "あらためて発送します" in told
    assert "お荷物の番号は" not in told  # it has none
    assert desk.post(page, fields | {"key": new_id()}, form_on="/").status_code == 409  # one is left
    assert desk.post(page, fields | {"key": new_id(), "mode": "all"}, form_on="/").status_code == 303
    assert _states(later, order_id, "cocomo") == ("paid", "paid", "shipped")
    assert _mails(later, order_id).count("order_shipped") == 2
    told = _page_of(app, later, order_id, "cocomo", "/en")
    assert told.count("handed over by the shop") == 2
    assert "The rest will follow" not in told


def test_calling_off_lets_go_and_brings_the_stock_back_once(
    app: Flask, later: Shop, sandbox: Sandbox, desk: Desk
) -> None:
    order_id = _bought(app, later, sandbox)
    line = _line(later, order_id)
    before = _stock(later, line.sku)
    page = f"/orders/style/{order_id}/ship"
    answer = desk.post(f"/orders/style/{order_id}/call-off", {"reason": "customer"}, form_on=page)
    assert answer.status_code == 303
    assert _states(later, order_id) == ("canceled", "voided", "canceled")
    for _time in range(2):
        _settle(later, order_id)
    assert _stock(later, line.sku) == (before[0] + 3, before[1])
    assert _left(later, order_id) == 0
    assert _mails(later, order_id)[-1] == "order_canceled"
    assert _ship(desk, order_id, key=new_id()) == 409
    Worker(app, later).turn()
    assert _states(later, order_id) == ("canceled", "voided", "canceled")


@pytest.mark.parametrize("what", ["ship", "call-off"])
def test_the_worker_does_not_come_before_the_page(
    app: Flask, later: Shop, sandbox: Sandbox, desk: Desk, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    order_id = _bought(app, later, sandbox)
    before_it = list[object]()

    def send(*given: Any) -> bool:
        with later.db.read() as session:
            before_it.append(wanted_captures(session))
        return send_capture(*given)

    monkeypatch.setattr(shipping, "send_capture", send)
    if what == "ship":
        _ship(desk, order_id)
    else:
        page = f"/orders/style/{order_id}/ship"
        desk.post(f"/orders/style/{order_id}/call-off", {"reason": "customer"}, form_on=page)
    assert before_it == [[]]


def test_without_an_answer_the_parcel_waits_and_the_worker_reads(
    app: Flask, later: Shop, sandbox: Sandbox, desk: Desk
) -> None:
    order_id = _bought(app, later, sandbox)
    for operation in ("payment_intents.capture", "checkout.sessions.retrieve"):
        sandbox.control("faults", {"operation": operation, "kind": "lost_answer", "times": 2})
    assert _ship(desk, order_id) == 303
    assert _states(later, order_id) == ("authorised", "authorised", "capturing")
    page = desk.get(f"/orders/style/{order_id}/ship").text
    assert "まだ出荷しないでください" in page
    assert "order_shipped" not in _mails(later, order_id)
    assert _ship_bare(desk, order_id) == 409
    sandbox.control("faults", method="DELETE")
    later.db.write(_pause_is_over)
    Worker(app, later).turn()
    assert _states(later, order_id) == ("paid", "paid", "shipped")
    with later.db.read() as session:
        wishes = session.scalars(
            select(Capture).where(Capture.payment_id == _payment(later, order_id).id)
        ).all()
    assert [(one.state, one.tries) for one in wishes] == [("done", 2)]


def _ship_bare(desk: Desk, order_id: str) -> int:
    fields = {"key": new_id(), "carrier": "own", "tracking": "", "mode": "all"}
    return desk.post(f"/orders/style/{order_id}/ship", fields, form_on="/").status_code


def _pause_is_over(session: Session) -> None:
    for wish in session.scalars(select(Capture)):
        wish.next_try_at = utcnow() - dt.timedelta(seconds=1)


def test_paid_after_a_stop_is_not_shipped_and_can_be_let_go(
    app: Flask, later: Shop, sandbox: Sandbox, desk: Desk
) -> None:
    buyer = Buyer(app, "style")
    order_id = _order_id(later, buyer, buyer.buy())
    with later.db.read() as session:
        session_id = session.scalar(select(Attempt.session_id))

    def stop(session: Session) -> None:
        turn(session, locked_switch(session, "style"), CardState.STOPPED, reason="test", now=utcnow())

    later.db.write(stop)
    sandbox.pay(session_id or "")
    assert _settle(later, order_id).state == "after_stop"
    assert _ship_bare(desk, order_id) == 409
    later.db.write(
        lambda session: decide(session, later, "style", order_id, Decision.GIVE_BACK, actor=COMMAND)
    )
    Worker(app, later).turn()
    assert _states(later, order_id)[:2] == ("canceled", "voided")
    assert _left(later, order_id) == 0
    with later.db.read() as session:
        assert session.scalars(select(Hold.state).where(Hold.order_id == order_id)).all() == ["released"]


@pytest.mark.parametrize(("setting", "taken"), [("warn", False), ("capture", True)])
def test_before_a_promise_ends_staff_are_told_or_it_is_taken(
    database_url: str, sandbox: Sandbox, setting: str, taken: bool
) -> None:
    environ = make_environ(
        database_url, CARD_CAPTURE="shipment", CARD_LATE_CAPTURE=setting, **sandbox.addresses
    )
    shop = create_shop(load(environ))
    app = create_app(shop=shop)
    order_id = _bought(app, shop, sandbox)
    end = _payment(shop, order_id).capture_before
    assert end is not None
    assert deadlines.watch(shop, end - dt.timedelta(days=3)).startswith("0 end soon, 0 taken")
    deadlines.watch(shop, end - dt.timedelta(hours=6))
    Worker(app, shop).turn()
    assert _states(shop, order_id)[0] == ("paid" if taken else "authorised")
    with shop.db.read() as session:
        told = session.scalars(
            select(Job.detail).where(Job.subject_id == order_id, Job.kind == "alert")
        ).all()
    assert list(told) == ([] if taken else ["capture_due"])
    if not taken:
        sandbox.control(f"payments/{_payment(shop, order_id).provider_id}/cancel", {})
        deadlines.watch(shop, end)
        assert _states(shop, order_id)[:2] == ("canceled", "voided")
    shop.db.dispose()


def test_who_may_not_ship_is_refused_and_a_refusal_is_written_down(
    app: Flask, later: Shop, sandbox: Sandbox, desk: Desk
) -> None:
    order_id = _bought(app, later, sandbox)
    line = _line(later, order_id)
    other = signed_in(app, later, Role.FINANCE)
    assert other.get(f"/orders/style/{order_id}/ship").status_code == 403
    assert _ship(desk, order_id, {line.sku: 4}) == 409
    assert _ship(desk, order_id, tracking="12345") == 400
    assert _ship(desk, order_id, key="../../etc") == 400
    assert desk.get(f"/orders/cocomo/{order_id}/ship").status_code == 404
    assert _states(later, order_id)[:2] == ("authorised", "authorised")
    with later.db.read() as session:
        rows = session.scalars(select(AuditEntry.outcome).where(AuditEntry.action == "order.ship")).all()
    assert list(rows) == ["refused"]


def test_a_waybill_that_passes_the_check_of_cards_is_no_card(
    app: Flask, later: Shop, sandbox: Sandbox, desk: Desk
) -> None:
    digits = "48129076543"
    order_id = _bought(app, later, sandbox)
    assert _ship(desk, order_id, tracking=digits + luhn_digit(digits)) == 303
    assert _states(later, order_id)[2] == "shipped"


@pytest.mark.parametrize(
    ("carrier", "typed", "number"),
    [
        (Carrier.YAMATO, "１２３４-５６７８-９０１２", "123456789012"),
        (Carrier.POST, "ee123456789jp", "EE123456789JP"),
        (Carrier.OWN, " ", ""),
        (Carrier.SAGAWA, "12345678901", None),
        (Carrier.OWN, "123456789012", None),
    ],
)
def test_numbers_of_carriers(carrier: Carrier, typed: str, number: str | None) -> None:
    if number is None:
        with pytest.raises(BadTracking):
            tracking_number(carrier, typed)
    else:
        assert tracking_number(carrier, typed) == number


def test_fulfilment_keeps_to_its_table_and_writes_history(later: Shop) -> None:
    order_id = place_order(later)

    def work(session: Session) -> None:
        row = Fulfilment(store_id="style", order_id=order_id, state="waiting")
        session.add(row)
        session.flush()
        for before, after in itertools.product(FulfilmentState, repeat=2):
            row.state = before.value
            if after not in NEXT[before]:
                with pytest.raises(WrongTransition):
                    advance(session, row, after, cause="test")
                assert row.state == before
                continue
            advance(session, row, after, cause="test")
            assert row.state == after

    later.db.write(work)
    with later.db.read() as session:
        rows = session.scalars(select(FulfilmentHistory).order_by(FulfilmentHistory.id)).all()
    told = [(row.before, row.after) for row in rows]
    assert sorted(told) == sorted((before, after) for before in NEXT for after in NEXT[before])
