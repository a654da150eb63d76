"""What hangs on an account: addresses, orders, the data to take along, and what is left when it goes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json

import pytest
from flask import Flask, Request
from sqlalchemy import delete, func, select, text, update

from payments.columns import utcnow
from shop.accounts import claim, housekeeping
from shop.accounts.addresses import ADDRESSES_MOST
from shop.accounts.current import SignedIn, account_of
from shop.accounts.lookup import phone_hash
from shop.accounts.models import Account, AccountAddress, AccountSession, Letter
from shop.context import Shop
from shop.db.tables import metadata
from shop.orders.links import order_token
from shop.orders.models import Order
from tests.accounts.member import OTHER_PASSWORD, Member, kinds, letters, new_address
from tests.shop.buyer import CONTACT, hidden_field, plenty
from tests.shop.ordering import GUEST, place_order

ADDRESS = {name: value for name, value in CONTACT.items() if name != "email"}
HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}'


def _ids(shop: Shop) -> list[str]:
    with shop.db.read() as session:
        query = select(AccountAddress.id).order_by(AccountAddress.created_at, AccountAddress.id)
        return list(session.scalars(query))


def _default(shop: Shop) -> list[str]:
    with shop.db.read() as session:
        return list(session.scalars(select(AccountAddress.id).where(AccountAddress.is_default)))


def _paid_order(shop: Shop, email: str, store_id: str = "style") -> tuple[str, str]:
    """A guest's paid order: its id and the token of its page."""
    order_id = place_order(shop, store_id, contact=dataclasses.replace(GUEST, email=email))
    shop.db.write(
        lambda session: session.execute(update(Order).where(Order.id == order_id).values(state="paid"))
    )
    return order_id, order_token(shop.settings.keys, store_id, order_id)


def _owner(shop: Shop, order_id: str) -> str | None:
    with shop.db.read() as session:
        return session.scalar(select(Order.account_id).where(Order.id == order_id))


# --- Address book ---


def test_the_checkout_begins_with_ones_own_name_before_there_is_a_book(
    both_app: Flask, both_shop: Shop
) -> None:
    member = Member(both_app).join()
    member.add()
    page = member.get("/checkout").text
    for name, value in (("family_name", "試験"), ("given_name", "花"), ("email", member.email)):
        assert hidden_field(page, name) == value


def test_the_book_holds_several_and_one_default(both_app: Flask, both_shop: Shop) -> None:
    member = Member(both_app).join()
    for street in ("一番", "二番", "三番"):
        answer = member.send("/account/addresses/new", ADDRESS | {"street": street})
        assert answer.status_code == 303, answer.text
    first, second, third = _ids(both_shop)
    assert _default(both_shop) == [first]
    member.send("/account/addresses/default", {"id": third})
    assert _default(both_shop) == [third]
    member.send(f"/account/addresses/{second}", ADDRESS | {"street": "四番", "is_default": "y"})
    assert _default(both_shop) == [second]
    member.send("/account/addresses/remove", {"id": second})
    assert _default(both_shop) == [first]
    page = member.get("/account/addresses").text
    assert "一番" in page
    assert "四番" not in page
    assert kinds(both_shop).count("notice_address") == 5


def test_a_full_book_takes_no_more(member: Member, shop: Shop) -> None:
    for number in range(ADDRESSES_MOST + 1):
        member.send("/account/addresses/new", ADDRESS | {"street": f"{number}番"})
    assert len(_ids(shop)) == ADDRESSES_MOST


def test_addresses_of_others_are_not_there(app: Flask, shop: Shop) -> None:
    member, other = Member(app).join(), Member(app, remote="192.0.2.7").join()
    member.send("/account/addresses/new", ADDRESS)
    (mine,) = _ids(shop)
    assert other.get(f"/account/addresses/{mine}").status_code == 404
    assert other.send(f"/account/addresses/{mine}", ADDRESS | {"street": "盗"}).status_code == 404
    other.send("/account/addresses/remove", {"id": mine})
    other.send("/account/addresses/default", {"id": mine})
    assert ADDRESS["street"] in member.get("/account/addresses").text
    there = Member(app, "cocomo").join()
    assert there.get(f"/account/addresses/{mine}").status_code == 404


def test_the_checkout_begins_with_the_default_and_keeps_what_was_typed(member: Member, shop: Shop) -> None:
    member.send("/account/addresses/new", ADDRESS | {"street": "一番"})
    member.send("/account/addresses/new", ADDRESS | {"street": "二番"})
    second = _ids(shop)[1]
    member.add()
    page = member.get("/checkout").text
    assert 'value="一番"' in page
    assert f'value="{member.email}"' in page
    assert 'value="二番"' in member.get(f"/checkout?address={second}").text
    assert member.address(street="手で書いた").status_code == 303
    for path in ("/checkout", f"/checkout?address={second}"):
        assert 'value="手で書いた"' in member.get(path).text


def test_a_guests_checkout_is_as_it_was(app: Flask) -> None:
    guest = Member(app)
    guest.add(plenty("style"))
    page = guest.get("/checkout").text
    assert hidden_field(page, "email") == ""
    assert "会員登録なしでご購入いただけます" in page


