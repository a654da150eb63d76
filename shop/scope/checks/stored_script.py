"""E15: orders whose every field is a script, looked at by somebody who works here, in Chromium."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from playwright.sync_api import Error

from security.canary.page import Allowed
from security.canary.sinks import MissingEvidence
from security.canary.watched import Watched
from security.scripts import inventory
from shop.app import create_app
from shop.orders.links import order_of_token
from shop.scope.colleagues import addresses, make_colleague, session_of
from shop.scope.guest import Guest
from shop.scope.lab import Lab
from shop.scope.pages import known_of
from shop.scope.result import Notes

FAR = "//x.test"
SHAPES = (
    f"<script data-xss src={FAR}></script>",
    f'"><img src={FAR} onerror=hit=1>',
    "</title><svg data-xss onload=hit=1>",
)
"""Short enough for the shortest field, which takes forty characters."""
_FOUND = "() => window.hit !== undefined || document.querySelectorAll('[data-xss]').length > 0"
_SHOWN = "() => ['<script', '<img', '<svg'].some(each => document.body.innerText.includes(each))"
STORE = "style"


def look(lab: Lab, notes: Notes) -> None:
    """Every page of the staff's host for the first order, the order's own pages for each."""
    system = lab.stage.recorded.system
    shop = system.shop()
    try:
        app = create_app(shop=shop)
        origin = system.origins[STORE].replace(f"//{STORE}.", "//staff.")
        orders = [_order(Guest(app, shop, STORE), shape, number) for number, shape in enumerate(SHAPES)]
        notes.add("orders made of script", len(orders))
        with _page(lab, origin, session_of(shop, make_colleague(shop))) as watched:
            _control(watched, origin, notes)
            for order_id in orders:
                for method, path, rule in addresses(app, {"order_id": order_id}):
                    of_order = "order_id" in rule.arguments
                    if method == "GET" and not path.endswith(".svg") and (of_order or order_id == orders[0]):
                        _see(watched, origin, path, rule.rule, notes)
                _see_opened(watched, f"{origin}/orders/{STORE}/{order_id}", notes)
    finally:
        shop.db.dispose()


def _order(guest: Guest, shape: str, number: int) -> str:
    """An order with the shape wherever words may be typed."""
    words = {"family_name": shape, "given_name": shape, "city": shape, "building": shape}
    guest.typed = {**words, "street": f"{number} {shape}", "email": f"script{number}@example.jp"}
    token = guest.order(known_of(guest.shop.db, STORE).sku)
    order_id = order_of_token(guest.shop.settings.keys, STORE, token)
    if order_id is None:
        raise MissingEvidence("an order of script has no address")
    return order_id


@contextlib.contextmanager
def _page(lab: Lab, origin: str, session: str) -> Iterator[Watched]:
    context = lab.browser.new_context(viewport={"width": 1280, "height": 900}, locale="ja-JP")
    try:
        context.add_cookies([{"name": "staff", "value": session, "url": origin}])
        yield Watched(context.new_page())
    finally:
        context.close()


def _control(watched: Watched, origin: str, notes: Notes) -> None:
    """The watch sees a shape that is not escaped; and the colleague is let in."""
    notes.control(watched.open(f"{origin}/") == 200, "a colleague is not let in")
    watched.run("(shape) => { document.body.insertAdjacentHTML('beforeend', shape); }", SHAPES[2])
    notes.control(bool(watched.run(_FOUND)), "a shape that stands in the page is not seen")


def _see(watched: Watched, origin: str, path: str, rule: str, notes: Notes) -> None:
    place = f"staff:{rule}"
    try:
        watched.open(origin + path)
        ran = bool(watched.run(_FOUND))
    except (Error, AssertionError) as error:
        if "Download is starting" not in str(error):
            notes.lack(f"{place} could not be looked at: {str(error).splitlines()[0][:100]}")
        return
    _judge(watched, origin, place, ran=ran, notes=notes)


def _see_opened(watched: Watched, address: str, notes: Notes) -> None:
    """Who ordered is shown after a press of a button alone: there what was typed stands, and must be text."""
    place = "staff:an order, with its contact opened"
    try:
        watched.open(address)
        watched.begin()
        watched.page.locator('form[action$="/contact"] button').click()
        watched.page.wait_for_load_state()
        shown, ran = watched.run(_SHOWN), bool(watched.run(_FOUND))
    except Error as error:
        notes.lack(f"{place} could not be looked at: {str(error).splitlines()[0][:100]}")
        return
    notes.control(shown or ran, "what a shopper typed is nowhere on the staff's pages, so nothing was tried")
    _judge(watched, address.partition("/orders/")[0], place, ran=ran, notes=notes)


def _judge(watched: Watched, origin: str, place: str, *, ran: bool, notes: Notes) -> None:
    notes.expect(not ran, place, "stored-script", "what a shopper typed became part of the page")
    asked = [url for url in watched.asked() if FAR in url]
    notes.expect(not asked, place, "stored-script", "what a shopper typed made the browser ask another host")
    for each in watched.judge(Allowed(origin), inventory.load()):
        notes.found(place, each.rule, each.message)
