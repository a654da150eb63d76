"""Pause and stop card payment of a store, and end a pause. What ends a stop is `shop.cards.gate` alone;
what slows card attempts down before it comes to that is `shop.card_testing`.

Each takes a session, locks the store's switch, writes history and audit chain, and never commits: what it did holds
from the caller's commit on.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.models import CardSwitch
from payments.stop import CardState, locked_switch, turn
from security import pan
from shop.audit.actor import Actor
from shop.build import build_id
from shop.cards.fingerprints import fingerprints
from shop.cards.records import keep_record
from shop.context import Shop

LONGEST_PAUSE = dt.timedelta(days=1)
LONGEST_REASON = 200


class Turn(StrEnum):
    """Why nothing was changed, in the sentence that commands print."""

    TOO_LONG_A_PAUSE = "a pause lasts up to a day; what must last longer is a stop"
    ONLY_STAFF_OPENS = "only a member of staff ends a pause"
    STOPPED = "a stop is ended by the gate alone"
    NO_REASON = "say why, in a few words"
    LONG_REASON = f"the reason is longer than {LONGEST_REASON} characters"
    CARD_IN_REASON = "the reason holds what looks like a card number"
    ONLY_STAFF_RELEASES = "only a member of staff lets goods go out"
    NO_ORDER = "no such order"
    DECIDED = "its payment waits for no decision"
    NOTHING_LEFT = "nothing is left of it to give back"


class NotTurned(Exception):
    """Nothing was changed; `why` says it."""

    def __init__(self, why: Turn) -> None:
        super().__init__(why.value)
        self.why = why


class BadReason(NotTurned):
    """The reason can't be kept."""


def pause_cards(
    session: Session,
    shop: Shop,
    store_id: str,
    *,
    length: dt.timedelta,
    reason: str,
    actor: Actor,
    now: dt.datetime,
) -> CardState:
    """Take no cards for a while; paused anew, the later end counts. A stopped store stays stopped.

    The state afterwards. Raises NotTurned for a length or a reason of no use.
    """
    reason = checked_reason(reason)
    if not dt.timedelta() < length <= LONGEST_PAUSE:
        raise NotTurned(Turn.TOO_LONG_A_PAUSE)
    switch = locked_switch(session, store_id)
    if switch.state == CardState.STOPPED:
        return CardState.STOPPED
    until = now + length
    if switch.state == CardState.PAUSED and switch.until is not None:
        until = max(until, switch.until)
    turn(session, switch, CardState.PAUSED, reason=reason, now=now, until=until)
    _record(session, shop, store_id, actor, "cards.pause", ("reason", "until"))
    return CardState.PAUSED


def stop_cards(
    session: Session, shop: Shop, store_id: str, *, reason: str, actor: Actor, now: dt.datetime
) -> CardState:
    """Take no cards until the gate opens. Stopped again, nothing changes: the first stop's records stay its own.

    Writes down which build and which keys were in use, for the gate. Raises NotTurned for a reason of no use.
    """
    reason = checked_reason(reason)
    # Every file is read for it, once in a process: not while the switch is locked and sessions are still made.
    before = {"build": build_id(), "keys": fingerprints(shop.settings, store_id)}
    switch = locked_switch(session, store_id)
    if switch.state != CardState.STOPPED:
        stop = turn(session, switch, CardState.STOPPED, reason=reason, now=now)
        keep_record(session, shop.audit, stop, "before", before, actor=actor, now=now)
        _record(session, shop, store_id, actor, "cards.stop", ("reason",))
    return CardState.STOPPED


def end_pause(session: Session, shop: Shop, store_id: str, *, actor: Actor, now: dt.datetime) -> CardState:
    """One authorised person ends a pause. The caller has checked their right.

    Raises NotTurned for anyone but staff, and for a stopped store.
    """
    switch = locked_switch(session, store_id)
    if actor.kind != "staff":
        raise NotTurned(Turn.ONLY_STAFF_OPENS)
    if switch.state == CardState.STOPPED:
        raise NotTurned(Turn.STOPPED)
    if switch.state != CardState.OPEN:
        turn(session, switch, CardState.OPEN, reason="ended by a person", now=now)
        _record(session, shop, store_id, actor, "cards.open", ())
    return CardState.OPEN


def end_due_pauses(session: Session, shop: Shop, now: dt.datetime) -> int:
    """Write down that pauses are over; they count as over anyway. How many."""
    query = select(CardSwitch.store_id).where(
        CardSwitch.state == CardState.PAUSED.value, CardSwitch.until <= now
    )
    ended = 0
    for store_id in session.scalars(query).all():
        switch = locked_switch(session, store_id)
        if switch.state == CardState.PAUSED and switch.until is not None and switch.until <= now:
            turn(session, switch, CardState.OPEN, reason="the pause is over", now=now)
            _record(session, shop, store_id, Actor("system", "worker"), "cards.open", ())
            ended += 1
    return ended


def checked_reason(text: str) -> str:
    """The reason as it is kept: one short line without a card number. Raises BadReason."""
    reason = " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in text).split())
    if not reason:
        raise BadReason(Turn.NO_REASON)
    if len(reason) > LONGEST_REASON:
        raise BadReason(Turn.LONG_REASON)
    if pan.find(reason):
        raise BadReason(Turn.CARD_IN_REASON)
    return reason


def _record(
    session: Session, shop: Shop, store_id: str, actor: Actor, action: str, fields: tuple[str, ...]
) -> None:
    shop.audit.record(
        session, actor=actor, action=action, subject=f"store/{store_id}", store_id=store_id, fields=fields
    )
