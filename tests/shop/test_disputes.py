"""Disputes, warnings, reviews and partial refunds as staff meet them."""

from __future__ import annotations

import datetime as dt
import io
import random
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.dispute_models import Dispute
from payments.inbox import apply_events, store_event
from payments.ledger import balance
from payments.models import Attempt, Payment
from payments.models import Refund as RefundRow
from payments.provider import Event
from payments.settle import settle
from shop.app import create_app, create_shop
from shop.audit.models import AuditEntry
from shop.context import Shop
from shop.jobs.models import Job
from shop.jobs.worker import Worker
from shop.mail.message import compose
from shop.orders.listener import OrderListener
from shop.orders.models import Order, OrderPayment
from shop.passages import PassageRow
from shop.settings import load
from shop.staff.rights import Role
from tests.environment import make_environ
from tests.security.cards import luhn_digit
from tests.security.guarded import document_of
from tests.servers.sandbox import CARD, Sandbox
from tests.shop.buyer import Buyer
from tests.staff.desk import STAFF, Desk, signed_in
from tests.waiting import wait_until

_DICE = random.Random(2016)
PDF = document_of(
    *(_DICE.randbytes(400) + b"BT /F1 12 Tf (delivered on Monday) Tj ET\n" * 40 for _ in range(200))
)
"""Of many compressed parts, as documents are: in a page's form the guard would not undo them all. Larger than any
other form may be."""


@pytest.fixture
def shop(database_url: str, sandbox: Sandbox) -> Iterator[Shop]:
    parts = create_shop(load(make_environ(database_url, CARD_CAPTURE_COCOMO="shipment", **sandbox.addresses)))
    yield parts
    sandbox.control("faults", method="DELETE")
    parts.db.dispose()


@pytest.fixture
def app(shop: Shop) -> Flask:
    made = create_app(shop=shop)
    made.testing = True
    return made


@pytest.fixture
def finance(app: Flask, shop: Shop) -> Desk:
    return signed_in(app, shop, Role.FINANCE)


def _payment(shop: Shop, order_id: str, store_id: str = "style") -> Payment:
    with shop.db.read() as session:
        link = session.get_one(OrderPayment, (store_id, order_id))
        return session.get_one(Payment, (store_id, link.payment_id))


def _states(shop: Shop, order_id: str, store_id: str = "style") -> tuple[str, str]:
    with shop.db.read() as session:
        order = session.get_one(Order, (store_id, order_id))
    return order.state, _payment(shop, order_id, store_id).state


def _settle(shop: Shop, order_id: str, store_id: str = "style") -> None:
    payment = _payment(shop, order_id, store_id)
    settle(shop.db, shop.providers[store_id], OrderListener(), store_id, payment.id, cause="test")


def _bought(app: Flask, shop: Shop, sandbox: Sandbox, store_id: str = "style") -> str:
    buyer = Buyer(app, store_id)
    assert buyer.confirm(buyer.final_page(quantity=2)).status_code == 303
    with shop.db.read() as session:
        newest = select(Order.id).where(Order.store_id == store_id).order_by(Order.id.desc())
        order_id = session.scalars(newest).first() or ""
    payment = _payment(shop, order_id, store_id)
    with shop.db.read() as session:
        session_id = session.scalar(select(Attempt.session_id).where(Attempt.payment_id == payment.id))
    sandbox.pay(session_id or "")
    _settle(shop, order_id, store_id)
    return order_id


def _disputed(app: Flask, shop: Shop, sandbox: Sandbox) -> tuple[str, str]:
    """An order in dispute, as the webhook tells of it: its id, and the dispute's."""
    order_id = _bought(app, shop, sandbox)
    payment = _payment(shop, order_id)
    told = sandbox.control(f"payments/{payment.provider_id}/dispute", {"reason": "product_not_received"})
    _hear(shop, sandbox, "charge.dispute.created", told["id"])
    return order_id, str(told["id"])


