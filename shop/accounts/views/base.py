"""What the pages of accounts share: the blueprint, and the answers to what can go wrong anywhere."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date, to_user_timezone
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from shop.accounts import current, throttle
from shop.accounts.current import GoTo, SignedIn, browser
from shop.accounts.letters import LinkOver
from shop.accounts.throttle import TooOften
from shop.accounts.where import safe_next
from shop.cart.cart import current_cart_token, find_cart
from shop.checkout.forms import ActionForm
from shop.context import the_shop, the_store
from shop.identity.passwords import Busy
from shop.limits import LimitsDown, Rule
from shop.orders.states import OrderState

account = Blueprint("account", __name__, url_prefix="/account")
account.register_error_handler(GoTo, current.lead_on)

BUSY_S = 5


def page(template: str, *, status: int = 200, **values: Any) -> ResponseReturnValue:
    """A page of accounts. Forms that hold nothing but the token are `action`."""
    values.setdefault("action", ActionForm(formdata=None))
    return render_template(f"account/{template}.html", **values), status


def elsewhere(endpoint: str, text: str = "", **values: Any) -> Response:
    """Go to a page of ours, with a word about what was done."""
    if text:
        flash(text, "good")
    return make_response(redirect(url_for(endpoint, **values), 303))


def wanted() -> str | None:
    """Where the person wanted to go, if that is a path of this site. The page that says so of a form that is too large
    asks as well: then nothing of the form is to be had."""
    try:
        typed = request.form.get("next")
    except RequestEntityTooLarge:
        typed = None
    return safe_next(typed or request.args.get("next"))


def own_names(*more: str) -> list[str]:
    """Words that a stranger could guess a password from, beside the person's own."""
    return [the_store().name, the_store().id, *more]


def own_cart_id() -> str | None:
    """This browser's basket."""
    token = current_cart_token(request)
    if token is None:
        return None
    with the_shop().db.read() as session:
        return find_cart(session, the_store().id, token)


def count_step(rule: Rule) -> None:
    """Count a step that anybody may send, before anything of it is looked at. Raises TooOften, LimitsDown."""
    shop, who = the_shop(), browser()
    throttle.hit_noted(shop.limits, shop.refused, throttle.step_uses(rule, who.address, who.device_hash))


def valid_action() -> SignedIn:
    """The person of a form that holds only its token. Raises GoTo."""
    who = current.signed_in()
    ActionForm().validate_on_submit()
    return who


@account.errorhandler(LinkOver)
def _over(_error: LinkOver) -> ResponseReturnValue:
    """One page for every link that does not work: a stranger learns nothing from it."""
    return page("over", status=404)


@account.errorhandler(TooOften)
def _too_often(error: TooOften) -> ResponseReturnValue:
    answer = make_response(page("wait", busy=False, status=429))
    answer.headers["Retry-After"] = str(error.wait_s)
    return answer


@account.errorhandler(LimitsDown)
@account.errorhandler(Busy)
def _busy(_error: Exception) -> ResponseReturnValue:
    """Nothing was looked at: the counters are away, or too many passwords are being checked."""
    answer = make_response(page("wait", busy=True, status=503))
    answer.headers["Retry-After"] = str(BUSY_S)
    return answer


@account.context_processor
def _context() -> dict[str, object]:
    return {
        "next": wanted(),
        "who": current.account_of(request),
        "day": _day,
        "order_state": _order_state,
    }


def _day(moment: dt.datetime) -> str:
    """A day for the page's reader, in the shop's own time."""
    return str(format_date(to_user_timezone(moment), "long"))


def _order_state(state: str) -> str:
    texts: dict[str, str] = {
        OrderState.PLACED: _("お支払い待ち"),
        OrderState.AUTHORISED: _("出荷の準備中"),
        OrderState.WAITING: _("ご入金待ち"),
        OrderState.ON_DELIVERY: _("代金引換でお届け"),
        OrderState.RETURNED: _("お渡しできず終了"),
        OrderState.PAID: _("お支払い済み"),
        OrderState.EXPIRED: _("取り消し"),
        OrderState.REVIEW: _("確認中"),
        OrderState.REFUNDING: _("返金手続き中"),
        OrderState.REFUNDED: _("返金済み"),
        OrderState.CANCELED: _("取り消し"),
    }
    return texts.get(state, state)


__all__ = [
    "_",
    "account",
    "browser",
    "count_step",
    "elsewhere",
    "own_cart_id",
    "own_names",
    "page",
    "valid_action",
    "wanted",
]
