"""The panel for people: it shows payments and does to them what the control API does, by plain forms."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from payments.sandbox.actions import ACTIONS

from .running import Receiver, Running, hosted_params, wait_for

_BROKEN_IDS = """() => [...document.querySelectorAll("table code")]
  .filter((each) => each.getClientRects().length > 1).map((each) => each.innerText)"""
"""A table may be pushed aside on a phone; an id in it must not be broken into a letter a line."""


def post(running: Running, origin: str | None = "", **fields: str) -> tuple[int, str | None]:
    """Sends a form of the panel: status and where it leads."""
    body = urllib.parse.urlencode(fields)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if origin is not None:
        headers["Origin"] = origin or running.url
    return running.answer("POST", "/_sandbox/panel/act", body, headers)


def shown(running: Running, path: str = "/_sandbox/", locale: str = "en") -> str:
    return running.http("GET", f"{path}?locale={locale}")[1].decode()


def follow(running: Running, location: str | None) -> str:
    assert location is not None
    parts = urllib.parse.urlsplit(location)
    return running.http("GET", f"{parts.path}?{parts.query}")[1].decode()


def paid(running: Running) -> str:
    created = running.client().v1.checkout.sessions.create(hosted_params())
    return str(running.pay(created.id)["session"]["payment_intent"])


def test_every_page_speaks_both_languages(running: Running, receiver: Receiver) -> None:
    running.client().v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    intent = paid(running)
    running.control("faults", {"operation": "customers.list", "kind": "500"})
    wait_for(lambda: running.control("health")["deliveries_waiting"] == 0, "an empty queue")
    delivery = running.control("deliveries")["data"][0]["id"]
    for path, english, japanese in (
        ("/_sandbox/", "Payments", "決済"),
        ("/_sandbox/", "Do not enter a real card number", "本物のカード番号は入力しないでください"),
        (f"/_sandbox/panel/payments/{intent}", "What happened", "経過"),
        ("/_sandbox/panel/webhooks", "Send again", "再送する"),
        (f"/_sandbox/panel/webhooks/{delivery}", "Body", "本文"),
        ("/_sandbox/panel/faults", "Clear all", "すべて取り消す"),
        ("/_sandbox/panel/events", "Export the log", "ログを書き出す"),
    ):
        assert english in shown(running, path), path
        assert japanese in shown(running, path, "ja"), path
    assert running.http("GET", "/_sandbox/panel/payments/pi_none")[0] == 404


def test_refund_dispute_and_verdict_by_form(running: Running, client: stripe.StripeClient) -> None:
    intent = paid(running)
    status, location = post(running, group="payments", action="refund", id=intent, amount="500", locale="en")
    assert status == 303
    page = follow(running, location)
    assert "Done." in page
    assert "partly refunded" in page
    assert "Done." not in follow(running, location)  # a note is shown once
    post(running, group="payments", action="dispute", id=intent, reason="fraudulent")
    dispute = client.v1.disputes.list().data[0]
    assert f'value="{dispute.id}"' in shown(running, f"/_sandbox/panel/payments/{intent}")
    post(running, group="disputes", action="won", id=dispute.id)
    assert client.v1.disputes.retrieve(dispute.id).status == "won"


def test_sessions_clock_faults_deliveries_and_reset_by_form(
    running: Running, client: stripe.StripeClient
) -> None:
    created = client.v1.checkout.sessions.create(hosted_params())
    declined = post(
        running,
        group="sessions",
        action="pay_card",
        id=created.id,
        card="pm_card_visa_chargeDeclined",
        locale="en",
    )
    assert "Your card was declined." in follow(running, declined[1])
    post(running, group="sessions", action="pay_card", id=created.id, card="pm_card_visa")
    assert client.v1.checkout.sessions.retrieve(created.id).status == "complete"
    before = running.sandbox.now()
    post(running, group="clock", action="advance", seconds="3600")
    assert running.sandbox.now() >= before + 3600
    post(running, group="clock", action="freeze")
    assert running.sandbox.is_frozen
    post(running, group="faults", action="add", operation="customers.list", kind="429", times="", delay_s="5")
    assert running.control("faults")["data"][0]["times"] is None
    post(running, group="faults", action="clear")
    assert running.control("faults")["data"] == []
    post(running, group="sandbox", action="reset", seed="5")
    assert client.v1.checkout.sessions.list().data == []
    assert running.sandbox.ids.seed == 5


def test_voucher_and_transfer_pages_do_what_customers_do(
    running: Running, client: stripe.StripeClient
) -> None:
    created = client.v1.checkout.sessions.create(hosted_params(customer_email="fill_never@example.com"))
    intent = running.pay(created.id, method="konbini", name="花")["session"]["payment_intent"]
    found: Any = client.v1.payment_intents.retrieve(intent)
    path = urllib.parse.urlsplit(found.next_action.konbini_display_details.hosted_voucher_url).path
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert running.answer("POST", path, "act=pay&store=ministop", form)[0] == 403
    own = {**form, "Origin": running.url}
    assert running.answer("POST", path, "act=pay&store=ministop", own)[0] == 303
    assert client.v1.payment_intents.retrieve(intent).status == "succeeded"
    assert running.answer("GET", path.rsplit("/", 1)[0] + "/guess", "", {})[0] == 404


@pytest.mark.parametrize("origin", [None, "http://evil.localhost", "null"])
def test_only_the_panels_own_pages_may_act(running: Running, origin: str | None) -> None:
    intent = paid(running)
    assert post(running, origin, group="payments", action="refund", id=intent)[0] == 403
    assert running.client().v1.refunds.list().data == []


@pytest.mark.parametrize("back", ["http://evil.example/", "//evil.example", "/\\evil.example", "/v1/charges"])
def test_action_leads_back_to_the_panel_only(running: Running, back: str) -> None:
    _, location = post(running, group="clock", action="thaw", back=back)
    assert (location or "").startswith(f"{running.url}/_sandbox/?")


def test_nonsense_is_told_not_thrown(running: Running) -> None:
    for fields in (
        {"group": "clock", "action": "advance", "seconds": "soon"},
        {"group": "sandbox", "action": "reset", "seed": "x"},
        {"group": "faults", "action": "add", "operation": "webhook", "kind": "500"},
        {"group": "payments", "action": "refund", "id": "pi_none"},
        {"group": "whatever", "action": "x"},
        {"group": "clock", "action": "advance"},
        {},
    ):
        status, location = post(running, **fields)
        assert status == 303, fields
        assert "problem error" in follow(running, location), fields


@pytest.fixture
def desk(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


@pytest.mark.browser
def test_panel_is_accessible_light_and_dark_and_used_by_keyboard(
    running: Running, desk: Page, client: stripe.StripeClient
) -> None:
    intent = paid(running)
    running.control(f"payments/{intent}/refund", {"amount": 100})
    running.control(f"payments/{intent}/dispute", {})
    reserve(client)  # whose event has the longest name
    client.v1.checkout.sessions.create(hosted_params())
    open_to_refund = paid(running)
    for scheme in ("light", "dark"):
        desk.emulate_media(color_scheme=scheme)
        for path in (
            "/_sandbox/",
            f"/_sandbox/panel/payments/{intent}",
            "/_sandbox/panel/webhooks",
            "/_sandbox/panel/faults",
            "/_sandbox/panel/events",
        ):
            desk.goto(f"{running.config.browser_url}{path}?locale=en")
            for menu in desk.locator("details.menu > summary").all():
                menu.click()
            found = Axe().run(
                desk,
                options={
                    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"],
                    "resultTypes": ["violations"],
                },
            )
            assert found.violations_count == 0, found.generate_report()
            assert desk.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
            assert desk.evaluate(_BROKEN_IDS) == [], path
    desk.goto(f"{running.config.browser_url}/_sandbox/panel/events?locale=en")
    desk.keyboard.press("1")
    expect(desk.get_by_role("heading", name="Payments")).to_be_visible()
    row = desk.get_by_role("row").filter(has_text=open_to_refund)
    row.locator("summary").focus()
    desk.keyboard.press("Enter")
    button = row.get_by_role("button", name=re.compile("Refund"))
    button.focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("status")).to_be_visible()


def reserve(client: stripe.StripeClient) -> str:
    """A card's promise, not taken."""
    return made(client, payment_method="pm_card_visa", capture_method="manual")


