"""Customers, by exactly what they tell. A post, so that no address or number stands in an address or a log."""

from __future__ import annotations

from flask import g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from shop.backoffice import words
from shop.context import the_shop
from shop.orders.finding import Found, find_customers
from shop.staff.access import StaffPages, the_member
from shop.staff.rights import Right
from shop.stores import all_stores

customer_pages = StaffPages("staff_customers", __name__)


class FindForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What the customer told."""

    told = StringField(
        lazy_gettext("メールアドレス、電話番号、またはフリガナ"),
        validators=[DataRequired(lazy_gettext("入力してください。")), Length(max=254)],
        render_kw={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"},
    )


@customer_pages.get("/customers", right=Right.SEE_CUSTOMERS)
def customers() -> ResponseReturnValue:
    """The form."""
    return _page(FindForm(), None)


@customer_pages.post("/customers", right=Right.SEE_CUSTOMERS)
def find() -> ResponseReturnValue:
    """What it leads to. That someone looked is written down; for whom, is not."""
    form = FindForm()
    if not form.validate():
        return _page(form, None, 400)
    shop = the_shop()
    with shop.db.read() as session:
        found = find_customers(session, shop.vault, list(all_stores()), form.told.data or "")

    def note(session: Session) -> None:
        shop.audit.record(
            session,
            actor=the_member().actor,
            action="customer.find",
            fields=("told",),
            request_id=g.request_id,
            outcome="found" if found else "none",
        )

    shop.db.write(note)
    return _page(form, found)


def _page(form: FindForm, found: list[Found] | None, status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "backoffice/customers.html",
        form=form,
        found=found,
        stores=all_stores(),
        states=words.ORDER,
        switch="/customers",
    )
    return page, status
