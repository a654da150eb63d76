"""The demo's mailbox on a phone: a mail with a long link in it stays inside of the page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from shop.mailbox import create_app
from tests.e2e.reading import runs_over

pytestmark = pytest.mark.browser
LONG = "a" * 200


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A mailbox that holds one mail."""
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = f"Order {LONG[:90]}", "shop@example.jp", "guest@example.jp"
    mail.set_content(f"http://style.localhost:8000/orders/{LONG}\n")
    (tmp_path / "00001.eml").write_bytes(mail.as_bytes())
    server = make_server("127.0.0.1", 0, create_app(tmp_path), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("path", ["/", "/00001"])
def test_nothing_in_a_mail_is_wider_than_a_phone(browser: Browser, address: str, path: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    assert page.goto(address + path)
    assert "aaa" in page.locator("body").inner_text()
    assert "関係のないデモ" in page.locator("footer").inner_text()
    assert runs_over(page) == []
    page.close()
