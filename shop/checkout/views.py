"""The steps of the checkout: address, delivery and method, final page, confirm. GET only reads."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from payments.columns import utcnow
from payments.methods import Method
from payments.money import Money
from payments.provider import PaymentError, UIMode
from payments.stop import CardsClosed
from security.headers import PageKind
from shop.accounts.addresses import Entry
from shop.accounts.current import account_of
from shop.accounts.prefill import prefill
from shop.address.contact import Contact
from shop.address.forms import AddressForm
from shop.card_testing.gate import MailFirst, TooManyTries
from shop.card_testing.who import Who
from shop.cart.cart import CartLineView, CartView, current_cart_token, load_cart_in
from shop.checkout import drafts, mail_first
from shop.checkout.basket import Basket, load_basket
from shop.checkout.forms import ConfirmForm, DeliveryForm
from shop.checkout.pay_views import lead_on, pass_gate, start_and_lead_on, who_of
from shop.checkout.payment import start_placed, ui_mode_of
from shop.checkout.quote import Quote, QuoteLine, choice_of, make_quote
from shop.checkout.service import (
    CONCLUDED,
    BasketChanged,
    Buyer,
    NotOffered,
    Placed,
    confirm,
    email_hash_of,
)
from shop.checkout.sold_out import PromisedOut, SoldOut
from shop.context import the_locale, the_shop, the_store
from shop.delivery.fees import fee_range
from shop.delivery.policy import policy_of
from shop.delivery.slots import is_possible
from shop.methods.offers import Offer, method_named, offers, open_offers, refusal_of
from shop.methods.policy import methods_of
from shop.orders.links import order_token
from shop.orders.queries import order_of_attempt_key
from shop.wallet.service import wish_of
from shop.web import this_page_is

checkout = Blueprint("checkout", __name__, url_prefix="/checkout")


@checkout.get("")
def address() -> ResponseReturnValue:
    """Step 1: who receives it and where. Nobody types it for goods that are gone."""
    basket = _basket()
    if basket is None or not basket.cart.can_be_ordered:
        return _to_cart()
    typed = drafts.contact_of(the_shop().vault, basket.draft, g.request_id)
    known = prefill(request) if typed is None else None
    return _address_page(
        basket, known.form if known else AddressForm.of(typed), book=known.book if known else ()
    )


@checkout.post("")
def keep_address() -> ResponseReturnValue:
    """Keep the address, or look the postcode up for a page without script."""
    basket = _basket()
    if basket is None:
        return _to_cart()
    form = AddressForm()
    if "lookup" in request.form:
        return _address_page(basket, form, places=form.look_up())
    if not form.validate_on_submit():
        return _address_page(basket, form, status=422)
    shop, store = the_shop(), the_store()
    shop.db.write(
        lambda session: drafts.keep_contact(
            session, shop.vault, store.id, basket.cart.cart_id, form.contact()
        )
    )
    return redirect(url_for("checkout.delivery"), 303)


@checkout.get("/delivery")
def delivery() -> ResponseReturnValue:
    """Step 2: when it comes and how it is paid."""
    basket, contact = _basket_and_contact()
    if basket is None or contact is None:
        return redirect(url_for("checkout.address"), 303)
    if not basket.cart.can_be_ordered:
        return _to_cart()
    choice = _choices(basket, contact)
    return _delivery_page(_delivery_form(basket, contact, choice), contact, choice)


@checkout.post("/delivery")
def keep_delivery() -> ResponseReturnValue:
    """Keep the wished day, slot and method."""
    basket, contact = _basket_and_contact()
    if basket is None or contact is None:
        return redirect(url_for("checkout.address"), 303)
    choice = _choices(basket, contact)
    form = _delivery_form(basket, contact, choice)
    if not form.validate_on_submit():
        return _delivery_page(form, contact, choice, status=_refusal_status(form, choice))
    cart_id, store_id = basket.cart.cart_id, the_store().id
    the_shop().db.write(
        lambda session: drafts.keep_choice(session, store_id, cart_id, form.choice, form.chosen_method)
    )
    return redirect(url_for("checkout.final"), 303)


@checkout.get("/confirm")
def final() -> ResponseReturnValue:
    """Step 3, the final page: everything the law wants on one page, right before the button."""
    basket, contact = _basket_and_contact()
    if basket is None or contact is None:
        return redirect(url_for("checkout.address"), 303)
    if not basket.cart.can_be_ordered:
        return _to_cart()
    quote = _quote(basket, contact)
    if not _is_choice_possible(basket, contact) or not _is_taken(basket, quote):
        return redirect(url_for("checkout.delivery"), 303)
    return _final_page(quote, contact)


@checkout.post("/confirm")
def place() -> ResponseReturnValue:
    """The order button: place the order, hold the goods, make the session, go and pay."""
    basket, contact = _basket_and_contact()
    if basket is None and (concluded := _concluded_order()) is not None:
        return redirect(url_for("orders.show", token=concluded), 303)  # pressed twice
    if basket is None or contact is None:
        return redirect(url_for("checkout.address"), 303)
    # What it holds is compared below with what is true now, never believed: no field of it can be wrong.
    form = ConfirmForm()
    form.validate_on_submit()
    if not _is_choice_possible(basket, contact):
        flash(_("お選びの日にお届けできなくなりました。別の日をお選びください。"), "warn")
        return redirect(url_for("checkout.delivery"), 303)
    quote = _quote(basket, contact)
    if not _is_taken(basket, quote):
        return redirect(url_for("checkout.delivery"), 303)  # before it counts as a card attempt
    if form.digest.data != quote.digest:
        return _final_page(quote, contact, before=_seen_total(form), status=409)
    return _confirm(basket.cart.cart_id, quote, contact, save_card=bool(form.save_card.data))


def _confirm(cart_id: str, quote: Quote, contact: Contact, *, save_card: bool) -> ResponseReturnValue:
    """Place the order, if the gate lets a new card attempt through; else say what to do, with nothing placed.

    What is paid without a card is none, and passes no gate."""
    shop, store = the_shop(), the_store()
    account = account_of(request)
    account_id = account.id if account else None
    who = who_of(cart_id, email_hash_of(shop.vault, store.id, contact), account_id)
    buyer = Buyer(cart_id, contact, the_locale(), g.request_id, account_id, who.network_hash)
    try:
        is_slowed = quote.method is Method.CARD and pass_gate(who).is_slowed
        if quote.method is Method.CARD:
            wish = wish_of(shop, store.id, account_id, contact.email, save_card=save_card)
            buyer = dataclasses.replace(buyer, customer_id=wish.customer_id, save_card=wish.save_card)
        placed = confirm(
            shop, store, quote, buyer, ui_mode_of(store), utcnow(), claim=True, is_slowed=is_slowed
        )
    except MailFirst:
        return _to_mail(quote, contact, who)
    except TooManyTries as refused:
        return _final_page(quote, contact, refused=refused, status=429)
    except (CardsClosed, NotOffered):
        return redirect(url_for("checkout.delivery"), 303)
    except BasketChanged:
        return redirect(url_for("checkout.final"), 303)
    except SoldOut as short:
        flash(short.message, "warn")
        return redirect(url_for("checkout.delivery"), 303) if isinstance(short, PromisedOut) else _to_cart()
    except PaymentError:
        flash(_("決済会社と通信できませんでした。少し時間をおいて、もう一度お試しください。"), "warn")
        return _final_page(quote, contact, status=503)
    return _go_and_pay(placed, contact)


def _to_mail(quote: Quote, contact: Contact, who: Who) -> ResponseReturnValue:
    """Nothing is placed before the mail address is proved."""
    try:
        mail_first.ask(the_shop(), who, contact, the_locale(), utcnow())
    except TooManyTries as refused:
        return _final_page(quote, contact, refused=refused, status=429)
    return redirect(url_for("mail_proof.sent"), 303)


def _go_and_pay(placed: Placed, contact: Contact) -> ResponseReturnValue:
    shop, view = the_shop(), placed.view
    token = order_token(shop.settings.keys, the_store().id, placed.order_id)
    if view is not None and view.payment.method == Method.COD:
        return redirect(url_for("orders.show", token=token), 303)
    if view is not None and view.attempt is None:
        return redirect(url_for("payment.slowed", token=token), 303)
    if view is None:
        return start_and_lead_on(token, ui_mode_of(the_store()), by_order_button=True)
    return lead_on(token, lambda: start_placed(shop, view, contact))


def _basket() -> Basket | None:
    """The basket of this browser; None when it is empty or unknown."""
    with the_shop().db.read() as session:
        return load_basket(session, the_store().id, current_cart_token(request))


def _basket_and_contact() -> tuple[Basket | None, Contact | None]:
    basket = _basket()
    if basket is None:
        return None, None
    return basket, drafts.contact_of(the_shop().vault, basket.draft, g.request_id)


def _to_cart() -> ResponseReturnValue:
    return redirect(url_for("cart.show"), 303)


def _address_page(
    basket: Basket, form: AddressForm, *, places: object = None, book: Sequence[Entry] = (), status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "checkout/address.html",
        form=form,
        cart=_shown(basket),
        fees=fee_range(policy_of(the_store().id)),
        places=places,
        book=book,
        is_guest=account_of(request) is None,
    )
    return page, status


def _shown(basket: Basket) -> CartView:
    return basket.cart_en if the_locale() == "en" else basket.cart


def _refusal_status(form: DeliveryForm, choices: _Choices) -> int:
    """Cards were closed while the page was open: nothing is wrong with what was typed."""
    return 409 if choices.closed and form.method.data == Method.CARD else 422


@dataclass(frozen=True)
class _Choices:
    """What a basket costs as it is chosen now, and how it could be paid."""

    quote: Quote
    offers: list[Offer]
    closed: bool


def _choices(basket: Basket, contact: Contact) -> _Choices:
    quote = _quote(basket, contact)
    found = offers(methods_of(the_store().id), quote.before_fee, cards_closed=basket.cards_closed)
    return _Choices(quote, found, basket.cards_closed)


def _delivery_form(basket: Basket, contact: Contact, choices: _Choices) -> DeliveryForm:
    draft = basket.draft
    chosen = choice_of(draft.delivery_day, draft.delivery_slot) if draft else choice_of(None, None)
    may_choose = [offer.method for offer in open_offers(choices.offers)]
    wanted = choices.quote.method
    return DeliveryForm.of(
        policy_of(the_store().id),
        contact.prefecture,
        chosen,
        the_locale(),
        utcnow(),
        method=wanted if wanted in may_choose or not may_choose else may_choose[0],
        offers=choices.offers,
    )


def _delivery_page(
    form: DeliveryForm, contact: Contact, choices: _Choices, status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "checkout/delivery.html",
        form=form,
        quote=choices.quote,
        contact=contact,
        offers=choices.offers,
        closed=choices.closed,
    )
    return page, status


def _is_taken(basket: Basket, quote: Quote) -> bool:
    """Whether the store takes such an order paid in that way now."""
    if refusal_of(methods_of(the_store().id), quote.method, quote.before_fee) is not None:
        return False
    return quote.method is not Method.CARD or not basket.cards_closed


def _concluded_order() -> str | None:
    """The order that this browser's final page has just concluded: its basket is empty since. Its token."""
    store, token = the_store(), current_cart_token(request)
    if token is None:
        return None
    with the_shop().db.read() as session:
        found = load_cart_in(session, store.id, token, ("ja",))
        draft = drafts.draft_of(session, store.id, found[0].cart_id) if found else None
        order = order_of_attempt_key(session, store.id, draft.attempt_key) if draft else None
    if order is None or order.state not in CONCLUDED:
        return None
    return order_token(the_shop().settings.keys, store.id, order.id)