# --- Orders ---


def test_an_order_placed_while_signed_in_is_in_the_history(member: Member, app: Flask, shop: Shop) -> None:
    who = member.account()
    order_id = place_order(shop)
    assert _owner(shop, order_id) is None
    from payments.columns import new_id
    from shop.checkout.payment import ui_mode_of
    from shop.checkout.service import Buyer, confirm
    from shop.stores import all_stores
    from tests.shop.ordering import a_basket, a_quote

    store = all_stores()["style"]
    quote = a_quote(shop, store)
    buyer = Buyer(a_basket(shop, "style", quote), GUEST, "ja", new_id(), who.id)
    mine = confirm(shop, store, quote, buyer, ui_mode_of(store), utcnow()).order_id
    page = member.get("/account/orders").text
    assert f"/account/orders/{mine}" in page
    assert order_id not in page
    shown = member.get(f"/account/orders/{mine}")
    assert "差し引きのご請求額" not in shown.text  # nothing came of it yet
    assert GUEST.street in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    other = Member(app, remote="192.0.2.7").join()
    assert other.get(f"/account/orders/{mine}").status_code == 404
    assert member.get(f"/account/orders/{order_id}").status_code == 404
    there = Member(app, "cocomo").join()
    assert there.get(f"/account/orders/{mine}").status_code == 404


def test_the_history_goes_on_page_by_page(both_app: Flask, both_shop: Shop) -> None:
    member = Member(both_app).join()
    account = member.account()
    ids = [
        place_order(both_shop, contact=dataclasses.replace(GUEST, email=new_address(), street=f"{n}番"))
        for n in range(claim.PAGE + 3)
    ]
    same = utcnow() - dt.timedelta(days=1)
    both_shop.db.write(
        lambda session: session.execute(
            update(Order).values(account_id=account.id, placed_at=same, state="paid")
        )
    )
    seen: list[str] = []
    after = ""
    for _page in range(3):
        with both_shop.db.read() as session:
            found = claim.history(session, account, after)
        seen += [order.id for order in found.orders]
        after = found.after
        if not after:
            break
    assert seen == sorted(ids, reverse=True)
    for odd in ("x", "1_", "nan_a", "inf_a", "9" * 50 + "_a", "1e400_a", "花_花"):
        assert member.get(f"/account/orders?after={odd}").status_code == 200


def test_a_guest_joins_from_the_orders_page_and_has_the_order(both_app: Flask, both_shop: Shop) -> None:
    email = new_address()
    order_id, token = _paid_order(both_shop, email)
    guest = Member(both_app)
    page = guest.get(f"/orders/{token}").text
    assert "会員登録のメールを送る" in page
    assert email not in page
    assert guest.send(f"/account/claim/{token}").headers["Location"] == "/account/sent"
    assert guest.newest("join")["To"] == email
    joined = guest.send(
        guest.link("join"), {"family_name": "試", "given_name": "験", "password": OTHER_PASSWORD}
    )
    assert joined.status_code == 303
    assert f"/account/orders/{order_id}" in guest.get("/account/orders").text
    assert "ご注文の履歴を見る" in guest.get(f"/orders/{token}").text


def test_the_link_alone_makes_nobody_the_owner(app: Flask, shop: Shop) -> None:
    order_id, token = _paid_order(shop, new_address())
    thief = Member(app).join()
    assert thief.send(f"/account/claim/{token}").headers["Location"] == "/account/sent"
    assert _owner(shop, order_id) is None
    mail = thief.link("claim")
    stranger = Member(app, remote="192.0.2.7").join()
    assert stranger.send(mail).status_code == 404  # the link is for the account that asked
    assert thief.send(mail).status_code == 303
    assert _owner(shop, order_id) == thief.account().id
    assert thief.send(mail).status_code == 404
    assert stranger.send(f"/account/claim/{token}").status_code == 303
    assert _owner(shop, order_id) == thief.account().id


def test_an_order_with_ones_own_address_is_claimed_at_once(both_app: Flask, both_shop: Shop) -> None:
    member = Member(both_app).join()
    order_id, token = _paid_order(both_shop, member.email.upper())
    assert member.send(f"/account/claim/{token}").headers["Location"] == f"/orders/{token}"
    assert _owner(both_shop, order_id) == member.account().id
    unpaid = place_order(both_shop)
    path = order_token(both_shop.settings.keys, "style", unpaid)
    assert member.send(f"/account/claim/{path}").status_code == 404


# --- Data ---


def test_the_export_has_ones_own_data_and_nobody_elses(app: Flask, shop: Shop) -> None:
    member, other = Member(app).join(), Member(app, remote="192.0.2.7").join()
    member.send("/account/addresses/new", ADDRESS | {"street": "私の番地"})
    other.send("/account/addresses/new", ADDRESS | {"street": "他人の番地"})
    order_id, token = _paid_order(shop, member.email)
    member.send(f"/account/claim/{token}")
    answer = member.send("/account/data/export")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="style-account.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    document = json.loads(answer.text)
    assert document["email"] == member.email
    assert document["profile"]["family_name"] == "試験"
    assert [one["street"] for one in document["addresses"]] == ["私の番地"]
    assert [one["contact"]["email"] for one in document["orders"]] == [member.email]
    assert document["orders"][0]["lines"]
    assert "他人の番地" not in answer.text
    assert "argon2" not in answer.text
    assert order_id not in answer.text


