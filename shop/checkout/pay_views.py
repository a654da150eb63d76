"""Paying for a placed order: the payment step, the waiting line, the return; addressed by the order's token.

GET only reads; what a shopper presses is a POST.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session as DBSession

from payments.columns import utcnow
from payments.line import place_in_line
from payments.making import Made, is_unanswered
from payments.provider import PaymentError, ProviderBusy, Session, SessionStatus, UIMode
from payments.settle import settle
from payments.states import AttemptState
from security.headers import PageKind
from shop.accounts.current import account_of
from shop.card_testing.gate import MailFirst, Passed, TooManyTries
from shop.card_testing.rules import SLOW_FOR
from shop.card_testing.who import Who, network_of
from shop.cards.closed import cards_closed
from shop.checkout.forms import ActionForm
from shop.checkout.payment import Started, start_anew, ui_mode_of
from shop.checkout.payment import resume as resume_payment
from shop.context import the_locale, the_shop, the_store
from shop.orders import holds
from shop.orders.access import the_order
from shop.orders.listener import OrderListener
from shop.orders.models import Order
from shop.orders.queries import OrderView
from shop.orders.states import OrderState
from shop.web import this_page_is

payment = Blueprint("payment", __name__, url_prefix="/orders/<token>")


@payment.get("/pay")
def pay(token: str) -> ResponseReturnValue:
    """The payment step. It makes nothing: without an open session it offers the button that does."""
    view = the_order(token)
    if view.order.state != OrderState.PLACED:
        return redirect(url_for("orders.show", token=token), 303)
    if _is_closed(view):
        return _closed_page(view, token)
    if not view.payment.is_card:
        return _pay_page(view, token, None)
    try:
        session = _open_session(view)
    except ProviderBusy:
        return _wait_page(view, token)  # our calls use up the provider's rate: a little later it answers
    except PaymentError:
        return _pay_page(view, token, None, unreachable=True, status=503)
    if session is not None and session.paid:
        return redirect(url_for(".back", token=token), 303)
    if _is_anothers(view):
        session = None
    if session is not None and _is_closed(view):
        return _closed_page(view, token)  # it came while we were asking
    if session is not None and session.url and "turn" in request.args:
        return redirect(session.url, 303)  # from the waiting line straight on, without another press
    return _pay_page(view, token, session)


@payment.get("/slowed")
def slowed(token: str) -> ResponseReturnValue:
    """Very many cards are being declined: whoever is new waits a little, and then presses once more."""
    view = the_order(token)
    if view.order.state != OrderState.PLACED or view.attempt is not None or _is_closed(view):
        return redirect(url_for("payment.pay", token=token), 303)
    left = max(0, math.ceil((view.order.placed_at + SLOW_FOR - utcnow()).total_seconds()))
    if ui_mode_of(the_store()) is UIMode.HOSTED_PAGE:
        this_page_is(PageKind.REDIRECT_PAYMENT)
    return render_template("checkout/slowed.html", view=view, token=token, left=left, form=ActionForm())


@payment.post("/pay")
def resume(token: str) -> ResponseReturnValue:
    """Pay in the store's own way: reuse the open session, or make a new one."""
    return start_and_lead_on(token, ui_mode_of(the_store()))


@payment.post("/pay/page")
def pay_on_provider_page(token: str) -> ResponseReturnValue:
    """Pay by card on the provider's page: where the provider's script does not run, this is the way on."""
    return start_and_lead_on(token, UIMode.HOSTED_PAGE)


@payment.post("/keep")
def keep(token: str) -> ResponseReturnValue:
    """The shopper pressed the pay button: the goods stay held a little longer, once. Says whether they are."""
    view = the_order(token)
    if _is_closed(view):
        return {"kept": False, "closed": True, "state": view.order.state}
    kept = the_shop().db.write(lambda session: _prolong(session, view.order))
    return {"kept": kept, "closed": False, "state": view.order.state}


@payment.get("/wait")
def wait(token: str) -> ResponseReturnValue:
    """Many people pay at once: the place in line, until it is this order's turn."""
    view = the_order(token)
    if (
        view.order.state != OrderState.PLACED
        or view.attempt is None
        or view.attempt.state != AttemptState.WAITING
        or _is_closed(view)
    ):
        return redirect(url_for("payment.pay", token=token, turn=1), 303)
    return _wait_page(view, token)


