"""Sessions at the provider: wanted in the transaction that places the order, ended before anything is concluded.

An attempt is written down first, with the moment at which its session will end; its id is the idempotency key.
So a process may die at any line: whoever comes next asks with the same key and gets the same session.
At most one session of a payment can be paid at a time: the old one is expired and re-read before a new one is.
`payments.line` says whose turn it is, `payments.making` makes them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DBSession

from payments.columns import new_id, utcnow
from payments.database import Database
from payments.line import claim
from payments.listener import PaymentListener
from payments.making import close_attempt, find_session
from payments.models import Attempt, Payment
from payments.provider import OutcomeUnknown, Provider, ThreeDSecure, UIMode
from payments.settle import apply_session
from payments.states import AttemptState, PaymentState, advance_attempt
from payments.stop import CardsClosed, state_of

SESSION_LIFE = dt.timedelta(minutes=40)
"""Stripe takes 30 minutes to 24 hours (Checkout Session, `expires_at`); ten more leave room for the waiting line."""
SESSIONS_A_PAYMENT = 20
"""More than anyone needs who changes between the ways to pay; each costs the provider and us several calls."""


@dataclass(frozen=True)
class Terms:
    """How a store wants its cards to be charged, when a session is wanted."""

    three_d_secure: ThreeDSecure = ThreeDSecure.ANY
    capture_later: bool = False
    """Reserve now, take when the goods leave."""
    customer_id: str | None = None
    """The provider's name of who pays, where it keeps cards for them."""
    save_card: bool = False


def want_session(
    session: DBSession,
    payment: Payment,
    *,
    ui_mode: UIMode,
    locale: str,
    request_id: str,
    now: dt.datetime,
    challenge: bool = False,
    terms: Terms = Terms(),
    claim_for: Provider | None = None,
    deadline: dt.datetime | None = None,
) -> Attempt:
    """Write down that a session is wanted. The caller has locked the payment and sees to it that no other is open.

    `claim_for` also takes its turn, if it is free: then `is_claimed` says so, and the caller makes the session as
    soon as this is committed. `deadline` belongs to what is paid without a card. Raises CardsClosed when it is a card
    that is wanted and the store takes none now.
    """
    if payment.is_card and state_of(session, payment.store_id).is_closed:
        raise CardsClosed
    attempt = Attempt(
        store_id=payment.store_id,
        id=new_id(),
        payment_id=payment.id,
        ui_mode=ui_mode.value,
        locale=locale,
        request_id=request_id,
        state=AttemptState.WAITING.value,
        created_at=now,
        expires_at=(deadline or now + SESSION_LIFE).replace(microsecond=0),
        tries=0,
        next_try_at=now,
        challenge=challenge,
        three_d_secure=terms.three_d_secure.value,
        capture_later=terms.capture_later,
        customer_id=terms.customer_id,
        save_card=terms.save_card,
    )
    if claim_for is not None:
        claim(session, claim_for, attempt)
    session.add(attempt)
    session.flush()
    return attempt


def is_claimed(attempt: Attempt) -> bool:
    """Whether a process has taken the turn of this attempt, once or more often."""
    return attempt.tries > 0


def is_payable(session: DBSession, payment: Payment) -> bool:
    """Whether a session of this payment is open, or may yet be made."""
    query = select(Attempt.id).where(
        Attempt.store_id == payment.store_id,
        Attempt.payment_id == payment.id,
        Attempt.state.in_([AttemptState.WAITING.value, AttemptState.OPEN.value]),
    )
    return session.scalar(query.limit(1)) is not None


def may_want(session: DBSession, payment: Payment) -> bool:
    """Whether a new session may be wanted: no other can be paid, and there were not too many. The caller has locked
    the payment."""
    wanted = select(func.count()).where(
        Attempt.store_id == payment.store_id, Attempt.payment_id == payment.id
    )
    return not is_payable(session, payment) and (session.scalar(wanted) or 0) < SESSIONS_A_PAYMENT


def end_sessions(
    db: Database,
    provider: Provider,
    listener: PaymentListener,
    store_id: str,
    payment_id: str,
    *,
    for_good: bool = False,
) -> PaymentState:
    """Make every session of a payment unpayable, re-read each, and apply what they say.

    Returns the payment's state afterwards: PAID when a buyer was faster. Raises a PaymentError when the provider
    did not answer; then nothing may be concluded and it is tried again later. `for_good`: no other session of this
    payment follows, so a card's session that was never noted, and so never shown to anyone, need not be heard of.
    """
    with db.read() as reading:
        attempts = reading.scalars(
            select(Attempt).where(
                Attempt.store_id == store_id,
                Attempt.payment_id == payment_id,
                Attempt.state.in_([AttemptState.WAITING.value, AttemptState.OPEN.value]),
            )
        ).all()
    for attempt in attempts:
        if not (for_good and db.write(lambda session, each=attempt: _close_unseen(session, each))):  # type: ignore[misc]  # bound for this round
            end_attempt(db, provider, listener, attempt)
    with db.read() as reading:
        state = reading.scalar(
            select(Payment.state).where(Payment.store_id == store_id, Payment.id == payment_id)
        )
    return PaymentState(state or PaymentState.EXPIRED)


def end_attempt(db: Database, provider: Provider, listener: PaymentListener, attempt: Attempt) -> None:
    """Make one session unpayable, re-read it and apply what it says. Raises a PaymentError when that is not sure."""
    session_id = attempt.session_id
    if session_id is None:
        if db.write(lambda session: _close_untried(session, attempt)):
            return
        found = find_session(provider, attempt)
        if found is None:
            if utcnow() - attempt.created_at < dt.timedelta(minutes=2):
                raise OutcomeUnknown("the making of a session may still be under way")
            db.write(lambda session: close_attempt(session, attempt, AttemptState.EXPIRED))
            return
        session_id = found.id
    ended = provider.expire_session(session_id)
    apply_session(db, listener, attempt.store_id, attempt.payment_id, ended, provider, cause="session ended")


def _close_unseen(session: DBSession, attempt: Attempt) -> bool:
    """Close a card's attempt whose session nobody has seen: it can't be paid, made or not. Whoever is making it now,
    or finds it later, ends it (`payments.making`). False for any other, also one that was noted meanwhile: a number
    for a shop's till may be in a mail of the provider's, so a promise is never unseen."""
    row = session.get_one(Attempt, (attempt.store_id, attempt.id), with_for_update=True)
    if not row.is_card or row.session_id is not None:
        return False
    if row.state == AttemptState.WAITING.value:
        advance_attempt(session, row, AttemptState.EXPIRED, cause="ended unseen")
    return True


def _close_untried(session: DBSession, attempt: Attempt) -> bool:
    """Close an attempt whose making nobody has begun. False when someone has."""
    row = session.get_one(Attempt, (attempt.store_id, attempt.id), with_for_update=True)
    if row.state != AttemptState.WAITING.value:
        return row.session_id is None
    if row.tries:
        return False
    advance_attempt(session, row, AttemptState.EXPIRED, cause="ended unmade")
    return True
