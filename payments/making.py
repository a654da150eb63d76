"""Make the session of an attempt at the provider: claim, commit, call, record. The call is between transactions.

The attempt's id is the idempotency key, so whoever comes after a process that died asks for the same session.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import Session as DBSession

from payments.columns import table_of, utcnow
from payments.database import Database
from payments.line import claim
from payments.listener import PaymentListener
from payments.models import Attempt, AttemptHistory, Payment
from payments.provider import OutcomeUnknown, Provider, ProviderBusy, Refused, Session, SessionRequest
from payments.settle import apply_session, lock_payment
from payments.states import AttemptState, PaymentState, advance_attempt, note_attempt
from payments.stop import state_held, state_of

_BUSY_PAUSE = dt.timedelta(seconds=1)
_UNKNOWN_TRIES = 3
NO_ANSWER = "no answer"
"""The cause of a history row that changes nothing: a try without an answer."""
_CLOCKS_DIFFER = dt.timedelta(minutes=1)
# One conditional statement for when all is as the caller left it: the attempt waits, and money is due.
_ATTEMPT, _PAYMENT = table_of(Attempt), table_of(Payment)
_NOTE_WANTED = (
    update(_ATTEMPT)
    .where(
        _ATTEMPT.c.store_id == bindparam("store"),
        _ATTEMPT.c.id == bindparam("attempt"),
        _ATTEMPT.c.state == AttemptState.WAITING.value,
        _ATTEMPT.c.session_id.is_(None),
        exists().where(
            _PAYMENT.c.store_id == bindparam("store"),
            _PAYMENT.c.id == bindparam("payment"),
            _PAYMENT.c.state == PaymentState.PENDING.value,
        ),
    )
    .values(session_id=bindparam("made"), state=AttemptState.OPEN.value, next_try_at=bindparam("now"))
    .returning(_ATTEMPT.c.id)
)

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
    CLOSED = "closed"
    """The store takes no cards now."""


@dataclass(frozen=True)
class MakeResult:
    """The outcome, and the session when there is one."""

    outcome: Made
    session: Session | None = None


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
    """Make the session of a waiting attempt, if it is its turn (`payments.line.claim`)."""
    attempt = db.write(lambda session: _claimed(session, provider, store_id, attempt_id, in_turn=in_turn))
    if isinstance(attempt, Made):
        return MakeResult(attempt)
    return make_claimed(db, provider, listener, attempt, request_of(attempt))


def make_claimed(
    db: Database, provider: Provider, listener: PaymentListener, attempt: Attempt, request: SessionRequest
) -> MakeResult:
    """Make the session of an attempt that this caller has claimed, in a transaction that is committed."""
    with db.read() as session:  # the last look before the call: since the claim a stop may have come
        is_closed = attempt.is_card and state_of(session, attempt.store_id).is_closed
    if is_closed:
        db.write(lambda session: _give_turn_back(session, attempt))
        return MakeResult(Made.CLOSED)
    try:
        made = provider.create_session(request)
    except ProviderBusy:
        db.write(lambda session: _pause(session, attempt))
        return MakeResult(Made.IN_LINE)
    except OutcomeUnknown:
        return _look_for(db, provider, listener, attempt)
    except Refused:
        found = find_session(provider, attempt)
        if found is None:
            db.write(lambda session: close_attempt(session, attempt, AttemptState.REFUSED))
            return MakeResult(Made.REFUSED)
        made = found
    return _record(db, provider, listener, attempt, made)


def find_session(provider: Provider, attempt: Attempt) -> Session | None:
    """The session that an attempt made, in the provider's own list; None when it is not there."""
    # Made while it was being tried, and no try lasts longer than its lease; a minute for clocks that differ.
    since = (attempt.claimed_at or attempt.created_at) - _CLOCKS_DIFFER
    until = attempt.next_try_at + _CLOCKS_DIFFER
    made_then = (provider.sessions_since if attempt.is_card else provider.promises_since)(since, until)
    return next((found for found in made_then if found.attempt == attempt.id), None)


def close_attempt(session: DBSession, attempt: Attempt, to: AttemptState) -> None:
    """End an attempt that waits; one that does not is left alone. Never commits."""
    row = session.get_one(Attempt, (attempt.store_id, attempt.id), with_for_update=True)
    if row.state == AttemptState.WAITING.value:
        advance_attempt(session, row, to, cause="given up")


def _claimed(
    session: DBSession, provider: Provider, store_id: str, attempt_id: str, *, in_turn: bool
) -> Attempt | Made:
    attempt = session.get(Attempt, (store_id, attempt_id), with_for_update=True)
    if attempt is None or attempt.state != AttemptState.WAITING.value:
        return Made.OVER
    payment = session.get(Payment, (store_id, attempt.payment_id))
    if payment is None or payment.state != PaymentState.PENDING.value:
        advance_attempt(session, attempt, AttemptState.EXPIRED, cause="not wanted any more")
        return Made.OVER
    if attempt.is_card and state_held(session, store_id).is_closed:
        return Made.CLOSED
    return attempt if claim(session, provider, attempt, in_turn=in_turn) else Made.IN_LINE


