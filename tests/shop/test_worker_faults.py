"""One bad row, one silent provider, one order that can't be ended: none keeps the worker from the rest."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from payments import inbox
from payments.columns import utcnow
from payments.database import Database
from payments.inbox import apply_events
from payments.models import Attempt, Payment, ProviderEvent
from payments.provider import OutcomeUnknown
from payments.settle import settle
from shop.catalog.models import Variant
from shop.checkout.request import request_of
from shop.context import Shop
from shop.jobs import worker as worker_module
from shop.jobs.guarded import Guarded
from shop.jobs.models import Job, Schedule
from shop.jobs.worker import Worker
from shop.orders.listener import OrderListener
from shop.orders.models import Hold, Order
from shop.orders.release import due, release
from tests.servers.sandbox import Sandbox
from tests.shop.ordering import place_order


@pytest.fixture
def worker(paying_shop: Shop, paying_app: Flask) -> Worker:
    return Worker(paying_app, paying_shop)


def _order(shop: Shop, order_id: str) -> Order:
    with shop.db.read() as session:
        return session.get_one(Order, ("style", order_id))


def _payment(shop: Shop, order_id: str) -> Payment:
    with shop.db.read() as session:
        return session.scalars(select(Payment).where(Payment.reference == order_id)).one()


def _overdue(shop: Shop, order_id: str, by: dt.timedelta = dt.timedelta(seconds=1)) -> None:
    when = utcnow() - by
    shop.db.write(
        lambda session: session.execute(update(Order).where(Order.id == order_id).values(held_until=when))
    )
    shop.db.write(lambda session: session.execute(update(Schedule).values(next_at=when)))


def _session_that_nobody_knows(shop: Shop, order_id: str) -> None:
    """What stays when an order's account is no longer ours, or was emptied."""
    payment = _payment(shop, order_id)
    shop.db.write(
        lambda session: session.execute(
            update(Attempt)
            .where(Attempt.payment_id == payment.id)
            .values(state="open", session_id=f"cs_test_gone_{payment.id}")
        )
    )


def _event_about(shop: Shop, order_id: str, number: int = 1) -> str:
    payment = _payment(shop, order_id)
    event_id = f"evt_{payment.id}_{number}"

    def work(session: Session) -> None:
        session.add(
            ProviderEvent(
                provider="stripe",
                account="default",
                id=event_id,
                type="checkout.session.completed",
                object_id=f"cs_{number}",
                reference=f"style.{payment.id}",
                livemode=False,
                body_sha256="0" * 64,
                created_at=utcnow(),
            )
        )

    shop.db.write(work)
    return event_id


def _event(shop: Shop, event_id: str) -> ProviderEvent:
    with shop.db.read() as session:
        return session.get_one(ProviderEvent, ("stripe", "default", event_id))


