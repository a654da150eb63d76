"""The person's data: taken along, and deleted."""

from __future__ import annotations

import json

from flask import Response, make_response, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from payments.columns import utcnow
from shop.accounts import change
from shop.accounts.current import browser, forget_browser, let_out, proved, signed_in
from shop.accounts.export import export
from shop.accounts.forms import LeaveForm
from shop.accounts.views.base import account, own_cart_id, page
from shop.checkout.forms import ActionForm
from shop.context import the_shop, the_store


@account.get("/data")
def data() -> ResponseReturnValue:
    """What one may do with one's data."""
    signed_in()
    return page("data", form=LeaveForm(formdata=None))


@account.post("/data/export")
def take_along() -> ResponseReturnValue:
    """Everything as one file."""
    who = proved(url_for("account.data"))
    ActionForm().validate_on_submit()
    document = export(the_shop(), who, browser(), utcnow())
    answer = Response(json.dumps(document, ensure_ascii=False, indent=2), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{the_store().id}-account.json"'
    return answer


@account.post("/data/delete")
def leave() -> ResponseReturnValue:
    """The end of the account."""
    who, form, shop = proved(url_for("account.data")), LeaveForm(), the_shop()
    if not form.validate_on_submit():
        return page("data", form=form, status=422)
    change.leave(shop, who, own_cart_id(), browser(), utcnow())
    return forget_browser(let_out(make_response(redirect(url_for("account.left"), 303))))


@account.get("/left")
def left() -> ResponseReturnValue:
    """A word of farewell."""
    return page("left", text=_("アカウントを削除しました"))
