"""The address book's pages."""

from __future__ import annotations

from flask import g, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from payments.columns import utcnow
from shop.accounts import addresses as book
from shop.accounts import people
from shop.accounts.current import SignedIn, browser, proved, signed_in
from shop.accounts.forms import IdForm, SavedAddressForm
from shop.accounts.views.base import account, elsewhere, page
from shop.context import the_shop
from shop.errors import NotFound


@account.get("/addresses")
def addresses() -> ResponseReturnValue:
    """All addresses."""
    who = signed_in()
    return page("addresses", book=book.book(the_shop(), who.account, g.request_id), most=book.ADDRESSES_MOST)


@account.get("/addresses/new")
def new_address() -> ResponseReturnValue:
    """An empty form with the person's own name."""
    who = proved()
    profile = people.profile_of(the_shop().vault, who.account, g.request_id)
    names = {"family_name": profile.family_name, "given_name": profile.given_name}
    return _form_page(SavedAddressForm(data=names), None)


@account.post("/addresses/new")
def add_address() -> ResponseReturnValue:
    """Keep a new one."""
    return _keep(proved(url_for("account.new_address")), None)


@account.get("/addresses/<id>")
def edit_address(id: str) -> ResponseReturnValue:  # noqa: A002  (the route's name for it)
    """One address, to be changed."""
    entry = _entry(proved(), id)
    form = SavedAddressForm.of(entry.contact)
    form.is_default.data = entry.is_default
    return _form_page(form, id)


@account.post("/addresses/<id>")
def keep_address(id: str) -> ResponseReturnValue:  # noqa: A002  (as above)
    """Keep it as it was changed."""
    who = signed_in()
    _entry(who, id)
    return _keep(proved(url_for("account.edit_address", id=id)), id)


@account.post("/addresses/remove")
def remove_address() -> ResponseReturnValue:
    """Take one out."""
    who, form = proved(url_for("account.addresses")), IdForm()
    form.validate_on_submit()
    book.remove(the_shop(), who, form.text("id"), browser(), utcnow())
    return elsewhere("account.addresses", _("お届け先を削除しました。"))


@account.post("/addresses/default")
def default_address() -> ResponseReturnValue:
    """Offer this one first."""
    who, form = signed_in(), IdForm()
    form.validate_on_submit()
    book.make_default(the_shop(), who, form.text("id"))
    return elsewhere("account.addresses", _("いつものお届け先を変更しました。"))


def _keep(who: SignedIn, address_id: str | None) -> ResponseReturnValue:
    form = SavedAddressForm()
    if "lookup" in request.form:
        return _form_page(form, address_id, places=form.look_up())
    if not form.validate_on_submit():
        return _form_page(form, address_id, status=422)
    try:
        book.save(
            the_shop(),
            who,
            form.contact(),
            browser(),
            utcnow(),
            address_id=address_id,
            make_default=form.is_default.data,
        )
    except book.TooMany:
        return elsewhere("account.addresses", _("お届け先は%(n)d件まで登録できます。", n=book.ADDRESSES_MOST))
    return elsewhere("account.addresses", _("お届け先を保存しました。"))


def _entry(who: SignedIn, address_id: str) -> book.Entry:
    entry = book.find(the_shop(), who.account, address_id, g.request_id)
    if entry is None:
        raise NotFound
    return entry


def _form_page(
    form: SavedAddressForm, address_id: str | None, *, places: object = None, status: int = 200
) -> ResponseReturnValue:
    return page("address", form=form, address_id=address_id, places=places, status=status)
