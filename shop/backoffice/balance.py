"""Money that was transferred too much or too late: a person sends it back."""

from __future__ import annotations

from flask import g
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from payments.returns import NothingLeft, want_return
from payments.settle import lock_payment
from shop.backoffice.orders import OrderFile, order_file, order_page
from shop.backoffice.refusal import note_refused
from shop.context import the_shop
from shop.orders.listener import OrderListener
from shop.staff.access import StaffPages, the_member
from shop.staff.forms import ActionForm
from shop.staff.pages.parts import go
from shop.staff.rights import Right

balance_pages = StaffPages("staff_balance", __name__)


@balance_pages.post("/orders/<store_id>/<order_id>/balance", right=Right.REFUND, fresh=True)
def give_back(store_id: str, order_id: str) -> ResponseReturnValue:
    """All that lies in the customer's balance goes back; the worker sends it. Pressing twice sends it once."""
    found = order_file(store_id, order_id)
    ActionForm().validate()
    try:
        the_shop().db.write(lambda session: _want(session, found))
    except NothingLeft:
        note_refused("transfer.return", store_id, order_id)
        why = _("返金できる過入金がないか、すでに返金の手続き中です。")
        return order_page(order_file(store_id, order_id), refusal=why, status=409)
    return go(f"/orders/{store_id}/{order_id}")


def _want(session: Session, found: OrderFile) -> None:
    """The return and its row of the audit chain, in one transaction."""
    shop, order = the_shop(), found.order
    payment = lock_payment(session, OrderListener(), order.store_id, found.payment.id)
    if payment is None:
        raise NothingLeft
    wanted = want_return(session, payment, actor=f"staff:{the_member().id}")
    shop.audit.record(
        session,
        actor=the_member().actor,
        action="transfer.return",
        subject=f"order/{order.store_id}/{order.id}/{wanted.id}",
        store_id=order.store_id,
        fields=("amount",),
        request_id=g.request_id,
    )
