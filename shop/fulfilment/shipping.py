"""Staff ship an order, whole or in part, or call it off: written down under the order's lock, then asked for.

With money that is only reserved, a parcel waits until what it costs was taken. A reservation is taken once: what is not
in that parcel is given up, is not charged, and goes back on the shelf.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from payments.authorisation import is_captured
from payments.capture import LEAD, NotCapturable, send_capture, want_capture, want_void, wanted_end
from payments.models import Capture, Payment
from payments.provider import PaymentError
from payments.states import PaymentState
from shop.audit.actor import Actor
from shop.context import Shop
from shop.fulfilment.carriers import Carrier, tracking_number
from shop.fulfilment.models import Shipment
from shop.fulfilment.parcels import fulfilment_of, left_to_ship, send
from shop.fulfilment.states import FulfilmentState, advance
from shop.orders.listener import OrderListener
from shop.orders.models import Order, OrderPayment
from shop.orders.refund_plan import Plan, Wish, plan_refund
from shop.orders.states import OrderState
from shop.stores import all_stores
from shop.tax import Rounding
from shop.vault import Place

_MAY_LEAVE = {
    (OrderState.PAID, PaymentState.PAID),
    (OrderState.AUTHORISED, PaymentState.AUTHORISED),
    (OrderState.ON_DELIVERY, PaymentState.PENDING),  # the carrier collects the money at the door
}
_RESERVED = {PaymentState.AUTHORISED, PaymentState.AFTER_STOP, PaymentState.REVIEW}


class NotShippable(Exception):
    """Nothing was written down but the refusal; `code` says why: state, nothing, unknown_line, too_many, key, amount,
    too_late or under_way."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Parcel:
    """One press of the button. `key` comes from the form, so that a second press is the same parcel."""

    key: str
    carrier: Carrier
    tracking: str
    quantities: Mapping[str, int] | None
    """Pieces by SKU; None for everything that is left."""


@dataclass(frozen=True)
class Who:
    """Who acts, and by which request."""

    actor: Actor
    request_id: str


def ship(shop: Shop, store_id: str, order_id: str, wanted: Parcel, who: Who) -> Shipment:
    """Write a parcel down and, where its money is only reserved, take it; the parcel as it is then.

    Its state says whether it may leave: "wanted" while the provider has not answered; the worker goes on. Raises
    BadTracking, or NotShippable, which is written into the audit chain.
    """
    number = tracking_number(wanted.carrier, wanted.tracking)
    try:
        parcel = shop.db.write(
            lambda session: _write_down(session, shop, store_id, order_id, wanted, number, who)
        )
    except NotShippable:
        shop.db.write(lambda session: _record(session, shop, store_id, order_id, "ship", who, "refused"))
        raise
    _send(shop, store_id, parcel.capture_id)
    with shop.db.read() as session:
        return session.get_one(Shipment, (store_id, parcel.id))


def call_off(shop: Shop, store_id: str, order_id: str, reason: str, who: Who) -> None:
    """Let the reservation of an order's money go; the order is cancelled when the provider says that it is gone.

    Asking again is the same wish. Raises NotShippable("state") when nothing is reserved (any more), "under_way" while
    it is being taken; that is written into the audit chain.
    """
    try:
        wish = shop.db.write(lambda session: _want_void(session, shop, store_id, order_id, reason, who))
    except NotShippable:
        shop.db.write(lambda session: _record(session, shop, store_id, order_id, "cancel", who, "refused"))
        raise
    _send(shop, store_id, wish.id)


def _send(shop: Shop, store_id: str, capture_id: str | None) -> None:
    """Ask the provider now. Without an answer the worker asks again."""
    if capture_id is None:
        return
    try:
        send_capture(shop.db, shop.providers[store_id], OrderListener(), store_id, capture_id)
    except PaymentError:
        return


