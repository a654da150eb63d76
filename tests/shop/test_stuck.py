"""What was given up is shown with its reason, and goes on once a person with the right says so."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.models import ProviderEvent
from payments.models import Refund as RefundRow
from payments.money import Money
from payments.refunds import send_refund
from shop.attention import attention
from shop.audit.models import AuditEntry
from shop.context import Shop
from shop.jobs.models import Job
from shop.orders.listener import OrderListener
from shop.orders.models import OrderRefund
from shop.orders.refund_plan import Wish
from shop.orders.refunding import RefundReason, Request, refund_order
from shop.staff import sessions
from shop.staff.rights import Role
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer
from tests.shop.parked import park, parked_event
from tests.shop.till import buy_and_pay
from tests.staff.desk import Desk, make_member, signed_in


def _actions(shop: Shop) -> list[str]:
    with shop.db.read() as session:
        return [
            row.action
            for row in session.scalars(select(AuditEntry).order_by(AuditEntry.number))
            if row.action.endswith(".again")
        ]


@pytest.fixture
def failed(style: Buyer, paying_shop: Shop, sandbox: Sandbox) -> str:
    """A refund of 300 yen that the provider refused; its id."""
    order_id = buy_and_pay(style, paying_shop, sandbox)
    wanted = Request(Wish(amount=Money(300)), RefundReason.LATE, "", "key", "staff:someone", "req-test")

    def work(session: Session) -> str:
        kept = refund_order(session, paying_shop, "style", order_id, wanted)
        row = session.get_one(RefundRow, ("style", kept.refund_id))
        row.state, row.failure = "failed", "insufficient_funds"
        return kept.refund_id

    return paying_shop.db.write(work)


def _refunds(shop: Shop) -> list[RefundRow]:
    with shop.db.read() as session:
        return list(session.scalars(select(RefundRow).order_by(RefundRow.id)))


def test_a_failed_refund_is_asked_for_once_more_and_goes_through(
    paying_app: Flask, paying_shop: Shop, failed: str
) -> None:
    desk = signed_in(paying_app, paying_shop, Role.FINANCE)
    assert 'href="/stuck"' in desk.get("/").text
    page = desk.get("/stuck").text
    assert "insufficient_funds" in page
    for _press in range(2):
        answer = desk.post(f"/stuck/refunds/style/{failed}", form_on="/stuck")
        assert answer.status_code == 303, answer.text
    old, new = _refunds(paying_shop)
    assert (old.id, new.state, new.amount_minor, new.payment_id) == (failed, "wanted", 300, old.payment_id)
    with paying_shop.db.read() as session:
        first, again = (session.get_one(OrderRefund, ("style", one.id)) for one in (old, new))
    assert again.split == first.split
    assert again.actor != first.actor
    assert _actions(paying_shop) == ["refund.again", "refund.again"]
    assert "insufficient_funds" not in desk.get("/stuck").text
    assert send_refund(paying_shop.db, paying_shop.providers["style"], OrderListener(), "style", new.id)
    assert [one.state for one in _refunds(paying_shop)] == ["failed", "done"]
    assert "人の判断を待っているものはありません" in desk.get("/").text
    with paying_shop.db.read() as session:
        assert attention(session, ["style"], utcnow()).failed_refunds == 0, (
            "asked for again, it waits for nobody"
        )


def test_money_wants_the_right_and_a_fresh_proof(paying_app: Flask, paying_shop: Shop, failed: str) -> None:
    support = signed_in(paying_app, paying_shop, Role.SUPPORT)
    assert "返金の権限が必要です" in support.get("/stuck").text
    assert support.post(f"/stuck/refunds/style/{failed}", form_on="/stuck").status_code == 403
    finance, desk = make_member(paying_shop, Role.FINANCE), Desk(paying_app)
    desk.sign_in(paying_shop, finance, proved_at=utcnow() - sessions.FRESH)
    answer = desk.post(f"/stuck/refunds/style/{failed}", form_on="/stuck")
    assert answer.headers["Location"].startswith("/prove?next=")
    assert len(_refunds(paying_shop)) == 1
    assert signed_in(paying_app, paying_shop, Role.SIGNER).get("/stuck").status_code == 403


def test_money_that_is_not_there_any_more_is_not_promised(
    paying_app: Flask, paying_shop: Shop, failed: str
) -> None:
    (row,) = _refunds(paying_shop)
    desk = signed_in(paying_app, paying_shop, Role.FINANCE)
    paying_shop.db.write(lambda session: session.execute(update(RefundRow).values(amount_minor=10_000_000)))
    refused = desk.post(f"/stuck/refunds/style/{failed}", form_on="/stuck")
    assert refused.status_code == 409
    assert "返金できる金額が残っていません" in refused.text
    for path in (f"/stuck/refunds/cocomo/{row.id}", "/stuck/refunds/style/none", "/stuck/jobs/none"):
        assert desk.post(path, form_on="/stuck").status_code == 409, path
    assert len(_refunds(paying_shop)) == 1


def test_parked_work_and_news_go_on_from_the_beginning(
    paying_app: Flask, paying_shop: Shop, failed: str
) -> None:
    reason = "MailNotTaken: 451 <b>try later</b>"

    def give_up(session: Session) -> tuple[str, tuple[str, str, str]]:
        job = session.scalars(select(Job)).first()
        assert job is not None
        park(job, reason)
        event = parked_event()
        session.add(event)
        return job.id, (event.provider, event.account, event.id)

    job_id, key = paying_shop.db.write(give_up)
    desk = signed_in(paying_app, paying_shop, Role.SUPPORT)
    page = desk.get("/stuck").text
    assert "MailNotTaken: 451 &lt;b&gt;try later&lt;/b&gt;" in page
    assert "out_of_reach" in page
    paths = (f"/stuck/jobs/{job_id}", "/stuck/events/" + "/".join(key))
    assert [desk.post(path, form_on="/stuck").status_code for path in paths] == [303, 303]
    assert [desk.post(path, form_on="/stuck").status_code for path in paths] == [409, 409]
    with paying_shop.db.read() as session:
        job, event = session.get_one(Job, job_id), session.get_one(ProviderEvent, key)
    assert (job.state, job.tries, job.run_at <= utcnow()) == ("waiting", 0, True)
    assert (event.state, event.tries, event.next_try_at <= utcnow()) == ("new", 0, True)
    assert _actions(paying_shop) == ["job.again", "event.again"]
