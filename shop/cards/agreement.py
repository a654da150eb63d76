"""Whether the switch of each store's cards stands as the audit chain says. A row changed by other hands is told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session

from payments.models import CardSwitch
from payments.stop import CardState
from shop.audit.models import AuditEntry
from shop.stores import all_stores

TURNS: dict[str, CardState] = {
    "cards.pause": CardState.PAUSED,
    "cards.stop": CardState.STOPPED,
    "cards.open": CardState.OPEN,
    "cards.resume": CardState.OPEN,
}
"""What a row of the chain left the switch at. Each is written in the transaction that turns it."""

STOP_AND_RESUME = ("cards.stop", "cards.resume")
"""The gate alone ends a stop. A stop that was made into a pause by hand is ended by the worker, which writes
`cards.open` in good faith: that row counts for nothing as long as no `cards.resume` stands before it."""


@dataclass(frozen=True)
class Mismatch:
    """A switch that stands elsewhere than the chain's last row about it."""

    store_id: str
    switch: str
    chain: CardState

    def __str__(self) -> str:
        return f"the card switch of {self.store_id} is {self.switch}, the chain left it {self.chain}"


def mismatches(session: Session) -> list[Mismatch]:
    """Each store whose switch and chain disagree. One query a store, so that both are seen at one moment."""
    found = (_mismatch(session, store_id) for store_id in all_stores())
    return [one for one in found if one is not None]


def _mismatch(session: Session, store_id: str) -> Mismatch | None:
    switch = select(CardSwitch.state).where(CardSwitch.store_id == store_id).scalar_subquery()
    row = session.execute(select(switch, _last(store_id, TURNS), _last(store_id, STOP_AND_RESUME))).one()
    state, action, way = row
    chain = TURNS[action] if action is not None else CardState.OPEN
    if way == "cards.stop":
        chain = CardState.STOPPED
    if (state or CardState.OPEN.value) == chain.value:
        return None
    return Mismatch(store_id, state or "gone", chain)


def _last(store_id: str, actions: Collection[str]) -> ScalarSelect[str]:
    query = select(AuditEntry.action).where(
        AuditEntry.subject == f"store/{store_id}",
        AuditEntry.action.in_(actions),
        AuditEntry.outcome == "done",
    )
    return query.order_by(AuditEntry.number.desc()).limit(1).scalar_subquery()