def _hear(shop: Shop, sandbox: Sandbox, kind: str, thing: str) -> None:
    """The provider's event of that kind about a thing comes in, and is applied."""
    provider = shop.providers["style"]

    def told() -> list[Event]:
        events = provider.events_since(utcnow() - dt.timedelta(minutes=10))
        return [one for one in events if one.type == kind and one.object_id == thing]

    wait_until(told, f"the event {kind}")
    (event,) = told()
    assert shop.db.write(lambda session: store_event(session, provider, event, b"{}"))
    assert not shop.db.write(lambda session: store_event(session, provider, event, b"{}"))
    apply_events(shop.db, provider, OrderListener())


def _audited(shop: Shop, action: str) -> list[str]:
    with shop.db.read() as session:
        query = select(AuditEntry.outcome).where(AuditEntry.action == action)
        return list(session.scalars(query.order_by(AuditEntry.number)))


def _answer(desk: Desk, dispute_id: str, **fields: object) -> int:
    page = f"/disputes/style/{dispute_id}"
    given: dict[str, object] = {"kind": "receipt", "uncategorized_text": "", "product_description": ""}
    return desk.post(f"{page}/answer", given | fields, form_on="/").status_code


def _file(content: bytes, name: str = "領収書 花.pdf") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def test_a_dispute_is_shown_with_its_deadline_answered_once_and_won(
    app: Flask, shop: Shop, sandbox: Sandbox, finance: Desk
) -> None:
    order_id, dispute_id = _disputed(app, shop, sandbox)
    assert _states(shop, order_id) == ("paid", "paid")
    assert re.search(r'回答が必要な申し立て</td><td[^>]* class="number">1<', finance.get("/").text)
    assert dispute_id in finance.get("/disputes").text
    order_page = finance.get(f"/orders/style/{order_id}").text
    for told in ("申し立てによる引き落とし", "申し立ての手数料", "申し立て: 申し立て（回答が必要）"):
        assert told in order_page
    refund = {"key": "0" * 26, "mode": "all", "reason": "fraud"}
    assert finance.post(f"/orders/style/{order_id}/refund", refund).status_code == 409
    given = {"uncategorized_text": "winning_evidence", "file": _file(PDF)}
    assert _answer(finance, dispute_id, **given) == 303
    assert _answer(finance, dispute_id, uncategorized_text="once more") == 409
    _hear(shop, sandbox, "charge.dispute.closed", dispute_id)
    with shop.db.read() as session:
        row = session.get_one(Dispute, ("style", dispute_id))
    assert row.state == "won"
    assert row.answered_at is not None
    assert _audited(shop, "dispute.answer") == ["done", "refused"]
    assert "申し立てが認められた戻り" in finance.get(f"/orders/style/{order_id}").text
    assert _states(shop, order_id) == ("paid", "paid")


def test_what_is_no_evidence_is_refused_and_costs_no_answer(
    app: Flask, shop: Shop, sandbox: Sandbox, finance: Desk
) -> None:
    _order_id, dispute_id = _disputed(app, shop, sandbox)
    number = CARD[:-1]
    number += luhn_digit(number)
    for fields, status in (
        ({}, 400),
        ({"file": _file(b"MZ not a pdf", "x.pdf")}, 400),
        ({"file": _file(b"%PDF-", "x.exe")}, 400),
        ({"file": _file(b"", "x.pdf")}, 400),
        ({"uncategorized_text": f"card {number}"}, 422),
        ({"shipping_tracking_number": number}, 422),
        ({"file": _file(b"%PDF-1.4 " + number.encode(), "x.pdf")}, 422),
    ):
        assert _answer(finance, dispute_id, **fields) == status, fields.keys()
    # At the door it may be a parcel's number; where it would be handed on it is a card's, and counted.
    with shop.db.read() as session:
        places = list(session.scalars(select(PassageRow.place)))
    assert places.count("dispute.shipping_tracking_number") == 1
    for path, words in ((f"/disputes/style/{dispute_id}/answer", 600_000), ("/disputes/style/x", 10_000)):
        body = b"--b\r\nContent-Disposition: form-data; name=x\r\n\r\n%s\r\n--b--\r\n" % (
            b"delivered " * words
        )
        kind = "multipart/form-data; boundary=b"
        told = finance.client.post(path, data=body, content_type=kind, base_url=STAFF)
        assert told.status_code in {404, 405, 413}, path
        assert (told.status_code == 413) == path.endswith("answer")
    with shop.db.read() as session:
        assert session.get_one(Dispute, ("style", dispute_id)).answer_key is None
    support = signed_in(app, shop, Role.SUPPORT)
    assert support.get(f"/disputes/style/{dispute_id}").status_code == 403
    assert finance.get(f"/disputes/cocomo/{dispute_id}").status_code == 404
    large = {"reason": "x" * (400 << 10)}
    assert finance.post("/orders/style/none/refund", large, form_on="/").status_code == 413


