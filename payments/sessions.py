"""Sessions at the provider: wanted in the transaction that places the order, made and ended between transactions.

An attempt is written down first, with the moment at which its session will end; its id is the idempotency key.
So a process may die at any line: whoever comes next asks with the same key and gets the same session.
At most one session of a payment can be paid at a time: the old one is expired and re-read before a new one is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DBSession

from payments.bucket import take_token
from payments.columns import utcnow
from payments.database import Database
from payments.listener import PaymentListener
from payments.models import Attempt, Payment
from payments.provider import OutcomeUnknown, Provider, ProviderBusy, Refused, Session, SessionRequest, UIMode
from payments.settle import apply_session
from payments.states import AttemptState, PaymentState

SESSION_LIFE = dt.timedelta(minutes=40)
"""Stripe takes 30 minutes to 24 hours (Checkout Session, `expires_at`); ten more leave room for the waiting line."""
CREATES_PER_SECOND, CREATES_AT_ONCE = 20, 5
"""Shared by all our processes. Together Stripe's 25 a second on one endpoint: no second sees more than both."""
SESSIONS_A_PAYMENT = 20
"""More than anyone needs who changes between the ways to pay; each costs the provider and us several calls."""
_BUSY_PAUSE = dt.timedelta(seconds=1)
_UNKNOWN_TRIES = 5

RequestOf = Callable[[Attempt], SessionRequest]
"""Builds the request of an attempt anew; the same attempt must always give the same request."""


class Made(StrEnum):
    """What came of making a session."""

    OPEN = "open"
    IN_LINE = "in_line"
    """The provider's rate is used up; the worker makes it in turn."""
    UNKNOWN = "unknown"
    """No answer that can be relied on; it is asked again with the same key."""
    REFUSED = "refused"
    OVER = "over"
    """The payment needs no session any more."""


@dataclass(frozen=True)
class MakeResult:
    """The outcome, and the session when there is one."""

    outcome: Made
    session: Session | None = None


def want_session(
    session: DBSession, payment: Payment, *, ui_mode: UIMode, locale: str, request_id: str, now: dt.datetime
) -> Attempt:
    """Write down that a session is wanted. The caller has locked the payment and sees to it that no other is open."""
    attempt = Attempt(
        store_id=payment.store_id,
        payment_id=payment.id,
        ui_mode=ui_mode.value,
        locale=locale,
        request_id=request_id,
        created_at=now,
        expires_at=(now + SESSION_LIFE).replace(microsecond=0),
    )
    session.add(attempt)
    session.flush()
    return attempt


def make_session(
    db: Database,
    provider: Provider,
    listener: PaymentListener,
    store_id: str,
    attempt_id: str,
    request_of: RequestOf,
    *,
    in_turn: bool = False,
) -> MakeResult:
    """Make the session of a waiting attempt. Calls the provider between two transactions.

    `in_turn` is the worker's call, which takes attempts in their order; a web process gives way to those before it.
    """
    attempt = db.write(lambda session: _claim(session, provider, store_id, attempt_id, in_turn=in_turn))
    if attempt is None:
        return MakeResult(Made.OVER)
    if attempt is Made.IN_LINE:
        return MakeResult(Made.IN_LINE)
    assert isinstance(attempt, Attempt)
    try:
        made = provider.create_session(request_of(attempt))
    except ProviderBusy:
        db.write(lambda session: _pause(session, attempt))
        return MakeResult(Made.IN_LINE)
    except OutcomeUnknown:
        return _look_for(db, provider, listener, attempt)
    except Refused:
        found = _find(provider, attempt)
        if found is None:
            db.write(lambda session: _close_attempt(session, attempt, AttemptState.REFUSED))
            return MakeResult(Made.REFUSED)
        made = found
    return _record(db, provider, listener, attempt, made)


def place_in_line(session: DBSession, attempt: Attempt) -> int:
    """How many attempts come before this one, which is 1 when it is next."""
    before = select(func.count()).where(
        Attempt.state == AttemptState.WAITING.value,
        Attempt.created_at < attempt.created_at,
        Attempt.next_try_at <= utcnow(),
    )
    return 1 + (session.scalar(before) or 0)


