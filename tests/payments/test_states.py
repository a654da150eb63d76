"""The tables of states: every state is listed and reachable, and `advance` keeps to the table."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from payments import states as payment_states
from payments import stop as card_stop
from payments.database import Database
from payments.models import Payment, PaymentHistory
from shop.approvals import states as approval_states
from shop.fulfilment import states as fulfilment_states
from shop.orders import states as order_states

MACHINES = [
    pytest.param(payment_states.NEXT, payment_states.PaymentState.PENDING, id="payment"),
    pytest.param(order_states.NEXT, order_states.OrderState.PLACED, id="order"),
]
APPROVALS = pytest.param(approval_states.NEXT, approval_states.ApprovalState.REQUESTED, id="approval")
CARDS = pytest.param(card_stop.NEXT, card_stop.CardState.OPEN, id="cards")
PAIRS = [(before, after) for before in payment_states.PaymentState for after in payment_states.PaymentState]


FULFILMENT = pytest.param(fulfilment_states.NEXT, fulfilment_states.FulfilmentState.WAITING, id="fulfilment")


@pytest.mark.parametrize(("table", "start"), [*MACHINES, APPROVALS, CARDS, FULFILMENT])
def test_every_state_is_listed_and_reachable(table: dict[Any, frozenset[Any]], start: Any) -> None:
    every = set(type(start).__members__.values())
    assert set(table) == every
    reached, edge = {start}, {start}
    while edge:
        edge = {after for before in edge for after in table[before]} - reached
        reached |= edge
    assert reached == every


@pytest.mark.parametrize(("table", "start"), MACHINES)
def test_nothing_leads_back_to_the_beginning_once_money_has_moved(
    table: dict[Any, frozenset[Any]], start: Any
) -> None:
    moved = {state for state in table if state.value in {"paid", "refunding", "refunded", "review"}}
    assert moved
    assert all(start not in table[state] for state in moved)


def _payment(state: payment_states.PaymentState) -> Payment:
    return Payment(
        store_id="style",
        reference="r",
        amount_minor=100,
        currency="JPY",
        method="card",
        state=state,
        provider="stripe",
        account="default",
    )


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_advance_keeps_to_the_table_and_writes_history(
    sqlite_url: str, before: payment_states.PaymentState, after: payment_states.PaymentState
) -> None:
    db, payment = Database(sqlite_url), _payment(before)
    db.write(lambda session: session.add(payment))

    def work(session: Any) -> None:
        payment_states.advance(session, session.get_one(Payment, ("style", payment.id)), after, cause="test")

    if after in payment_states.NEXT[before]:
        db.write(work)
    else:
        with pytest.raises(payment_states.WrongTransition):
            db.write(work)
    with db.read() as session:
        history = session.execute(
            select(PaymentHistory.before, PaymentHistory.after, PaymentHistory.cause)
        ).all()
        state = session.get_one(Payment, ("style", payment.id)).state
    allowed = after in payment_states.NEXT[before]
    assert state == (after if allowed else before)
    assert [tuple(row) for row in history] == ([(before, after, "test")] if allowed else [])
    db.dispose()