def test_a_lost_answer_is_looked_for_and_not_given_twice(
    app: Flask, shop: Shop, sandbox: Sandbox, finance: Desk
) -> None:
    _order_id, dispute_id = _disputed(app, shop, sandbox)
    sandbox.control("faults", {"operation": "disputes.update", "kind": "refuse", "times": 2})
    assert _answer(finance, dispute_id, uncategorized_text="it was delivered") == 409
    sandbox.control("faults", method="DELETE")
    sandbox.control("faults", {"operation": "disputes.update", "kind": "lost_answer", "times": 2})
    assert _answer(finance, dispute_id, uncategorized_text="it was delivered") == 303
    assert shop.providers["style"].retrieve_dispute(dispute_id).submissions == 1
    assert _audited(shop, "dispute.answer") == ["failed", "done"]


def _accept(desk: Desk, dispute_id: str, **fields: str) -> int:
    given = {"reason": "no_proof", "sure": "y"} | fields
    return desk.post(f"/disputes/style/{dispute_id}/accept", given, form_on="/").status_code


def _row(shop: Shop, dispute_id: str) -> Dispute:
    with shop.db.read() as session:
        return session.get_one(Dispute, ("style", dispute_id))


def test_a_dispute_is_accepted_once_and_nothing_else_changes(
    app: Flask, shop: Shop, sandbox: Sandbox, finance: Desk
) -> None:
    order_id, dispute_id = _disputed(app, shop, sandbox)
    with shop.db.read() as session:
        mails = session.scalars(select(Job.id).where(Job.kind == "mail")).all()
    assert "申し立てを受け入れる" in finance.get(f"/disputes/style/{dispute_id}").text
    for fields in ({"reason": ""}, {"reason": "because"}, {"sure": ""}):
        assert _accept(finance, dispute_id, **fields) == 400, fields
    packer = signed_in(app, shop, Role.FULFILMENT)
    assert _accept(packer, dispute_id) == 403
    assert shop.providers["style"].retrieve_dispute(dispute_id).status == "needs_response"
    for _press in range(2):
        assert _accept(finance, dispute_id) == 303
    row = _row(shop, dispute_id)
    assert (row.state, row.accept_reason, row.answered_at) == ("lost", "no_proof", None)
    assert row.accepted_at is not None
    assert shop.providers["style"].retrieve_dispute(dispute_id).status == "lost"
    assert _audited(shop, "dispute.accept") == ["done"]
    with shop.db.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "dispute.accept")).one()
        after = session.scalars(select(Job.id).where(Job.kind == "mail")).all()
    assert (entry.fields, entry.subject) == ("reason.no_proof", f"order/style/{order_id}")
    assert after == mails  # the customer gets none
    assert _states(shop, order_id) == ("paid", "paid")
    page = finance.get(f"/disputes/style/{dispute_id}").text
    assert "示せる証拠がない" in page
    assert "/accept" not in page
    assert "accepted: no_proof" in finance.get(f"/orders/style/{order_id}").text
    assert _answer(finance, dispute_id, uncategorized_text="after all") == 409
    assert _accept(finance, "du_nothing") == 404
    assert finance.post(f"/disputes/cocomo/{dispute_id}/accept", {}, form_on="/").status_code == 404
    book = _payment(shop, order_id)
    refund = {"key": "0" * 26, "mode": "all", "reason": "fraud"}
    assert finance.post(f"/orders/style/{order_id}/refund", refund).status_code == 409
    assert _payment(shop, order_id).state == book.state


