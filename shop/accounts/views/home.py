"""The account's first page, and the person's name."""

from __future__ import annotations

from flask import g, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from payments.columns import utcnow
from shop.accounts import addresses, change, claim, people
from shop.accounts.current import browser, proved, signed_in
from shop.accounts.forms import ProfileForm
from shop.accounts.views.base import account, elsewhere, page
from shop.context import the_shop

RECENT = 3


@account.get("")
def home() -> ResponseReturnValue:
    """Who one is here, and the last orders."""
    who, shop = signed_in(), the_shop()
    with shop.db.read() as session:
        orders = claim.history(session, who.account).orders[:RECENT]
    book = addresses.book(shop, who.account, g.request_id)
    return page(
        "home",
        profile=people.profile_of(shop.vault, who.account, g.request_id),
        email=people.email_of(shop.vault, who.account, g.request_id),
        orders=orders,
        first=book[0] if book else None,
    )


@account.get("/profile")
def profile() -> ResponseReturnValue:
    """Name, kana and telephone, to be changed."""
    who = proved()
    kept = people.profile_of(the_shop().vault, who.account, g.request_id)
    return page("profile", form=ProfileForm.of(kept))


@account.post("/profile")
def keep_profile() -> ResponseReturnValue:
    """Keep them."""
    who, form = proved(url_for("account.profile")), ProfileForm()
    if not form.validate_on_submit():
        return page("profile", form=form, status=422)
    change.change_profile(the_shop(), who, form.profile(), browser(), utcnow())
    return elsewhere("account.home", _("お名前とご連絡先を保存しました。"))
