"""A card's life in a browser: kept by a tick, chosen again, shipped and charged, disputed and answered, taken away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.models import Payment
from shop.app import create_app
from shop.catalog.content import load_store
from shop.context import Shop
from shop.staff import sessions
from shop.staff.models import Member as StaffMember
from shop.staff.rights import Role
from tests.accounts.member import Member
from tests.e2e.conftest import _fill_shelves
from tests.e2e.shopper import SLOW_MS, SUCCESS, Shopper
from tests.servers.system import System, running_system
from tests.shop.buyer import plenty
from tests.staff.desk import make_member
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[System]:
    """A system whose style store takes the money with the parcel."""
    folder = tmp_path_factory.mktemp("system")
    (folder / "shop.sqlite").write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{folder / 'shop.sqlite'}"
    _fill_shelves(url)
    with running_system(folder, url, CARD_CAPTURE_STYLE="shipment") as running:
        yield running


def _staff_page(browser: Browser, parts: Shop, system: System) -> Page:
    """A member who ships and may give money back, signed in a moment ago."""
    person = make_member(parts, Role.FULFILMENT, Role.FINANCE)

    def work(session: Session) -> str:
        member = session.get_one(StaffMember, person.id)
        return sessions.start(session, member, "totp", "Chrome, Linux", utcnow())

    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="ja-JP")
    context.add_cookies(
        [{"name": "staff", "value": parts.db.write(work), "url": parts.settings.urls["staff"]}]
    )
    page = context.new_page()
    page.set_default_timeout(SLOW_MS)
    return page


def _sign_in(parts: Shop, shopper: Shopper, store_id: str = "style") -> None:
    """The shopper's browser has an account's cookie."""
    app = create_app(shop=parts)
    member = Member(app, store_id)
    member.origin = parts.settings.urls[store_id]
    member.join()
    cookie = member.client.get_cookie("account", domain=f"{store_id}.localhost")
    assert cookie is not None
    shopper.page.context.add_cookies(
        [{"name": "account", "value": cookie.value, "url": parts.settings.urls[store_id]}]
    )


def _goods(store_id: str) -> str:
    """The address of goods that are there in number."""
    sku = plenty(store_id)
    products = load_store(store_id).products
    return next(one.slug for one in products if sku in {variant.sku for variant in one.variants})


def _order(shopper: Shopper, *, keep: bool) -> None:
    shopper.add(_goods("style" if shopper.is_token else "cocomo"))
    shopper.to_final_page()
    if keep:
        shopper.page.get_by_label(re.compile("カードを決済会社に保存")).check()
    shopper.confirm()


def test_a_card_from_the_first_tick_to_a_dispute(
    browser: Browser, page: Page, parts: Shop, system: System
) -> None:
    shopper = Shopper(page, parts.settings.urls["style"])
    _sign_in(parts, shopper)
    _order(shopper, keep=True)
    shopper.pay_in_fields(SUCCESS)
    expect(page.locator("h1")).to_have_text(re.compile("ご注文ありがとうございます"))
    expect(page.locator("main")).to_contain_text("発送するときに")

    _order(shopper, keep=False)
    expect(page.locator("#saved-cards")).to_contain_text("Visa •••• 4242")
    typed = page.get_by_role("heading", name="カード情報")
    expect(typed).to_be_hidden()  # nothing is below it
    page.get_by_label("別のカードを使う").check()
    expect(typed).to_be_visible()
    expect(page.locator("#card-fields iframe")).to_be_visible()
    page.locator("#saved-cards input").first.check()
    expect(typed).to_be_hidden()
    page.locator("#pay-button").click()
    expect(page.locator("h1")).to_have_text(re.compile("ご注文ありがとうございます"))

    with parts.db.read() as session:
        payment = session.scalars(select(Payment).order_by(Payment.created_at)).first()
    assert payment is not None
    staff = _staff_page(browser, parts, system)
    origin = parts.settings.urls["staff"]
    order = f"{origin}/orders/style/{payment.reference}"
    staff.goto(f"{order}/ship")
    staff.locator('[name="tracking"]').fill("1234-5678-9012")
    staff.get_by_role("button", name="代金をいただいて出荷する").click()
    expect(staff.get_by_role("heading", name="荷物")).to_be_visible()

    def shipped() -> bool:
        staff.goto(f"{order}/ship")  # on a busy machine the answer may be the worker's to read
        return "出荷済み" in staff.locator("h1").inner_text()

    wait_until(shipped, "the parcel that is paid for")

    system.sandbox.control(f"payments/{payment.provider_id}/dispute", {"reason": "duplicate"})

    def told() -> bool:
        staff.goto(f"{origin}/disputes")
        return staff.locator('a[href*="/disputes/style/"]').count() == 1

    wait_until(told, "the dispute")
    staff.locator('a[href*="/disputes/style/"]').click()
    staff.locator('[name="uncategorized_text"]').fill("winning_evidence")
    staff.locator('[name="file"]').set_input_files(
        {"name": "receipt.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
    )
    staff.get_by_role("button", name="この内容で回答する").click()
    expect(staff.locator("main")).to_contain_text("回答済みです")
    staff.context.close()

    page.goto(f"{shopper.origin}/account/cards")
    expect(page.locator("main")).to_contain_text("Visa •••• 4242")
    page.get_by_role("button", name=re.compile("削除")).click()
    expect(page.locator("main")).to_contain_text("保存したカードはありません")


def test_a_card_is_kept_and_chosen_on_the_provider_s_own_page(page: Page, parts: Shop) -> None:
    """The redirect type: our pages never show a field, and the kept card stands on the provider's page alone."""
    shopper = Shopper(page, parts.settings.urls["cocomo"])
    _sign_in(parts, shopper, "cocomo")
    _order(shopper, keep=True)
    expect(page.locator('input[name="method"]')).to_have_count(1)
    shopper.pay_on_page(SUCCESS)
    expect(page.locator("h1")).to_have_text(re.compile("ご注文ありがとうございます"))
    page.goto(f"{shopper.origin}/account/cards")
    expect(page.locator("main")).to_contain_text("Visa •••• 4242")

    _order(shopper, keep=False)
    kept = page.get_by_role("radio", name=re.compile("4242"))
    expect(kept).to_be_checked()
    expect(page.locator('input[autocomplete="cc-number"]')).to_be_hidden()
    page.locator("#submit").click()
    expect(page.locator("h1")).to_have_text(re.compile("ご注文ありがとうございます"))
    with parts.db.read() as session:
        paid = session.scalars(select(Payment).where(Payment.store_id == "cocomo")).all()
    assert [one.card_last4 for one in paid] == ["4242", "4242"]

    page.goto(f"{shopper.origin}/account/cards")
    page.get_by_role("button", name=re.compile("削除")).click()
    _order(shopper, keep=False)
    expect(page.locator('input[autocomplete="cc-number"]')).to_be_visible()
    expect(page.get_by_role("radio", name=re.compile("4242"))).to_have_count(0)
