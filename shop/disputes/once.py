"""One hand at a time on a dispute: what is done to it is claimed, sent, read again and noted, however often it is
pressed."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from payments.dispute_models import Dispute
from payments.disputes import WANTS_ANSWER, apply_disputes
from payments.models import Payment
from payments.provider import DisputeTold, PaymentError
from shop.audit.actor import Actor
from shop.context import Shop
from shop.orders.listener import OrderListener

_LEASE = dt.timedelta(minutes=2)
"""Longer than handing in takes: so long a second press waits for the first one's end."""


class NotDone(Exception):
    """Nothing was done; `code` says why: state, late, under_way, refused, unknown, and those of what was given."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def claim(session: Session, store_id: str, dispute_id: str) -> Dispute:
    """Take the one deed on a dispute. Another's claim ends by time, if its process died."""
    dispute = session.get(Dispute, (store_id, dispute_id), with_for_update=True)
    now = utcnow()
    if dispute is None or dispute.state not in WANTS_ANSWER or dispute.answered_at is not None:
        raise NotDone("state")
    if dispute.due_by is not None and dispute.due_by <= now:
        raise NotDone("late")
    if dispute.answering_at is not None and dispute.answering_at > now - _LEASE:
        raise NotDone("under_way")
    dispute.answer_key, dispute.answering_at = new_id(), now
    return dispute


def read_again(shop: Shop, dispute: Dispute, *, cause: str) -> DisputeTold | None:
    """What the provider says of it now, noted with all else that it says. None when it does not say."""
    provider = shop.providers[dispute.store_id]
    try:
        told = provider.retrieve_dispute(dispute.id)
        apply_disputes(
            shop.db,
            provider,
            OrderListener(),
            dispute.store_id,
            dispute.payment_id,
            told.payment_id,
            cause=cause,
        )
    except PaymentError:
        return None
    return told


def end_claim(session: Session, claimed: Dispute) -> Dispute | None:
    """The dispute, locked, with the claim at its end; None when another has claimed it meanwhile."""
    dispute = session.get_one(Dispute, (claimed.store_id, claimed.id), with_for_update=True)
    if dispute.answer_key != claimed.answer_key:
        return None
    dispute.answering_at = None
    return dispute


def record(
    shop: Shop,
    store_id: str,
    dispute_id: str,
    *,
    action: str,
    outcome: str,
    fields: tuple[str, ...],
    actor: Actor,
    request_id: str,
) -> None:
    """Write down in the audit chain who did what to a dispute; its subject is the order."""

    def work(session: Session) -> None:
        known = session.get(Dispute, (store_id, dispute_id))
        payment = session.get(Payment, (store_id, known.payment_id)) if known else None
        subject = f"order/{store_id}/{payment.reference}" if payment else f"store/{store_id}"
        shop.audit.record(
            session,
            actor=actor,
            action=action,
            outcome=outcome,
            subject=subject,
            store_id=store_id,
            fields=fields,
            request_id=request_id,
        )

    shop.db.write(work)
