"""What was given up and waits for a person: failed refunds, parked jobs, parked events; why, and a try more."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.given_up import NotAgain, event_again, failed_refunds, parked_events
from payments.models import ProviderEvent, Refund
from payments.money import Money
from shop.audit.actor import Actor
from shop.context import the_shop
from shop.jobs.models import Job
from shop.jobs.outbox import job_again, parked_jobs
from shop.orders.models import Order, OrderPayment
from shop.orders.refunding import try_again
from shop.staff.access import StaffPages, the_member
from shop.staff.forms import ActionForm
from shop.staff.pages.parts import go
from shop.staff.rights import Right
from shop.stores import all_stores

stuck_pages = StaffPages("staff_stuck", __name__)


@dataclass(frozen=True)
class StuckRefund:
    """A failed refund with its order."""

    refund: Refund
    order: Order
    amount: Money


@stuck_pages.get("/stuck", right=Right.TRY_AGAIN)
def stuck() -> ResponseReturnValue:
    """Everything that was given up, with the reason."""
    return _page()


@stuck_pages.post("/stuck/refunds/<store_id>/<refund_id>", right=Right.REFUND, fresh=True)
def refund_once_more(store_id: str, refund_id: str) -> ResponseReturnValue:
    """Ask for the same money once more."""
    try:
        the_shop().db.write(
            lambda session: _refund(session, store_id[:16], _id(refund_id), the_member().actor)
        )
    except NotAgain as refused:
        return _page(_refusal(refused.code), 409)
    return go("/stuck")


@stuck_pages.post("/stuck/jobs/<job_id>", right=Right.TRY_AGAIN)
def job_once_more(job_id: str) -> ResponseReturnValue:
    """Let the worker try it from the beginning."""

    def work(session: Session) -> bool:
        job = job_again(session, _id(job_id))
        if job is not None:
            store_id = job.store_id if job.store_id in all_stores() else None
            _record(session, "job.again", f"job/{job.id}", store_id=store_id)
        return job is not None

    return go("/stuck") if the_shop().db.write(work) else _page(_refusal("gone"), 409)


@stuck_pages.post("/stuck/events/<provider>/<account>/<event_id>", right=Right.TRY_AGAIN)
def event_once_more(provider: str, account: str, event_id: str) -> ResponseReturnValue:
    """Let the worker ask the provider about it anew."""
    key = (provider[:16], account[:16], event_id[:80].replace("\0", ""))

    def work(session: Session) -> None:
        event = event_again(session, key)
        _record(session, "event.again", f"event/{event.body_sha256}")

    try:
        the_shop().db.write(work)
    except NotAgain as refused:
        return _page(_refusal(refused.code), 409)
    return go("/stuck")


def _refund(session: Session, store_id: str, refund_id: str, actor: Actor) -> None:
    """The new refund and its row of the audit chain, in one transaction."""
    row = try_again(session, store_id, refund_id, actor=f"staff:{actor.id}", request_id=g.request_id)
    _record(session, "refund.again", f"refund/{store_id}/{row.id}", store_id=store_id, fields=("amount",))


def _record(
    session: Session, action: str, subject: str, *, store_id: str | None = None, fields: tuple[str, ...] = ()
) -> None:
    the_shop().audit.record(
        session,
        actor=the_member().actor,
        action=action,
        subject=subject,
        store_id=store_id,
        fields=fields,
        request_id=g.request_id,
    )


def _page(refusal: str = "", status: int = 200) -> ResponseReturnValue:
    with the_shop().db.read() as session:
        refunds = _with_orders(session, failed_refunds(session))
        jobs: list[Job] = parked_jobs(session)
        events: list[ProviderEvent] = parked_events(session)
    page = render_template(
        "backoffice/stuck.html",
        refunds=refunds,
        jobs=jobs,
        events=events,
        stores=all_stores(),
        form=ActionForm(formdata=None),
        refusal=refusal,
        switch="/stuck",
    )
    return page, status


def _with_orders(session: Session, refunds: list[Refund]) -> list[StuckRefund]:
    """Each with its order, in one query."""
    query = (
        select(OrderPayment.payment_id, Order)
        .join(Order, (Order.store_id == OrderPayment.store_id) & (Order.id == OrderPayment.order_id))
        .where(
            OrderPayment.store_id.in_({one.store_id for one in refunds}),
            OrderPayment.payment_id.in_({one.payment_id for one in refunds}),
        )
    )
    orders: dict[str, Order] = {row.payment_id: row.Order for row in session.execute(query)}
    return [
        StuckRefund(one, order, Money(one.amount_minor, order.currency))
        for one in refunds
        if (order := orders.get(one.payment_id)) is not None
    ]


def _id(text: str) -> str:
    return text[:40].replace("\0", "")


def _refusal(code: str) -> str:
    texts = {
        "state": _(
            "この注文の支払いは、いま返金できる状態ではありません。注文のページで経過をご確認ください。"
        ),
        "over": _("返金できる金額が残っていません。決済会社の画面で返金された可能性があります。"),
    }
    return str(texts.get(code) or _("すでに処理されているか、見つかりません。"))
