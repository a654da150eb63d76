"""Bank transfers, end to end without a browser: the account, a part, too much, too late, and the way back."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.inbox import apply_events, store_event
from payments.ledger import refundable
from payments.models import Attempt, BalanceReturn, LedgerEntry, PaymentPromise, ProviderEvent
from payments.money import Money
from payments.provider import Event
from payments.reconcile import reconcile
from payments.reconcile_report import Report
from payments.refunds import send_refund
from payments.returns import NothingLeft, send_return, want_return, wanted_returns
from payments.settle import lock_payment
from shop.audit.models import AuditEntry
from shop.context import Shop
from shop.jobs.models import Job
from shop.mail.message import compose
from shop.methods.words import deadline_text
from shop.orders.listener import OrderListener
from shop.orders.refund_plan import Wish
from shop.orders.refunding import RefundReason, Request, refund_order
from shop.staff.rights import Role
from tests.servers.sandbox import Sandbox
from tests.shop.bought import Bought
from tests.shop.buyer import Buyer
from tests.shop.till import run_out, stock_of
from tests.staff.desk import signed_in


@pytest.fixture(autouse=True)
def _nobody_elses_money(sandbox: Sandbox) -> None:
    """The provider knows of none, so whole balances can be compared."""
    sandbox.control("reset", {})


@pytest.fixture
def bought(either_shop: Shop, either_style: Buyer) -> Bought:
    return Bought(either_shop, either_style, method="customer_balance")


def _fund(sandbox: Sandbox, bought: Bought, amount: int) -> None:
    """The customer's bank sends money; the sandbox knows the account by its payment."""
    sandbox.control(f"payments/{bought.provider_id}/fund", {"amount": amount})


def _return(bought: Bought) -> BalanceReturn:
    """Want the balance back and send it, as a press and the worker do."""
    shop = bought.shop

    def want(session: Session) -> BalanceReturn:
        payment = lock_payment(session, OrderListener(), "style", bought.payment.id)
        assert payment is not None
        return want_return(session, payment, actor="staff:test")

    wanted = shop.db.write(want)
    assert send_return(shop.db, shop.providers["style"], "style", wanted.id)
    with shop.db.read() as session:
        return session.get_one(BalanceReturn, ("style", wanted.id))


def _reconciled(bought: Bought, since: dt.datetime | None = None) -> Report:
    provider = bought.shop.providers["style"]
    since = since or bought.payment.created_at - dt.timedelta(seconds=1)
    return reconcile(bought.shop.db, provider, OrderListener(), since)


def _captured(bought: Bought) -> list[int]:
    with bought.shop.db.read() as session:
        query = select(LedgerEntry.amount_minor).where(LedgerEntry.payment_id == bought.payment.id)
        return list(session.scalars(query))


def test_the_account_stands_on_the_page_and_in_the_mail(
    bought: Bought, either_style: Buyer, either_app: Flask
) -> None:
    assert bought.states == ("waiting", "pending")
    account = bought.promise.details["account"]
    page = either_style.get(f"/orders/{bought.token}").text
    assert deadline_text(bought.promise.deadline, "ja") + "まで" in page
    for part in ("bank_name", "branch_name", "account_number", "holder"):
        assert account[part] in page
    with bought.shop.db.read() as session:
        job = session.scalars(select(Job).where(Job.detail == "order_waiting")).one()
    with either_app.app_context():
        message = compose(bought.shop, job)
    assert message is not None
    for text in message.iter_parts():
        assert account["account_number"] in text.get_content()


def test_the_whole_amount_pays_once(bought: Bought, sandbox: Sandbox) -> None:
    _fund(sandbox, bought, bought.order.total_minor)
    for _again in range(2):
        bought.hear()
    assert bought.states == ("paid", "paid")
    assert _captured(bought) == [bought.order.total_minor]
    assert bought.promise.balance_minor == 0
    assert _reconciled(bought).differences == []


def test_a_part_leaves_the_rest_due_and_the_rest_pays(
    bought: Bought, either_style: Buyer, sandbox: Sandbox
) -> None:
    part, total = 300, bought.order.total_minor
    _fund(sandbox, bought, part)
    for _again in range(2):
        bought.hear()
    assert bought.states == ("waiting", "pending")
    assert bought.promise.remaining_minor == total - part
    page = either_style.get(f"/orders/{bought.token}").text
    assert Money(total - part).format("ja") in page
    assert f"{Money(part).format('ja')}のご入金を確認しました" in page
    assert bought.mails.count("order_partial") == 1
    assert _captured(bought) == []
    _fund(sandbox, bought, total - part)
    bought.hear()
    assert bought.states == ("paid", "paid")
    assert _captured(bought) == [total]


