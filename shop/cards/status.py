"""How card payment of a store stands: its state, and truly how much could still be paid."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.closing import Payable, payable
from payments.models import CardSwitch, Payment
from payments.states import PaymentState
from payments.stop import CardState, state_of


@dataclass(frozen=True)
class StoreCards:
    """One store's cards at a moment."""

    store: str
    state: CardState
    reason: str
    since: dt.datetime | None
    until: dt.datetime | None
    payable: Payable
    after_stop: int

    def document(self) -> dict[str, object]:
        """For machines."""
        return {
            "state": self.state.value,
            "reason": self.reason,
            "since": _moment(self.since),
            "until": _moment(self.until),
            "payable": self.payable.total,
            "open": self.payable.open,
            "unsure": self.payable.unsure,
            "after_stop": self.after_stop,
        }

    def line(self) -> str:
        """For people, in one line."""
        unsure = (
            f" ({self.payable.unsure} of them being made, or without an answer)"
            if self.payable.unsure
            else ""
        )
        until = f" until {_moment(self.until)}" if self.until else ""
        why = f": {self.reason}" if self.reason and self.state is not CardState.OPEN else ""
        return (
            f"{self.store}: cards {self.state.value}{until}{why}; {self.payable.total} can still be paid{unsure}; "
            f"{self.after_stop} paid after a stop"
        )


def store_cards(session: Session, store_id: str) -> StoreCards:
    """As the database knows it now."""
    switch, state = session.get(CardSwitch, store_id, populate_existing=True), state_of(session, store_id)
    waits = select(func.count()).where(
        Payment.store_id == store_id, Payment.state == PaymentState.AFTER_STOP.value
    )
    is_open = switch is None or state is CardState.OPEN
    return StoreCards(
        store=store_id,
        state=state,
        reason="" if is_open or switch is None else switch.reason,
        since=None if switch is None else switch.since,
        until=None if is_open or switch is None else switch.until,
        payable=payable(session, store_id),
        after_stop=session.scalar(waits) or 0,
    )


def _moment(at: dt.datetime | None) -> str | None:
    return at.astimezone(dt.UTC).isoformat(timespec="seconds") if at else None
