"""The tables of states: every state is listed and reachable, and `advance` keeps to the table."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from payments import states as payment_states
from payments import stop as card_stop
from payments.columns import new_id, utcnow
from payments.database import Database
from payments.models import Attempt, AttemptHistory, Capture, Payment, PaymentHistory, Refund, RefundHistory
from payments.transitions import WrongTransition
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


ATTEMPT = pytest.param(payment_states.ATTEMPT_NEXT, payment_states.AttemptState.WAITING, id="attempt")
CAPTURE = pytest.param(payment_states.CAPTURE_NEXT, payment_states.CaptureState.WANTED, id="capture")
REFUND = pytest.param(payment_states.REFUND_NEXT, payment_states.RefundState.WANTED, id="refund")
HOLD = pytest.param(order_states.HOLD_NEXT, order_states.HoldState.ACTIVE, id="hold")
FULFILMENT = pytest.param(fulfilment_states.NEXT, fulfilment_states.FulfilmentState.WAITING, id="fulfilment")


@pytest.mark.parametrize(
    ("table", "start"), [*MACHINES, ATTEMPT, CAPTURE, REFUND, HOLD, APPROVALS, CARDS, FULFILMENT]
)
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
        with pytest.raises(WrongTransition):
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


def _attempt(payment: Payment, state: payment_states.AttemptState) -> Attempt:
    return Attempt(
        store_id="style",
        id=new_id(),
        payment_id=payment.id,
        ui_mode="elements",
        locale="ja",
        request_id="req",
        state=state,
        expires_at=utcnow(),
    )


def _refund(payment: Payment, state: payment_states.RefundState) -> Refund:
    key = new_id()
    return Refund(
        store_id="style",
        id=key,
        payment_id=payment.id,
        provider_payment="pi",
        amount_minor=1,
        reason=key,
        state=state,
    )


@pytest.mark.parametrize(
    ("make", "advance", "table", "history"),
    [
        (_attempt, payment_states.advance_attempt, payment_states.ATTEMPT_NEXT, AttemptHistory),
        (_refund, payment_states.advance_refund, payment_states.REFUND_NEXT, RefundHistory),
    ],
)
def test_attempts_and_refunds_keep_to_their_tables_and_write_history(
    sqlite_url: str, make: Any, advance: Any, table: dict[Any, frozenset[Any]], history: type[Any]
) -> None:
    db, payment = Database(sqlite_url), _payment(payment_states.PaymentState.PENDING)
    db.write(lambda session: session.add(payment))

    def change(before: Any, after: Any) -> str:
        row = make(payment, before)

        def work(session: Any) -> None:
            session.add(row)
            session.flush()
            advance(session, row, after, cause="test")

        db.write(work)
        return str(row.state)

    changes = [(before, after) for before in table for after in table if before is not after]
    for before, after in changes:
        if after in table[before]:
            assert change(before, after) == after
        else:
            with pytest.raises(WrongTransition):
                change(before, after)
    for state in table:
        assert change(state, state) == state, "what is there already is no change"
    with db.read() as session:
        written = session.execute(select(history.before, history.after).order_by(history.id)).all()
    assert [tuple(row) for row in written] == [one for one in changes if one[1] in table[one[0]]]
    db.dispose()


@pytest.mark.parametrize("before", payment_states.CaptureState)
@pytest.mark.parametrize("after", payment_states.CaptureState)
def test_a_wish_to_capture_ends_once(
    before: payment_states.CaptureState, after: payment_states.CaptureState
) -> None:
    wish = Capture(id="c", state=before.value)
    if after in payment_states.CAPTURE_NEXT[before]:
        payment_states.end_capture(wish, after, code="late")
        assert (wish.state, wish.code) == (after, "late")
    else:
        with pytest.raises(WrongTransition):
            payment_states.end_capture(wish, after)
        assert wish.state == before


WRITERS = {
    "payments/states.py": {"advance", "advance_attempt", "advance_refund", "end_capture"},
    "payments/stop.py": {"turn"},
    "payments/given_up.py": {"event_again"},
    "payments/inbox.py": {"_finish", "_wait_or_park"},
    "payments/disputes.py": {"advance"},
    "payments/returns.py": {"note_balance", "_note"},
    "shop/orders/states.py": {"advance"},
}
"""Functions that may set a `state`: of payments, attempts, refunds; of the switch; of events; of wishes to capture; of
orders. Holds change by one statement in `shop.orders.holds`."""


def test_nobody_else_sets_a_state() -> None:
    root = Path(payment_states.__file__).parent.parent
    found: dict[str, set[str]] = {}
    for path in [*(root / "payments").glob("*.py"), *(root / "shop" / "orders").glob("*.py")]:
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef) and _sets_a_state(function):
                found.setdefault(path.relative_to(root).as_posix(), set()).add(function.name)
    assert found == {name: functions for name, functions in WRITERS.items() if name in found}
    assert "payments/states.py" in found


def _sets_a_state(function: ast.FunctionDef) -> bool:
    targets = [
        part
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        for part in (target.elts if isinstance(target, ast.Tuple) else [target])
    ]
    return any(isinstance(target, ast.Attribute) and target.attr == "state" for target in targets)
