"""Where everybody begins: today's orders, what waits, what needs a person."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from payments.columns import utcnow
from shop.backoffice.figures import figures
from shop.backoffice.matching import matches
from shop.context import the_shop
from shop.staff.access import Door, StaffPages, the_member
from shop.staff.rights import Right
from shop.stores import all_stores

home_pages = StaffPages("staff_home", __name__)


@home_pages.get("/", right=Door.MEMBER)
def home() -> ResponseReturnValue:
    """What a member may see of the day; who signs only sees who they are."""
    member = the_member()
    sees = member.may(Right.SEE_ORDERS) or member.may(Right.SEE_PAYMENTS)
    now = utcnow()
    found = None
    if sees:
        with the_shop().db.read() as session:
            found = figures(session, list(all_stores()), now)
    matched = matches(found.reconcile) if found else []
    return render_template(
        "backoffice/home.html", figures=found, matched=matched, stores=all_stores(), now=now
    )
