"""Basket, price or stock change between the pages: nothing is placed that was not shown; the page says what changed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.books import Books
from tests.e2e.shopper import SUCCESS, Shopper
from tests.servers.system import System
from tests.shop.buyer import plenty
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

PAID = re.compile("ご注文ありがとうございます")
SKU = plenty("style", nth=7)


def test_a_basket_changed_in_another_tab_is_shown_with_both_totals_before_it_is_ordered(
    style: Shopper, books: Books
) -> None:
    style.prepare(SKU)
    before = _total(style)
    second = Shopper(style.page.context.new_page(), style.origin)
    second.page.goto(f"{style.origin}/cart")
    second.page.locator('input[name="quantity"]').fill("2")
    second.page.locator('form[action$="/cart/update"] button[type=submit]').first.click()
    expect(second.page.locator('input[name="quantity"]')).to_have_value("2")
    style.confirm()
    notice = style.page.locator(".notice--warn").first
    expect(notice).to_contain_text("ご確認の間に内容が変わりました")
    expect(notice.locator("s")).to_have_text(f"{before:,}円")
    expect(notice.locator("strong")).to_have_text(f"{_total(style):,}円")
    assert _total(style) > before
    assert books.orders == []
    style.confirm()
    style.pay_in_fields(SUCCESS)
    expect(style.page.locator("h1")).to_have_text(PAID)
    assert books.charges(books.order) == [books.order.total_minor]


def test_a_price_changed_midway_is_shown_beside_the_old_and_agreed_to_again(
    shopper: Shopper, books: Books
) -> None:
    store = "style" if shopper.is_token else "cocomo"
    sku = plenty(store, nth=8)
    shopper.prepare(sku)
    before = _total(shopper)
    books.change(store, sku, price=books.variant(store, sku).price + 300)
    shopper.confirm()
    notice = shopper.page.locator(".notice--warn").first
    expect(notice.locator("s")).to_have_text(f"{before:,}円")
    assert _total(shopper) >= before + 300
    assert books.orders == []


def test_sold_out_before_the_final_page_marks_the_line_and_stops(style: Shopper, books: Books) -> None:
    sku = plenty("style", nth=9)
    style.prepare(sku)
    books.change("style", sku, on_hand=0)
    style.page.goto(f"{style.origin}/checkout/confirm")
    expect(style.page).to_have_url(re.compile("/cart$"))
    expect(style.page.locator(".line__problem")).to_contain_text("在庫がなくなりました")
    expect(style.page.locator('a[href$="/checkout"]')).to_have_count(0)
    assert books.orders == []


def test_another_buyer_takes_the_last_piece_at_the_button(
    style: Shopper, books: Books, browser: Browser, system: System
) -> None:
    sku = plenty("style", nth=10)
    books.change("style", sku, on_hand=1)
    context = browser.new_context(locale="ja-JP")
    rival = Shopper(context.new_page(), system.origins["style"])
    style.prepare(sku)
    rival.prepare(sku, email="rival@example.jp", street="神宮前9-9-9")
    rival.confirm()
    expect(rival.page.locator("#pay-button")).to_be_enabled()
    style.confirm()
    expect(style.page.locator(".notice--warn").first).to_contain_text("請求は発生していません")
    expect(style.page).to_have_url(re.compile("/cart$"))
    assert len(books.orders) == 1
    rival.pay_in_fields(SUCCESS)
    expect(rival.page.locator("h1")).to_have_text(PAID)
    variant = books.variant("style", sku)
    assert (variant.on_hand, variant.held) == (0, 0)
    context.close()


def test_paid_after_the_hold_ran_out_and_the_goods_went_is_refunded_with_an_apology(
    cocomo: Shopper, books: Books, system: System
) -> None:
    sku = plenty("cocomo", nth=11)
    books.change("cocomo", sku, on_hand=1)
    cocomo.prepare(sku)
    cocomo.confirm()
    expect(cocomo.page).to_have_url(re.compile(re.escape(system.sandbox.pages)))
    order = books.order
    session_id = books.attempts(order)[0].session_id
    assert session_id is not None
    # The provider takes the money and its news are lost; then our books say "expired" and another buys the last one.
    system.sandbox.fault("webhook", "drop", times=None)
    books.forget_and_sell_out(order, sku)
    system.sandbox.pay(session_id)
    system.sandbox.control("faults", method="DELETE")
    cocomo.page.goto(f"{cocomo.origin}/orders/{books.token(order)}")
    expect(cocomo.page.locator("h1")).to_have_text("このご注文は取り消されました")
    _let_news_come(books, order.store_id)
    wait_until(lambda: books.order.state == "refunded", "the money went back")
    cocomo.page.reload()
    expect(cocomo.page.locator("h1")).to_have_text("返金の手続きが完了しました")
    wait_until(lambda: any("申し訳" in text for text in system.mail_texts()), "the apology")


def _let_news_come(books: Books, store_id: str) -> None:
    import datetime as dt

    from payments.columns import utcnow
    from payments.reconcile import reconcile
    from shop.orders.listener import OrderListener

    provider = books.shop.providers[store_id]
    reconcile(books.shop.db, provider, OrderListener(), utcnow() - dt.timedelta(minutes=5))


def _total(shopper: Shopper) -> int:
    text = shopper.page.locator(".checkout .sums__total dd").last.inner_text()
    return int(re.sub(r"\D", "", text))
