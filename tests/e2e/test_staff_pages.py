"""Every page of the staff at phone size, in both languages, light and dark: axe, width, and its own language."""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from payments.disputes import apply_disputes
from payments.models import Attempt
from payments.models import Refund as RefundRow
from payments.money import Money
from payments.settle import settle
from shop.app import create_app
from shop.audit.actor import Actor
from shop.cards import gate
from shop.cards.service import pause_cards, stop_cards
from shop.checkout.payment import ui_mode_of
from shop.context import Shop
from shop.jobs.models import Job, Schedule
from shop.orders.listener import OrderListener
from shop.orders.queries import OrderView, order_view
from shop.orders.refund_plan import Wish
from shop.orders.refunding import RefundReason, Request, refund_order
from shop.scope.colleagues import Colleague, addresses, make_colleague, session_of
from shop.staff import people
from shop.staff.rights import Role
from shop.stores import all_stores
from tests.e2e.reading import faults, foreign_words, runs_over
from tests.servers.system import System
from tests.shop.ordering import place_order
from tests.shop.parked import park, parked_event
from tests.shop.starting import start_payment
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

COMMAND = Actor("command", "uid-0")
NAMES = ("試験", "花")
"""Of members and of who ordered."""
PASSWORD = "slow river 9 green barges"
CASES: list[tuple[str, Literal["light", "dark"]]] = [("", "dark"), ("/en", "light")]
"""Colours do not depend on the language, so two of the four show all."""
_ASK = """() => {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: location.pathname + "/request" });
  form.append(document.querySelector("input[name=csrf_token]").cloneNode());
  document.body.append(form);
  form.submit();
}"""
"""As on a page that was opened while every condition was shown: the button is not there now."""
NOT_OPEN = {
    "/join/<token>": 410,
    "/join/factor/setup": 410,
    "/security/totp": 410,
}
"""Pages of something that somebody has begun; the next test opens those of the way in."""


@pytest.fixture(scope="module")
def app(parts: Shop) -> Flask:
    """The same application in this process, for its map of addresses."""
    return create_app(shop=parts)


@pytest.fixture(scope="module")
def busy(parts: Shop, system: System) -> dict[str, str]:
    """A day with something of everything, and what stands for the arguments of addresses."""
    order_id = place_order(parts, "style")
    view = _view(parts, order_id)
    mode = ui_mode_of(all_stores()["style"])
    start_payment(parts, view, ui_mode=mode, locale="ja", request_id="req-test", now=utcnow())
    wait_until(lambda: _session_of(parts, view), "the order has a session")
    system.sandbox.pay(_session_of(parts, view) or "")
    provider, listener = parts.providers["style"], OrderListener()
    settle(parts.db, provider, listener, "style", view.payment.id, cause="return page")
    paid = _view(parts, order_id).payment.provider_id or ""
    parts.db.write(lambda session: _troubles(session, parts, order_id))
    told = system.sandbox.control(f"payments/{paid}/dispute", {"reason": "product_not_received"})
    apply_disputes(parts.db, provider, listener, "style", view.payment.id, paid, cause="reconcile")
    approval = parts.db.write(lambda session: _approval(session, parts))
    return {"order_id": order_id, "dispute_id": told["id"], "approval_id": approval}


def _view(shop: Shop, order_id: str) -> OrderView:
    with shop.db.read() as session:
        view = order_view(session, "style", order_id)
    assert view is not None
    return view


def _session_of(shop: Shop, view: OrderView) -> str | None:
    with shop.db.read() as session:
        return session.scalar(select(Attempt.session_id).where(Attempt.payment_id == view.payment.id))


def _troubles(session: Session, shop: Shop, order_id: str) -> None:
    """A refund that failed, a job and an event that were given up, a comparison that differs; cards closed."""
    wanted = Request(Wish(amount=Money(300)), RefundReason.LATE, "", new_id(), "staff:someone", "req-test")
    kept = refund_order(session, shop, "style", order_id, wanted)
    row = session.get_one(RefundRow, ("style", kept.refund_id))
    row.state, row.failure = "failed", "insufficient_funds"
    job = session.scalars(select(Job).where(Job.kind == "mail")).first()
    assert job is not None
    park(job, "MailNotTaken: 451 try later")
    result = "default: differs, healed 2; second: no answer (out_of_reach)"
    session.merge(Schedule(name="reconcile", next_at=utcnow() + dt.timedelta(hours=1), last_result=result))
    session.add(parked_event())
    reason, now, hour = "試験", utcnow(), dt.timedelta(hours=1)
    stop_cards(session, shop, "style", reason=reason, actor=COMMAND, now=now)
    pause_cards(session, shop, "cocomo", length=hour, reason=reason, actor=COMMAND, now=now)


def _approval(session: Session, shop: Shop) -> str:
    about = {"store": "style", "stop": 1, "build": "0" * 16, "conditions": {"keys": "k" * 300}}
    return shop.approvals.request(session, gate.KIND, about, actor=COMMAND, now=utcnow()).id


