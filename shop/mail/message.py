"""Make a mail from its template, in the order's language, as text and HTML."""

from __future__ import annotations

from email.message import EmailMessage

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _

from payments.models import Payment, PaymentPromise
from payments.promises import promise_of
from shop.accounts.letters import is_letter
from shop.address.contact import Contact
from shop.context import Shop
from shop.fulfilment.telling import parcel_of
from shop.jobs.models import Job
from shop.mail.letter import compose_letter, envelope
from shop.methods.steps import steps
from shop.orders.links import order_token
from shop.orders.models import Order, OrderLine, OrderPayment
from shop.orders.queries import order_lines
from shop.orders.states import OrderState
from shop.stores import all_stores
from shop.vault import Place, Purpose

_WHILE_WAITING = frozenset({"order_waiting", "order_reminder", "order_partial"})


def compose(shop: Shop, job: Job) -> EmailMessage | None:
    """The mail that a job asks for. Needs an application context; opens the customer's contact for it.

    None for a letter whose account was deleted meanwhile, and for one that asks for money which came, or can't any
    more: nobody is to get it.
    """
    if is_letter(job.detail):
        return compose_letter(shop, job)
    with shop.db.read() as session:
        order = session.get_one(Order, (job.store_id, job.subject_id))
        lines = order_lines(session, order)
        link = session.get_one(OrderPayment, (order.store_id, order.id))
        payment = session.get_one(Payment, (order.store_id, link.payment_id))
        promise = promise_of(session, payment)
    if job.detail in _WHILE_WAITING and order.state != OrderState.WAITING:
        return None
    place = Place(order.store_id, "order", "contact", order.id)
    opened = shop.vault.open_personal(
        place, order.contact, purpose=Purpose.ORDER_MAIL, request_id=order.request_id
    )
    contact = Contact.from_json(opened)
    with force_locale(job.locale):
        return _message(shop, job, order, lines, payment, contact, promise)


def _message(
    shop: Shop,
    job: Job,
    order: Order,
    lines: list[OrderLine],
    payment: Payment,
    contact: Contact,
    promise: PaymentPromise | None,
) -> EmailMessage:
    store = all_stores()[order.store_id]
    origin = shop.settings.urls[order.store_id]
    prefix = "/en" if job.locale == "en" else ""
    context = {
        "store": store,
        "order": order,
        "lines": lines,
        "payment": payment,
        "contact": contact,
        "promise": promise,
        "steps": steps(promise, job.locale) if promise else [],
        "locale": job.locale,
        "origin": origin + prefix,
        "parcel": parcel_of(shop, order, job),
        "order_url": f"{origin}{prefix}/orders/{order_token(shop.settings.keys, order.store_id, order.id)}",
    }
    template = job.detail.partition(":")[0]
    subject = f"{_subject(template)} ({order.number})"
    message = envelope(shop, job, store, contact.email, subject, order.request_id)
    message.set_content(render_template(f"mail/{template}.txt", **context))
    message.add_alternative(render_template(f"mail/{template}.html", **context), subtype="html")
    return message


def _subject(template: str) -> str:
    subjects: dict[str, str] = {
        "order_paid": _("ご注文ありがとうございます"),
        "order_waiting": _("お支払い方法のご案内"),
        "order_reminder": _("お支払い期限が近づいています"),
        "order_partial": _("一部のご入金を確認しました"),
        "order_authorised": _("ご注文ありがとうございます"),
        "order_shipped": _("商品を発送しました"),
        "order_canceled": _("ご注文の取り消し"),
        "order_cod": _("ご注文を承りました（代金引換）"),
        "order_expired": _("ご注文はお支払いが確認できず取り消されました"),
        "order_apology": _("お詫び: ご注文の品をご用意できず、全額を返金いたします"),
        "order_refunded": _("ご返金の手続きが完了しました"),
    }
    return subjects[template]
