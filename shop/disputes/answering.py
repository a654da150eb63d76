"""Answer a dispute: once, whoever presses, with texts and a file that are handed on and kept nowhere here."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from payments.dispute_models import Dispute
from payments.disputes import WANTS_ANSWER, apply_disputes
from payments.models import Payment
from payments.provider import Evidence, PaymentError, Refused
from shop.audit.actor import Actor
from shop.context import Shop
from shop.orders.listener import OrderListener

_LEASE = dt.timedelta(minutes=2)
"""Longer than handing in takes: so long a second press waits for the first one's end."""

FILES = ("shipping_documentation", "receipt", "customer_communication", "uncategorized_file")
TEXTS = ("uncategorized_text", "product_description", "shipping_carrier", "shipping_tracking_number")
LONGEST_FILE = 5 * 1024 * 1024 - 1024
"""Stripe takes up to 5 MB (docs.stripe.com/file-upload)."""
_BEGINNINGS = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff"}


class NotAnswered(Exception):
    """Nothing was handed in; `code` says why: state, late, under_way, empty, file_kind, file_size, refused, unknown."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def answer(
    shop: Shop, store_id: str, dispute_id: str, evidence: Evidence, actor: Actor, request_id: str
) -> None:
    """Hand evidence in, and note what the provider says then. Calls it between transactions. Raises NotAnswered, with
    the refusal in the audit chain."""
    try:
        check(evidence)
        dispute = shop.db.write(lambda session: _claim(session, store_id, dispute_id))
    except NotAnswered:
        _record(shop, store_id, dispute_id, actor, request_id, "refused")
        raise
    provider, failure = shop.providers[store_id], ""
    try:
        provider.answer_dispute(dispute_id, evidence, idempotency_key=dispute.answer_key or "")
    except Refused:
        failure = "refused"
    except PaymentError:
        failure = "unknown"
    has_answer = _read(shop, dispute)
    shop.db.write(lambda session: _note(session, dispute, has_answer=has_answer))
    _record(shop, store_id, dispute_id, actor, request_id, "done" if has_answer else "failed")
    if not has_answer:
        raise NotAnswered(failure or "unknown")


def check(evidence: Evidence) -> None:
    """Raise NotAnswered for what is no evidence: nothing, or a file of another kind than it says, or too large."""
    if not any(evidence.texts.values()) and evidence.file_field is None:
        raise NotAnswered("empty")
    if evidence.file_field is None:
        return
    if not 0 < len(evidence.file_content) <= LONGEST_FILE:
        raise NotAnswered("file_size")
    ending = evidence.file_name.rpartition(".")[2].lower().replace("jpeg", "jpg")
    beginning = _BEGINNINGS.get(ending)
    if evidence.file_field not in FILES or beginning is None:
        raise NotAnswered("file_kind")
    if not evidence.file_content.startswith(beginning):
        raise NotAnswered("file_kind")


def safe_name(typed: str) -> str:
    """A file's name as the provider gets it: its ending alone is the sender's, for the rest may name a person."""
    return f"evidence.{typed.rpartition('.')[2].lower()[:5]}"


def _claim(session: Session, store_id: str, dispute_id: str) -> Dispute:
    """Take the one answer of a dispute. Another's claim ends by time, if its process died."""
    dispute = session.get(Dispute, (store_id, dispute_id), with_for_update=True)
    now = utcnow()
    if dispute is None or dispute.state not in WANTS_ANSWER or dispute.answered_at is not None:
        raise NotAnswered("state")
    if dispute.due_by is not None and dispute.due_by <= now:
        raise NotAnswered("late")
    if dispute.answering_at is not None and dispute.answering_at > now - _LEASE:
        raise NotAnswered("under_way")
    dispute.answer_key, dispute.answering_at = new_id(), now
    return dispute


def _read(shop: Shop, dispute: Dispute) -> bool:
    """Whether the provider has an answer now; what it says else is noted too. False when it does not say."""
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
            cause="answered",
        )
    except PaymentError:
        return False
    return told.submissions > 0


def _note(session: Session, claimed: Dispute, *, has_answer: bool) -> None:
    """The answer is in, or the claim is given back."""
    dispute = session.get_one(Dispute, (claimed.store_id, claimed.id), with_for_update=True)
    if dispute.answer_key != claimed.answer_key:
        return
    if has_answer:
        dispute.answered_at = utcnow()
    else:
        dispute.answer_key = None
    dispute.answering_at = None


def _record(shop: Shop, store_id: str, dispute_id: str, actor: Actor, request_id: str, outcome: str) -> None:
    def work(session: Session) -> None:
        known = session.get(Dispute, (store_id, dispute_id))
        payment = session.get(Payment, (store_id, known.payment_id)) if known else None
        subject = f"order/{store_id}/{payment.reference}" if payment else f"store/{store_id}"
        shop.audit.record(
            session,
            actor=actor,
            action="dispute.answer",
            outcome=outcome,
            subject=subject,
            store_id=store_id,
            fields=("evidence",),
            request_id=request_id,
        )

    shop.db.write(work)
