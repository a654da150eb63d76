"""What must hold when a storm is over: our tables against the provider's own lists, and against each other.

`wrong` returns a sentence for each thing that does not hold. It asks the provider by the port, so that the tables are
compared with what the other side says and not with what we wrote down of it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.models import Attempt, LedgerEntry, Payment, PaymentHistory, ProviderEvent
from payments.models import Refund as RefundRow
from payments.provider import Provider
from shop.catalog.models import Variant
from shop.context import Shop
from shop.jobs.models import Job
from shop.orders.models import Hold, Order, OrderHistory, OrderPayment

Goods = tuple[str, str]
"""Store and SKU."""

_PAIRED = {"pending": "placed", "after_stop": "review"}
_HOLDS = {
    "paid": {"taken"},
    "expired": {"released"},
    "refunding": {"released", "taken"},
    "refunded": {"released", "taken"},
}
_MAILS = {"paid": ("order_paid",), "refunding": ("order_apology",), "refunded": ("order_refunded",)}
_ENOUGH = 12
"""Sentences of one kind; more say nothing new."""


@dataclass
class Told:
    """What the provider says moved, in minor units: by its charge or refund, and by our payment."""

    movements: dict[str, int] = field(default_factory=dict)
    captured: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    net: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    left: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """What was captured and did not go back, of each of the provider's payments; an order paid twice has two."""
    asked_back: int = 0
    """What went back because we asked for it."""

    @property
    def total(self) -> int:
        return sum(self.movements.values())


def read_provider(providers: Collection[Provider], since: dt.datetime) -> Told:
    """Every captured charge, every refund that succeeded and what disputes moved, by the provider's lists."""
    told = Told()
    for provider in {id(one): one for one in providers}.values():
        references: dict[str, str] = {}
        for session in provider.sessions_since(since):
            if session.payment_id:
                references[session.payment_id] = session.reference or ""
            if session.charge is not None and session.charge.captured and session.charge.paid:
                amount = session.charge.amount.minor
                told.movements[session.charge.id] = amount
                told.captured[session.reference or ""].append(amount)
                told.net[session.reference or ""] += amount
                told.left[session.payment_id or ""] += amount
        for refund in provider.refunds_since(since):
            if refund.status == "succeeded":
                told.movements[refund.id] = -refund.amount.minor
                told.net[references.get(refund.payment_id, "")] -= refund.amount.minor
                told.left[refund.payment_id] -= refund.amount.minor
                told.asked_back += refund.amount.minor if refund.key else 0
        for dispute in provider.disputes_since(since):
            told.movements |= {one.id: one.amount.minor - one.fee.minor for one in dispute.movements}
    return told


def wrong(
    shop: Shop, since: dt.datetime, stock: Mapping[Goods, int], *, odd: Collection[str] = ()
) -> list[str]:
    """Everything that does not hold. `stock`: what there was of the goods that were for sale. `odd`: references of
    payments of which the provider says what can't be, so that they wait for a person.
    """
    told = read_provider(list(shop.providers.values()), since)
    with shop.db.read() as session:
        checks = (
            _ledger(session, told),
            _payments(session, told, odd),
            _refunds(session, told, odd),
            _histories(session),
            _orders(session),
            _stock(session, stock),
            _holds(session),
            _left_over(session, odd),
            _mails_wanted(session),
            _forged(session),
        )
        return [fault for check in checks for fault in _few(check)]


def _few(faults: Iterator[str]) -> list[str]:
    found = list(faults)
    rest = len(found) - _ENOUGH
    return [*found[:_ENOUGH], f"… and {rest} more like that"] if rest > 0 else found


def _ledger(session: Session, told: Told) -> Iterator[str]:
    """The ledger is the provider's, movement by movement, to the yen."""
    rows = session.execute(
        select(LedgerEntry.provider_object, func.sum(LedgerEntry.amount_minor)).group_by(
            LedgerEntry.provider_object
        )
    )
    booked = {name: int(minor) for name, minor in rows}
    for name in sorted(booked.keys() | told.movements.keys()):
        if booked.get(name, 0) != told.movements.get(name, 0):
            yield f"{name}: the provider says {told.movements.get(name)}, the ledger {booked.get(name)}"


def _payments(session: Session, told: Told, odd: Collection[str]) -> Iterator[str]:
    """Nobody paid twice, nobody paid for nothing, nobody got anything for nothing."""
    known = set()
    for payment in session.scalars(select(Payment)):
        reference = f"{payment.store_id}.{payment.id}"
        known.add(reference)
        net, captured = told.net.get(reference, 0), told.captured.get(reference, [])
        if net > payment.amount_minor and reference not in odd:
            yield f"payment {payment.id} was paid twice: {captured}, net {net} of {payment.amount_minor}"
        if payment.state == "paid" and reference not in odd and not 0 < net <= payment.amount_minor:
            yield f"payment {payment.id} counts as paid, the provider has {net} of {payment.amount_minor}"
        if payment.state == "paid" and payment.amount_minor not in captured:
            yield f"payment {payment.id} counts as paid with {captured} of {payment.amount_minor}"
        if payment.state in {"expired", "pending", "refunded"} and net and reference not in odd:
            yield f"payment {payment.id} is {payment.state}, the provider has {net}: paid and lost"
    for reference in sorted(told.captured.keys() - known):
        yield f"the provider was paid for {reference}, which nobody knows"


def _refunds(session: Session, told: Told, odd: Collection[str]) -> Iterator[str]:
    """No more went back for us than was wanted, and nobody is sent after what has gone back already."""
    wanted = select(func.coalesce(func.sum(RefundRow.amount_minor), 0)).where(RefundRow.state != "failed")
    done = int(session.scalar(wanted) or 0)
    if told.asked_back > done:
        yield f"refunds of {done} were wanted, {told.asked_back} went back"
    for row in session.scalars(select(RefundRow).where(RefundRow.state == "failed")):
        if told.left[row.provider_payment] == 0 and f"{row.store_id}.{row.payment_id}" not in odd:
            yield f"refund {row.id} counts as refused, and all of that money went back"