def made(client: stripe.StripeClient, **params: Any) -> str:
    """A PaymentIntent that is confirmed."""
    given: Any = {
        "amount": 1200,
        "currency": "jpy",
        "confirm": True,
        "return_url": "http://localhost:8000/back",
        **params,
    }
    return client.v1.payment_intents.create(given).id


def voucher(client: stripe.StripeClient) -> str:
    """A number to pay with at a store."""
    who = {"name": "花", "email": "fill_never@example.com"}
    return made(
        client,
        allowed_payment_method_types=["konbini"],
        payment_method_data={"type": "konbini", "billing_details": who},
    )


def account(client: stripe.StripeClient) -> str:
    """An account to transfer to."""
    transfer = {"funding_type": "bank_transfer", "bank_transfer": {"type": "jp_bank_transfer"}}
    return made(
        client,
        customer=client.v1.customers.create({"email": "guest@example.com"}).id,
        allowed_payment_method_types=["customer_balance"],
        payment_method_data={"type": "customer_balance"},
        payment_method_options={"customer_balance": transfer},
    )


class Presser:
    """Presses the panel's buttons as a person does, and remembers which."""

    def __init__(self, page: Page, running: Running) -> None:
        self.page, self.base = page, f"{running.config.browser_url}/_sandbox/"
        self.pressed: set[tuple[str, str]] = set()

    def press(self, path: str, group: str, action: str, of: str = "", **fields: str) -> None:
        """Go to a page of the panel, fill one form in and press its button; it must say that it is done."""
        self.page.goto(f"{self.base}{path}?locale=en")
        wanted = f'form:has([name="group"][value="{group}"]):has([name="action"][value="{action}"])'
        wanted += f':has([name="id"][value="{of}"])' if of else ""
        form = self.page.locator(wanted).first
        menu = self.page.locator(f"details:has({wanted}) > summary")
        if menu.count():
            menu.first.click()
        for name, value in fields.items():
            field = form.locator(f'[name="{name}"]')
            if field.evaluate("element => element.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        form.locator("button").click()
        expect(self.page.locator(".note-good")).to_be_visible()
        self.pressed.add((group, action))

    def on(self, intent: str, action: str, group: str = "payments", **fields: str) -> None:
        self.press(f"panel/payments/{intent}", group, action, **fields)


@pytest.fixture(params=[390, 1280])
def presser(request: pytest.FixtureRequest, browser: Browser, running: Running) -> Iterator[Presser]:
    """On a phone, and on a desk."""
    context = browser.new_context(locale="en-GB", viewport={"width": request.param, "height": 844})
    yield Presser(context.new_page(), running)
    context.close()


@pytest.mark.browser
def test_every_button_of_the_panel_does_what_it_says(
    presser: Presser, running: Running, client: stripe.StripeClient, receiver: Receiver
) -> None:
    client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["customer.created"]})
    v1 = client.v1

    def status(intent: str) -> str:
        return v1.payment_intents.retrieve(intent).status

    late, never = voucher(client), voucher(client)
    presser.on(late, "pay", store="lawson")
    presser.on(never, "expire")
    assert (status(late), status(never)) == ("succeeded", "requires_payment_method")
    back = v1.refunds.create({"payment_intent": late, "amount": 500})
    presser.on(late, "complete", "refunds", of=back.id)
    assert v1.refunds.retrieve(back.id).status == "succeeded"
    lost = v1.refunds.create({"payment_intent": late, "amount": 500})
    presser.on(late, "fail", "refunds", of=lost.id)
    assert v1.refunds.retrieve(lost.id).status == "failed"
    transfer = account(client)
    presser.on(transfer, "fund", amount="200")
    assert status(transfer) == "requires_action"
    presser.on(transfer, "fund")
    assert status(transfer) == "succeeded"
    first, second = reserve(client), reserve(client)
    presser.on(first, "capture", amount="700")
    presser.on(second, "cancel")
    assert (status(first), status(second)) == ("succeeded", "canceled")
    presser.on(first, "fraud_warning")
    presser.on(first, "refund", amount="100", reason="duplicate")
    for verdict, ends in (("won", "won"), ("lost", "lost")):
        intent = made(client, payment_method="pm_card_visa")
        presser.on(intent, "dispute", reason="duplicate")
        presser.on(intent, verdict, "disputes")
        assert v1.disputes.list({"payment_intent": intent}).data[0].status == ends
    for verdict, ends in (("closed", "warning_closed"), ("escalated", "needs_response")):
        intent = made(client, payment_method="pm_card_visa")
        running.control(f"payments/{intent}/dispute", {"inquiry": True})
        presser.on(intent, verdict, "disputes")
        assert v1.disputes.list({"payment_intent": intent}).data[0].status == ends
    assert v1.radar.early_fraud_warnings.list({"payment_intent": first}).data[0].fraud_type == "misc"
    assert v1.refunds.list({"payment_intent": first}).data[0].amount == 100
    for action, ends in (("expire", "expired"), ("pay_card", "complete")):
        session = v1.checkout.sessions.create(hosted_params()).id
        presser.press("", "sessions", action)
        assert v1.checkout.sessions.retrieve(session).status == ends
    presser.press("", "clock", "advance", seconds="3600")
    presser.press("", "clock", "freeze")
    presser.press("", "clock", "thaw")
    presser.press("panel/faults", "faults", "add", operation="customers.create", kind="500")
    with pytest.raises(stripe.APIError):
        v1.customers.create({}, {"max_network_retries": 0})
    presser.press("panel/faults", "faults", "clear")
    v1.customers.create({})
    wait_for(lambda: running.control("health")["deliveries_waiting"] == 0, "an empty queue")
    presser.press("panel/webhooks", "deliveries", "resend")
    wait_for(lambda: len(receiver.received) >= 2, "the second delivery")
    presser.press("", "sandbox", "reset", seed="5")
    assert v1.payment_intents.list().data == []
    known = {(group, action) for group, (_kind, actions) in ACTIONS.items() for action in actions}
    assert known <= presser.pressed


@pytest.mark.browser
def test_panel_shows_by_itself_that_something_happened(running: Running, desk: Page) -> None:
    desk.goto(f"{running.config.browser_url}/_sandbox/?locale=en")
    expect(desk.get_by_text("Nothing yet.")).to_be_visible()
    intent = paid(running)
    expect(desk.get_by_text(intent)).to_be_visible(timeout=30_000)
