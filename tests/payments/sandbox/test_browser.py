"""The browser side in a real Chromium: payment page, card fields on a strict foreign page, 3-D Secure."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.servers.processes import free_port

from .running import Running, elements_params, hosted_params

pytestmark = pytest.mark.browser

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title>
<script src="{sandbox}/endive/stripe.js"></script><script src="/shop.js" defer></script>
<h1>Pay</h1><div id="card" data-secret="{secret}"></div>
<button id="pay" disabled>Pay</button><p id="said"></p></html>"""
SCRIPT = """
const place = document.getElementById("card");
const pay = document.getElementById("pay");
const said = document.getElementById("said");
const stripe = Stripe("pk_test_hitsuka", { locale: "en" });
const checkout = stripe.initCheckoutElementsSdk({ clientSecret: place.dataset.secret });
const element = checkout.createPaymentElement({ layout: "tabs" });
element.on("ready", () => { document.body.dataset.ready = "yes"; });
checkout.on("change", (session) => { pay.disabled = !session.canConfirm; });
element.mount("#card");
checkout.loadActions().then((loaded) => {
  if (loaded.type === "error") { said.textContent = JSON.stringify(loaded); return; }
  pay.addEventListener("click", async () => {
    said.textContent = JSON.stringify(await loaded.actions.confirm());
  });
});
"""


@dataclass
class Shop:
    """A page of a shop: own origin, a policy that allows nothing but the sandbox's script and frames."""

    url: str
    page: str = ""
    posted: int = 0


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script = self.path == "/shop.js"
            body = (
                SCRIPT if script else made.page if self.path == "/" else "<title>Done</title>thanks"
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if script else "text/html; charset=utf-8")
            sandbox = made.page.partition('src="')[2].partition("/endive")[0]
            self.send_header(
                "Content-Security-Policy",
                f"default-src 'none'; script-src 'self' {sandbox}; style-src 'self'; frame-src {sandbox};"
                " base-uri 'none'; require-trusted-types-for 'script'",
            )
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            made.posted += 1
            self.send_error(405)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://style.localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", viewport={"width": 390, "height": 844})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    # A 402 that the card fields get for a declined card is reported by Chromium as a failed load.
    assert [c for c in complaints if "402" not in c] == []


@pytest.fixture
def running_for_shop(started: Callable[..., Running], shop: Shop) -> Running:
    return started(port=free_port(), shop_origins=(shop.url,))


def open_fields(running: Running, shop: Shop, page: Page, **changes: Any) -> str:
    params = elements_params(return_url=f"{shop.url}/done?session={{CHECKOUT_SESSION_ID}}", **changes)
    session = running.client().v1.checkout.sessions.create(params)
    shop.page = PAGE.format(sandbox=running.config.browser_url, secret=session.client_secret)
    page.goto(shop.url + "/")
    page.wait_for_selector("body[data-ready=yes]")
    return str(session.id)


def fill_frame(page: Page, number: str, expiry: str = "1234", cvc: str = "123") -> None:
    frame = page.frame_locator("#card iframe")
    frame.get_by_label("Card number").fill("")
    frame.get_by_label("Card number").press_sequentially(number)
    frame.get_by_label("Expiry").fill("")
    frame.get_by_label("Expiry").press_sequentially(expiry)
    frame.get_by_label("Security code").fill(cvc)


def fill_page(page: Page, number: str) -> None:
    page.get_by_label("Card number", exact=True).fill(number)
    page.get_by_label("Expiry").fill("12 / 34")
    page.get_by_label("Security code").fill("123")


def test_card_fields_pay_under_a_strict_policy_and_go_to_the_return_address(
    running_for_shop: Running, shop: Shop, page: Page
) -> None:
    session = open_fields(running_for_shop, shop, page)
    expect(page.locator("#pay")).to_be_disabled()
    fill_frame(page, "4242424242424242")
    frame = page.frame_locator("#card iframe")
    expect(frame.get_by_label("Card number")).to_have_value("4242 4242 4242 4242")
    expect(frame.get_by_label("Expiry")).to_have_value("12 / 34")
    expect(frame.locator("#brand")).to_have_text("visa")
    page.locator("#pay").click()
    page.wait_for_url(f"{shop.url}/done?session={session}")
    assert running_for_shop.client().v1.checkout.sessions.retrieve(session).payment_status == "paid"
    assert shop.posted == 0