def test_what_was_answered_or_decided_can_t_be_accepted(
    app: Flask, shop: Shop, sandbox: Sandbox, finance: Desk
) -> None:
    _order_id, answered = _disputed(app, shop, sandbox)
    assert _answer(finance, answered, uncategorized_text="it was delivered") == 303
    assert _accept(finance, answered) == 409
    _order_id, decided = _disputed(app, shop, sandbox)
    sandbox.control(f"disputes/{decided}/won", {})
    assert _accept(finance, decided) == 409  # no event has told us yet; the provider refuses
    assert (_row(shop, decided).state, _row(shop, decided).accepted_at) == ("won", None)
    assert _audited(shop, "dispute.accept") == ["refused", "failed"]


def test_an_inquiry_that_is_accepted_takes_no_money(
    app: Flask, shop: Shop, sandbox: Sandbox, finance: Desk
) -> None:
    order_id = _bought(app, shop, sandbox)
    payment = _payment(shop, order_id)
    told = sandbox.control(f"payments/{payment.provider_id}/dispute", {"inquiry": True})
    _hear(shop, sandbox, "charge.dispute.created", told["id"])
    assert "代金は引き落とされません" in finance.get(f"/disputes/style/{told['id']}").text
    assert _accept(finance, told["id"], reason="fraud") == 303
    assert _row(shop, told["id"]).state == "closed"
    with shop.db.read() as session:
        assert balance(session, payment) == payment.amount_minor


def test_accepting_without_an_answer_is_looked_for_and_not_done_twice(
    app: Flask, shop: Shop, sandbox: Sandbox, finance: Desk
) -> None:
    _order_id, dispute_id = _disputed(app, shop, sandbox)
    sandbox.control("faults", {"operation": "disputes.close", "kind": "refuse", "times": None})
    assert _accept(finance, dispute_id) == 409
    assert (_row(shop, dispute_id).state, _row(shop, dispute_id).answer_key) == ("open", None)
    sandbox.control("faults", method="DELETE")
    sandbox.control("faults", {"operation": "disputes.close", "kind": "lost_answer", "times": None})
    assert _accept(finance, dispute_id) == 303
    assert _row(shop, dispute_id).state == "lost"
    assert _audited(shop, "dispute.accept") == ["failed", "done"]


def test_one_hand_at_a_time_is_on_a_dispute(app: Flask, shop: Shop, sandbox: Sandbox, finance: Desk) -> None:
    _order_id, dispute_id = _disputed(app, shop, sandbox)

    def being_answered(session: Session) -> None:
        session.get_one(Dispute, ("style", dispute_id)).answering_at = utcnow()

    shop.db.write(being_answered)
    assert _accept(finance, dispute_id) == 409
    assert _answer(finance, dispute_id, uncategorized_text="me too") == 409
    assert shop.providers["style"].retrieve_dispute(dispute_id).status == "needs_response"

    def its_day_is_over(session: Session) -> None:
        row = session.get_one(Dispute, ("style", dispute_id))
        row.answering_at, row.due_by = None, utcnow() - dt.timedelta(minutes=1)

    shop.db.write(its_day_is_over)
    assert _accept(finance, dispute_id) == 409
    assert _audited(shop, "dispute.accept") == ["refused", "refused"]


def test_a_warning_is_shown_until_the_money_goes_back(
    app: Flask, shop: Shop, sandbox: Sandbox, finance: Desk
) -> None:
    order_id = _bought(app, shop, sandbox)
    payment = _payment(shop, order_id)
    told = sandbox.control(f"payments/{payment.provider_id}/fraud_warning", {"fraud_type": "misc"})
    _hear(shop, sandbox, "radar.early_fraud_warning.created", told["id"])
    assert told["id"] in finance.get("/disputes").text
    assert "申し立てになる前に返金すると" in finance.get(f"/orders/style/{order_id}").text
    sandbox.control(f"payments/{payment.provider_id}/refund", {})
    _hear(shop, sandbox, "radar.early_fraud_warning.updated", told["id"])
    assert told["id"] not in finance.get("/disputes").text


