"""A person gives money of an order back, all or part, with a reason, once a press; it is written down who did it.

The money itself goes by `payments.refunds`: the worker sends it, and it counts when the provider says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import LazyString, lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.by_hand import hand_back
from payments.disputes import has_taken_money
from payments.given_up import NotAgain, refund_again
from payments.ledger import refundable, want_refund
from payments.methods import NO_PROVIDER
from payments.models import Payment
from payments.models import Refund as RefundRow
from payments.money import Money
from payments.states import PaymentState
from shop.context import Shop
from shop.fulfilment.parcels import released_plans
from shop.orders.listener import OrderListener
from shop.orders.models import Order, OrderPayment, OrderRefund
from shop.orders.refund_plan import Left, NotRefundable, Plan, Wish, plan_refund
from shop.stores import all_stores
from shop.tax import Rounding
from shop.vault import Place


class RefundReason(StrEnum):
    """Why money goes back, as a person chooses it."""

    DAMAGED = "damaged"
    MISSING = "missing"
    WRONG_ITEM = "wrong_item"
    LATE = "late"
    CHANGED_MIND = "changed_mind"
    GOODWILL = "goodwill"
    FRAUD = "fraud"

    @property
    def label(self) -> LazyString:
        return _LABELS[self]


_LABELS = {
    RefundReason.DAMAGED: lazy_gettext("破損・不良"),
    RefundReason.MISSING: lazy_gettext("欠品・数量違い"),
    RefundReason.WRONG_ITEM: lazy_gettext("品違い"),
    RefundReason.LATE: lazy_gettext("お届けの遅れ"),
    RefundReason.CHANGED_MIND: lazy_gettext("お客さま都合の返品"),
    RefundReason.GOODWILL: lazy_gettext("お詫び"),
    RefundReason.FRAUD: lazy_gettext("不正利用の疑い"),
}
_MAY = {PaymentState.PAID, PaymentState.REVIEW}


@dataclass(frozen=True)
class Request:
    """One press of the refund button. `key` comes from the form, so that a second press is the same refund."""

    wish: Wish
    reason: RefundReason
    note: str
    """Free text of the person who acts; sealed."""
    key: str
    actor: str
    request_id: str


def refund_order(session: Session, shop: Shop, store_id: str, order_id: str, wanted: Request) -> OrderRefund:
    """Write the refund down; the worker sends it. Asking again with the same key gives the first one back.

    What was collected at the door no provider can send back: it is noted as handed back already, and the note must say
    how. Locks order and payment. Raises NotRefundable: besides the plan's reasons, "state" when its money is not
    ours to give (unpaid, under way, gone) and "over" when the ledger, refunds under way included, does not cover it.
    """
    order = session.get_one(Order, (store_id, order_id), with_for_update=True)
    link = session.get_one(OrderPayment, (store_id, order_id))
    payment = session.get_one(Payment, (store_id, link.payment_id), with_for_update=True)
    known = _made_before(session, order, wanted.key)
    if known is not None:
        return known
    if payment.state not in _MAY or payment.provider_id is None:
        raise NotRefundable("state")
    if has_taken_money(session, payment):
        raise NotRefundable("disputed")
    plans = standing_plans(session, order)
    there = Money(refundable(session, payment), payment.currency)
    wish = wanted.wish
    if (
        wish.everything
    ):  # some may have gone back on the provider's own screen, of which no plan of ours knows
        wish = Wish(amount=min(there, left_of(order, plans).total))
    plan = plan_refund(order.snapshot, plans, wish, Rounding(all_stores()[store_id].rounding))
    if plan.amount > there:
        raise NotRefundable("over")
    row = _give_back(session, payment, payment.provider_id, plan, wanted)
    return _keep(session, shop, order, row, plan, wanted)


def try_again(session: Session, store_id: str, refund_id: str, *, actor: str, request_id: str) -> RefundRow:
    """Ask once more for a refund that failed: the same money, the same split. Raises NotAgain; never commits.

    Locks order and payment. One that nobody pressed for (goods gone, paid twice) has no split and gets none.
    """
    failed = session.get(RefundRow, (store_id, refund_id))
    if failed is None:
        raise NotAgain("gone")
    order_id = session.scalars(
        select(OrderPayment.order_id).where(
            OrderPayment.store_id == store_id, OrderPayment.payment_id == failed.payment_id
        )
    ).one()
    session.get_one(Order, (store_id, order_id), with_for_update=True)
    row = refund_again(session, store_id, refund_id)
    before = session.get(OrderRefund, (store_id, refund_id))
    if before is not None and session.get(OrderRefund, (store_id, row.id)) is None:
        session.add(
            OrderRefund(
                store_id=store_id,
                refund_id=row.id,
                order_id=order_id,
                actor=actor,
                request_id=request_id,
                reason=before.reason,
                split=before.split,
            )
        )
        session.flush()
    return row


def _give_back(
    session: Session, payment: Payment, provider_payment: str, plan: Plan, wanted: Request
) -> RefundRow:
    reason, minor = _once(wanted.key), plan.amount.minor
    if payment.account != NO_PROVIDER:
        return want_refund(session, payment, provider_payment, minor, reason=reason)
    if not wanted.note:
        raise NotRefundable("note")
    return hand_back(session, payment, minor, OrderListener(), reason=reason)


def standing_plans(session: Session, order: Order) -> list[Plan]:
    """What of an order is not charged any more: what was never delivered, and the refunds that went through or may yet;
    a failed one gave nothing back."""
    query = (
        select(OrderRefund.split)
        .join(
            RefundRow,
            (RefundRow.store_id == OrderRefund.store_id) & (RefundRow.id == OrderRefund.refund_id),
        )
        .where(
            OrderRefund.store_id == order.store_id,
            OrderRefund.order_id == order.id,
            RefundRow.state != "failed",
        )
        .order_by(OrderRefund.refund_id)
    )
    refunds = [Plan.from_json(split) for split in session.scalars(query)]
    return [*released_plans(session, order), *refunds]


def left_of(order: Order, plans: Sequence[Plan]) -> Left:
    """What can still go back, for the form."""
    return Left.of(order.snapshot, plans)


def _once(key: str) -> str:
    return f"staff {key}"[:40]


def _made_before(session: Session, order: Order, key: str) -> OrderRefund | None:
    query = (
        select(OrderRefund)
        .join(
            RefundRow,
            (RefundRow.store_id == OrderRefund.store_id) & (RefundRow.id == OrderRefund.refund_id),
        )
        .where(
            OrderRefund.store_id == order.store_id,
            OrderRefund.order_id == order.id,
            RefundRow.reason == _once(key),
        )
    )
    return session.scalar(query)


def _keep(
    session: Session, shop: Shop, order: Order, row: RefundRow, plan: Plan, wanted: Request
) -> OrderRefund:
    place = Place(order.store_id, "order_refund", "note", row.id)
    kept = OrderRefund(
        store_id=order.store_id,
        refund_id=row.id,
        order_id=order.id,
        actor=wanted.actor,
        request_id=wanted.request_id,
        reason=wanted.reason.value,
        note=shop.vault.seal(place, wanted.note) if wanted.note else None,
        split=plan.to_json(),
    )
    session.add(kept)
    session.flush()
    return kept
