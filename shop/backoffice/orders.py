"""Orders: the list, one order as one timeline, who ordered (opened by a press, and written down)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from payments.dispute_models import Dispute, FraudWarning
from payments.ledger import left_with_us, refundable
from payments.models import Attempt, Payment, PaymentPromise
from payments.money import Money
from security.sealing import CannotOpen
from shop.address.contact import Contact
from shop.backoffice import words
from shop.backoffice.telling import told
from shop.context import the_locale, the_shop
from shop.disputes.listing import of_payment
from shop.errors import NotFound
from shop.orders import shelf
from shop.orders.models import Order, OrderLine
from shop.orders.queries import order_view
from shop.orders.timeline import Moment, timeline
from shop.staff.access import StaffPages, the_member
from shop.staff.forms import ActionForm
from shop.staff.rights import Right
from shop.stores import all_stores
from shop.vault import Place, Purpose

order_pages = StaffPages("staff_orders", __name__)


@dataclass(frozen=True)
class OrderFile:
    """Everything that staff see of one order, but who ordered."""

    order: Order
    lines: list[OrderLine]
    payment: Payment
    attempt: Attempt | None
    promise: PaymentPromise | None
    moments: list[Moment]
    left: Money
    """What of the money is with us."""
    refundable: Money
    disputes: list[Dispute]
    warnings: list[FraudWarning]


@order_pages.get("/orders", right=Right.SEE_ORDERS)
def orders() -> ResponseReturnValue:
    """Newest first. An order's number leads straight to it."""
    asked = request.args
    store = asked.get("store", "")
    state = asked.get("state", "")
    wanted = shelf.Filter(
        stores=[store] if store in all_stores() else list(all_stores()),
        state=state if state in words.ORDER else None,
        number=_number(asked.get("number", "")) or None,
    )
    with the_shop().db.read() as session:
        page = shelf.page(session, wanted, after=asked.get("after"))
    kept = {name: value for name, value in (("store", store), ("state", state)) if value}
    return render_template(
        "backoffice/orders.html",
        page=page,
        wanted=wanted,
        store=store,
        number=asked.get("number", "")[:20],
        states=words.ORDER,
        stores=all_stores(),
        onward=urlencode(kept | {"after": page.after}) if page.after else None,
    )


@order_pages.get("/orders/<store_id>/<order_id>", right=Right.SEE_ORDERS)
def order(store_id: str, order_id: str) -> ResponseReturnValue:
    """One order."""
    return order_page(order_file(store_id, order_id))


@order_pages.post("/orders/<store_id>/<order_id>/contact", right=Right.SEE_CUSTOMERS)
def contact(store_id: str, order_id: str) -> ResponseReturnValue:
    """Who ordered, on the same page, for this once. Reading it is written down first."""
    found = order_file(store_id, order_id)
    try:
        opened = open_contact(found.order)
    except CannotOpen:
        return order_page(found, unreadable=True)
    return order_page(found, contact=opened)


def order_file(store_id: str, order_id: str) -> OrderFile:
    """The order of that store. NotFound for any other id, whichever store's it is."""
    if store_id not in all_stores() or not order_id.isalnum():
        raise NotFound
    with the_shop().db.read() as session:
        return _order_file(session, store_id, order_id)


def _order_file(session: Session, store_id: str, order_id: str) -> OrderFile:
    view = order_view(session, store_id, order_id)
    if view is None:
        raise NotFound
    currency = view.order.currency
    disputes, warnings = of_payment(session, view.payment)
    return OrderFile(
        order=view.order,
        lines=view.lines,
        payment=view.payment,
        attempt=view.attempt,
        promise=view.promise,
        moments=timeline(session, view.order, view.payment),
        left=Money(left_with_us(session, view.payment), currency),
        refundable=Money(refundable(session, view.payment), currency),
        disputes=disputes,
        warnings=warnings,
    )


def order_page(
    found: OrderFile,
    *,
    contact: Contact | None = None,
    unreadable: bool = False,
    refusal: str = "",
    status: int = 200,
) -> ResponseReturnValue:
    """The page of an order, with the contact when it was opened, and with why something was refused."""
    member = the_member()
    store = all_stores()[found.order.store_id]
    page = render_template(
        "backoffice/order.html",
        found=found,
        order=found.order,
        shop_store=store,
        order_state=words.word(words.ORDER, found.order.state),
        dispute_words=words.DISPUTE,
        payment_state=words.word(words.PAYMENT, found.payment.state),
        lines=told(found.moments, {member.id: member.name}, the_locale()),
        contact=contact,
        unreadable=unreadable,
        refusal=refusal,
        form=ActionForm(formdata=None),
        switch=f"/orders/{store.id}/{found.order.id}",
    )
    return page, status


def open_contact(found: Order) -> Contact:
    """Who ordered. Commits a row of the audit chain first. Raises CannotOpen."""
    opened = the_shop().vault.open_personal(
        Place(found.store_id, "order", "contact", found.id),
        found.contact,
        purpose=Purpose.ORDER_DESK,
        request_id=g.request_id,
        reader=the_member().actor,
    )
    return Contact.from_json(opened)


def _number(text: str) -> str:
    """An order's number as anyone types it, full width too: st7k2m9xq4, ST-7K2M-9XQ4."""
    bare = "".join(
        char for char in unicodedata.normalize("NFKC", text).upper() if char.isascii() and char.isalnum()
    )
    return f"{bare[:2]}-{bare[2:6]}-{bare[6:]}" if len(bare) == 10 else text.strip()[:16]