def test_too_much_pays_once_and_the_rest_goes_back_by_a_person(
    bought: Bought, either_app: Flask, sandbox: Sandbox
) -> None:
    shop, total = bought.shop, bought.order.total_minor
    _fund(sandbox, bought, total + 777)
    bought.hear()
    assert bought.states == ("paid", "paid")
    assert _captured(bought) == [total]
    assert bought.promise.balance_minor == 777
    path = f"/orders/style/{bought.id}"
    assert "777" in signed_in(either_app, shop, Role.SUPPORT).get(path).text
    assert bought.order.number in signed_in(either_app, shop, Role.FINANCE).get("/").text
    packer = signed_in(either_app, shop, Role.FULFILMENT)
    assert packer.post(f"{path}/balance", {}, form_on=path).status_code == 403
    cashier = signed_in(either_app, shop, Role.FINANCE)
    assert cashier.post(f"{path}/balance", {}, form_on=path).status_code == 303
    assert cashier.post(f"{path}/balance", {}, form_on=path).status_code == 409
    with shop.db.read() as session:
        ((store_id, return_id),) = wanted_returns(session)
        written = select(AuditEntry.outcome).where(AuditEntry.action == "transfer.return")
        assert session.scalars(written.order_by(AuditEntry.number)).all() == ["done", "refused"]
    provider = shop.providers["style"]
    assert send_return(shop.db, provider, store_id, return_id)
    assert not send_return(shop.db, provider, store_id, return_id)
    with shop.db.read() as session:
        sent = session.get_one(BalanceReturn, ("style", return_id))
    assert (sent.state, bought.promise.balance_minor) == ("sent", 0)
    sandbox.control(f"refunds/{sent.provider_id}/complete", {})
    bought.hear()
    with shop.db.read() as session:
        assert session.get_one(BalanceReturn, ("style", return_id)).state == "done"
    assert bought.states == ("paid", "paid")  # the order's own money is untouched
    report = _reconciled(bought)
    assert report.agrees, report.differences
    assert "過入金の返金" in signed_in(either_app, shop, Role.SUPPORT).get(path).text


@pytest.mark.parametrize("was_done", [False, True])
def test_a_return_that_fails_lies_in_the_balance_again(
    bought: Bought, sandbox: Sandbox, was_done: bool
) -> None:
    """Also one that had gone through: the bank may turn it away days later."""
    _fund(sandbox, bought, bought.order.total_minor + 50)
    bought.hear()
    sent = _return(bought)
    if was_done:
        _note_as_done(bought.shop, sent.id)
    sandbox.control(f"refunds/{sent.provider_id}/fail", {})
    bought.hear()
    with bought.shop.db.read() as session:
        assert session.get_one(BalanceReturn, ("style", sent.id)).state == "failed"
    assert bought.promise.balance_minor == 50
    assert _return(bought).state == "sent"


def _note_as_done(shop: Shop, return_id: str) -> None:
    """As the provider had told of it before."""
    shop.db.write(
        lambda session: setattr(session.get_one(BalanceReturn, ("style", return_id)), "state", "done")
    )


def test_nothing_in_the_balance_is_nothing_to_return(bought: Bought) -> None:
    with pytest.raises(NothingLeft):
        _return(bought)


def test_an_order_that_ran_out_gives_its_part_back_and_stays_cancelled(
    bought: Bought, sandbox: Sandbox
) -> None:
    held = stock_of(bought.shop)
    _fund(sandbox, bought, 300)
    bought.hear()
    run_out(bought.shop, bought.order)
    assert bought.release()
    assert bought.states == ("expired", "expired")
    assert stock_of(bought.shop) == (held[0], held[1] - 1)
    bought.hear()  # by the event of the balance
    assert bought.promise.balance_minor == 300
    _fund_late(sandbox, bought, bought.order.total_minor)
    bought.hear()
    assert bought.states == ("expired", "expired")
    assert bought.promise.balance_minor == 300 + bought.order.total_minor
    with bought.shop.db.read() as session:
        alerts = session.scalars(select(Job).where(Job.kind == "alert", Job.detail == "transfer_left")).all()
    assert len(alerts) == 1
    assert _return(bought).amount_minor == 300 + bought.order.total_minor
    assert stock_of(bought.shop) == (held[0], held[1] - 1)


def _fund_late(sandbox: Sandbox, bought: Bought, amount: int) -> None:
    """Money for an account whose payment is over, as the provider's own test helper sends it."""
    sandbox.fund(bought.promise.customer or "", amount)


