"""Cash on delivery: staff write down what happened at the door."""

from __future__ import annotations

from flask import g
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shop.backoffice.orders import order_file, order_page
from shop.backoffice.refusal import note_refused
from shop.context import the_shop
from shop.errors import NotFound
from shop.methods.cod import AtTheDoor, NotRecorded, record
from shop.staff.access import StaffPages, the_member
from shop.staff.forms import ActionForm
from shop.staff.pages.parts import go
from shop.staff.rights import Right

cod_pages = StaffPages("staff_cod", __name__)


@cod_pages.post("/orders/<store_id>/<order_id>/cod/<what>", right=Right.SHIP)
def at_the_door(store_id: str, order_id: str, what: str) -> ResponseReturnValue:
    """Handed over and collected, or not taken. Pressing twice records it once."""
    order_file(store_id, order_id)
    ActionForm().validate()
    if what not in {each.value for each in AtTheDoor}:
        raise NotFound
    try:
        the_shop().db.write(
            lambda session: record(
                session,
                the_shop(),
                store_id,
                order_id,
                AtTheDoor(what),
                actor=the_member().actor,
                request_id=g.request_id,
            )
        )
    except NotRecorded:
        note_refused(f"cod.{what}", store_id, order_id)
        why = _("この注文は、代金引換の結果を待っていません。")
        return order_page(order_file(store_id, order_id), refusal=why, status=409)
    return go(f"/orders/{store_id}/{order_id}")