def _write_down(
    session: Session,
    shop: Shop,
    store_id: str,
    order_id: str,
    wanted: Parcel,
    number: str,
    who: Who,
) -> Shipment:
    order, payment = _locked(session, store_id, order_id)
    known = session.get(Shipment, (store_id, wanted.key))
    if known is not None:
        if known.order_id != order_id:
            raise NotShippable("key")
        return known
    if (order.state, payment.state) not in _MAY_LEAVE:
        raise NotShippable("state")
    fulfilment = fulfilment_of(session, order)
    if fulfilment.state == FulfilmentState.CAPTURING or wanted_end(session, payment) is not None:
        raise NotShippable("under_way")
    left = left_to_ship(session, order)
    pieces = _pieces(left, wanted.quantities)
    parcel = Shipment(
        store_id=store_id,
        id=wanted.key,
        order_id=order_id,
        state="wanted",
        carrier=wanted.carrier.value,
        tracking=shop.vault.seal(Place(store_id, "shipment", "tracking", wanted.key), number)
        if number
        else None,
        lines=pieces,
        actor=f"{who.actor.kind}:{who.actor.id}",
        request_id=who.request_id,
    )
    if payment.state == PaymentState.AUTHORISED:
        rest = {sku: left[sku] - pieces.get(sku, 0) for sku in left}
        _take_money(session, order, payment, parcel, rest)
        session.add(parcel)
        session.flush()
        advance(session, fulfilment, FulfilmentState.CAPTURING, cause=f"parcel {parcel.id}")
    else:
        session.add(parcel)
        session.flush()
        send(session, order, parcel, cause=f"parcel {parcel.id}")
    _record(session, shop, store_id, order_id, "ship", who, "done", parcel.id)
    return parcel


def _pieces(left: Mapping[str, int], wanted: Mapping[str, int] | None) -> dict[str, int]:
    pieces = {sku: quantity for sku, quantity in (left if wanted is None else wanted).items() if quantity}
    if not pieces:
        raise NotShippable("nothing")
    if pieces.keys() - left.keys():
        raise NotShippable("unknown_line")
    if any(not 0 < quantity <= left[sku] for sku, quantity in pieces.items()):
        raise NotShippable("too_many")
    return pieces


def _take_money(
    session: Session, order: Order, payment: Payment, parcel: Shipment, rest: Mapping[str, int]
) -> None:
    """Want what this parcel costs, delivery included; the rest is given up."""
    amount = payment.amount
    given_up = {sku: quantity for sku, quantity in rest.items() if quantity}
    if given_up:
        plan = _plan(order, given_up)
        amount = amount - plan.amount
        parcel.released = plan.to_json()
    try:
        parcel.capture_id = want_capture(session, payment, amount, reason=f"parcel {parcel.id}", lead=LEAD).id
    except NotCapturable as refused:
        raise NotShippable(refused.code) from refused


def _plan(order: Order, given_up: Mapping[str, int]) -> Plan:
    rounding = Rounding(all_stores()[order.store_id].rounding)
    return plan_refund(order.snapshot, [], Wish(quantities=given_up), rounding)


def _want_void(session: Session, shop: Shop, store_id: str, order_id: str, reason: str, who: Who) -> Capture:
    order, payment = _locked(session, store_id, order_id)
    if payment.state not in _RESERVED or payment.provider_id is None or is_captured(session, payment):
        raise NotShippable("state")
    try:
        wish = want_void(session, payment, payment.provider_id, reason=reason, lead=LEAD)
    except NotCapturable as refused:
        raise NotShippable(refused.code) from refused
    _record(session, shop, store_id, order.id, "cancel", who, "done", wish.id)
    return wish


def _locked(session: Session, store_id: str, order_id: str) -> tuple[Order, Payment]:
    """Order, then payment: the one order of locks."""
    order = session.get(Order, (store_id, order_id), with_for_update=True)
    if order is None:
        raise NotShippable("state")
    link = session.get_one(OrderPayment, (store_id, order_id))
    return order, session.get_one(Payment, (store_id, link.payment_id), with_for_update=True)


def _record(
    session: Session,
    shop: Shop,
    store_id: str,
    order_id: str,
    what: str,
    who: Who,
    outcome: str,
    row_id: str = "",
) -> None:
    shop.audit.record(
        session,
        actor=who.actor,
        action=f"order.{what}",
        outcome=outcome,
        subject="/".join(["order", store_id, order_id, *([row_id] if row_id else [])]),
        store_id=store_id,
        request_id=who.request_id,
    )