def test_an_order_confirmed_while_its_account_goes_is_a_guests(
    both_app: Flask, both_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = Member(both_app).join()
    page = member.final_page(method="cod")

    def read_and_gone(asked: Request) -> SignedIn | None:
        """The account as the request read it at its beginning; another tab deletes it a moment later."""
        who = account_of(asked)
        both_shop.db.write(lambda session: session.execute(delete(Account)))
        return who

    monkeypatch.setattr("shop.checkout.views.account_of", read_and_gone)
    answer = member.confirm(page)
    assert (answer.status_code, "/orders/" in answer.headers["Location"]) == (303, True)
    with both_shop.db.read() as session:
        assert session.scalars(select(Order.account_id)).all() == [None]


def test_deleting_leaves_the_orders_without_an_account_and_ends_every_session(
    both_app: Flask, both_shop: Shop
) -> None:
    member = Member(both_app).join()
    elsewhere = Member(both_app, remote="192.0.2.7")
    elsewhere.sign_in(member.email)
    member.send("/account/addresses/new", ADDRESS)
    order_id, token = _paid_order(both_shop, member.email)
    member.send(f"/account/claim/{token}")
    assert member.send("/account/data/delete").status_code == 422
    cookies = [member.cookie(), elsewhere.cookie()]
    assert member.send("/account/data/delete", {"sure": "y"}).headers["Location"] == "/account/left"
    for one, cookie in zip((member, elsewhere), cookies, strict=True):
        assert cookie is not None
        one.set_cookie(cookie)
        assert not one.is_in()
    with both_shop.db.read() as session:
        for table in (Account, AccountSession, AccountAddress):
            assert session.scalar(select(func.count()).select_from(table)) == 0
        assert session.scalar(select(func.count()).select_from(Letter)) == 1
    assert _owner(both_shop, order_id) is None
    assert member.get(f"/orders/{token}").status_code == 200
    assert [str(mail["To"]) for mail in letters(both_shop, both_app, "notice_deleted")] == [member.email]
    member.drop_cookies()
    assert member.sign_in().status_code == 422
    member.join(member.email)  # and one may come back
    assert order_id not in member.get("/account/orders").text


def test_a_dump_shows_nobody(both_app: Flask, both_shop: Shop) -> None:
    member = Member(both_app).join("somebody.special@example.jp")
    member.send("/account/profile", {"family_name": "秘密田", "given_name": "花子", "phone": "090-1234-5678"})
    member.send("/account/addresses/new", ADDRESS | {"street": "内緒町"})
    with both_shop.db.read() as session:
        dump = "\n".join(
            repr(row)
            for table in metadata.sorted_tables
            for row in session.execute(text(f'SELECT * FROM "{table.name}"'))
        )
    for secret in ("somebody.special", "秘密田", "内緒町", "9012345678", member.cookie() or "?", "argon2"):
        assert secret not in dump
        assert secret.encode().hex() not in dump


# --- Found by telephone ---


def test_orders_of_before_are_found_by_telephone_after_the_worker_passed(
    both_app: Flask, both_shop: Shop
) -> None:
    new = place_order(both_shop)
    old = place_order(both_shop)
    broken = place_order(both_shop)

    def spoil(session: object) -> None:
        session.execute(update(Order).where(Order.id == old).values(phone_hash=None))  # type: ignore[attr-defined]  # a Session
        session.execute(update(Order).where(Order.id == broken).values(phone_hash=None, contact=b"?"))  # type: ignore[attr-defined]  # a Session

    both_shop.db.write(spoil)
    assert housekeeping.fill_phones(both_shop) == "2 orders"
    assert housekeeping.fill_phones(both_shop) == "0 orders"
    hashed = phone_hash(both_shop.vault, "style", "03-1234-5678")
    with both_shop.db.read() as session:
        found = session.scalars(select(Order.id).where(Order.phone_hash == hashed)).all()
    assert set(found) == {new, old}


@pytest.mark.parametrize("field", ["family_name", "given_name"])
def test_what_was_typed_is_text_on_every_page(app: Flask, shop: Shop, field: str) -> None:
    member = Member(app).join()
    typed = HOSTILE[:40]
    member.send("/account/profile", {"family_name": "試", "given_name": "験"} | {field: typed})
    member.send(
        "/account/addresses/new", ADDRESS | {field: typed, "street": HOSTILE[:100], "building": HOSTILE}
    )
    member.add()
    for path in (
        "/account",
        "/account/profile",
        "/account/addresses",
        f"/account/addresses/{_ids(shop)[0]}",
        "/checkout",
    ):
        page = member.get(path).text
        assert "<img src=x" not in page
        assert "<script>alert" not in page
        assert "onerror=alert(1)>" not in page.replace("&gt;", "")
