"""Bad input at each way to pay: what a forged form, an old page or a stranger's event can do, which is nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.methods import Method
from payments.models import Attempt, Payment, PaymentPromise
from payments.money import Money
from shop.checkout.models import Draft
from shop.context import Shop
from shop.methods import policy
from shop.orders.models import Hold, Order
from tests.shop.bought import Bought
from tests.shop.buyer import Buyer, hidden_field, plenty
from tests.shop.till import change_variant

NARROW = """
[style]
offered = ["card", "konbini", "cod"]
[style.konbini]
least = 120
most = 300_000
days = 3
grace_hours = 2
fees = []
[style.cod]
least = 1
most = 300_000
fees = [[9_999, 330], [29_999, 440]]
"""


def _nothing(shop: Shop) -> None:
    with shop.db.read() as session:
        for table in (Order, Payment, Attempt, Hold, PaymentPromise):
            assert session.scalars(select(table)).all() == [], table


@pytest.mark.parametrize(
    "method",
    [
        "",
        "paypal",
        "CARD",
        "Konbini",
        "customer_balance",
        "none",
        "promise",
        "card,cod",
        "0",
        "konbini ",
        "代引",
    ],
)
def test_a_method_that_is_not_offered_is_refused_in_words(
    style: Buyer, paying_shop: Shop, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(policy, "_all", lambda: policy.parse(NARROW))
    style.add()
    style.address()
    answer = style.delivery(method=method)
    assert answer.status_code == 422
    assert "別の方法をお選びください" in answer.text
    with paying_shop.db.read() as session:
        assert [draft.method for draft in session.scalars(select(Draft))] == [None]


def test_without_a_method_field_what_the_page_had_marked_is_chosen(style: Buyer, paying_shop: Shop) -> None:
    style.add()
    style.address()
    token = hidden_field(style.get("/checkout/delivery").text, "csrf_token")
    fields = {"csrf_token": token, "day": "", "slot": "any"}
    assert style.post_bare("/checkout/delivery", fields).status_code == 303
    with paying_shop.db.read() as session:
        assert [draft.method for draft in session.scalars(select(Draft))] == ["card"]


@pytest.mark.parametrize("method", ["customer_balance", "gone", "cod"])
def test_a_draft_that_names_what_is_gone_places_nothing(
    style: Buyer, paying_shop: Shop, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Of another build, or chosen before the store's terms were changed."""
    page = style.final_page()
    only_konbini = NARROW.replace('"card", "konbini", "cod"', '"konbini"')
    monkeypatch.setattr(policy, "_all", lambda: policy.parse(only_konbini))

    def choose(session: Session) -> None:
        session.scalars(select(Draft)).one().method = method

    paying_shop.db.write(choose)
    assert style.get("/checkout/confirm").headers["Location"].endswith("/checkout/delivery")
    assert style.confirm(page).headers["Location"].endswith("/checkout/delivery")
    _nothing(paying_shop)


@pytest.mark.parametrize(
    ("price", "method", "is_offered"),
    [
        (299_300, "konbini", False),
        (1_000, "konbini", True),
        (29_999, "cod", True),
        (30_000, "cod", False),
    ],
)
def test_an_amount_out_of_bounds_is_not_offered_and_not_taken(
    style: Buyer,
    paying_shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    price: int,
    method: str,
    is_offered: bool,
) -> None:
    narrow = NARROW.replace("most = 300_000\ndays", "most = 200_000\ndays")
    monkeypatch.setattr(policy, "_all", lambda: policy.parse(narrow))
    monkeypatch.setattr("shop.checkout.quote.fee", lambda *_given: Money(0))
    sku = plenty("style")
    change_variant(paying_shop, sku, price=price)
    style.add(sku)
    style.address()
    page = style.get("/checkout/delivery").text
    assert (f'value="{method}"' in page) is is_offered
    assert style.delivery(method=method).status_code == (303 if is_offered else 422)
    if not is_offered:
        _nothing(paying_shop)


def test_fields_beside_the_form_choose_nothing(style: Buyer, paying_shop: Shop) -> None:
    """The method, the fee and the total are the draft's and the quote's, whatever a form says."""
    page = style.final_page(method="cod")
    answer = style.confirm(page, method="card", method_fee="0", total="1", fee="0")
    assert answer.status_code == 303
    with paying_shop.db.read() as session:
        order, payment = session.scalars(select(Order)).one(), session.scalars(select(Payment)).one()
    assert (order.state, payment.method) == ("on_delivery", "cod")
    assert order.total_minor == int(hidden_field(page, "total"))


def test_a_page_of_one_method_does_not_confirm_another(style: Buyer, paying_shop: Shop) -> None:
    page = style.final_page(method="konbini")
    style.delivery(method="customer_balance")
    answer = style.confirm(page)
    assert (answer.status_code, "内容が変わりました" in answer.text) == (409, True)
    _nothing(paying_shop)


def test_another_method_after_the_number_was_given_is_another_order(style: Buyer, paying_shop: Shop) -> None:
    first = Bought(paying_shop, style)
    second = Bought(paying_shop, style, method="cod")
    assert first.id != second.id
    assert first.states == ("waiting", "pending")
    assert second.states == ("on_delivery", "pending")


def test_a_placed_card_order_gives_way_to_another_method(style: Buyer, paying_shop: Shop) -> None:
    """Declined, or not paid: the shopper goes back and chooses anew. One basket, one order that stands."""
    style.buy()
    style.delivery(method="konbini")
    assert style.confirm().status_code == 303
    with paying_shop.db.read() as session:
        states = {payment.method: payment.state for payment in session.scalars(select(Payment))}
        held = [hold.state for hold in session.scalars(select(Hold))]
    assert states == {"card": "expired", "konbini": "pending"}
    assert sorted(held) == ["active", "released"]


def test_the_other_store_s_order_page_shows_no_number(style: Buyer, cocomo: Buyer, paying_shop: Shop) -> None:
    bought = Bought(paying_shop, style)
    assert cocomo.get(f"/orders/{bought.token}").status_code == 404
    for path in ("pay/page", "pay", "keep"):
        answer = style.post(f"/orders/{bought.token}/{path}", {}, form_on=f"/orders/{bought.token}")
        assert answer.status_code in {200, 303}
    with paying_shop.db.read() as session:
        assert len(session.scalars(select(Attempt)).all()) == 1
    assert bought.states == ("waiting", "pending")


def test_a_promise_is_read_by_the_provider_s_word_alone(style: Buyer, paying_shop: Shop) -> None:
    """A row that says otherwise is written anew at the next look."""
    bought = Bought(paying_shop, style, method="customer_balance")

    def forge(session: Session) -> None:
        promise = session.scalars(select(PaymentPromise)).one()
        promise.remaining_minor, promise.details = 1, {"account": {"account_number": "7777777"}}

    paying_shop.db.write(forge)
    bought.hear()
    assert bought.promise.remaining_minor == bought.order.total_minor
    assert bought.promise.details["account"]["account_number"] != "7777777"
    assert Method(bought.payment.method) is Method.TRANSFER