def test_a_part_given_back_anywhere_is_told_to_the_customer(
    app: Flask, shop: Shop, sandbox: Sandbox, finance: Desk
) -> None:
    order_id = _bought(app, shop, sandbox)
    sandbox.control(f"payments/{_payment(shop, order_id).provider_id}/refund", {"amount": 100})
    for _time in range(2):
        _settle(shop, order_id)
    assert _states(shop, order_id) == ("paid", "paid")
    with shop.db.read() as session:
        query = select(Job).where(Job.subject_id == order_id, Job.detail.like("order_part_refunded%"))
        job = session.scalars(query).one()
    with app.app_context():
        message = compose(shop, job)
    assert message is not None
    assert "100" in str(message.get_body(("plain",)).get_content())  # type: ignore[union-attr]  # it has one


def test_nothing_opens_a_cancelled_order_again(app: Flask, shop: Shop, sandbox: Sandbox) -> None:
    """Taken on the provider's own screen in the moment in which it is let go here; then disputed, then given back."""
    order_id = _bought(app, shop, sandbox, "cocomo")
    provider_id = _payment(shop, order_id, "cocomo").provider_id

    payment_id = _payment(shop, order_id, "cocomo").id

    def work(session: Session) -> None:
        session.get_one(Order, ("cocomo", order_id)).state = "canceled"
        session.get_one(Payment, ("cocomo", payment_id)).state = "voided"

    shop.db.write(work)
    sandbox.control(f"payments/{provider_id}/capture", {})
    _settle(shop, order_id, "cocomo")
    assert _states(shop, order_id, "cocomo") == ("canceled", "review")
    desk = signed_in(app, shop, Role.FINANCE)
    path = f"/orders/cocomo/{order_id}/review"
    assert desk.post(path, {"verdict": "good"}).status_code == 409
    assert desk.post(path, {"verdict": "give_back"}).status_code == 303
    Worker(app, shop).turn()
    assert _states(shop, order_id, "cocomo") == ("canceled", "refunded")


def test_a_person_ends_a_review(app: Flask, shop: Shop, sandbox: Sandbox, finance: Desk) -> None:
    good, bad = _bought(app, shop, sandbox), _bought(app, shop, sandbox)
    for order_id in (good, bad):
        payment_id = _payment(shop, order_id).id

        def work(session: Session, order_id: str = order_id, payment_id: str = payment_id) -> None:
            session.get_one(Order, ("style", order_id)).state = "review"
            session.get_one(Payment, ("style", payment_id)).state = "review"

        shop.db.write(work)
    assert finance.post(f"/orders/style/{good}/review", {}).status_code == 400
    assert finance.post(f"/orders/style/{good}/review", {"verdict": "good"}).status_code == 303
    assert _states(shop, good) == ("paid", "paid")
    assert finance.post(f"/orders/style/{bad}/review", {"verdict": "give_back"}).status_code == 303
    again = finance.post(f"/orders/style/{bad}/review", {"verdict": "give_back"}, form_on="/")
    assert again.status_code == 409
    Worker(app, shop).turn()
    assert _states(shop, bad) == ("refunded", "refunded")
    with shop.db.read() as session:
        rows = session.scalars(select(RefundRow).where(RefundRow.payment_id == _payment(shop, bad).id)).all()
    assert len(rows) == 1
    assert _audited(shop, "review.good") == ["done"]
    assert _audited(shop, "review.give_back") == ["done", "refused"]
    fulfilment = signed_in(app, shop, Role.FULFILMENT)
    assert fulfilment.get(f"/orders/style/{bad}/review").status_code == 403


def test_a_review_whose_amount_differs_can_only_go_back(app: Flask, shop: Shop, sandbox: Sandbox) -> None:
    order_id = _bought(app, shop, sandbox, "cocomo")
    payment = _payment(shop, order_id, "cocomo")
    sandbox.control(f"payments/{payment.provider_id}/capture", {"amount": 500})
    _settle(shop, order_id, "cocomo")
    assert _states(shop, order_id, "cocomo") == ("review", "review")
    desk = signed_in(app, shop, Role.FINANCE)
    path = f"/orders/cocomo/{order_id}/review"
    assert desk.post(path, {"verdict": "good"}).status_code == 409
    assert desk.post(path, {"verdict": "give_back"}).status_code == 303
    Worker(app, shop).turn()
    assert _states(shop, order_id, "cocomo") == ("refunded", "refunded")
