"""What was given up, a failed refund or a parked event, and its way on when a person says so.

Functions with a session never commit. Who may say so is for the caller to know.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, literal, select
from sqlalchemy.orm import Session as DBSession
from sqlalchemy.orm import aliased

from payments.columns import utcnow
from payments.ledger import refundable, want_refund
from payments.models import Payment, ProviderEvent
from payments.models import Refund as RefundRow
from payments.states import PaymentState

MOST = 100
"""So many of a kind are shown at once."""
_MAY = {PaymentState.PAID, PaymentState.REVIEW, PaymentState.AFTER_STOP}


class NotAgain(Exception):
    """Nothing was changed. `code`: "gone" (not there, or not given up), "state" (the money is not ours to give now),
    "over" (what is left does not cover it)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def failed_refunds(session: DBSession) -> list[RefundRow]:
    """Refunds that failed and were not asked for again, the oldest first."""
    query = select(RefundRow).where(*is_given_up()).order_by(RefundRow.created_at).limit(MOST)
    return list(session.scalars(query))


def is_given_up() -> tuple[ColumnElement[bool], ...]:
    """Of a refund: that it failed and nobody asked again. Its successor bears its id."""
    later = aliased(RefundRow)
    successor = exists().where(
        later.store_id == RefundRow.store_id,
        later.provider_payment == RefundRow.provider_payment,
        later.reason == literal("again ").concat(RefundRow.id),
    )
    return RefundRow.state == "failed", ~successor


def refund_again(session: DBSession, store_id: str, refund_id: str) -> RefundRow:
    """Want the same money given back once more, as a refund of its own: to the old key the provider says the same.

    Locks the payment; the caller has locked its order. Asked for twice it is one. Raises NotAgain.
    """
    failed = session.get(RefundRow, (store_id, refund_id))
    if failed is None:
        raise NotAgain("gone")
    payment = session.get_one(Payment, (store_id, failed.payment_id), with_for_update=True)
    session.refresh(failed)
    reason = f"again {failed.id}"
    query = select(RefundRow).where(
        RefundRow.store_id == store_id,
        RefundRow.provider_payment == failed.provider_payment,
        RefundRow.reason == reason,
    )
    known = session.scalar(query)
    if known is not None:
        return known
    if failed.state != "failed":
        raise NotAgain("gone")
    if payment.state not in _MAY:
        raise NotAgain("state")
    if failed.amount_minor > refundable(session, payment):
        raise NotAgain("over")
    return want_refund(session, payment, failed.provider_payment, failed.amount_minor, reason=reason)


def parked_events(session: DBSession) -> list[ProviderEvent]:
    """Events that were given up after many tries, the oldest first."""
    query = select(ProviderEvent).where(ProviderEvent.state == "parked")
    return list(session.scalars(query.order_by(ProviderEvent.received_at).limit(MOST)))


def event_again(session: DBSession, key: tuple[str, str, str]) -> ProviderEvent:
    """Let the worker try a parked event (provider, account, id) from the beginning. Raises NotAgain."""
    event = session.get(ProviderEvent, key, with_for_update=True, populate_existing=True)
    if event is None or event.state != "parked":
        raise NotAgain("gone")
    event.state, event.tries, event.next_try_at = "new", 0, utcnow()
    return event