def test_late_money_is_found_without_any_event(bought: Bought, sandbox: Sandbox) -> None:
    run_out(bought.shop, bought.order)
    assert bought.release()
    _fund_late(sandbox, bought, 1_234)
    report = _reconciled(bought, utcnow())
    assert bought.promise.balance_minor == 1_234
    assert any(bought.payment.id in line for line in report.healed)


def test_what_is_known_to_lie_in_a_balance_is_looked_at_however_old(bought: Bought, sandbox: Sandbox) -> None:
    """It is the customer's until it is back, and may be sent back on the provider's own screen."""
    _fund(sandbox, bought, bought.order.total_minor + 777)
    bought.hear()

    def months_ago(session: Session) -> None:
        promise = session.get_one(PaymentPromise, ("style", bought.payment.id))
        promise.deadline, promise.balance_minor = utcnow() - dt.timedelta(days=90), 700

    bought.shop.db.write(months_ago)
    _reconciled(bought)
    assert bought.promise.balance_minor == 777


def test_money_that_comes_days_later_is_found_without_any_event(bought: Bought, sandbox: Sandbox) -> None:
    """Its session is older than the period that is compared."""
    _fund(sandbox, bought, bought.order.total_minor)
    _reconciled(bought, utcnow() + dt.timedelta(seconds=1))
    assert bought.states == ("paid", "paid")


def test_an_event_of_a_balance_finds_its_order_and_no_other(bought: Bought, sandbox: Sandbox) -> None:
    shop, provider = bought.shop, bought.shop.providers["style"]
    _fund(sandbox, bought, bought.order.total_minor + 5)

    def event(number: int, customer: str) -> Event:
        return Event(
            id=f"evt_{bought.id}_{number}",
            type="cash_balance.funds_available",
            created=utcnow(),
            livemode=False,
            object_type="cash_balance",
            object_id=customer,
            reference=None,
            payment_id=None,
            customer=customer,
        )

    shop.db.write(lambda session: store_event(session, provider, event(1, "cus_of_nobody"), b"{}"))
    apply_events(shop.db, provider, OrderListener())
    assert bought.states == ("waiting", "pending")
    mine = bought.promise.customer or ""
    shop.db.write(lambda session: store_event(session, provider, event(2, mine), b"{}"))
    apply_events(shop.db, provider, OrderListener())
    assert bought.states == ("paid", "paid")
    assert bought.promise.balance_minor == 5
    with shop.db.read() as session:
        states = {one.object_id: one.state for one in session.scalars(select(ProviderEvent))}
    assert states == {"cus_of_nobody": "ignored", mine: "applied"}


def test_the_order_s_own_money_goes_to_a_bank_too(bought: Bought, sandbox: Sandbox) -> None:
    shop, provider = bought.shop, bought.shop.providers["style"]
    _fund(sandbox, bought, bought.order.total_minor)
    bought.hear()
    wanted = Request(Wish(amount=Money(100)), RefundReason.GOODWILL, "", "key-1", "staff:test", "req-test")
    kept = shop.db.write(lambda session: refund_order(session, shop, "style", bought.id, wanted))
    assert send_refund(shop.db, provider, OrderListener(), "style", kept.refund_id)
    (refund,) = provider.refunds_of(bought.provider_id)
    assert refund.status == "requires_action"  # not into the balance, where nobody would look for it
    sandbox.control(f"refunds/{refund.id}/complete", {})
    bought.hear()
    with shop.db.read() as session:
        assert refundable(session, bought.payment) == bought.order.total_minor - 100
    assert bought.states == ("paid", "paid")


def test_two_orders_of_one_customer_have_two_accounts(
    either_shop: Shop, either_style: Buyer, sandbox: Sandbox
) -> None:
    first = Bought(either_shop, either_style, method="customer_balance")
    second = Bought(either_shop, either_style, method="customer_balance")
    assert first.promise.details["account"] != second.promise.details["account"]
    _fund(sandbox, second, second.order.total_minor + first.order.total_minor)
    for each in (first, second):
        each.hear()
    assert (first.states, second.states) == (("waiting", "pending"), ("paid", "paid"))


def test_a_lost_answer_makes_no_second_account(style: Buyer, paying_shop: Shop, sandbox: Sandbox) -> None:
    sandbox.fault("customers.create", "lost_answer")
    bought = Bought(paying_shop, style, method="customer_balance")
    if bought.states == ("placed", "pending"):
        sandbox.control("faults", method="DELETE")
        assert style.post(f"/orders/{bought.token}/pay", {}).status_code in {303, 200}
    with paying_shop.db.read() as session:
        assert len(session.scalars(select(Attempt)).all()) == 1