def _staff(system: System) -> str:
    return f"http://staff.localhost:{system.port}"


def _desk(browser: Browser, scheme: Literal["light", "dark"]) -> BrowserContext:
    return browser.new_context(
        viewport={"width": 390, "height": 844}, locale="ja-JP", color_scheme=scheme, reduced_motion="reduce"
    )


@pytest.mark.parametrize(("root", "scheme"), CASES)
def test_every_page_of_a_member_reads_well_on_a_phone(
    browser: Browser,
    parts: Shop,
    app: Flask,
    system: System,
    busy: dict[str, str],
    root: str,
    scheme: Literal["light", "dark"],
) -> None:
    who = make_colleague(parts)
    context = _desk(browser, scheme)
    context.add_cookies([{"name": "staff", "value": session_of(parts, who), "url": _staff(system)}])
    page, found, closed = context.new_page(), list[str](), dict[str, int]()
    for method, path, rule in addresses(app, busy | {"member_id": who.id}):
        if method != "GET" or path.endswith(".svg") or rule.endpoint == "static":
            continue
        answer = page.goto(_staff(system) + root + path)
        assert answer is not None
        if answer.status != 200:
            closed[rule.rule] = answer.status
        found += faults(page, NAMES)
    found += _after_a_press(page, _staff(system) + root, busy)
    context.close()
    assert not found, "\n".join(found)
    assert closed == NOT_OPEN


def _after_a_press(page: Page, origin: str, busy: dict[str, str]) -> list[str]:
    """What a press opens, and what it is refused with: the customer, a search, a stop without a reason, the gate."""
    found = []
    page.goto(f"{origin}/orders/style/{busy['order_id']}")
    page.locator('form[action$="/contact"] button').click()
    found += faults(page, (*NAMES, "東京都", "渋谷区", "神宮前"))
    page.goto(f"{origin}/customers")
    page.locator("input[name=told]").fill("03-1234-5678")
    page.locator("main button").click()
    found += faults(page, NAMES)
    page.goto(f"{origin}/cards/cocomo")
    page.locator('form[action$="/stop"] input[name=reason]').fill(" ")
    page.locator('form[action$="/stop"] button').click()
    expect(page.locator("[data-focus]")).to_be_focused()
    found += faults(page, NAMES)
    page.goto(f"{origin}/cards/style")
    page.evaluate(_ASK)
    expect(page.locator("[data-focus]")).to_be_focused()
    return found + faults(page, NAMES)


@pytest.mark.parametrize(("root", "scheme"), CASES)
def test_the_way_in_reads_well_too(
    browser: Browser, parts: Shop, system: System, root: str, scheme: Literal["light", "dark"]
) -> None:
    """The invitation, its second factor, the codes; then the password, a wrong code and the page that asks for it."""
    context = _desk(browser, scheme)
    page, found, origin = context.new_page(), list[str](), _staff(system) + root
    page.goto(f"{origin}/join/{_invitation(parts)}")
    found += faults(page, NAMES)
    page.locator("#password").fill(PASSWORD)
    page.locator("#again").fill("another one 9")
    page.keyboard.press("Enter")
    expect(page.locator("#again")).to_be_focused()
    found += faults(page, NAMES)
    for field in ("#password", "#again"):
        page.locator(field).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/join/factor/setup")
    found += faults(page, NAMES)
    who = make_colleague(parts)
    page.goto(f"{origin}/sign-in")
    _type(page, who, who.password + "x")
    expect(page.locator("[data-focus]")).to_be_focused()
    found += faults(page, NAMES)
    _type(page, who, who.password)
    page.wait_for_url(re.compile("/sign-in/code"))
    found += faults(page, NAMES)
    page.locator("#code").fill("000000" if who.code != "000000" else "000001")
    page.keyboard.press("Enter")
    expect(page.locator("[data-focus]")).to_be_focused()
    found += faults(page, NAMES)
    context.close()
    assert not found, "\n".join(found)


def _invitation(shop: Shop) -> str:
    return shop.db.write(
        lambda session: people.invite(
            session,
            shop,
            name="試験",
            address=f"{new_id()}@example.jp",
            roles=[Role.OWNER],
            by=COMMAND,
            now=utcnow(),
        )[1]
    )


def _type(page: Page, who: Colleague, password: str) -> None:
    page.locator("#email").fill(who.email)
    page.locator("#password").fill(password)
    page.keyboard.press("Enter")


def test_the_reader_sees_what_is_wrong(browser: Browser) -> None:
    """A page with each of the faults that are looked for."""
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_content('<html lang="ja"><title>x</title><p>Please enter it</p><code>no such word</code>')
    assert len(foreign_words(page)) == 1
    page.set_content('<html lang="en"><title>x</title><p title="日本">One</p><p lang="ja">日本語</p>')
    assert len(foreign_words(page)) == 1
    page.set_content('<div class="scroll" style="overflow:auto"><p style="width:900px">wide</p></div>')
    assert len(runs_over(page)) == 1
    page.close()