def _final_page(
    quote: Quote,
    contact: Contact,
    *,
    before: Money | None = None,
    refused: TooManyTries | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    if quote.method is Method.CARD and ui_mode_of(the_store()) is UIMode.HOSTED_PAGE:
        this_page_is(PageKind.REDIRECT_PAYMENT)
    form = ConfirmForm(formdata=None, digest=quote.digest, total=str(quote.total.minor))
    page = render_template(
        "checkout/confirm.html",
        form=form,
        quote=quote,
        contact=contact,
        before=before,
        changed=status == 409,
        may_save=quote.method is Method.CARD and account_of(request) is not None,
        terms=methods_of(the_store().id).of(quote.method),
        now=utcnow(),
        refused=refused,
    )
    return page, status


def _quote(basket: Basket, contact: Contact) -> Quote:
    draft = basket.draft
    chosen = choice_of(draft.delivery_day, draft.delivery_slot) if draft else choice_of(None, None)
    lines = [
        QuoteLine(
            sku=line.sku,
            product_slug=line.product_slug,
            name_ja=_full_name(line),
            name_en=_full_name(english),
            unit=line.price,
            quantity=line.quantity,
            tax_rate=line.tax_rate,
        )
        for line, english in zip(basket.cart.lines, basket.cart_en.lines, strict=True)
    ]
    store = the_store()
    recipient = the_shop().vault.lookup(store.id, "contact", contact.to_json())
    method = method_named(draft.method if draft else None)
    return make_quote(
        store, policy_of(store.id), lines, contact.prefecture, chosen, recipient, utcnow(), method
    )


def _full_name(line: CartLineView) -> str:
    return f"{line.name} {line.options}".strip()


def _is_choice_possible(basket: Basket, contact: Contact) -> bool:
    draft = basket.draft
    if draft is None:
        return True
    chosen = choice_of(draft.delivery_day, draft.delivery_slot)
    return is_possible(policy_of(the_store().id), contact.prefecture, chosen, utcnow())


def _seen_total(form: ConfirmForm) -> Money | None:
    """The total that the page had shown, for the eye only: nothing is ever charged by it."""
    seen = form.total.data or ""
    # hk: allow HK303 shown beside the new total and never charged
    return Money(int(seen)) if seen.isascii() and seen.isdigit() and len(seen) < 9 else None