def test_declined_card_is_told_in_the_fields_and_to_the_page(
    running_for_shop: Running, shop: Shop, page: Page
) -> None:
    open_fields(running_for_shop, shop, page)
    fill_frame(page, "4000000000009995")
    page.locator("#pay").click()
    expect(page.frame_locator("#card iframe").get_by_role("alert")).to_contain_text("not enough funds")
    expect(page.locator("#said")).to_contain_text("paymentFailed")
    answer = json.loads(page.locator("#said").inner_text())
    assert answer["type"] == "error"
    assert answer["error"]["paymentFailed"] == {"declineCode": "insufficient_funds"}


def test_challenge_over_the_page_passes(running_for_shop: Running, shop: Shop, page: Page) -> None:
    session = open_fields(running_for_shop, shop, page)
    fill_frame(page, "4000000000003220")
    page.locator("#pay").click()
    challenge = page.frame_locator("dialog iframe")
    code = challenge.locator(".otp").inner_text()
    challenge.get_by_label("One-time code").fill("000000" if code != "000000" else "111111")
    challenge.get_by_role("button", name="Verify").click()
    expect(challenge.get_by_role("alert")).to_contain_text("wrong")
    challenge.get_by_label("One-time code").fill(code)
    challenge.get_by_role("button", name="Verify").click()
    page.wait_for_url(f"{shop.url}/done?session={session}")
    assert running_for_shop.client().v1.checkout.sessions.retrieve(session).status == "complete"


def test_closed_challenge_leaves_the_payment_open_and_unpaid(
    running_for_shop: Running, shop: Shop, page: Page
) -> None:
    session = open_fields(running_for_shop, shop, page)
    fill_frame(page, "4000000000003220")
    page.locator("#pay").click()
    page.frame_locator("dialog iframe").locator(".otp").wait_for()
    page.keyboard.press("Escape")
    expect(page.locator("#said")).to_contain_text("not completed")
    expect(page.locator("dialog")).to_have_count(0)
    client = running_for_shop.client()
    found: Any = client.v1.checkout.sessions.retrieve(session, {"expand": ["payment_intent"]})
    assert (found.status, found.payment_intent.status) == ("open", "requires_action")
    running_for_shop.control("clock", {"advance_s": 601})
    intent = client.v1.payment_intents.retrieve(found.payment_intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"


def test_foreign_page_cannot_hold_the_card_fields(
    started: Callable[..., Running], shop: Shop, browser: Browser
) -> None:
    running = started(shop_origins=("http://elsewhere.localhost:1",))
    session = running.client().v1.checkout.sessions.create(elements_params())
    shop.page = PAGE.format(sandbox=running.config.browser_url, secret=session.client_secret)
    page = browser.new_page()
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.goto(shop.url + "/")
    assert page.locator("body[data-ready=yes]").count() == 0
    page.close()


def test_payment_page_declines_then_pays(running: Running, shop: Shop, page: Page) -> None:
    params = hosted_params(success_url=f"{shop.url}/done?session={{CHECKOUT_SESSION_ID}}", locale="en")
    session = running.client().v1.checkout.sessions.create(params)
    page.goto(str(session.url))
    expect(page.get_by_text("¥2,400").first).to_be_visible()
    fill_page(page, "4000000000000002")
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("alert").first).to_contain_text("declined")
    assert "4000000000000002" not in page.content().partition("<details>")[0]
    fill_page(page, "5555555555554444")
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url(f"{shop.url}/done?session={session.id}")
    page.go_back()
    expect(page.get_by_role("heading")).to_contain_text("complete")


def test_payment_page_works_without_script(running: Running, shop: Shop, browser: Browser) -> None:
    params = hosted_params(success_url=f"{shop.url}/done?session={{CHECKOUT_SESSION_ID}}", locale="en")
    session = running.client().v1.checkout.sessions.create(params)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(str(session.url))
    fill_page(page, "4000000000003220")
    page.get_by_role("button", name="Pay").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert").first).to_contain_text("verification failed")
    fill_page(page, "4000000000003220")
    page.get_by_role("button", name="Pay").click()
    page.get_by_label("One-time code").fill(page.locator(".otp").inner_text())
    page.get_by_role("button", name="Verify").click()
    page.wait_for_url(f"{shop.url}/done?session={session.id}")
    context.close()


def test_closed_sessions_say_so_on_the_payment_page(running: Running, page: Page) -> None:
    client = running.client()
    session = client.v1.checkout.sessions.create(hosted_params(locale="ja"))
    url = str(session.url)
    client.v1.checkout.sessions.expire(session.id)
    page.goto(url)
    expect(page.get_by_role("heading")).to_contain_text("期限が切れました")
    expect(page.get_by_role("link", name="お店に戻る")).to_have_attribute(
        "href", "http://localhost:8000/cart"
    )


