"""Accept a dispute: the issuer is right, or an answer is not worth its work. For good, once, with the reason kept.

The provider counts it as lost (docs.stripe.com/api/disputes/close): the money that it took stays taken, the order stays
what it is, and nobody gets a mail. An inquiry that is accepted ends, and takes no money.
"""

from __future__ import annotations

from enum import StrEnum

from flask_babel import LazyString, lazy_gettext
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.dispute_models import Dispute
from payments.disputes import DisputeState, state_told
from payments.provider import DisputeTold, PaymentError, Refused
from shop.audit.actor import Actor
from shop.context import Shop
from shop.disputes.once import NotDone, claim, end_claim, read_again, record

_GIVEN_IN = {DisputeState.LOST, DisputeState.CLOSED}


class AcceptReason(StrEnum):
    """Why nothing is said against a dispute, as a person chooses it."""

    FRAUD = "fraud"
    OUR_FAULT = "our_fault"
    NO_PROOF = "no_proof"
    NOT_WORTH_IT = "not_worth_it"

    @property
    def label(self) -> LazyString:
        return _LABELS[self]


_LABELS = {
    AcceptReason.FRAUD: lazy_gettext("不正利用だった"),
    AcceptReason.OUR_FAULT: lazy_gettext("お客さまの申し立てどおり（当店の誤り）"),
    AcceptReason.NO_PROOF: lazy_gettext("示せる証拠がない"),
    AcceptReason.NOT_WORTH_IT: lazy_gettext("金額が小さく、回答に見合わない"),
}


def accept(
    shop: Shop, store_id: str, dispute_id: str, reason: AcceptReason, actor: Actor, request_id: str
) -> None:
    """Tell the provider that nothing is said against it, and note what it says then. What was accepted already is done.

    Calls it between transactions. Raises NotDone, with the refusal in the audit chain.
    """

    def audit(outcome: str) -> None:
        record(
            shop,
            store_id,
            dispute_id,
            action="dispute.accept",
            outcome=outcome,
            fields=(f"reason.{reason.value}",),
            actor=actor,
            request_id=request_id,
        )

    try:
        dispute = shop.db.write(lambda session: _claim(session, store_id, dispute_id))
    except NotDone:
        audit("refused")
        raise
    if dispute is None:
        return
    failure = _give_in(shop, dispute)
    told = read_again(shop, dispute, cause=f"accepted: {reason.value}")
    is_over = told is not None and state_told(told) in _GIVEN_IN
    shop.db.write(lambda session: _note(session, dispute, reason, is_over=is_over))
    audit("done" if is_over else "failed")
    if not is_over:
        raise NotDone(_why(failure, told))


def _claim(session: Session, store_id: str, dispute_id: str) -> Dispute | None:
    known = session.get(Dispute, (store_id, dispute_id), with_for_update=True)
    if known is not None and known.accepted_at is not None:
        return None
    return claim(session, store_id, dispute_id)


def _give_in(shop: Shop, dispute: Dispute) -> str:
    """Why the provider has not said yes; nothing when it has."""
    try:
        shop.providers[dispute.store_id].close_dispute(dispute.id, idempotency_key=dispute.answer_key or "")
    except Refused:
        return "not_closed"
    except PaymentError:
        return "unknown"
    return ""


def _why(failure: str, told: DisputeTold | None) -> str:
    """Without a reading nobody knows; with one, the provider's own no."""
    return failure if told is not None and failure else "unknown"


def _note(session: Session, claimed: Dispute, reason: AcceptReason, *, is_over: bool) -> None:
    """It is accepted, or the claim is given back."""
    dispute = end_claim(session, claimed)
    if dispute is None:
        return
    if is_over:
        dispute.accepted_at, dispute.accept_reason = utcnow(), reason.value
    else:
        dispute.answer_key = None
