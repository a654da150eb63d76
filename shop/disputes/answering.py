"""Answer a dispute: once, whoever presses, with texts and a file that are handed on and kept nowhere here."""

from __future__ import annotations

from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.dispute_models import Dispute
from payments.provider import Evidence, PaymentError, Refused
from security.refused import require_clean
from shop.audit.actor import Actor
from shop.context import Shop
from shop.disputes.once import NotDone, claim, end_claim, read_again, record

FILES = ("shipping_documentation", "receipt", "customer_communication", "uncategorized_file")
TEXTS = ("uncategorized_text", "product_description", "shipping_carrier", "shipping_tracking_number")
LONGEST_FILE = 5 * 1024 * 1024 - 1024
"""Stripe takes up to 5 MB (docs.stripe.com/file-upload)."""
_BEGINNINGS = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff"}


def answer(
    shop: Shop, store_id: str, dispute_id: str, evidence: Evidence, actor: Actor, request_id: str
) -> None:
    """Hand evidence in, and note what the provider says then. Calls it between transactions. Raises NotDone (empty,
    file_kind and file_size besides), with the refusal in the audit chain."""

    def audit(outcome: str) -> None:
        record(
            shop,
            store_id,
            dispute_id,
            action="dispute.answer",
            outcome=outcome,
            fields=("evidence",),
            actor=actor,
            request_id=request_id,
        )

    try:
        check(evidence)
        dispute = shop.db.write(lambda session: claim(session, store_id, dispute_id))
    except NotDone:
        audit("refused")
        raise
    failure = _hand_in(shop, dispute, evidence)
    told = read_again(shop, dispute, cause="answered")
    has_answer = told is not None and told.submissions > 0
    shop.db.write(lambda session: _note(session, dispute, has_answer=has_answer))
    audit("done" if has_answer else "failed")
    if not has_answer:
        raise NotDone(failure or "unknown")


def check(evidence: Evidence) -> None:
    """Raise NotDone for what is no evidence: nothing, or a file of another kind than it says, or too large.

    Raises CardNumberRefused for a text that holds one: at the door a parcel's number may look like it.
    """
    for name, text in evidence.texts.items():
        require_clean(text, f"dispute.{name}")
    if not any(evidence.texts.values()) and evidence.file_field is None:
        raise NotDone("empty")
    if evidence.file_field is None:
        return
    if not 0 < len(evidence.file_content) <= LONGEST_FILE:
        raise NotDone("file_size")
    ending = evidence.file_name.rpartition(".")[2].lower().replace("jpeg", "jpg")
    beginning = _BEGINNINGS.get(ending)
    if evidence.file_field not in FILES or beginning is None:
        raise NotDone("file_kind")
    if not evidence.file_content.startswith(beginning):
        raise NotDone("file_kind")


def safe_name(typed: str) -> str:
    """A file's name as the provider gets it: its ending alone is the sender's, for the rest may name a person."""
    return f"evidence.{typed.rpartition('.')[2].lower()[:5]}"


def _hand_in(shop: Shop, dispute: Dispute, evidence: Evidence) -> str:
    """Why the provider has not said yes; nothing when it has."""
    provider = shop.providers[dispute.store_id]
    try:
        provider.answer_dispute(dispute.id, evidence, idempotency_key=dispute.answer_key or "")
    except Refused:
        return "refused"
    except PaymentError:
        return "unknown"
    return ""


def _note(session: Session, claimed: Dispute, *, has_answer: bool) -> None:
    """The answer is in, or the claim is given back."""
    dispute = end_claim(session, claimed)
    if dispute is None:
        return
    if has_answer:
        dispute.answered_at = utcnow()
    else:
        dispute.answer_key = None
