"""Whether a store takes cards now: open, paused or stopped. Every session that is made or shown asks here.

The row is read in the transaction that claims an attempt, under a lock that a change waits for: once a stop has
committed, no claim that saw the store open can still commit. It is read again right before the provider is called, and
before a shopper is led to a session. Nothing keeps it in memory.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import Select, bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from payments.columns import table_of, utcnow
from payments.models import CardSwitch, CardSwitchHistory
from payments.transitions import WrongTransition

CLOCKS_APART = dt.timedelta(seconds=5)
"""The provider's clock tells when a card was charged, ours when cards were stopped: so far they may differ. A charge
that close before a stop counts as after it, and a person looks."""


class CardState(StrEnum):
    """Whether a store takes cards."""

    OPEN = "open"
    PAUSED = "paused"
    """None, until a moment or until one person ends it."""
    STOPPED = "stopped"
    """None, until two people have approved that it is safe."""

    @property
    def is_closed(self) -> bool:
        return self in {CardState.PAUSED, CardState.STOPPED}


NEXT: dict[CardState, frozenset[CardState]] = {
    CardState.OPEN: frozenset({CardState.PAUSED, CardState.STOPPED}),
    CardState.PAUSED: frozenset({CardState.OPEN, CardState.STOPPED}),
    CardState.STOPPED: frozenset({CardState.OPEN}),
}


class CardsClosed(Exception):
    """The store takes no cards now; nothing was written down."""


def state_of(session: Session, store_id: str, now: dt.datetime | None = None) -> CardState:
    """The state as it is committed now. A pause that is over counts as open though nobody has written it down yet."""
    if store_id in _held(session):
        return _held(session)[store_id]
    state, until = session.execute(_STATE, {"store_id": store_id}).one_or_none() or (None, None)
    return state_as_read(state, until, now or utcnow())


def state_held(session: Session, store_id: str) -> CardState:
    """The same, and it can't change until the caller's transaction ends: so it is asked for once in one."""
    held = _held(session)
    if store_id not in held:
        row = session.execute(_STATE_HELD, {"store_id": store_id}).one_or_none()
        if row is None:
            _make_row(session, store_id)
            row = session.execute(_STATE_HELD, {"store_id": store_id}).one_or_none()
        state, until = row or (None, None)
        held[store_id] = state_as_read(state, until, utcnow())
    return held[store_id]


def _held(session: Session) -> dict[str, CardState]:
    """What this transaction has locked. Every transaction has a session of its own (`payments.database`)."""
    held: dict[str, CardState] = session.info.setdefault("cards_held", {})
    return held


def closed_stores(session: Session) -> set[str]:
    """The stores that take no cards now."""
    return {store_id for store_id, (state, _until) in all_states(session).items() if state.is_closed}


def all_states(session: Session) -> dict[str, tuple[CardState, dt.datetime | None]]:
    """The state of each store that was ever turned, and when it ends by itself; others are open. One query."""
    now = utcnow()
    rows = session.execute(select(CardSwitch.store_id, CardSwitch.state, CardSwitch.until))
    found = {one.store_id: (state_as_read(one.state, one.until, now), one.until) for one in rows}
    return {
        store_id: (state, until if state is CardState.PAUSED else None)
        for store_id, (state, until) in found.items()
    }


def locked_switch(session: Session, store_id: str) -> CardSwitch:
    """The store's row, locked for a change; made when it is not there."""
    query = _switch(store_id).with_for_update()
    switch = session.scalar(query)
    if switch is None:
        _make_row(session, store_id)
        switch = session.scalars(query).one()
    return switch


def turn(
    session: Session,
    switch: CardSwitch,
    to: CardState,
    *,
    reason: str,
    now: dt.datetime,
    until: dt.datetime | None = None,
) -> CardSwitchHistory:
    """Turn a locked switch and write the history row: the only writer. Never commits.

    A paused store may be paused anew, with another end. WrongTransition for what the table does not list.
    """
    _held(session).pop(switch.store_id, None)
    before = CardState(switch.state)
    is_longer_pause = before is to is CardState.PAUSED
    if to not in NEXT[before] and not is_longer_pause:
        raise WrongTransition(f"cards of {switch.store_id}: {before} -> {to}")
    switch.state, switch.reason, switch.since, switch.until = to.value, reason, now, until
    row = CardSwitchHistory(
        store_id=switch.store_id, before=before.value, after=to.value, reason=reason, at=now, until=until
    )
    session.add(row)
    session.flush()
    return row


def was_stopped_at(session: Session, store_id: str, at: dt.datetime) -> bool:
    """Whether cards were stopped at a moment of the provider's clock, or became so within what the clocks may differ.

    A stop that ended right after it counts: what was paid in its last seconds was paid in it.
    """
    turns = select(CardSwitchHistory.after).where(CardSwitchHistory.store_id == store_id)
    newest = CardSwitchHistory.at.desc(), CardSwitchHistory.id.desc()
    before = turns.where(CardSwitchHistory.at <= at).order_by(*newest)
    if session.scalar(before.limit(1)) == CardState.STOPPED.value:
        return True
    is_soon = (CardSwitchHistory.at > at) & (CardSwitchHistory.at <= at + CLOCKS_APART)
    soon = turns.where(is_soon, CardSwitchHistory.after == CardState.STOPPED.value)
    return session.scalar(soon.limit(1)) is not None


def last_stop(session: Session, store_id: str) -> CardSwitchHistory | None:
    """The row of the newest stop."""
    query = select(CardSwitchHistory).where(
        CardSwitchHistory.store_id == store_id, CardSwitchHistory.after == CardState.STOPPED.value
    )
    return session.scalar(query.order_by(CardSwitchHistory.id.desc()).limit(1))


def _switch(store_id: str) -> Select[CardSwitch]:
    return select(CardSwitch).where(CardSwitch.store_id == store_id).execution_options(populate_existing=True)


# Asked for several times in every order: columns alone, by a statement that is built once.
_SWITCH = table_of(CardSwitch)
_STATE = select(_SWITCH.c.state, _SWITCH.c.until).where(_SWITCH.c.store_id == bindparam("store_id"))
_STATE_HELD = _STATE.with_for_update(read=True)


def state_as_read(state: str | None, until: dt.datetime | None, now: dt.datetime) -> CardState:
    """What the row's columns mean at a moment; without a row nobody has ever turned the store's cards off."""
    if state is None:
        return CardState.OPEN
    is_over = state == CardState.PAUSED and until is not None and until <= now
    return CardState.OPEN if is_over else CardState(state)


def _make_row(session: Session, store_id: str) -> None:
    try:
        with session.begin_nested():
            session.execute(
                insert(CardSwitch).values(
                    store_id=store_id, state=CardState.OPEN.value, reason="", since=utcnow()
                )
            )
    except IntegrityError:
        pass  # another process made it first
