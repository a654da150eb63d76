"""Give money of an order back, for who has the right and has just proved who they are."""

from __future__ import annotations

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from shop.backoffice.orders import OrderFile, order_file
from shop.backoffice.refund_form import PIECES, REFUSALS, NotANumber, RefundForm
from shop.backoffice.refusal import note_refused
from shop.context import the_shop
from shop.orders.refund_plan import Left, NotRefundable
from shop.orders.refunding import RefundReason, Request, left_of, refund_order, standing_plans
from shop.staff.access import StaffPages, the_member
from shop.staff.pages.parts import go
from shop.staff.rights import Right
from shop.stores import all_stores

refund_pages = StaffPages("staff_refunds", __name__)


@refund_pages.get("/orders/<store_id>/<order_id>/refund", right=Right.REFUND, fresh=True)
def refund(store_id: str, order_id: str) -> ResponseReturnValue:
    """What can go back, and how much of it."""
    found = order_file(store_id, order_id)
    return _page(found, _left(found), RefundForm.fresh())


@refund_pages.post("/orders/<store_id>/<order_id>/refund", right=Right.REFUND, fresh=True)
def give_back(store_id: str, order_id: str) -> ResponseReturnValue:
    """Write the refund down; the worker sends it."""
    found, form = order_file(store_id, order_id), RefundForm()
    left = _left(found)
    if not form.validate():
        return _page(found, left, form, status=400)
    try:
        wanted = _request(form, left)
        the_shop().db.write(lambda session: _refund(session, found, wanted))
    except NotANumber:
        note_refused("order.refund", store_id, order_id)
        return _page(found, left, form, refusal="not_a_number", status=400)
    except NotRefundable as refused:
        note_refused("order.refund", store_id, order_id)
        return _page(found, _left(found), form, refusal=refused.code, status=409)
    return go(f"/orders/{store_id}/{order_id}")


def _request(form: RefundForm, left: Left) -> Request:
    return Request(
        wish=form.wish(left, request.form),
        reason=RefundReason(form.reason.data),
        note=(form.note.data or "").strip(),
        key=form.key.data or "",
        actor=f"staff:{the_member().id}",
        request_id=g.request_id,
    )


def _refund(session: Session, found: OrderFile, wanted: Request) -> None:
    """The refund and its row of the audit chain, in one transaction."""
    shop, order = the_shop(), found.order
    kept = refund_order(session, shop, order.store_id, order.id, wanted)
    shop.audit.record(
        session,
        actor=the_member().actor,
        action="order.refund",
        subject=f"order/{order.store_id}/{order.id}/{kept.refund_id}",
        store_id=order.store_id,
        fields=("amount", "reason", *(("note",) if wanted.note else ())),
        request_id=g.request_id,
    )


def _left(found: OrderFile) -> Left:
    with the_shop().db.read() as session:
        return left_of(found.order, standing_plans(session, found.order))


def _page(
    found: OrderFile, left: Left, form: RefundForm, *, refusal: str = "", status: int = 200
) -> ResponseReturnValue:
    order = found.order
    page = render_template(
        "backoffice/refund.html",
        found=found,
        order=order,
        shop_store=all_stores()[order.store_id],
        left=left,
        form=form,
        pieces=PIECES,
        typed=request.form,
        refusal=REFUSALS.get(refusal, ""),
        switch=f"/orders/{order.store_id}/{order.id}/refund",
    )
    return page, status