def test_a_step_that_fails_does_not_keep_the_others_from_being_done(
    paying_shop: Shop, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> int:
        raise RuntimeError("a row that nobody thought of")

    monkeypatch.setattr(worker_module, "apply_events", broken)
    order_id = place_order(paying_shop)
    worker.turn()
    assert _payment(paying_shop, order_id).state == "pending"
    with paying_shop.db.read() as session:
        assert session.scalars(select(Attempt.state)).all() == ["open"]


def test_an_attempt_that_cannot_be_made_does_not_keep_the_next_from_being_made(
    paying_shop: Shop, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = (
        _payment(paying_shop, place_order(paying_shop)),
        _payment(paying_shop, place_order(paying_shop)),
    )
    real = request_of

    def broken(shop: Shop, attempt: Attempt) -> object:
        if attempt.payment_id == bad.id:
            raise ValueError("a key that is gone")
        return real(shop, attempt)

    monkeypatch.setattr(worker_module, "request_of", broken)
    worker.turn()
    with paying_shop.db.read() as session:
        states = {attempt.payment_id: attempt.state for attempt in session.scalars(select(Attempt))}
    assert states == {bad.id: "waiting", good.id: "open"}


def test_an_event_that_breaks_our_code_is_parked_at_last_and_lets_the_others_pass(
    paying_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = place_order(paying_shop), place_order(paying_shop)
    bad_event, good_event = _event_about(paying_shop, bad), _event_about(paying_shop, good)
    bad_payment, real = _payment(paying_shop, bad).id, settle

    def broken(*arguments: object, cause: str) -> object:
        if bad_payment in arguments:
            raise RuntimeError("a transition that nobody listed")
        return real(*arguments, cause=cause)  # type: ignore[arg-type]  # passes on whatever came

    monkeypatch.setattr(inbox, "settle", broken)
    apply_events(paying_shop.db, paying_shop.providers["style"], OrderListener())
    assert (_event(paying_shop, bad_event).state, _event(paying_shop, good_event).state) == ("new", "applied")
    assert _event(paying_shop, bad_event).note == "RuntimeError"
    paying_shop.db.write(
        lambda session: session.execute(
            update(ProviderEvent).values(tries=inbox.MAX_TRIES - 1, next_try_at=utcnow())
        )
    )
    apply_events(paying_shop.db, paying_shop.providers["style"], OrderListener())
    assert _event(paying_shop, bad_event).state == "parked"


def test_a_silent_provider_is_asked_once_a_turn_and_the_other_events_lose_no_try(
    paying_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [_event_about(paying_shop, place_order(paying_shop)) for _order in range(3)]
    asked: list[object] = []

    def silent(*arguments: object, cause: str) -> object:
        asked.append(arguments)
        raise OutcomeUnknown(cause)

    monkeypatch.setattr(inbox, "settle", silent)
    apply_events(paying_shop.db, paying_shop.providers["style"], OrderListener())
    assert len(asked) == 1
    rows = [_event(paying_shop, event_id) for event_id in events]
    assert sorted(row.tries for row in rows) == [0, 0, 1]
    assert all(row.next_try_at < utcnow() + dt.timedelta(seconds=15) for row in rows)


def test_events_wait_as_long_as_the_provider_itself_would_try(paying_shop: Shop) -> None:
    pauses = [inbox.pause_after(tries).total_seconds() for tries in range(1, inbox.MAX_TRIES)]
    assert sum(pauses) >= 3 * 24 * 3600
    assert max(pauses) <= 3600


def test_orders_that_cannot_be_ended_do_not_stand_in_the_way_of_those_behind_them(
    paying_shop: Shop, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "RELEASES_A_TURN", 2)
    stuck, last = [place_order(paying_shop) for _order in range(2)], place_order(paying_shop)
    worker.turn()
    for order_id in stuck:
        _session_that_nobody_knows(paying_shop, order_id)
        _overdue(paying_shop, order_id, dt.timedelta(minutes=5))
    for _turn in range(2):
        _overdue(paying_shop, last)
        worker.turn()
    assert _order(paying_shop, last).state == "expired"
    assert [_order(paying_shop, order_id).state for order_id in stuck] == ["placed", "placed"]


def test_due_goes_on_where_it_is_told(paying_shop: Shop) -> None:
    first, second = place_order(paying_shop), place_order(paying_shop)
    when = utcnow() - dt.timedelta(seconds=5)
    paying_shop.db.write(lambda session: session.execute(update(Order).values(held_until=when)))
    with paying_shop.db.read() as session:
        [one] = due(session, utcnow(), limit=1)
        [other] = due(session, utcnow(), after=one, limit=1)
        assert {one.order_id, other.order_id} == {first, second}
        assert due(session, utcnow(), after=other) == []


def test_an_order_whose_session_the_provider_denies_for_a_day_is_for_a_person(
    paying_shop: Shop, worker: Worker
) -> None:
    order_id = place_order(paying_shop)
    worker.turn()
    _session_that_nobody_knows(paying_shop, order_id)
    _overdue(paying_shop, order_id, dt.timedelta(hours=25))
    worker.turn()
    order, payment = _order(paying_shop, order_id), _payment(paying_shop, order_id)
    assert (order.state, payment.state) == ("review", "review")
    with paying_shop.db.read() as session:
        # Once is a person told; beside it the worker goes on trying to end what may still be payable.
        assert sorted(job.kind for job in session.scalars(select(Job))) == ["alert", "end_sessions"]
        assert due(session, utcnow()) == []


def test_goods_that_a_review_held_are_free_when_the_money_is_back(
    paying_shop: Shop, worker: Worker, sandbox: Sandbox
) -> None:
    order_id = place_order(paying_shop, quantity=2)
    worker.turn()
    payment = _payment(paying_shop, order_id)
    with paying_shop.db.read() as session:
        session_id = session.scalars(select(Attempt.session_id)).one()
    assert session_id is not None
    sandbox.pay(session_id)
    paying_shop.db.write(
        lambda session: session.execute(update(Payment).values(amount_minor=Payment.amount_minor + 1))
    )
    provider = paying_shop.providers["style"]
    settle(paying_shop.db, provider, OrderListener(), "style", payment.id, cause="test")
    told = provider.retrieve_session(session_id)
    assert told.payment_id is not None
    assert _order(paying_shop, order_id).state == "review"
    provider.refund(told.payment_id, told.amount, idempotency_key=f"person-{payment.id}", reference="")
    settle(paying_shop.db, provider, OrderListener(), "style", payment.id, cause="test")
    assert _order(paying_shop, order_id).state == "refunded"
    with paying_shop.db.read() as session:
        [hold] = session.scalars(select(Hold)).all()
        assert (hold.state, session.get_one(Variant, ("style", hold.sku)).held) == ("released", 0)


def test_an_expired_order_that_a_person_counts_as_paid_takes_its_goods_from_the_stock(
    paying_shop: Shop, worker: Worker
) -> None:
    """From expired to review to paid: what the order had held is free by then, so it is held again first."""
    order_id = place_order(paying_shop, quantity=2)
    worker.turn()
    _overdue(paying_shop, order_id)
    assert release(
        paying_shop.db, paying_shop.providers["style"], OrderListener(), "style", order_id, utcnow()
    )
    payment = _payment(paying_shop, order_id)
    with paying_shop.db.read() as session:
        [hold] = session.scalars(select(Hold)).all()
        before = session.get_one(Variant, ("style", hold.sku)).on_hand

    def as_a_person_would(session: Session) -> None:
        row = session.get_one(Payment, ("style", payment.id))
        OrderListener().review(session, row)
        OrderListener().paid(session, row)

    paying_shop.db.write(as_a_person_would)
    with paying_shop.db.read() as session:
        variant = session.get_one(Variant, ("style", hold.sku))
    assert (variant.on_hand, variant.held) == (before - 2, 0)


class Clock:
    """Seconds that pass when told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def _told(caplog: pytest.LogCaptureFixture) -> list[int]:
    return [vars(one)["untold"] for one in caplog.records if one.message == "a piece of work failed"]


def test_a_step_that_always_fails_rests_longer_and_is_told_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, runs = Clock(), 0
    guarded = Guarded(clock)

    def broken() -> bool:
        nonlocal runs
        runs += 1
        raise RuntimeError("a query that always fails")

    def tick(seconds: float) -> None:
        for _turn in range(int(seconds / 0.5)):
            assert guarded.step(broken, otherwise=False) is False
            clock.now += 0.5

    tick(60)
    assert runs <= 8, "half a second, one, two, four ..."
    assert _told(caplog) == [0]
    tick(600)
    assert runs <= 20
    assert len(_told(caplog)) <= 11
    assert _told(caplog)[1] > 0, "what was not told is counted"


def test_a_step_that_is_whole_again_rests_no_more() -> None:
    clock = Clock()
    guarded = Guarded(clock)
    whole = iter([False, False, True, False, True])

    def step() -> bool:
        if not next(whole):
            raise RuntimeError("broken for now")
        return True

    for rest_s, done in ((0.5, False), (1.0, False), (0.0, True), (0.5, False), (0.0, True)):
        assert guarded.step(step, otherwise=False) is done
        if rest_s:
            clock.now += rest_s - 0.1
            assert guarded.step(step, otherwise=False) is False, "it rests, and nothing is asked of it"
            clock.now += 0.2
    assert next(whole, None) is None


def test_pieces_of_work_are_tried_every_time_and_told_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    guarded, tried = Guarded(Clock()), []

    def broken(row: int) -> bool:
        tried.append(row)
        raise ValueError("a bad row")

    for row in range(5):
        assert guarded.piece(broken, row, otherwise=False) is False
    assert tried == [0, 1, 2, 3, 4]
    assert _told(caplog) == [0]


def test_a_database_that_fails_is_told_in_one_line_a_minute_for_all_that_need_it(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    clock = Clock()
    guarded, empty = Guarded(clock), Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")

    def one() -> bool:
        with empty.read() as session:
            return session.scalar(select(Job.id)) is not None

    def other() -> bool:
        return one()

    for _turn in range(3):
        assert guarded.step(one, otherwise=False) is False
        assert guarded.step(other, otherwise=False) is False
        assert guarded.piece(one, otherwise=False) is False
        clock.now += 10
    [told] = caplog.records
    assert (told.message, told.exc_info) == ("the database failed", None)
    assert vars(told)["reason"] == "no such table: outbox"
    clock.now += 60
    assert guarded.step(other, otherwise=False) is False
    assert vars(caplog.records[1])["untold"] == 8
    empty.dispose()