def waiting(session: DBSession, *, limit: int = 50) -> list[tuple[str, str]]:
    """(store, attempt) of those that wait, in their order."""
    query = (
        select(Attempt.store_id, Attempt.id)
        .where(Attempt.state == AttemptState.WAITING.value, Attempt.next_try_at <= utcnow())
        .order_by(Attempt.created_at)
        .limit(limit)
    )
    return [(row.store_id, row.id) for row in session.execute(query)]


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
    db: Database, provider: Provider, listener: PaymentListener, store_id: str, payment_id: str
) -> PaymentState:
    """Make every session of a payment unpayable, re-read each, and apply what they say.

    Returns the payment's state afterwards: PAID when a buyer was faster. Raises a PaymentError when the provider
    did not answer; then nothing may be concluded and it is tried again later.
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
        _end(db, provider, listener, attempt)
    with db.read() as reading:
        state = reading.scalar(
            select(Payment.state).where(Payment.store_id == store_id, Payment.id == payment_id)
        )
    return PaymentState(state or PaymentState.EXPIRED)


def _end(db: Database, provider: Provider, listener: PaymentListener, attempt: Attempt) -> None:
    session_id = attempt.session_id
    if session_id is None:
        if db.write(lambda session: _close_untried(session, attempt)):
            return
        found = _find(provider, attempt)
        if found is None:
            if utcnow() - attempt.created_at < dt.timedelta(minutes=2):
                raise OutcomeUnknown("the making of a session may still be under way")
            db.write(lambda session: _close_attempt(session, attempt, AttemptState.EXPIRED))
            return
        session_id = found.id
    ended = provider.expire_session(session_id)
    apply_session(db, listener, attempt.store_id, attempt.payment_id, ended, provider, cause="session ended")


def _claim(
    session: DBSession, provider: Provider, store_id: str, attempt_id: str, *, in_turn: bool
) -> Attempt | Made | None:
    attempt = session.get(Attempt, (store_id, attempt_id), with_for_update=True)
    if attempt is None or attempt.state != AttemptState.WAITING.value:
        return None
    payment = session.get(Payment, (store_id, attempt.payment_id))
    if payment is None or payment.state != PaymentState.PENDING.value:
        attempt.state = AttemptState.EXPIRED.value
        return None
    if attempt.next_try_at > utcnow():
        return Made.IN_LINE  # another process is making it now, or the provider asked for a pause
    if not in_turn and place_in_line(session, attempt) > 1:
        return Made.IN_LINE
    bucket = f"create:{provider.name}:{provider.account}"
    if not take_token(session, bucket, per_second=CREATES_PER_SECOND, burst=CREATES_AT_ONCE):
        return Made.IN_LINE
    attempt.tries += 1
    attempt.next_try_at = utcnow() + dt.timedelta(seconds=min(60, 2 ** (attempt.tries + 2)))
    return attempt


def _pause(session: DBSession, attempt: Attempt) -> None:
    """The provider turned it away unmade: its turn comes again soon, and those behind it go on waiting."""
    row = session.get_one(Attempt, (attempt.store_id, attempt.id), with_for_update=True)
    if row.state == AttemptState.WAITING.value:
        row.next_try_at = utcnow() + _BUSY_PAUSE


def _look_for(db: Database, provider: Provider, listener: PaymentListener, attempt: Attempt) -> MakeResult:
    """After no answer: perhaps it was made all the same. A stored 500 would be replayed for ever, so at last the
    attempt is given up, once the provider's own list does not show it."""
    try:
        found = _find(provider, attempt)
    except (OutcomeUnknown, ProviderBusy, Refused):
        return MakeResult(Made.UNKNOWN)
    if found is not None:
        return _record(db, provider, listener, attempt, found)
    if attempt.tries >= _UNKNOWN_TRIES:
        db.write(lambda session: _close_attempt(session, attempt, AttemptState.REFUSED))
        return MakeResult(Made.REFUSED)
    return MakeResult(Made.UNKNOWN)


def _find(provider: Provider, attempt: Attempt) -> Session | None:
    since = attempt.created_at - dt.timedelta(minutes=1)
    return next((found for found in provider.sessions_since(since) if found.attempt == attempt.id), None)


def _record(
    db: Database, provider: Provider, listener: PaymentListener, attempt: Attempt, made: Session
) -> MakeResult:
    """Note the session; if the payment was given up meanwhile, end it at once."""

    def note(session: DBSession) -> bool:
        row = session.get_one(Attempt, (attempt.store_id, attempt.id), with_for_update=True)
        payment = session.get_one(Payment, (attempt.store_id, attempt.payment_id))
        is_wanted = row.state in {AttemptState.WAITING.value, AttemptState.OPEN.value}
        if row.session_id is None:
            row.session_id = made.id
            row.state = AttemptState.OPEN.value  # it is, wanted or not, until the provider has ended it
        return payment.state == PaymentState.PENDING.value and is_wanted

    if db.write(note):
        return MakeResult(Made.OPEN, made)
    ended = provider.expire_session(made.id)
    apply_session(db, listener, attempt.store_id, attempt.payment_id, ended, provider, cause="session ended")
    return MakeResult(Made.OVER)


def _close_untried(session: DBSession, attempt: Attempt) -> bool:
    """Close an attempt whose making nobody has begun. False when someone has."""
    row = session.get_one(Attempt, (attempt.store_id, attempt.id), with_for_update=True)
    if row.state != AttemptState.WAITING.value:
        return row.session_id is None
    if row.tries:
        return False
    row.state = AttemptState.EXPIRED.value
    return True


def _close_attempt(session: DBSession, attempt: Attempt, to: AttemptState) -> None:
    row = session.get_one(Attempt, (attempt.store_id, attempt.id), with_for_update=True)
    if row.state == AttemptState.WAITING.value:
        row.state = to.value
