"""Payment at a convenience store, end to end without a browser: the number, its deadline, paying, running out."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.methods import Method
from payments.models import Attempt, LedgerEntry, Payment
from payments.reconcile import reconcile
from payments.refunds import send_refund, wanted_refunds
from shop.card_testing.gate import Gate
from shop.cards.service import stop_cards
from shop.context import Shop
from shop.delivery.slots import JST
from shop.jobs.models import Job
from shop.jobs.worker import Worker
from shop.mail.message import compose
from shop.methods.policy import methods_of
from shop.methods.words import deadline_text
from shop.orders.listener import OrderListener
from shop.orders.models import Order
from shop.orders.release import due
from shop.staff.rights import Role
from tests.servers.sandbox import Sandbox
from tests.shop.bought import PATIENT, Bought
from tests.shop.buyer import Buyer, hidden_field
from tests.shop.ordering import place_order
from tests.shop.till import run_out, stock_of
from tests.staff.desk import COMMAND, signed_in


def test_the_number_stands_on_our_page_as_soon_as_it_is_ordered(
    either_style: Buyer, either_shop: Shop
) -> None:
    bought = Bought(either_shop, either_style)
    assert bought.states == ("waiting", "pending")
    promise = bought.promise
    there = promise.deadline.astimezone(JST)
    assert (there.hour, there.minute, there.second) == (23, 59, 59)
    ordered = bought.order.placed_at.astimezone(JST)  # a test may begin a moment before midnight
    assert there.date() == ordered.date() + dt.timedelta(days=3)
    assert bought.order.held_until == promise.deadline + dt.timedelta(hours=2)
    page = either_style.get(f"/orders/{bought.token}").text
    assert deadline_text(promise.deadline, "ja") + "まで" in page
    for chain in ("ファミリーマート", "ローソン", "ミニストップ", "セイコーマート"):
        assert chain in page
    for codes in promise.details.values():
        assert all(code in page for code in codes.values() if code)
    assert bought.mails == ["order_reminder", "order_waiting"]
    assert either_style.get("/cart").text.count('name="quantity"') == 0
    bought.hear()  # told again, nothing happens twice
    assert bought.mails == ["order_reminder", "order_waiting"]


def test_paid_at_the_till_is_paid_once(either_style: Buyer, either_shop: Shop, sandbox: Sandbox) -> None:
    before = stock_of(either_shop)
    bought = Bought(either_shop, either_style)
    sandbox.control(f"payments/{bought.provider_id}/pay", {"store": "lawson"})
    for _again in range(2):
        bought.hear()
    assert bought.states == ("paid", "paid")
    assert stock_of(either_shop) == (before[0] - 1, before[1])
    assert bought.balance == bought.order.total_minor
    assert "order_paid" in bought.mails
    since = bought.payment.created_at - dt.timedelta(seconds=1)
    report = reconcile(either_shop.db, either_shop.providers["style"], OrderListener(), since)
    mine = [line for line in report.differences if bought.payment.id in line]
    assert mine == []


def test_what_runs_out_is_cancelled_and_its_goods_come_back_once(
    either_style: Buyer, either_shop: Shop
) -> None:
    before = stock_of(either_shop)
    bought = Bought(either_shop, either_style)
    assert stock_of(either_shop) == (before[0], before[1] + 1)
    with either_shop.db.read() as session:
        assert bought.id not in {one.order_id for one in due(session, utcnow())}
    run_out(either_shop, bought.order)
    with either_shop.db.read() as session:
        assert bought.id in {one.order_id for one in due(session, utcnow())}
    assert bought.release()
    assert not bought.release()
    assert bought.states == ("expired", "expired")
    assert stock_of(either_shop) == before
    told = either_shop.providers["style"].retrieve_session(bought.provider_id)
    assert (told.promise, told.paid) == (None, False)  # nobody can pay it any more
    assert "order_expired" in bought.mails


def test_paid_in_the_last_second_wins_over_running_out(
    either_style: Buyer, either_shop: Shop, sandbox: Sandbox
) -> None:
    bought = Bought(either_shop, either_style)
    sandbox.control(f"payments/{bought.provider_id}/pay", {"store": "seicomart"})
    run_out(either_shop, bought.order)  # and no event has come
    assert not bought.release()
    assert bought.states == ("paid", "paid")


def test_its_goods_are_held_a_while_longer_than_it_can_be_paid(
    either_style: Buyer, either_shop: Shop
) -> None:
    """News of a payment in the last minute takes its time."""
    bought = Bought(either_shop, either_style)
    terms = methods_of("style").of(Method.KONBINI)
    assert terms is not None
    assert terms.grace > dt.timedelta()
    assert bought.order.held_until == bought.promise.deadline + terms.grace


def test_a_number_that_ran_out_at_the_provider_waits_for_our_own_deadline(
    either_style: Buyer, either_shop: Shop, sandbox: Sandbox
) -> None:
    bought = Bought(either_shop, either_style)
    sandbox.control(f"payments/{bought.provider_id}/expire", {})
    bought.hear()
    assert bought.states == ("waiting", "pending")
    run_out(either_shop, bought.order)
    assert bought.release()
    assert bought.states == ("expired", "expired")


def test_money_for_another_order_is_never_taken_for_this_one(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    first, second = Bought(paying_shop, style), Bought(paying_shop, style)
    sandbox.control(f"payments/{first.provider_id}/pay", {"store": "lawson"})

    def confuse(session: Session) -> None:
        mine, other = first.payment.id, second.payment.id
        attempts = session.scalars(select(Attempt)).all()
        for attempt in attempts:
            if attempt.payment_id == mine:
                attempt.session_id = f"gone-{attempt.id}"
        session.flush()
        for attempt in attempts:
            if attempt.payment_id == other:
                attempt.session_id = paid_id

    paid_id = first.provider_id
    paying_shop.db.write(confuse)
    second.hear()
    assert second.states == ("review", "review")
    assert "names another payment" in (second.payment.review_reason or "")


@pytest.mark.parametrize(
    ("forged", "reason"),
    [
        ({"amount_minor": 1}, "amount"),
        ({"method": "customer_balance"}, "method"),
        ({"account": "other"}, "account"),
    ],
)
def test_a_promise_that_is_not_ours_is_not_shown(
    style: Buyer, paying_shop: Shop, forged: dict[str, str | int], reason: str
) -> None:
    bought = Bought(paying_shop, style)

    def forge(session: Session) -> None:
        payment = session.get_one(Payment, ("style", bought.payment.id))
        for name, value in forged.items():
            setattr(payment, name, value)

    paying_shop.db.write(forge)
    bought.hear()
    assert bought.states == ("review", "review")
    assert reason in (bought.payment.review_reason or "")


def test_no_answer_at_the_button_leaves_an_order_that_can_go_on(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    sandbox.fault("payment_intents.create", "lost_answer")
    bought = Bought(paying_shop, style)
    assert bought.states == ("waiting", "pending")  # it was made all the same, and found
    with paying_shop.db.read() as session:
        assert len(session.scalars(select(Attempt)).all()) == 1


def test_a_provider_that_is_down_gives_a_button_and_the_worker_goes_on(
    style: Buyer, paying_shop: Shop, paying_app: Flask, sandbox: Sandbox
) -> None:
    sandbox.fault("payment_intents.create", "refuse")
    sandbox.fault("payment_intents.list", "refuse", times=2)
    bought = Bought(paying_shop, style)
    assert bought.states == ("placed", "pending")
    path = f"/orders/{bought.token}/pay"
    assert "お支払い方法を表示する" in style.get(path).text
    sandbox.control("faults", method="DELETE")

    def its_turn(session: Session) -> None:
        session.scalars(select(Attempt)).one().next_try_at = utcnow()

    paying_shop.db.write(its_turn)
    Worker(paying_app, paying_shop).turn()
    assert bought.states == ("waiting", "pending")
    assert style.get(path).headers["Location"].endswith(f"/orders/{bought.token}")


def _stop(shop: Shop, store_id: str) -> None:
    shop.db.write(
        lambda session: stop_cards(session, shop, store_id, reason="test", actor=COMMAND, now=utcnow())
    )


def test_cards_that_are_stopped_or_slowed_leave_it_alone(paying_app: Flask, paying_shop: Shop) -> None:
    for store_id in ("style", "cocomo"):
        _stop(paying_shop, store_id)
        buyer = Buyer(paying_app, store_id)
        buyer.add()
        buyer.address(email=PATIENT)
        page = buyer.get("/checkout/delivery").text
        assert "一時お休み" in page
        assert "いつも通りお使いいただけます" in page
        assert 'value="konbini"' in page
        buyer.delivery(method="konbini")
        token = buyer.order_in(buyer.confirm())
        assert "お支払いをお待ちしています" in buyer.get(f"/orders/{token}").text
    Worker(paying_app, paying_shop).turn()  # the stop ends what could be paid by card, and nothing else
    with paying_shop.db.read() as session:
        assert {order.state for order in session.scalars(select(Order))} == {"waiting"}
        assert [attempt.state for attempt in session.scalars(select(Attempt))] == ["open", "open"]


def test_paid_while_cards_are_stopped_is_simply_paid(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    bought = Bought(paying_shop, style)
    _stop(paying_shop, "style")
    sandbox.control(f"payments/{bought.provider_id}/pay", {"store": "lawson"})
    bought.hear()
    assert bought.states == ("paid", "paid")


def test_a_line_of_cards_does_not_stand_before_it(
    style: Buyer, paying_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    place_order(paying_shop)  # a card's session waits for its turn
    assert Bought(paying_shop, style).states == ("waiting", "pending")
    monkeypatch.setattr(Gate, "pass_through", lambda *_given, **_named: pytest.fail("it is no card attempt"))
    assert Bought(paying_shop, style, method="customer_balance").states == ("waiting", "pending")


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_mails_say_how_and_until_when_and_are_dropped_when_paid(
    paying_shop: Shop, paying_app: Flask, sandbox: Sandbox, locale: str
) -> None:
    buyer = Buyer(paying_app, "cocomo", root="/en" if locale == "en" else "")
    bought = Bought(paying_shop, buyer)
    with paying_shop.db.read() as session:
        jobs = {job.detail: job for job in session.scalars(select(Job).where(Job.subject_id == bought.id))}
    reminder = jobs["order_reminder"]
    assert bought.promise.deadline - reminder.run_at == pytest.approx(
        dt.timedelta(hours=24), abs=dt.timedelta(seconds=30)
    )
    with paying_app.app_context():
        for name in ("order_waiting", "order_reminder"):
            message = compose(paying_shop, jobs[name])
            assert message is not None
            for part in message.iter_parts():
                text = part.get_content()
                assert deadline_text(bought.promise.deadline, locale) in text
                numbers = [code for codes in bought.promise.details.values() for code in codes.values()]
                assert all(number in text for number in numbers if number)
                assert ("7-Eleven" if locale == "en" else "セブン-イレブン") in text
    sandbox.control(f"payments/{bought.provider_id}/pay", {"store": "ministop"})
    bought.hear()
    with paying_app.app_context():
        assert compose(paying_shop, reminder) is None


def test_a_refund_waits_until_its_customer_has_named_a_bank(
    style: Buyer, paying_shop: Shop, paying_app: Flask, sandbox: Sandbox
) -> None:
    bought = Bought(paying_shop, style)
    sandbox.control(f"payments/{bought.provider_id}/pay", {"store": "lawson"})
    bought.hear()
    cashier = signed_in(paying_app, paying_shop, Role.FINANCE)
    path = f"/orders/style/{bought.id}/refund"
    form = cashier.get(path).text
    assert "振込先" in form
    fields = {"key": hidden_field(form, "key"), "mode": "all", "reason": "damaged", "note": ""}
    assert cashier.post(path, fields).status_code == 303
    with paying_shop.db.read() as session:
        wanted = wanted_refunds(session)
    provider = paying_shop.providers["style"]
    for store_id, refund_id in wanted:
        send_refund(paying_shop.db, provider, OrderListener(), store_id, refund_id)
    assert bought.states == ("paid", "refunding")
    assert bought.balance == bought.order.total_minor  # it has not gone back yet
    (refund,) = provider.refunds_of(bought.provider_id)
    assert refund.status == "requires_action"
    sandbox.control(f"refunds/{refund.id}/complete", {})
    bought.hear()
    assert bought.states == ("refunded", "refunded")
    with paying_shop.db.read() as session:
        kinds = session.scalars(
            select(LedgerEntry.kind).where(LedgerEntry.payment_id == bought.payment.id)
        ).all()
    assert sorted(kinds) == ["captured", "refunded"]
