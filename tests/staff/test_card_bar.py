"""The bar of card payment: on every page of every member, by one small query, calm or plain as it stands."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.cards.service import pause_cards, stop_cards
from shop.context import Shop
from shop.staff.rights import Role
from tests.staff.desk import COMMAND, signed_in

HOUR = dt.timedelta(hours=1)


def _turn(shop: Shop) -> None:
    def work(session: Session) -> None:
        now = utcnow()
        pause_cards(session, shop, "style", length=HOUR, reason="a look", actor=COMMAND, now=now)
        stop_cards(session, shop, "cocomo", reason="a find", actor=COMMAND, now=now)

    shop.db.write(work)


@pytest.mark.parametrize("role", list(Role))
def test_every_page_says_how_card_payment_stands(shop_app: Flask, shop: Shop, role: Role) -> None:
    desk = signed_in(shop_app, shop, role)
    calm = desk.get("/security").text
    assert calm.count('<li class="cardbar__good">') == 2
    assert calm.count("<strong>受付中</strong>") == 2
    assert "cardbar__bad" not in calm
    _turn(shop)
    for path in ("/", "/security", "/prove"):
        page = desk.get(path).text
        assert page.count('<li class="cardbar__bad">') == 2, path
        assert "<strong>一時停止</strong> 期限 <time" in page
        assert "<strong>停止</strong>" in page
        assert ('href="/cards/style"' in page) == (
            role in {Role.FINANCE, Role.SECURITY, Role.SIGNER, Role.OWNER}
        )
    assert "cardbar" not in signed_out(shop_app)


def signed_out(app: Flask) -> str:
    return str(app.test_client().get("/sign-in", base_url="http://staff.localhost:8000").text)


def test_the_bar_costs_one_query_a_page(shop_app: Flask, shop: Shop) -> None:
    desk, seen = signed_in(shop_app, shop), list[str]()
    _turn(shop)

    def note(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    event.listen(shop.db.engine, "before_cursor_execute", note)
    desk.get("/security")
    event.remove(shop.db.engine, "before_cursor_execute", note)
    assert len([text for text in seen if "FROM card_switch" in text]) == 1
    assert len(seen) <= 12, "a page of the staff reads little"


def test_a_page_that_says_that_the_database_is_away_has_a_frame(
    shop_app: Flask, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = signed_in(shop_app, shop)

    def away(_session: Session) -> None:
        raise OperationalError("select", {}, Exception("away"))

    monkeypatch.setattr("shop.staff.nav.all_states", away)
    page = desk.get("/security")
    assert page.status_code == 200
    assert "カード決済の状態を読めません" in page.text
