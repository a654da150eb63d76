"""Work whose lease ran out was taken over by somebody else: the first says nothing of it any more."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from payments.dispute_models import Dispute
from shop.context import Shop
from shop.disputes import once
from shop.jobs import outbox
from shop.jobs.models import Job
from shop.jobs.outbox import enqueue
from tests.shop.card_switch import view_of
from tests.shop.ordering import place_order


def test_a_job_that_another_worker_has_by_now_keeps_its_lease(paying_shop: Shop) -> None:
    """Else a slow failure would hand it to a third while the second sends the mail."""
    paying_shop.db.write(lambda session: enqueue(session, "alert", "style", "x", detail="test"))
    first = paying_shop.db.write(outbox.claim)
    assert first is not None
    due = utcnow()
    paying_shop.db.write(lambda session: setattr(session.get_one(Job, first.id), "run_at", due))
    second = paying_shop.db.write(outbox.claim)
    assert second is not None
    assert (second.id, second.tries) == (first.id, 2)
    paying_shop.db.write(lambda session: outbox.wait_or_park(session, first, "too slow"))
    with paying_shop.db.read() as session:
        row = session.get_one(Job, first.id)
    assert (row.state, row.reason, row.run_at) == ("waiting", None, second.run_at)


def test_an_answer_to_a_dispute_that_another_hand_has_by_now_is_left_to_it(paying_shop: Shop) -> None:
    payment = view_of(paying_shop, place_order(paying_shop)).payment
    dispute_id = f"du_{new_id()}"

    def open_one(session: Session) -> Dispute:
        session.add(
            Dispute(
                store_id="style",
                id=dispute_id,
                payment_id=payment.id,
                account=payment.account,
                amount_minor=100,
                currency="JPY",
                reason="general",
                state="open",
                opened_at=utcnow(),
                due_by=utcnow() + dt.timedelta(days=7),
            )
        )
        session.flush()
        return once.claim(session, "style", dispute_id)

    first = paying_shop.db.write(open_one)

    def later(session: Session) -> None:
        long_ago = utcnow() - dt.timedelta(minutes=5)
        session.get_one(Dispute, ("style", dispute_id)).answering_at = long_ago
        session.flush()
        once.claim(session, "style", dispute_id)

    paying_shop.db.write(later)
    assert paying_shop.db.write(lambda session: once.end_claim(session, first)) is None
    with paying_shop.db.read() as session:
        row = session.get_one(Dispute, ("style", dispute_id))
    assert row.answering_at is not None
    assert row.answer_key != first.answer_key