def _histories(session: Session) -> Iterator[str]:
    """Each change of state begins where the one before it ended: two hands at once would make it fork."""
    for table, key in ((PaymentHistory, PaymentHistory.payment_id), (OrderHistory, OrderHistory.order_id)):
        rows = session.execute(select(key, table.before, table.after).order_by(table.id))
        last: dict[str, str] = {}
        for thing, before, after in rows:
            if last.get(thing, before) != before:
                yield f"{table.__tablename__} of {thing}: {before} -> {after} after {last[thing]}"
            last[thing] = after


def _orders(session: Session) -> Iterator[str]:
    query = select(Order, Payment.state.label("money")).join(
        OrderPayment, (OrderPayment.store_id == Order.store_id) & (OrderPayment.order_id == Order.id)
    )
    query = query.join(
        Payment, (Payment.store_id == OrderPayment.store_id) & (Payment.id == OrderPayment.payment_id)
    )
    for order, money in session.execute(query):
        if order.state != _PAIRED.get(money, money):
            yield f"order {order.id} is {order.state}, its payment {money}"


def _stock(session: Session, stock: Mapping[Goods, int]) -> Iterator[str]:
    """What is there and what was sold is what there was; nothing is held but for who waits for a person."""
    query = select(Hold.store_id, Hold.sku, func.sum(Hold.quantity)).where(Hold.state == "taken")
    sold = {
        (store, sku): int(n) for store, sku, n in session.execute(query.group_by(Hold.store_id, Hold.sku))
    }
    waiting = select(Hold.store_id, Hold.sku, func.sum(Hold.quantity)).join(
        Order, (Order.store_id == Hold.store_id) & (Order.id == Hold.order_id)
    )
    waiting = waiting.where(Hold.state == "active", Order.state == "review").group_by(Hold.store_id, Hold.sku)
    kept = {(store, sku): int(n) for store, sku, n in session.execute(waiting)}
    for goods, pieces in stock.items():
        variant = session.get_one(Variant, goods)
        if variant.on_hand + sold.get(goods, 0) != pieces or variant.on_hand < 0:
            yield f"{goods}: {variant.on_hand} there and {sold.get(goods, 0)} sold of {pieces}"
        if variant.held != kept.get(goods, 0):
            yield f"{goods}: {variant.held} held, {kept.get(goods, 0)} of them for somebody"


def _holds(session: Session) -> Iterator[str]:
    query = select(Hold.order_id, Hold.state, Order.state.label("order")).join(
        Order, (Order.store_id == Hold.store_id) & (Order.id == Hold.order_id)
    )
    for row in session.execute(query):
        if row.order != "review" and row.state not in _HOLDS.get(row.order, set()):
            yield f"order {row.order_id} is {row.order}, its goods are {row.state}"


def _left_over(session: Session, odd: Collection[str]) -> Iterator[str]:
    """Nothing waits for anything any more, but what must wait for a person."""
    for table, states in (
        (Order, ["placed", "refunding"]),
        (Payment, ["pending", "refunding", "after_stop"]),
        (Attempt, ["waiting", "open"]),
        (RefundRow, ["wanted", "sent"]),
        (Job, ["waiting", "parked"]),
        (ProviderEvent, ["new", "parked"]),
    ):
        query = select(table.state, func.count()).where(table.state.in_(states)).group_by(table.state)
        for state, count in session.execute(query):
            yield f"{count} rows of {table.__tablename__} are still {state}"
    reviewed = select(Payment.store_id, Payment.id).where(Payment.state == "review")
    failed = select(RefundRow.store_id, RefundRow.payment_id).where(RefundRow.state == "failed")
    for store_id, payment_id in session.execute(reviewed.union(failed)):
        if f"{store_id}.{payment_id}" not in odd:
            yield f"payment {payment_id} waits for a person, though nothing odd was said of it"


def _mails_wanted(session: Session) -> Iterator[str]:
    """Every turn of an order that its customer hears of has its mail."""
    wanted = select(Job.subject_id, Job.detail).where(Job.kind == "mail")
    mails = {(row.subject_id, row.detail) for row in session.execute(wanted)}
    turns = session.execute(select(OrderHistory.order_id, OrderHistory.after).distinct())
    for order_id, state in turns:
        for template in _MAILS.get(state, ()):
            if (order_id, template) not in mails:
                yield f"order {order_id} became {state} without a mail {template}"


def _forged(session: Session) -> Iterator[str]:
    """A tampered event says that it is live, and its signature is wrong."""
    count = session.scalar(select(func.count()).where(ProviderEvent.livemode.is_(True)))
    if count:
        yield f"{count} forged events were kept"


def wrong_mails(shop: Shop, sent: Mapping[str, int], most_doubles: int) -> list[str]:
    """What does not hold of the mails. `sent`: how often each Message-ID was taken by the server."""
    with shop.db.read() as session:
        jobs = set(session.scalars(select(Job.id).where(Job.kind == "mail", Job.state == "done")))
    by_job = {message_id.strip("<>").partition("@")[0]: count for message_id, count in sent.items()}
    lost, doubles = jobs - by_job.keys(), sum(sent.values()) - len(sent)
    faults = [f"{len(lost)} mails count as sent and never came"] if lost else []
    if len(by_job) != len(sent) or by_job.keys() - jobs:
        faults.append("mails came that no job stands for")
    if doubles > most_doubles:
        faults.append(f"{doubles} mails came twice, {most_doubles} may have")
    return faults
