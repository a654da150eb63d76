"""Cards that the provider keeps: kept by a tick, shown to their owner alone, taken away, gone with the account."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.models import Attempt, Payment
from payments.provider import NotThere, SavedCard
from shop.context import Shop
from shop.jobs.models import Job
from shop.jobs.worker import Worker
from shop.orders.links import order_token
from shop.orders.listener import OrderListener
from shop.wallet.models import AccountCustomer
from shop.wallet.service import FORGET, Wish, kept_cards, wish_of
from tests.accounts.conftest import make_app, make_shop
from tests.accounts.member import Member
from tests.servers.sandbox import Sandbox, running_sandbox
from tests.shop.buyer import Buyer
from tests.shop.card_switch import stop as stop_cards_of


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def shop(database_url: str, sandbox: Sandbox) -> Iterator[Shop]:
    parts = make_shop(database_url, **sandbox.addresses)
    yield parts
    sandbox.control("faults", method="DELETE")
    parts.db.dispose()


@pytest.fixture
def app(shop: Shop) -> Flask:
    return make_app(shop)


def _buy(member: Member, sandbox: Sandbox, card: str = "success", **fields: str) -> Attempt:
    """Order as the member does, and pay; the attempt."""
    page = member.final_page()
    answer = member.confirm(page, **fields)
    assert answer.status_code == 303, answer.text
    shop = member.shop
    with shop.db.read() as session:
        attempt = session.scalars(select(Attempt).order_by(Attempt.id.desc())).first()
    assert attempt is not None
    if card:
        sandbox.pay(attempt.session_id or "", card)
        from payments.settle import settle

        settle(shop.db, shop.providers["style"], OrderListener(), "style", attempt.payment_id, cause="test")
    return attempt


def _kept(member: Member) -> list[SavedCard]:
    return kept_cards(member.shop, member.store_id, member.account().id)


def _customers(shop: Shop) -> list[str]:
    with shop.db.read() as session:
        return list(session.scalars(select(AccountCustomer.customer_id)))


def test_only_a_tick_of_who_is_signed_in_keeps_a_card(app: Flask, shop: Shop, sandbox: Sandbox) -> None:
    guest = Buyer(app, "style")
    page = guest.final_page()
    assert "save_card" not in page
    assert guest.confirm(page, save_card="y").status_code == 303
    assert _customers(shop) == []
    member = Member(app).join()
    assert _buy(member, sandbox).customer_id is None
    assert _customers(shop) == []
    attempt = _buy(member, sandbox, save_card="y")
    assert _customers(shop) == [attempt.customer_id]
    assert [(card.brand, card.last4) for card in _kept(member)] == [("visa", "4242")]
    page = member.get("/account/cards").text
    assert "Visa •••• 4242" in page
    again = _buy(member, sandbox, card="")
    assert (again.customer_id, again.save_card) == (attempt.customer_id, False)


def test_two_cards_one_preferred_one_taken_away(app: Flask, shop: Shop, sandbox: Sandbox) -> None:
    member = Member(app).join()
    _buy(member, sandbox, save_card="y")
    _buy(member, sandbox, "378282246310005", save_card="y")
    first, second = _kept(member)
    page = "/account/cards"
    assert "American Express •••• 0005" in member.get(page).text
    assert member.send("/account/cards/default", {"id": second.id}, form_on=page).status_code == 303
    assert [card.id for card in _kept(member)] == [second.id, first.id]
    assert "いつものカード" in member.get(page).text
    assert member.send("/account/cards/remove", {"id": second.id}, form_on=page).status_code == 303
    assert [card.id for card in _kept(member)] == [first.id]


def test_another_customers_card_is_not_there(app: Flask, shop: Shop, sandbox: Sandbox) -> None:
    owner, stranger = Member(app).join(), Member(app, remote="192.0.2.9").join()
    _buy(owner, sandbox, save_card="y")
    _buy(stranger, sandbox, save_card="y")
    (card,) = _kept(owner)
    for path in ("remove", "default"):
        for card_id in (card.id, "pm_nothing", "../x", "", "カード"):
            answer = stranger.send(f"/account/cards/{path}", {"id": card_id}, form_on="/account/cards")
            assert answer.status_code == 404, (path, card_id)
    assert [one.id for one in _kept(owner)] == [card.id]
    attempt = _buy(stranger, sandbox, card="")
    with pytest.raises(Exception, match="404"):
        sandbox.pay(attempt.session_id or "", card.id)
    nobody = Member(app, remote="192.0.2.7").join()
    assert nobody.send("/account/cards/remove", {"id": card.id}, form_on="/account/cards").status_code == 404


def test_an_orders_link_alone_leads_to_nobodys_cards(app: Flask, shop: Shop, sandbox: Sandbox) -> None:
    member = Member(app).join()
    _buy(member, sandbox, save_card="y")
    page = member.final_page()
    token = member.order_in(member.confirm(page))
    assert "data-secret" in member.get(f"/orders/{token}/pay").text
    other = Member(app, remote="192.0.2.7").join()
    assert "data-secret" not in other.get(f"/orders/{token}/pay").text
    stranger = Buyer(app, "style")
    assert "data-secret" not in stranger.get(f"/orders/{token}/pay").text
    stranger.post(f"/orders/{token}/pay", {})
    assert "data-secret" in stranger.get(f"/orders/{token}/pay").text
    with shop.db.read() as session:
        attempts = session.scalars(select(Attempt).order_by(Attempt.id.desc()).limit(2)).all()
    assert [(one.customer_id is None, one.state) for one in attempts] == [(True, "open"), (False, "expired")]


def test_a_stop_keeps_none_and_the_account_takes_all_along(app: Flask, shop: Shop, sandbox: Sandbox) -> None:
    member = Member(app).join()
    _buy(member, sandbox, save_card="y")
    other = Member(app, remote="192.0.2.8").join()
    page = other.final_page()

    stop_cards_of(shop)
    assert other.confirm(page, save_card="y").headers["Location"].endswith("/checkout/delivery")
    (customer,) = _customers(shop)
    member.prove()
    answer = member.send("/account/data/delete", {"sure": "y"}, form_on="/account/data")
    assert answer.status_code == 303, answer.text
    assert _customers(shop) == []
    Worker(app, shop).turn()
    with pytest.raises(NotThere):
        shop.providers["style"].saved_cards(customer)
    with pytest.raises(NotThere):
        shop.providers["style"].prefer_card(customer, "pm_nothing")


def test_for_a_card_that_can_not_be_paid_with_no_customer_is_made(shop: Shop, app: Flask) -> None:
    """The stop came after the final page had been shown."""
    member = Member(app).join()
    stop_cards_of(shop)
    assert wish_of(shop, "style", member.account().id, "a@example.jp", save_card=True) == Wish()
    assert _customers(shop) == []


def test_an_account_that_goes_while_its_first_card_is_kept_leaves_no_customer(
    app: Flask, shop: Shop, sandbox: Sandbox
) -> None:
    """The page has read the account; another tab deletes it before the provider has made a customer."""
    assert wish_of(shop, "style", "01" + "a" * 24, "gone@example.jp", save_card=True) == Wish()
    with shop.db.read() as session:
        (customer,) = session.scalars(select(Job.subject_id).where(Job.kind == FORGET)).all()
    Worker(app, shop).turn()
    with pytest.raises(NotThere):
        shop.providers["style"].prefer_card(customer, "pm_nothing")
    assert _customers(shop) == []


def test_without_the_provider_the_page_says_so(app: Flask, shop: Shop, sandbox: Sandbox) -> None:
    member = Member(app).join()
    _buy(member, sandbox, save_card="y")
    sandbox.control("faults", {"operation": "customers.retrieve", "kind": "refuse", "times": 4})
    assert member.get("/account/cards").status_code == 503
    sandbox.control("faults", method="DELETE")
    other = Member(app, remote="192.0.2.6").join()
    sandbox.control("faults", {"operation": "customers.create", "kind": "refuse", "times": 4})
    assert _buy(other, sandbox, save_card="y").customer_id is None


def test_a_customer_taken_away_on_the_providers_own_screen_keeps_nobody_from_paying(
    app: Flask, shop: Shop, sandbox: Sandbox
) -> None:
    member = Member(app).join()
    gone = _buy(member, sandbox, save_card="y").customer_id
    assert gone is not None
    shop.providers["style"].forget_customer(gone)
    token = member.order_in(member.confirm(member.final_page()))
    assert "data-secret" in member.get(f"/orders/{token}/pay").text  # at the first press
    assert _customers(shop) == []


def test_in_place_of_a_customer_who_was_taken_away_a_new_one_keeps_the_card(
    app: Flask, shop: Shop, sandbox: Sandbox
) -> None:
    member = Member(app).join()
    gone = _buy(member, sandbox, save_card="y").customer_id
    shop.providers["style"].forget_customer(gone or "")
    new = _buy(member, sandbox, save_card="y").customer_id
    assert new not in {None, gone}
    assert _customers(shop) == [new]
    assert len(_kept(member)) == 1
    shop.providers["style"].forget_customer(
        new or ""
    )  # and once more, with the first one's key known to them
    assert _buy(member, sandbox).customer_id is None
    assert _buy(member, sandbox, save_card="y").customer_id not in {None, gone, new}
    assert len(_kept(member)) == 1


def test_who_presses_again_after_a_refusal_by_the_worker_gets_a_customer_too(
    app: Flask, shop: Shop, sandbox: Sandbox
) -> None:
    """In line the worker asks, and is refused; the next press is the shopper's."""
    member = Member(app).join()
    gone = _buy(member, sandbox, save_card="y").customer_id
    attempt = _buy(member, sandbox, "", save_card="y")
    shop.providers["style"].expire_session(attempt.session_id or "")
    shop.providers["style"].forget_customer(gone or "")

    def refused(session: Session) -> None:
        session.get_one(Attempt, ("style", attempt.id)).state = "refused"

    shop.db.write(refused)
    token = order_token(shop.settings.keys, "style", _reference(shop, attempt))
    member.post(f"/orders/{token}/pay", {})
    assert "data-secret" in member.get(f"/orders/{token}/pay").text
    assert len(_customers(shop)) == 1
    assert _customers(shop) != [gone]


def test_what_is_refused_for_another_reason_leaves_the_customer_alone(
    app: Flask, shop: Shop, sandbox: Sandbox
) -> None:
    member = Member(app).join()
    kept = _buy(member, sandbox, save_card="y").customer_id
    sandbox.control("faults", {"operation": "checkout.sessions.create", "kind": "refuse", "times": 9})
    member.confirm(member.final_page())
    assert _customers(shop) == [kept]


def _reference(shop: Shop, attempt: Attempt) -> str:
    with shop.db.read() as session:
        return session.get_one(Payment, ("style", attempt.payment_id)).reference
