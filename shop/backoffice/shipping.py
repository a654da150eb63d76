"""Send an order's parcels, and call orders off whose money is only reserved."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from payments.models import Payment
from payments.money import Money
from payments.states import PaymentState
from shop.backoffice import words
from shop.backoffice.orders import OrderFile, order_file
from shop.backoffice.refund_form import PIECES, NotANumber
from shop.backoffice.shipping_form import REFUSALS, CallOffForm, ShipForm
from shop.context import the_shop
from shop.fulfilment import carriers, parcels, shipping
from shop.fulfilment.carriers import BadTracking, Carrier
from shop.fulfilment.models import Fulfilment, Shipment
from shop.fulfilment.shipping import NotShippable, Parcel, Who
from shop.orders.models import Order
from shop.orders.states import OrderState
from shop.staff.access import StaffPages, the_member
from shop.staff.pages.parts import go
from shop.staff.rights import Right
from shop.stores import all_stores

shipping_pages = StaffPages("staff_shipping", __name__)


_LEAVES = {OrderState.PAID, OrderState.AUTHORISED, OrderState.ON_DELIVERY}


@dataclass(frozen=True)
class Desk:
    """What of an order has left, what can, and what that takes from the card."""

    left: dict[str, int]
    parcels: list[Shipment]
    state: str
    is_reserved: bool
    may_ship: bool
    takes: Money


@shipping_pages.get("/orders/<store_id>/<order_id>/ship", right=Right.SHIP)
def ship(store_id: str, order_id: str) -> ResponseReturnValue:
    """What can leave."""
    return _page(order_file(store_id, order_id), ShipForm.fresh())


@shipping_pages.post("/orders/<store_id>/<order_id>/ship", right=Right.SHIP)
def send_parcel(store_id: str, order_id: str) -> ResponseReturnValue:
    """Write the parcel down, take its money where it is only reserved, and say whether it may leave."""
    found, form = order_file(store_id, order_id), ShipForm()
    if not form.validate():
        return _page(found, form, refusal="key" if form.key.errors else "tracking", status=400)
    try:
        shipping.ship(the_shop(), store_id, order_id, _parcel(found, form), _who())
    except NotANumber:
        return _page(found, form, refusal="not_a_number", status=400)
    except BadTracking:
        return _page(found, form, refusal="tracking", status=400)
    except NotShippable as refused:
        return _page(order_file(store_id, order_id), form, refusal=refused.code, status=409)
    return go(f"/orders/{store_id}/{order_id}/ship")


@shipping_pages.post("/orders/<store_id>/<order_id>/call-off", right=Right.SHIP, fresh=True)
def call_off(store_id: str, order_id: str) -> ResponseReturnValue:
    """Let the reserved money go and cancel the order."""
    found, form = order_file(store_id, order_id), CallOffForm()
    if not form.validate():
        return _page(found, ShipForm.fresh(), refusal="state", status=400)
    try:
        shipping.call_off(the_shop(), store_id, order_id, f"staff {form.reason.data}", _who())
    except NotShippable as refused:
        return _page(order_file(store_id, order_id), ShipForm.fresh(), refusal=refused.code, status=409)
    return go(f"/orders/{store_id}/{order_id}")


def _who() -> Who:
    return Who(the_member().actor, g.request_id)


def _parcel(found: OrderFile, form: ShipForm) -> Parcel:
    left = {line.sku: line.quantity for line in found.lines}
    return Parcel(
        key=form.key.data or "",
        carrier=Carrier(form.carrier.data),
        tracking=form.tracking.data or "",
        quantities=form.quantities(left, request.form),
    )


def _desk(order: Order, payment: Payment) -> Desk:
    with the_shop().db.read() as session:
        left = parcels.left_to_ship(session, order)
        sent = parcels.shipments_of(session, order)
        row = session.get(Fulfilment, (order.store_id, order.id))
    is_reserved = payment.state == PaymentState.AUTHORISED
    return Desk(
        left=left,
        parcels=sent,
        state=row.state if row else "waiting",
        is_reserved=is_reserved,
        may_ship=order.state in _LEAVES and any(left.values()),
        takes=payment.amount if is_reserved else Money(0, order.currency),
    )


def _page(found: OrderFile, form: ShipForm, *, refusal: str = "", status: int = 200) -> ResponseReturnValue:
    order = found.order
    desk = _desk(order, found.payment)
    page = render_template(
        "backoffice/ship.html",
        found=found,
        order=order,
        shop_store=all_stores()[order.store_id],
        desk=desk,
        state=words.word(words.FULFILMENT, desk.state),
        parcel_words=words.PARCEL,
        carrier_label=lambda name: carriers.label(Carrier(name)),
        form=form,
        call_off_form=CallOffForm(formdata=None),
        pieces=PIECES,
        typed=request.form,
        refusal=REFUSALS.get(refusal, ""),
        switch=f"/orders/{order.store_id}/{order.id}/ship",
    )
    return page, status
