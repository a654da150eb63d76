"""Builds what the provider is asked for, from the order's rows alone: the same attempt gives the same request for ever.

That is what the idempotency key stands for, so a retry after a crash must not differ in one character.
"""

from __future__ import annotations

from payments.models import Attempt, Payment
from payments.money import Money
from payments.provider import Line, Payer, SessionRequest, ThreeDSecure, UIMode
from shop.address.contact import Contact
from shop.context import Shop
from shop.orders.links import order_token
from shop.orders.models import Order, OrderLine
from shop.orders.queries import OrderView, order_lines
from shop.vault import Place, Purpose

_DELIVERY = {"ja": "送料", "en": "Delivery"}
_FEE = {"ja": "決済手数料", "en": "Payment fee"}
_NAME_LIMIT = 240


def request_of(shop: Shop, attempt: Attempt) -> SessionRequest:
    """The request of an attempt, read anew. Opens the customer's mail address for it."""
    with shop.db.read() as session:
        payment = session.get_one(Payment, (attempt.store_id, attempt.payment_id))
        order = session.get_one(Order, (payment.store_id, payment.reference))
        lines = order_lines(session, order)
    opened = shop.vault.open_personal(
        Place(order.store_id, "order", "contact", order.id),
        order.contact,
        purpose=Purpose.CHECKOUT_SESSION,
        request_id=attempt.request_id,
    )
    return build_request(shop, OrderView(order, lines, payment, attempt), attempt, Contact.from_json(opened))


def build_request(shop: Shop, view: OrderView, attempt: Attempt, contact: Contact) -> SessionRequest:
    """The same from what is at hand: the rows of an order, one of its attempts and the contact sealed in it."""
    order, payment = view.order, view.payment
    page = _page(shop, order, attempt.locale)
    return SessionRequest(
        idempotency_key=attempt.id,
        reference=f"{payment.store_id}.{payment.id}",
        request_id=attempt.request_id,
        ui_mode=UIMode(attempt.ui_mode),
        method=payment.method,
        lines=_provider_lines(order, view.lines, attempt.locale),
        return_url=f"{page}/return",
        cancel_url=f"{page}/pay?back=1",
        locale=attempt.locale,
        email=contact.email,
        expires_at=attempt.expires_at,
        three_d_secure=ThreeDSecure.CHALLENGE if attempt.challenge else ThreeDSecure(attempt.three_d_secure),
        capture_later=attempt.capture_later,
        payer=None if attempt.is_card else Payer(contact.name, contact.email),
    )


def _page(shop: Shop, order: Order, locale: str) -> str:
    prefix = "/en" if locale == "en" else ""
    token = order_token(shop.settings.keys, order.store_id, order.id)
    return f"{shop.settings.urls[order.store_id]}{prefix}/orders/{token}"


def _provider_lines(order: Order, lines: list[OrderLine], locale: str) -> tuple[Line, ...]:
    sold = [
        Line(
            name=(line.name_ja if locale == "ja" else line.name_en)[:_NAME_LIMIT],
            unit=Money(line.unit_minor, order.currency),
            quantity=line.quantity,
        )
        for line in lines
    ]
    for names, key in ((_DELIVERY, "delivery_fee"), (_FEE, "method_fee")):
        fee = Money(order.snapshot.get(key, 0), order.currency)  # orders from before had no such fee
        if fee:
            sold.append(Line(name=names.get(locale, names["en"]), unit=fee, quantity=1))
    return tuple(sold)