def test_store_voucher_over_the_shops_page_and_on_the_payment_page(
    running_for_shop: Running, shop: Shop, page: Page
) -> None:
    email = "fill_never@example.com"
    session = open_fields(running_for_shop, shop, page, customer_email=email)
    frame = page.frame_locator("#card iframe")
    frame.get_by_label("Convenience store").check()
    expect(frame.get_by_label("Card number")).to_be_hidden()
    expect(page.locator("#pay")).to_be_disabled()
    frame.get_by_label("Full name").fill("Hana Yamada")
    page.locator("#pay").click()
    voucher = page.frame_locator("dialog iframe")
    expect(voucher.get_by_text("Waiting for the payment.")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    page.wait_for_url(f"{shop.url}/done?session={session}")
    assert running_for_shop.client().v1.checkout.sessions.retrieve(session).payment_status == "unpaid"

    params = hosted_params(success_url=f"{shop.url}/done", locale="en", customer_email=email)
    hosted = running_for_shop.client().v1.checkout.sessions.create(params)
    page.goto(str(hosted.url))
    page.get_by_label("Convenience store").check()
    expect(page.get_by_label("Card number", exact=True)).to_be_hidden()
    page.get_by_label("Full name").fill("Hana Yamada")
    page.get_by_role("button", name="Pay").click()
    page.get_by_role("button", name="Pay at this store").click()
    expect(page.get_by_text("The payment has arrived.")).to_be_visible()
    page.get_by_role("link", name="Continue to the shop").click()
    page.wait_for_url(f"{shop.url}/done")
    assert running_for_shop.client().v1.checkout.sessions.retrieve(hosted.id).payment_status == "paid"


def test_saved_card_pays_on_the_payment_page(running: Running, shop: Shop, page: Page) -> None:
    client = running.client()
    customer = client.v1.customers.create({"email": "a@example.com"}).id
    saved = client.v1.payment_methods.attach("pm_card_mastercard", {"customer": customer})
    client.v1.payment_methods.update(saved.id, {"allow_redisplay": "always"})
    params = hosted_params(success_url=f"{shop.url}/done", locale="en", customer=customer)
    del params["customer_email"]
    created = client.v1.checkout.sessions.create(params)
    page.goto(str(created.url))
    expect(page.get_by_label("Saved card")).to_be_checked()
    expect(page.get_by_label("Card number", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url(f"{shop.url}/done")
    intent = client.v1.payment_intents.retrieve(
        str(client.v1.checkout.sessions.retrieve(created.id).payment_intent)
    )
    assert intent.payment_method == saved.id


def violations(page: Page) -> list[str]:
    found = Axe().run(
        page,
        options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]},
    )
    return [f"{v['id']}: {[n['html'] for n in v['nodes']]}" for v in found.response["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_meet_wcag_aa(running: Running, browser: Browser, scheme: Literal["light", "dark"]) -> None:
    client = running.client()
    hosted = client.v1.checkout.sessions.create(hosted_params(locale="ja"))
    challenge = running.pay(client.v1.checkout.sessions.create(hosted_params()).id, "three_d_secure")[
        "challenge"
    ]
    running.pay(hosted.id, "decline:expired_card")
    billing: Any = {"name": "花", "email": "fill_never@example.com"}
    asked: Any = {"amount": 1200, "currency": "jpy", "confirm": True}
    customer = client.v1.customers.create({}).id
    at_store: Any = {**asked, "payment_method_data": {"type": "konbini", "billing_details": billing}}
    by_bank: Any = {**asked, "customer": customer, "payment_method_data": {"type": "customer_balance"}}
    stores: Any = client.v1.payment_intents.create(at_store)
    bank: Any = client.v1.payment_intents.create(by_bank)
    voucher = stores.next_action.konbini_display_details.hosted_voucher_url
    transfer = bank.next_action.display_bank_transfer_instructions.hosted_instructions_url
    base = running.config.browser_url
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    for url in (
        f"{hosted.url}?tried=1",
        f"{base}/3ds/{challenge}",
        f"{base}/test-cards",
        f"{base}/elements/payment",
        f"{base}/c/pay/cs_test_nothing",
        f"{base}/_sandbox/",
        voucher,
        transfer,
    ):
        page.goto(url)
        # The fields' frame is see-through and takes its page's ground; axe would take that for white.
        page.evaluate("document.documentElement.style.backgroundColor = 'Canvas'")
        assert violations(page) == [], url
    context.close()