@payment.get("/return")
def back(token: str) -> ResponseReturnValue:
    """Back from the provider. This page decides nothing: it shows that we are checking, and asks again."""
    view = the_order(token)
    if view.order.state != OrderState.PLACED:
        return redirect(url_for("orders.show", token=token), 303)
    return render_template("checkout/checking.html", view=view, token=token, form=ActionForm())


@payment.post("/check")
def check(token: str) -> ResponseReturnValue:
    """Ask the provider now, by the same function as every event does; then say what the order's state is."""
    view = the_order(token)
    reached = True
    if view.order.state == OrderState.PLACED:
        shop = the_shop()
        provider = shop.providers[view.order.store_id]
        try:
            settle(
                shop.db, provider, OrderListener(), view.order.store_id, view.payment.id, cause="return page"
            )
        except PaymentError:
            reached = False
        view = the_order(token)
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return {
            "state": view.order.state,
            "reached": reached,
            "decline": view.payment.decline,
            "attempt": _open_attempt(view),
        }
    if view.order.state == OrderState.PLACED and not reached:
        flash(_("決済会社に確認できませんでした。少し時間をおいて、もう一度お試しください。"), "warn")
    elif view.order.state == OrderState.PLACED:
        return redirect(url_for("payment.pay", token=token, back=1), 303)
    return redirect(url_for(".back", token=token), 303)


@payment.get("/state.json")
def state(token: str) -> ResponseReturnValue:
    """What we know now, for the page's script: the order's state and the place in line.

    `shown` is what the page says that asks, "line" or "silent": once that holds no more it need not wait, and looks for
    the page that does.
    """
    view = the_order(token)
    is_in_line = view.attempt is not None and view.attempt.state == AttemptState.WAITING
    waiting = is_in_line and not _is_closed(view)
    silent = waiting and _is_silent(view)
    now = "silent" if silent else "line"
    return {
        "state": view.order.state,
        "waiting": waiting and request.args.get("shown", now) == now,
        "place": _place(view) if waiting else None,
        "silent": silent,
    }


def _is_closed(view: OrderView) -> bool:
    """Whether the order waits for a card, and the store takes none."""
    return view.payment.is_card and cards_closed(the_shop(), the_store().id)


def _closed_page(view: OrderView, token: str) -> ResponseReturnValue:
    """No form and no field: what has happened, and what still works."""
    return render_template("checkout/closed.html", view=view, token=token)


def _wait_page(view: OrderView, token: str) -> ResponseReturnValue:
    """In line behind others; or not in line at all, when the provider gives no answer. The page says which."""
    return render_template(
        "checkout/wait.html", view=view, token=token, place=_place(view), is_silent=_is_silent(view)
    )


def _is_silent(view: OrderView) -> bool:
    if view.attempt is None:
        return False
    with the_shop().db.read() as session:
        return is_unanswered(session, view.attempt)


def _open_attempt(view: OrderView) -> str | None:
    """The one attempt that can be paid now, by which a page knows that it is not the one it shows any more."""
    return view.attempt.id if view.attempt is not None and view.attempt.state == AttemptState.OPEN else None


def _open_session(view: OrderView) -> Session | None:
    """The provider's session that can be paid now (or was). Calls the provider."""
    attempt = view.attempt
    if attempt is None or attempt.session_id is None or attempt.state == AttemptState.EXPIRED:
        return None
    session = the_shop().providers[view.order.store_id].retrieve_session(attempt.session_id)
    return None if session.status is SessionStatus.EXPIRED else session