def _give_turn_back(session: DBSession, attempt: Attempt) -> None:
    """Cards were closed between the claim and the call: it is as if nobody had begun."""
    row = session.get_one(Attempt, (attempt.store_id, attempt.id), with_for_update=True)
    if row.state == AttemptState.WAITING.value and row.tries == attempt.tries:
        row.tries -= 1
        row.next_try_at = utcnow()


def _pause(session: DBSession, attempt: Attempt) -> None:
    """The provider turned it away unmade: its turn comes again soon, and those behind it go on waiting."""
    row = session.get_one(Attempt, (attempt.store_id, attempt.id), with_for_update=True)
    if row.state == AttemptState.WAITING.value:
        row.next_try_at = utcnow() + _BUSY_PAUSE


def _look_for(db: Database, provider: Provider, listener: PaymentListener, attempt: Attempt) -> MakeResult:
    """After no answer: perhaps it was made all the same. A stored 500 would be replayed for ever, so at last the
    attempt is given up, once the provider's own list does not show it."""
    try:
        found = find_session(provider, attempt)
    except (OutcomeUnknown, ProviderBusy, Refused):
        return _unanswered(db, attempt)
    if found is not None:
        return _record(db, provider, listener, attempt, found)
    if attempt.tries >= _UNKNOWN_TRIES:
        db.write(lambda session: close_attempt(session, attempt, AttemptState.REFUSED))
        return MakeResult(Made.REFUSED)
    return _unanswered(db, attempt)


def _unanswered(db: Database, attempt: Attempt) -> MakeResult:
    """Write down that it waits for an answer, and not in line: its shopper is told so."""
    waiting = AttemptState.WAITING
    db.write(
        lambda session: note_attempt(session, attempt.store_id, attempt.id, waiting, waiting, cause=NO_ANSWER)
    )
    return MakeResult(Made.UNKNOWN)


def is_unanswered(session: DBSession, attempt: Attempt) -> bool:
    """Whether the provider gave no answer when this attempt's session was asked for."""
    query = select(AttemptHistory.id).where(
        AttemptHistory.store_id == attempt.store_id,
        AttemptHistory.attempt_id == attempt.id,
        AttemptHistory.cause == NO_ANSWER,
    )
    return attempt.session_id is None and session.scalar(query.limit(1)) is not None


def _record(
    db: Database, provider: Provider, listener: PaymentListener, attempt: Attempt, made: Session
) -> MakeResult:
    """Note the session; if the payment was given up or cards were closed meanwhile, end it at once."""
    outcome = db.write(lambda session: _noted(session, listener, attempt, made))
    if outcome is Made.OPEN:
        if made.promise is not None or made.paid:  # nobody comes back from a page to ask for it
            apply_session(
                db, listener, attempt.store_id, attempt.payment_id, made, provider, cause="promised"
            )
        return MakeResult(Made.OPEN, made)
    ended = provider.expire_session(made.id)
    apply_session(db, listener, attempt.store_id, attempt.payment_id, ended, provider, cause="session ended")
    return MakeResult(outcome)


def _noted(session: DBSession, listener: PaymentListener, attempt: Attempt, made: Session) -> Made:
    if not (_note_wanted(session, attempt, made) or _note(session, listener, attempt, made)):
        return Made.OVER
    is_closed = attempt.is_card and state_of(session, attempt.store_id).is_closed
    return Made.CLOSED if is_closed else Made.OPEN


def _note_wanted(session: DBSession, attempt: Attempt, made: Session) -> bool:
    """Note it, if nothing has happened meanwhile."""
    values = {
        "store": attempt.store_id,
        "attempt": attempt.id,
        "payment": attempt.payment_id,
        "made": made.id,
        "now": utcnow(),
    }
    if session.execute(_NOTE_WANTED, values).first() is None:
        return False
    note_attempt(
        session,
        attempt.store_id,
        attempt.id,
        AttemptState.WAITING,
        AttemptState.OPEN,
        cause="session made",
    )
    return True


def _note(session: DBSession, listener: PaymentListener, attempt: Attempt, made: Session) -> bool:
    """Note it whatever happened meanwhile. False when it is not wanted any more: then its end is asked for, since
    this process may die before it has ended it."""
    payment = lock_payment(session, listener, attempt.store_id, attempt.payment_id)
    assert payment is not None
    row = session.get_one(Attempt, (attempt.store_id, attempt.id), with_for_update=True)
    is_wanted = row.state in {AttemptState.WAITING.value, AttemptState.OPEN.value}
    if row.session_id is None:
        row.session_id = made.id
        # It is open, wanted or not, until the provider has ended it.
        advance_attempt(session, row, AttemptState.OPEN, cause="session made")
        row.next_try_at = utcnow()
    if payment.state != PaymentState.PENDING.value:
        listener.still_payable(session, payment, row)
    return payment.state == PaymentState.PENDING.value and is_wanted
