"""What pressing the order button costs, what it asks of the provider, and whom it gives way to."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import event, select

from payments.models import Attempt
from payments.provider import Session, SessionRequest
from payments.providers.stripe import StripeProvider
from shop.app import create_app
from shop.checkout.request import request_of
from shop.context import Shop
from tests.shop.buyer import Buyer
from tests.shop.ordering import place_order

STATEMENTS = 27
"""Of one press, all included: a reading of the basket, the gate, whether cards are taken, the order, its session."""


class Statements:
    """Counts what goes to a database."""

    def __init__(self, shop: Shop) -> None:
        self.texts: list[str] = []
        self.commits = 0
        event.listen(shop.db.engine, "before_cursor_execute", self._executed)
        event.listen(shop.db.engine, "commit", self._committed)

    def _executed(self, *arguments: object) -> None:
        self.texts.append(str(arguments[2]))

    def _committed(self, _connection: object) -> None:
        self.commits += 1


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[SessionRequest]:
    """Every request for a session that goes to the provider."""
    requests: list[SessionRequest] = []
    real = StripeProvider.create_session

    def create(self: StripeProvider, request: SessionRequest) -> Session:
        requests.append(request)
        return real(self, request)

    monkeypatch.setattr(StripeProvider, "create_session", create)
    return requests


def _app(shop: Shop) -> Flask:
    app = create_app(shop=shop)
    app.testing = True
    return app


def test_a_press_takes_few_statements_and_three_transactions(either_shop: Shop) -> None:
    buyer = Buyer(_app(either_shop), "style")
    Buyer(_app(either_shop), "style").buy()  # the first of all makes the bucket's row
    page = buyer.final_page(email="other@example.jp", street="神南9-9-9")
    statements = Statements(either_shop)
    assert buyer.order_in(buyer.confirm(page))
    assert len(statements.texts) <= STATEMENTS, statements.texts
    assert statements.commits == 3  # the gate counts, the order is placed, the session is noted


def test_a_page_of_the_checkout_reads_little_and_writes_nothing(style: Buyer, paying_shop: Shop) -> None:
    style.final_page()
    statements = Statements(paying_shop)
    for path in ("/checkout", "/checkout/delivery", "/checkout/confirm"):
        assert style.get(path).status_code == 200
    assert len(statements.texts) == 3, statements.texts  # basket, draft and whether cards are taken, in one
    assert statements.commits == 0


@pytest.mark.parametrize(("store_id", "root"), [("style", ""), ("style", "/en"), ("cocomo", "")])
def test_the_button_asks_what_anyone_who_comes_after_it_would_ask(
    paying_app: Flask, paying_shop: Shop, asked: list[SessionRequest], store_id: str, root: str
) -> None:
    """Same key, same request: whoever takes over after a process died must not differ in one character."""
    buyer = Buyer(paying_app, store_id, root=root)
    buyer.confirm(buyer.final_page(email="Ｇuest+1@example.jp", building="コーポ 1"))
    with paying_shop.db.read() as session:
        attempt = session.scalars(select(Attempt)).one()
    assert asked == [request_of(paying_shop, attempt)]


def test_who_presses_gives_way_to_those_who_wait(
    style: Buyer, paying_shop: Shop, asked: list[SessionRequest]
) -> None:
    place_order(paying_shop)  # its session waits to be made
    answer = style.confirm(style.final_page(email="other@example.jp", street="神南9-9-9"))
    assert answer.headers["Location"].endswith("/wait")
    assert asked == []
    with paying_shop.db.read() as session:
        assert [(one.state, one.tries) for one in session.scalars(select(Attempt))] == [("waiting", 0)] * 2
