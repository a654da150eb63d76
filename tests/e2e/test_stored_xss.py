"""What a shopper or a colleague typed does not run in anybody's browser: staff pages, order pages, mails.

The usual way into a Japanese shop's admin pages is an order whose name or address is a script.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from payments.models import Attempt
from payments.money import Money
from payments.settle import settle
from shop.app import create_app
from shop.audit.actor import Actor
from shop.cards.service import pause_cards
from shop.checkout.payment import ui_mode_of
from shop.context import Shop
from shop.jobs.models import Job
from shop.mail.message import compose
from shop.orders.links import order_token
from shop.orders.listener import OrderListener
from shop.orders.queries import order_view
from shop.orders.refund_plan import Wish
from shop.orders.refunding import RefundReason, Request, refund_order
from shop.scope.colleagues import addresses, make_colleague, session_of
from shop.staff.models import Member
from shop.staff.sealed import place
from shop.stores import all_stores
from tests.servers.system import System
from tests.shop.ordering import GUEST, place_order
from tests.shop.starting import start_payment
from tests.waiting import wait_until

FAR = "http://far.localhost:9/"
SHAPES = (
    f'<script data-xss src="{FAR}a.js"></script><script data-xss>window.hit=1</script>',
    f'"><img data-xss src="{FAR}b.png" onerror="window.hit=1">',
    "' autofocus onfocus='window.hit=1' data-xss='",
    "</title></textarea></style><svg data-xss onload=window.hit=1>",
    '{{ 7*7 }}{% raw %}<a data-xss href="javascript:window.hit=1">x</a>',
    f'<iframe data-xss src="{FAR}c"></iframe><form data-xss action="{FAR}d">',
    f'=HYPERLINK("{FAR}e","x")<base data-xss href="{FAR}">',
)
_FOUND = "() => [window.hit === undefined, document.querySelectorAll('[data-xss]').length]"


@dataclass
class Watch:
    """One page, with what it asked for and what it wanted to say."""

    page: Page
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("dialog", lambda dialog: self.said.append(dialog.message))

    def is_quiet(self) -> bool:
        """Whether nothing ran, nothing was made of it and nothing was asked of anybody far."""
        self.page.wait_for_load_state("load")
        did_not_run, made = self.page.evaluate(_FOUND)
        return bool(did_not_run and not made and not self.said and not self.strangers())

    def strangers(self) -> list[str]:
        return [url for url in self.asked if url.startswith(FAR)]


@pytest.fixture(scope="module")
def app(parts: Shop) -> Flask:
    """The same application in this process, for its map of addresses."""
    return create_app(shop=parts)


@pytest.fixture(scope="module")
def orders(parts: Shop, system: System) -> list[str]:
    """A paid order for each shape, which stands in every field of it; with a refund whose note has it too."""
    placed = [_order(parts, system, shape, number) for number, shape in enumerate(SHAPES)]
    actor = Actor("system", "trial")
    for store_id in all_stores():
        parts.db.write(
            lambda session, store_id=store_id: pause_cards(  # type: ignore[misc]  # a lambda's default has no type
                session,
                parts,
                store_id,
                length=_hour(),
                reason=SHAPES[1][:200],
                actor=actor,
                now=utcnow(),
            )
        )
    return placed


def _hour() -> dt.timedelta:
    return dt.timedelta(hours=1)


def _order(shop: Shop, system: System, shape: str, number: int) -> str:
    contact = replace(
        GUEST,
        email=f"guest{number}@example.jp",
        family_name=shape,
        given_name=shape,
        city=shape,
        street=f"{number} {shape}",
        building=shape,
    )
    order_id = place_order(shop, "style", contact=contact)
    with shop.db.read() as session:
        view = order_view(session, "style", order_id)
    assert view is not None
    mode = ui_mode_of(all_stores()["style"])
    start_payment(shop, view, ui_mode=mode, locale="ja", request_id="req-test", now=utcnow())
    # The provider's rate may be used up for a moment: then the worker makes the session in turn.
    wait_until(lambda: _session_of(shop, view.payment.id), "the order has a session")
    system.sandbox.pay(_session_of(shop, view.payment.id) or "")
    settle(shop.db, shop.providers["style"], OrderListener(), "style", view.payment.id, cause="test")
    wanted = Request(Wish(amount=Money(100)), RefundReason.LATE, shape, new_id(), "staff:trial", "req-test")
    shop.db.write(lambda session: refund_order(session, shop, "style", order_id, wanted))
    return order_id


def _session_of(shop: Shop, payment_id: str) -> str | None:
    with shop.db.read() as session:
        return session.scalar(select(Attempt.session_id).where(Attempt.payment_id == payment_id))


@pytest.fixture
def desk(browser: Browser, parts: Shop, system: System) -> Iterator[BrowserContext]:
    """The browser of a colleague with every role, whose own name is a script."""
    who = make_colleague(parts)

    def rename(session: Session) -> None:
        member = session.get_one(Member, who.id)
        member.name = parts.vault.seal(place(member, "name"), SHAPES[0])

    parts.db.write(rename)
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP")
    context.add_cookies([{"name": "staff", "value": session_of(parts, who), "url": _staff(system)}])
    yield context
    context.close()


def _staff(system: System) -> str:
    return system.origins["style"].replace("style.", "staff.")


def test_the_watch_sees_what_runs(browser: Browser) -> None:
    page = browser.new_page()
    watch = Watch(page)
    page.set_content(f"<p>{SHAPES[1]}</p>")
    page.wait_for_function("window.hit === 1")
    assert not watch.is_quiet()
    assert watch.strangers()
    page.close()


def test_nothing_runs_on_any_page_of_the_staff(
    app: Flask, desk: BrowserContext, orders: list[str], system: System
) -> None:
    opened, loud = 0, []
    for order_id in orders:
        for method, path, rule in addresses(app, {"order_id": order_id}):
            is_picture = path.endswith(".svg")  # of a setup that nobody has begun: no page
            if method != "GET" or is_picture or ("order_id" not in rule.arguments and order_id != orders[0]):
                continue
            page = desk.new_page()
            watch = Watch(page)
            page.goto(_staff(system) + path)
            opened += 1
            if not watch.is_quiet():
                loud.append(path)
            page.close()
    assert loud == []
    assert opened >= 20


def test_who_ordered_is_text_when_it_is_opened_and_found(
    desk: BrowserContext, orders: list[str], system: System
) -> None:
    for order_id in orders:
        page = desk.new_page()
        watch = Watch(page)
        page.goto(f"{_staff(system)}/orders/style/{order_id}")
        page.locator('form[action$="/contact"] button').click()
        assert "data-xss" in page.locator("main").inner_text()
        assert watch.is_quiet()
        page.goto(f"{_staff(system)}/customers")
        page.locator("input[name=told]").fill("03-1234-5678")
        page.locator("main button").click()
        assert watch.is_quiet()
        assert page.locator(f'a[href$="{order_id}"]').count() == 1
        page.close()


def test_nothing_runs_on_the_shoppers_order_pages(
    browser: Browser, parts: Shop, orders: list[str], system: System
) -> None:
    page = browser.new_page()
    watch = Watch(page)
    for order_id in orders:
        token = order_token(parts.settings.keys, "style", order_id)
        for root in ("", "/en"):
            for path in (f"/orders/{token}", f"/orders/{token}/pay", f"/search?q={SHAPES[2]}"):
                page.goto(f"{system.origins['style']}{root}{path}")
                assert watch.is_quiet(), path
    page.close()


def test_nothing_runs_in_a_mail_that_is_opened_without_any_policy(
    browser: Browser, app: Flask, parts: Shop, orders: list[str]
) -> None:
    with parts.db.read() as session:
        jobs = session.scalars(select(Job).where(Job.kind == "mail", Job.subject_id.in_(orders))).all()
    assert len(jobs) >= len(orders)
    page = browser.new_page()
    watch = Watch(page)
    for job in jobs:
        with app.app_context():
            message = compose(parts, job)
        assert message is not None
        body = message.get_body(("html",))
        assert body is not None
        page.set_content(body.get_content())
        assert "data-xss" in page.locator("body").inner_text()
        assert watch.is_quiet()
    page.close()
