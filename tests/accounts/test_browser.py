"""An account in Chromium: by keyboard with a passkey, on a phone, with hostile text, seen by axe."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Literal

import pytest
from flask import Flask
from playwright.sync_api import Browser, Dialog, Page, expect
from werkzeug.serving import make_server

from shop.app import create_app
from shop.stores import all_stores
from tests.accounts.conftest import make_shop
from tests.accounts.member import PASSWORD, letters, new_address, text_of
from tests.e2e.reading import faults
from tests.servers.processes import free_port

pytestmark = [
    pytest.mark.browser,
    # A page that is left while it loads leaves the test server with a file half sent.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PAGES = (
    "",
    "/orders",
    "/addresses",
    "/addresses/new",
    "/profile",
    "/security",
    "/cards",
    "/password",
    "/email",
    "/data",
)
NAMES = ("試験", "花", "COCOMO")
HOSTILE = "<img src=/x onerror=alert(1)>'\"</script>"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[tuple[Flask, int]]:
    """The shop, answering on a free port of this machine."""
    path = tmp_path_factory.mktemp("accounts") / "shop.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    number = free_port()
    urls = " ".join(f"{name}=http://{name}.localhost:{number}" for name in (*all_stores(), "staff"))
    shop = make_shop(f"sqlite:///{path}", SHOP_URLS=urls)
    app = create_app(shop=shop)
    server = make_server("127.0.0.1", number, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield app, number
    server.shutdown()
    thread.join()
    server.server_close()
    shop.db.dispose()


@contextlib.contextmanager
def _page(
    browser: Browser, port: int, store: str = "style", *, width: int = 1280, scripts: bool = True
) -> Iterator[Page]:
    """A fresh profile. Anything that a page says on the console, and any dialog, fails the test."""
    context = browser.new_context(
        base_url=f"http://{store}.localhost:{port}",
        locale="ja-JP",
        viewport={"width": width, "height": 800},
        java_script_enabled=scripts,
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: _dismiss(dialog, said))
    yield page
    context.close()
    # "[DOM]": what Chromium advises about forms, here that the proof page might name the account beside the password.
    assert [text for text in said if "status of 4" not in text and not text.startswith("[DOM]")] == []


def _link(app: Flask, kind: str) -> str:
    mail = letters(app.extensions["hitsuka"], app, kind)[-1]
    return next(word for word in text_of(mail).split() if word.startswith("http"))


def _join(page: Page, app: Flask, *, family: str = "試験") -> str:
    email = new_address()
    page.goto("/account/join")
    page.get_by_label("メールアドレス").fill(email)
    page.get_by_role("button", name="メールを送る").click()
    expect(page.get_by_role("heading", name="メールをご確認ください")).to_be_visible()
    page.goto(_link(app, "join"))
    page.get_by_label("姓", exact=True).fill(family)
    page.get_by_label("名", exact=True).fill("花")
    page.get_by_label("新しいパスワード").fill(PASSWORD)
    page.get_by_role("button", name="登録する").click()
    expect(page.get_by_role("heading", name="マイページ", level=1)).to_be_visible()
    return email


def _authenticator(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def _press(page: Page, name: str) -> None:
    """By keyboard alone: focus the button and press Enter."""
    button = page.get_by_role("button", name=name)
    button.focus()
    page.keyboard.press("Enter")


def _join_with_a_passkey(page: Page, app: Flask, port: int) -> None:
    """And sign out again, by keyboard."""
    _authenticator(page)
    _join(page, app)
    page.goto("/account/security")
    _press(page, "パスキーを登録する")
    expect(page.get_by_text("パスキーを登録しました。")).to_be_visible()
    _press(page, "サインアウト")
    page.wait_for_url(f"http://style.localhost:{port}/")


def test_a_passkey_is_added_and_opens_the_account_by_keyboard(
    browser: Browser, running: tuple[Flask, int]
) -> None:
    app, port = running
    with _page(browser, port) as page:
        _join_with_a_passkey(page, app, port)
        page.goto("/account/orders")
        expect(page.get_by_role("heading", name="サインイン")).to_be_visible()
        _press(page, "パスキーでサインイン")
        page.wait_for_url("**/account/orders")


def test_a_passkey_is_suggested_in_the_field_of_the_address_without_a_button(
    browser: Browser, running: tuple[Flask, int]
) -> None:
    """Conditional mediation: the browser lists passkeys there by itself, and the chosen one signs in."""
    app, port = running
    with _page(browser, port) as page:
        _join_with_a_passkey(page, app, port)
        page.goto("/account/orders")
        page.locator('input[name="email"]').focus()
        page.wait_for_url("**/account/orders")
        expect(page.get_by_role("heading", name="サインイン")).to_have_count(0)


SCHEMES: list[tuple[str, dict[str, Literal["light", "dark"]]]] = [
    ("style", {"": "light", "/en": "dark"}),
    ("cocomo", {"": "dark", "/en": "light"}),
]
"""Each store's colours in both schemes, and every page in both languages."""


