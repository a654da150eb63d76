"""Bad input on every form of the checkout: told in words, nothing kept, never a fault of ours."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select
from wtforms import PasswordField

from shop.accounts.forms import ProfileForm, SavedAddressForm
from shop.address.forms import AddressForm
from shop.checkout.models import Draft
from shop.context import Shop
from shop.orders.models import Order
from tests.shop.buyer import CONTACT, DELIVERY, Buyer, hidden_field

LONG = "あ" * 5000
BAD_ADDRESSES = [
    ({"email": ""}, "email"),
    ({"email": "no-at-sign"}, "email"),
    ({"email": "a@b"}, "email"),
    ({"email": "a" * 300 + "@example.jp"}, "email"),
    ({"email": "a@example.jp\r\nBcc: b@example.jp"}, "email"),
    ({"family_name": ""}, "family_name"),
    ({"family_name": "   "}, "family_name"),
    ({"family_name": LONG}, "family_name"),
    ({"given_name": "\x00\x01\x02"}, "given_name"),
    ({"postal_code": "12"}, "postal_code"),
    ({"postal_code": "abc-defg"}, "postal_code"),
    ({"postal_code": "9" * 400}, "postal_code"),
    ({"prefecture": "江戸"}, "prefecture"),
    ({"prefecture": ""}, "prefecture"),
    ({"prefecture": "東京都'; DROP TABLE draft; --"}, "prefecture"),
    ({"city": ""}, "city"),
    ({"city": LONG}, "city"),
    ({"street": "\u202e\u200b"}, "street"),
    ({"street": LONG}, "street"),
    ({"building": LONG}, "building"),
    ({"phone": "12"}, "phone"),
    ({"phone": "電話なし"}, "phone"),
    ({"phone": "+1 202 555 0100 000 000"}, "phone"),
]
BAD_DELIVERIES = [
    {"day": "2020-01-01"},
    {"day": "2999-01-01"},
    {"day": "yesterday"},
    {"day": "\x00"},
    {"day": (dt.date.today() - dt.timedelta(days=1)).isoformat()},  # noqa: DTZ011  (any day that is over will do)
    {"slot": "midnight"},
    {"slot": ""},
    {"slot": "am' OR 1=1"},
    {"method": "cash"},
    {"method": ""},
    {"method": "card\x00"},
]


def _contact(shop: Shop) -> bytes | None:
    with shop.db.read() as session:
        return session.scalar(select(Draft.contact))


def _drafts(shop: Shop) -> list[Draft]:
    with shop.db.read() as session:
        return list(session.scalars(select(Draft)))


@pytest.mark.parametrize(("changes", "field"), BAD_ADDRESSES)
def test_a_bad_address_is_told_at_its_field_and_not_kept(
    style: Buyer, paying_shop: Shop, changes: dict[str, str], field: str
) -> None:
    style.add()
    answer = style.address(**changes)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert f'href="#{field}"' in answer.text
    assert _contact(paying_shop) is None


def test_what_was_typed_right_survives_a_mistake(style: Buyer) -> None:
    style.add()
    page = style.address(phone="12").text
    assert hidden_field(page, "email") == CONTACT["email"]
    assert hidden_field(page, "street") == CONTACT["street"]


def test_a_missing_field_is_a_mistake_and_no_fault(style: Buyer, paying_shop: Shop) -> None:
    style.add()
    assert style.post("/checkout", {}).status_code == 422
    assert _contact(paying_shop) is None


@pytest.mark.parametrize(
    "body", [b"email=%FF%FE%80", b"\xff\xfe=\x80", b"email[]=a&email[0]=b", b"a" * 200_000]
)
def test_bytes_that_are_no_text_are_told_calmly(style: Buyer, body: bytes) -> None:
    style.add()
    token = hidden_field(style.get("/checkout").text, "csrf_token")
    answer = style.client.post(
        "/checkout",
        data=b"csrf_token=" + token.encode() + b"&" + body,
        content_type="application/x-www-form-urlencoded",
        base_url=style.origin,
    )
    assert answer.status_code in {400, 413, 422}
    assert "Traceback" not in answer.text


def test_markup_in_a_name_is_shown_as_typed(style: Buyer) -> None:
    page = style.final_page(family_name="<b>試験</b>", street='1-2-3 "><script>alert(1)</script>')
    assert "<script>alert" not in page
    assert "&lt;b&gt;試験&lt;/b&gt;" in page


@pytest.mark.parametrize("changes", BAD_DELIVERIES)
def test_a_day_slot_or_method_that_was_not_offered_is_not_kept(
    style: Buyer, paying_shop: Shop, changes: dict[str, str]
) -> None:
    style.add()
    style.address()
    assert style.delivery(**changes).status_code == 422
    (draft,) = _drafts(paying_shop)
    assert (draft.delivery_day, draft.delivery_slot) == (None, None)


def test_a_day_that_is_over_at_the_button_leads_back_to_the_choice(style: Buyer, paying_shop: Shop) -> None:
    page = style.final_page()

    def age(session: object) -> None:
        (draft,) = session.scalars(select(Draft))  # type: ignore[attr-defined]  # a Session
        draft.delivery_day = dt.date(2020, 1, 6)

    paying_shop.db.write(age)
    assert style.confirm(page).headers["Location"] == "/checkout/delivery"
    with paying_shop.db.read() as session:
        assert session.scalars(select(Order)).all() == []


@pytest.mark.parametrize(
    "quantity", ["-1", "0", "1.5", "1e3", "99999999999999999999", "一", "\x00", "", "１" * 50]
)
def test_an_odd_quantity_orders_nothing(style: Buyer, quantity: str) -> None:
    style.post_bare("/cart/add", {"sku": "x", "quantity": quantity})
    assert style.get("/cart/count.json").get_json() == {"count": 0}


@pytest.mark.parametrize("path", ["/checkout", "/checkout/delivery", "/checkout/confirm"])
def test_without_a_basket_each_step_leads_to_the_basket(style: Buyer, path: str) -> None:
    answer = style.client.get(path, base_url=style.origin, follow_redirects=True)
    assert answer.status_code == 200
    assert "カートは空です" in answer.text


def test_steps_cannot_be_skipped(style: Buyer) -> None:
    style.add()
    assert style.get("/checkout/delivery").headers["Location"] == "/checkout"
    assert style.get("/checkout/confirm").headers["Location"] == "/checkout"
    token = hidden_field(style.get("/checkout").text, "csrf_token")
    assert (
        style.post_bare("/checkout/delivery", DELIVERY | {"csrf_token": token}).headers["Location"]
        == "/checkout"
    )
    assert style.post_bare("/checkout/confirm", {"csrf_token": token}).headers["Location"] == "/checkout"


def test_the_typed_address_is_sealed_in_the_database(style: Buyer, paying_shop: Shop) -> None:
    style.add()
    style.address()
    sealed = _contact(paying_shop)
    assert sealed is not None
    for value in CONTACT.values():
        assert not value or value.encode() not in sealed


def test_a_prefecture_that_does_not_fit_the_postcode_is_hinted_at_and_taken(style: Buyer) -> None:
    page = style.final_page(postal_code="150-0001", prefecture="大阪府")
    for shown in (page, style.get("/checkout/delivery").text):
        assert 'id="odd-prefecture"' in shown
        assert "大阪府" in shown
    assert style.confirm(page).status_code == 303


def test_a_prefecture_that_fits_or_a_postcode_too_new_for_our_data_is_no_oddity(style: Buyer) -> None:
    assert "odd-prefecture" not in style.final_page()
    style.address(postal_code="100-9999", prefecture="大阪府")
    assert "odd-prefecture" not in style.get("/checkout/delivery").text


@pytest.mark.parametrize("root", ["", "/en"])
def test_an_address_in_a_form_that_is_too_old_comes_back_and_goes_out_again(
    paying_app: Flask, root: str
) -> None:
    buyer = Buyer(paying_app, "style", root=root)
    buyer.add()
    odd = CONTACT | {"family_name": '"><b>試験&amp;', "building": "  3階　A "}
    late = buyer.post_bare("/checkout", odd | {"csrf_token": "old"})
    assert late.status_code == 400
    assert ("もう一度送る" in late.text) is (root == "")
    assert "<b>試験" not in late.text
    fields = {name: hidden_field(late.text, name) for name in [*odd, "csrf_token"]}
    assert {name: fields[name] for name in odd} == odd
    assert buyer.post_bare("/checkout", fields).headers["Location"].endswith("/checkout/delivery")


def test_nothing_is_bought_by_a_form_that_is_too_old(style: Buyer, paying_shop: Shop) -> None:
    """What the law wants right before the button is not on the page that gives back what was typed."""
    page = style.final_page()
    fields = {name: hidden_field(page, name) for name in ("digest", "total")}
    late = style.post_bare("/checkout/confirm", fields | {"csrf_token": "old"})
    assert (late.status_code, fields["digest"] in late.text) == (400, False)
    with paying_shop.db.read() as session:
        assert session.scalars(select(Order)).all() == []


def test_no_form_that_gives_back_what_was_typed_has_a_secret() -> None:
    for form in (AddressForm, SavedAddressForm, ProfileForm):
        kinds = {name: kind.field_class for name, kind in vars(form).items() if hasattr(kind, "field_class")}
        assert not [name for name, kind in kinds.items() if issubclass(kind, PasswordField)]
        assert not {"password", "code", "answer"} & kinds.keys()
