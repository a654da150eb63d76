"""The staff's pages in a real browser: a passkey by its virtual authenticator, keyboard alone, phone width, axe."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from payments.columns import utcnow
from shop.staff import people
from shop.staff.rights import Role
from tests.e2e.reading import RULES
from tests.security.cards import luhn_digit
from tests.servers.system import System, running_system
from tests.staff.conftest import at_ease
from tests.staff.desk import COMMAND

pytestmark = pytest.mark.browser

PASSWORD = "slow river 9 green barges"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[System]:
    """One running system for the file."""
    folder = tmp_path_factory.mktemp("staff")
    (folder / "shop.sqlite").write_bytes(sqlite_template.read_bytes())
    with running_system(folder, f"sqlite:///{folder / 'shop.sqlite'}") as running:
        yield running


def _invitation(system: System, address: str) -> str:
    shop = at_ease(system.shop())
    token = shop.db.write(
        lambda session: people.invite(
            session,
            shop,
            name="試験 花子",
            address=address,
            roles=[Role.OWNER, Role.FINANCE],
            by=COMMAND,
            now=utcnow(),
        )[1]
    )
    link = people.link_address(shop, token)
    shop.db.dispose()
    return link


def _authenticator(page: Page) -> None:
    """A device that has a passkey and checks its holder (Chromium's virtual one, by its developer protocol)."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def _press(page: Page, name: str) -> None:
    """Go to a button by Tab alone and press it."""
    for _number in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText") == name:
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"the keyboard does not reach {name}")


def _faults(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{page.url}: {one['id']}: {[node['html'][:120] for node in one['nodes']]}" for one in found]


def _fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def _shows_where_we_are(page: Page) -> bool:
    """Whether the menu's entry of this page is in sight without scrolling."""
    entry = page.locator(".nav [aria-current]").bounding_box()
    width = page.evaluate("window.innerWidth")
    return entry is not None and entry["x"] >= 0 and entry["x"] + entry["width"] <= width


def _context(browser: Browser, width: int, scheme: Literal["light", "dark"]) -> BrowserContext:
    return browser.new_context(viewport={"width": width, "height": 844}, locale="ja-JP", color_scheme=scheme)


def _join(page: Page, invitation: str) -> None:
    """By a password and a passkey; signed in afterwards."""
    _authenticator(page)
    page.goto(invitation)
    page.locator("#password").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="パスキーを登録").click()
    expect(page.locator(".codes li")).to_have_count(10)


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_join_sign_out_and_in_again_by_passkey_and_keyboard_alone(
    browser: Browser, system: System, width: int, scheme: Literal["light", "dark"], tmp_path: Path
) -> None:
    context = _context(browser, width, scheme)
    page, faults, errors = context.new_page(), [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    _authenticator(page)
    page.goto(_invitation(system, f"hanako.{width}@example.jp"))
    faults += _faults(page)
    page.locator("#password").focus()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/join/factor/setup")
    faults += _faults(page)
    _press(page, "パスキーを登録")
    expect(page.locator(".codes li")).to_have_count(10)
    faults += _faults(page)
    _press(page, "控えました。続ける")
    expect(page.locator("h1")).to_contain_text("試験 花子")
    for path in ("/", "/security", "/members", "/members/invite", "/security/password"):
        page.goto(f"http://staff.localhost:{system.port}{path}")
        faults += _faults(page)
        assert _fits(page), path
        assert _shows_where_we_are(page), path
        page.screenshot(path=str(tmp_path / f"{path.replace('/', '_')}-{width}.png"), full_page=True)
    _press(page, "サインアウト")
    page.wait_for_url("**/sign-in")
    faults += _faults(page)
    assert _fits(page)
    page.screenshot(path=str(tmp_path / f"sign-in-{width}.png"), full_page=True)
    _press(page, "パスキーでサインイン")
    expect(page.locator("h1")).to_contain_text("試験 花子")
    page.goto(f"http://staff.localhost:{system.port}/prove")
    expect(page.get_by_role("button", name="パスキーで確認")).to_be_visible()
    context.close()
    assert faults == []
    assert errors == []


def test_one_role_is_enough_to_invite_somebody_by_keyboard(browser: Browser, system: System) -> None:
    """Nothing but the name, the address and one box: the browser asks for no other box before it sends the form."""
    context = _context(browser, 1280, "light")
    page = context.new_page()
    _join(page, _invitation(system, "sakura@example.jp"))
    page.goto(f"http://staff.localhost:{system.port}/members/invite")
    page.locator("#name").focus()
    for typed in ("試験 楓", "kaede.new@example.jp"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    _press(page, "招待を送る")
    page.wait_for_url(re.compile(r"/members(?!/invite)"))
    page.goto(f"http://staff.localhost:{system.port}/members")
    expect(page.locator("tr", has_text="kaede.new@example.jp").locator(".state")).to_have_count(2)
    context.close()


def test_a_passkey_is_suggested_as_soon_as_the_field_of_the_name_has_the_focus(
    browser: Browser, system: System
) -> None:
    """No button: the browser lists passkeys there by itself (conditional mediation), and the chosen one signs in."""
    context = _context(browser, 1280, "light")
    page = context.new_page()
    _join(page, _invitation(system, "aoi@example.jp"))
    page.goto(f"http://staff.localhost:{system.port}/security")
    page.get_by_role("button", name="サインアウト").click()
    page.wait_for_url("**/sign-in")
    page.locator("#email").focus()
    expect(page.locator("h1")).to_contain_text("試験 花子")
    context.close()


def _number_to_type() -> str:
    """A number of nobody's, no beginning of which passes the check digit too: the page would clear that, and keep the
    digits that are typed after it."""
    while True:
        body = "4" + "".join(secrets.choice("0123456789") for _digit in range(14))
        if not any(luhn_digit(body[:at]) == body[at] for at in range(11, 15)):
            return body + luhn_digit(body)


def test_a_card_number_typed_on_a_page_of_the_staff_is_cleared_and_not_sent(
    browser: Browser, system: System
) -> None:
    context = _context(browser, 390, "light")
    page, sent = context.new_page(), list[str]()
    page.on("request", lambda one: sent.append(one.method) if one.is_navigation_request() else None)
    page.goto(f"http://staff.localhost:{system.port}/sign-in")
    number = _number_to_type()
    page.locator("#email").focus()
    page.keyboard.type(number)
    expect(page.locator("#email")).to_have_value("")
    expect(page.locator("#email")).to_be_focused()
    expect(page.locator("#card-guard")).to_contain_text("どの欄にも入力しないでください")
    page.locator("#password").evaluate("(field, number) => { field.value = number; }", number)
    page.locator("#email").fill("somebody@example.jp")
    page.keyboard.press("Enter")
    expect(page.locator("#password")).to_have_value("")
    assert "POST" not in sent
    context.close()


def test_a_link_from_a_mail_leads_in_though_the_cookie_is_strict(browser: Browser, system: System) -> None:
    """The first page after a click elsewhere comes without the cookie; its link goes on from there."""
    context = _context(browser, 1280, "light")
    page = context.new_page()
    _authenticator(page)
    page.goto(_invitation(system, "kaede@example.jp"))
    page.locator("#password").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="パスキーを登録").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.goto(system.origins["style"])
    page.evaluate(f"location.href = 'http://staff.localhost:{system.port}/security'")
    page.wait_for_url("**/sign-in?next=/security")
    page.get_by_role("link", name="こちらから続けられます").click()
    expect(page.locator("h1")).to_have_text("自分のセキュリティ")
    context.close()