@pytest.mark.parametrize(("store", "schemes"), SCHEMES)
def test_no_page_of_an_account_has_a_fault_or_runs_over_a_phone(
    browser: Browser, running: tuple[Flask, int], store: str, schemes: dict[str, Literal["light", "dark"]]
) -> None:
    app, port = running
    found: list[str] = []
    with _page(browser, port, store, width=360) as page:

        def look(*paths: str) -> None:
            for root, scheme in schemes.items():
                page.emulate_media(color_scheme=scheme)
                for path in paths:
                    page.goto(f"{root}/account{path}")
                    found.extend(faults(page, NAMES))

        look("/sign-in", "/join", "/reset", "/reset/none")
        _join(page, app)
        page.goto("/account/prove")
        expect(page.locator("form[data-passkey]")).to_have_count(0)
        look("/prove", *PAGES)
        page.goto("/account/profile")
        page.get_by_label("電話番号").fill("12")
        page.get_by_role("button", name="保存する").click()
        expect(page.locator("[data-focus]")).to_be_focused()
        found += faults(page, NAMES)
    assert not found, "\n".join(found)


def test_hostile_text_is_only_text(browser: Browser, running: tuple[Flask, int]) -> None:
    app, port = running
    with _page(browser, port) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        _join(page, app, family=HOSTILE[:40])
        page.goto("/account/addresses/new")
        for label in ("姓", "名", "市区町村", "町名・番地"):
            page.get_by_label(label, exact=True).fill(HOSTILE[:40])
        page.locator("[name=building]").fill(HOSTILE)
        page.locator("[name=postal_code]").fill("150-0001")
        page.locator("[name=phone]").fill("03-1234-5678")
        page.locator("[name=prefecture]").select_option("東京都")
        page.locator("main button.button--main").click()
        expect(page.get_by_text("お届け先を保存しました。")).to_be_visible()
        for path in PAGES:
            page.goto(f"/account{path}")
        assert [url for url in asked if url.endswith("/x") or "onerror" in url] == []
        assert page.locator("img[onerror]").count() == 0
        reader = page.context.new_page()
        for mail in letters(app.extensions["hitsuka"], app):
            body = mail.get_body(("html",))
            assert body is not None
            reader.set_content(str(body.get_content()))
            assert reader.locator("img, script").count() == 0


def test_without_script_everything_but_passkeys_works(browser: Browser, running: tuple[Flask, int]) -> None:
    app, port = running
    with _page(browser, port, scripts=False) as page:
        email = _join(page, app)
        page.get_by_role("button", name="サインアウト").click()
        page.goto("/account")
        assert page.locator("form[data-passkey]").is_hidden()
        page.get_by_label("メールアドレス").fill(email)
        page.get_by_label("パスワード").fill(PASSWORD)
        page.get_by_role("button", name="サインイン").click()
        expect(page.get_by_role("heading", name="マイページ", level=1)).to_be_visible()


def test_the_head_of_cacheable_pages_is_the_same_for_everyone(
    browser: Browser, running: tuple[Flask, int]
) -> None:
    app, port = running
    seen = []
    for joins in (False, True):
        with _page(browser, port) as page:
            if joins:
                _join(page, app)
            page.goto("/guide/contact")
            seen.append(page.evaluate("fetch('/').then((answer) => answer.text())"))
    assert seen[0] == seen[1]
    assert 'href="/account"' in seen[0]


def _dismiss(dialog: Dialog, said: list[str]) -> None:
    said.append(dialog.message)
    dialog.dismiss()