def _pay_page(
    view: OrderView,
    token: str,
    session: Session | None,
    *,
    unreachable: bool = False,
    refused: TooManyTries | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    store = the_store()
    has_fields = (
        session is not None and session.ui_mode == UIMode.ELEMENTS and session.client_secret is not None
    )
    this_page_is(PageKind.TOKEN_PAYMENT if has_fields else PageKind.REDIRECT_PAYMENT)
    page = render_template(
        "checkout/pay.html",
        view=view,
        token=token,
        session=session,
        has_fields=has_fields,
        is_card=view.payment.is_card,
        is_redirect=ui_mode_of(store) is UIMode.HOSTED_PAGE,
        unreachable=unreachable,
        refused=refused,
        came_back="back" in request.args,
        account=the_shop().settings.accounts[store.id],
        form=ActionForm(),
    )
    return page, status


def start_and_lead_on(token: str, ui_mode: UIMode, *, by_order_button: bool = False) -> ResponseReturnValue:
    """Start or resume the payment of an order, and send the shopper where it goes on.

    Who is slowed pays from the page that asks to wait: pressing the order button again and again leads back to it.
    """
    view = the_order(token)
    if view.order.state != OrderState.PLACED:
        return redirect(url_for("orders.show", token=token), 303)
    if _is_closed(view):
        return redirect(url_for("payment.pay", token=token), 303)
    is_slowed = view.payment.is_card and view.attempt is None
    if is_slowed and (by_order_button or utcnow() < view.order.placed_at + SLOW_FOR):
        return redirect(url_for("payment.slowed", token=token), 303)
    try:
        return lead_on(token, lambda: _start(view, ui_mode))
    except MailFirst:  # the final page's button asks for it; its basket is as it was
        return redirect(url_for("checkout.final"), 303)
    except TooManyTries as refused:
        return _pay_page(view, token, None, refused=refused, status=429)


def _start(view: OrderView, ui_mode: UIMode) -> Started:
    """Go on with the order's session, or make a new one, which is a new card attempt.

    Raises TooManyTries or MailFirst.
    """
    shop, now = the_shop(), utcnow()
    ui_mode = ui_mode if view.payment.is_card else UIMode.PROMISE
    anothers = _is_anothers(view)
    if not anothers and (started := resume_payment(shop, view, ui_mode=ui_mode, now=now)) is not None:
        return started
    who = who_of(view.order.cart_id, view.order.email_hash, view.order.account_id)
    is_slowed = view.payment.is_card and (
        _look_again(who) if view.attempt is None else pass_gate(who).is_slowed
    )
    return start_anew(
        shop,
        view,
        ui_mode=ui_mode,
        locale=the_locale(),
        request_id=g.request_id,
        now=now,
        challenge=is_slowed,
        keeps_customer=not anothers,
    )


def _is_anothers(view: OrderView) -> bool:
    """Whether its session shows cards that are kept for someone who is not signed in here: an order's link alone must
    not lead to them."""
    if view.attempt is None or view.attempt.customer_id is None:
        return False
    who = account_of(request)
    return who is None or who.id != view.order.account_id


def who_of(cart_id: str, email_hash: str, account_id: str | None = None) -> Who:
    """Who tries a card with this request."""
    store, network = the_store(), network_of(request.remote_addr)
    network_hash = the_shop().vault.lookup(store.id, "network", network) if network else None
    return Who(store.id, network, network_hash, cart_id, email_hash, account_id)


def pass_gate(who: Who) -> Passed:
    """Count a new card attempt. Raises TooManyTries or MailFirst."""
    with the_shop().db.read() as session:
        return the_shop().card_gate.pass_through(session, who, utcnow())


def _look_again(who: Who) -> bool:
    """For the first session of an order that was slowed, whose attempt is counted: it stays slowed, whatever is now."""
    with the_shop().db.read() as session:
        the_shop().card_gate.look_again(session, who, utcnow())
    return True


def lead_on(token: str, start: Callable[[], Started]) -> ResponseReturnValue:
    """Start the payment of an order, and send the shopper where it goes on, whatever the provider says."""
    try:
        started = start()
    except ProviderBusy:
        return redirect(url_for("payment.pay", token=token), 303)
    except PaymentError:
        flash(
            _(
                "決済会社と通信できませんでした。ご注文はそのまま残っています。少し時間をおいて「支払いを再開する」を押してください。"
            ),
            "warn",
        )
        return redirect(url_for("payment.pay", token=token), 303)
    if started.session is not None and started.session.url:
        return redirect(started.session.url, 303)
    if started.outcome in {Made.IN_LINE, Made.UNKNOWN}:
        return redirect(url_for("payment.wait", token=token), 303)
    return redirect(url_for("payment.pay", token=token), 303)


def _place(view: OrderView) -> int:
    assert view.attempt is not None
    with the_shop().db.read() as session:
        return place_in_line(session, view.attempt)


def _prolong(session: DBSession, order: Order) -> bool:
    locked = session.get_one(Order, (order.store_id, order.id), with_for_update=True)
    return holds.prolong(locked, utcnow())
