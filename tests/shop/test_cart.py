"""The basket: its arithmetic, and changing it on both databases."""

from __future__ import annotations

import datetime as dt
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update

from payments.columns import utcnow
from payments.database import Database
from payments.money import Money
from shop.cart import change
from shop.cart.cart import LINES_MAX, CartLineView, CartView, Problem, load_cart, token_hash
from shop.cart.errors import BadQuantity, CartError, LineGone, NotEnough, TooManyLines, UnknownGoods
from shop.cart.models import Cart, CartLine
from shop.catalog.content import load_store
from shop.catalog.models import Variant
from shop.tax import TaxRate

SKUS = [v.sku for p in load_store("style").products for v in p.variants if v.stock >= 5]


def _line(*, quantity: int = 2, price: int = 1100, seen: int = 1100, free: int = 9) -> CartLineView:
    return CartLineView(
        sku="A",
        product_slug="a",
        name="碗",
        options="",
        quantity=quantity,
        price=Money(price),
        seen_price=Money(seen),
        tax_rate=TaxRate.STANDARD,
        free=free,
        picture_url="/a.svg",
    )


def _view(db: Database, token: str) -> CartView:
    with db.read() as session:
        view = load_cart(session, "style", token)
    assert view is not None
    return view


def _add(db: Database, token: str, sku: str, quantity: int = 1) -> None:
    db.write(lambda session: change.add(session, "style", token, sku, quantity))


def _set_stock(db: Database, sku: str, **values: int) -> None:
    db.write(
        lambda session: session.execute(
            update(Variant).where(Variant.store_id == "style", Variant.sku == sku).values(**values)
        )
    )


@pytest.mark.parametrize(
    ("line", "problem", "can_be_ordered"),
    [
        (_line(), None, True),
        (_line(free=0), Problem.SOLD_OUT, False),
        (_line(quantity=3, free=2), Problem.REDUCED, False),
        (_line(seen=1000), Problem.PRICE_CHANGED, True),
        (_line(free=0, seen=1000), Problem.SOLD_OUT, False),
    ],
)
def test_a_line_tells_what_is_wrong(
    line: CartLineView, problem: Problem | None, can_be_ordered: bool
) -> None:
    assert line.problem is problem
    assert line.can_be_ordered is can_be_ordered


def test_the_subtotal_counts_what_can_be_ordered() -> None:
    view = CartView(
        "id", (_line(quantity=2, price=1100), _line(free=0), _line(quantity=1, price=300, seen=300))
    )
    assert view.subtotal == Money(2500)
    assert view.count == 5
    assert not view.can_be_ordered
    assert not CartView("id", ()).can_be_ordered


@pytest.mark.parametrize("text", ["1", "99", "１２", " 7 ", "007"])
def test_quantities_as_people_type_them(text: str) -> None:
    assert 1 <= change.parse_quantity(text, least=1) <= 99


@pytest.mark.parametrize(
    "text",
    ["", "0", "-1", "100", "1.5", "1e1", "abc", "٣٤x", "9" * 30, "½", "+1", "1 2", "\0", "\ud800"],
)
def test_bad_quantities_are_refused(text: str) -> None:
    with pytest.raises(BadQuantity):
        change.parse_quantity(text, least=1)


def test_adding_merges_lines(db: Database) -> None:
    token = secrets.token_urlsafe(32)
    _add(db, token, SKUS[0], 1)
    _add(db, token, SKUS[1], 1)
    _add(db, token, SKUS[0], 2)
    assert [(line.sku, line.quantity) for line in _view(db, token).lines] == [(SKUS[0], 3), (SKUS[1], 1)]


def test_only_the_hash_of_the_token_is_kept(db: Database) -> None:
    token = secrets.token_urlsafe(32)
    _add(db, token, SKUS[0])
    with db.read() as session:
        kept = session.scalars(select(Cart.token_hash)).all()
    assert kept == [token_hash(token)]
    assert token not in kept


def test_more_than_is_free_is_refused_and_nothing_changes(db: Database) -> None:
    token = secrets.token_urlsafe(32)
    _set_stock(db, SKUS[0], on_hand=5, held=2)
    _add(db, token, SKUS[0], 2)
    with pytest.raises(NotEnough):
        _add(db, token, SKUS[0], 2)
    with pytest.raises(NotEnough):
        db.write(lambda session: change.set_quantity(session, "style", token, SKUS[0], 4))
    assert _view(db, token).lines[0].quantity == 2


def test_unknown_and_other_stores_goods_are_refused(db: Database) -> None:
    other = load_store("cocomo").products[0].variants[0].sku
    for sku in ("", "NOPE", other, "x" * 80, "' OR 1=1"):
        with pytest.raises(UnknownGoods):
            _add(db, secrets.token_urlsafe(32), sku)
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(Cart)) == 0


def test_a_basket_holds_so_many_lines(db: Database) -> None:
    token = secrets.token_urlsafe(32)
    for sku in SKUS[:LINES_MAX]:
        _add(db, token, sku)
    with pytest.raises(TooManyLines):
        _add(db, token, SKUS[LINES_MAX])
    _add(db, token, SKUS[0])
    assert len(_view(db, token).lines) == LINES_MAX


def test_ninety_nine_together_is_the_end(db: Database) -> None:
    token = secrets.token_urlsafe(32)
    _set_stock(db, SKUS[0], on_hand=500, held=0)
    _add(db, token, SKUS[0], 99)
    with pytest.raises(BadQuantity):
        _add(db, token, SKUS[0], 1)


def test_zero_takes_a_line_out_and_again_is_no_error(db: Database) -> None:
    token = secrets.token_urlsafe(32)
    _add(db, token, SKUS[0])
    for _time in range(2):
        db.write(lambda session: change.set_quantity(session, "style", token, SKUS[0], 0))
    assert _view(db, token).lines == ()
    with pytest.raises(LineGone):
        db.write(lambda session: change.set_quantity(session, "style", token, SKUS[0], 2))


def test_a_changed_price_is_told_until_the_line_is_set_again(db: Database) -> None:
    token = secrets.token_urlsafe(32)
    _add(db, token, SKUS[0])
    _set_stock(db, SKUS[0], price=99)
    assert _view(db, token).lines[0].problem is Problem.PRICE_CHANGED
    db.write(lambda session: change.set_quantity(session, "style", token, SKUS[0], 1))
    assert _view(db, token).lines[0].problem is None
    assert _view(db, token).subtotal == Money(99)


def test_a_token_opens_nothing_in_the_other_store(db: Database) -> None:
    token = secrets.token_urlsafe(32)
    _add(db, token, SKUS[0])
    with db.read() as session:
        assert load_cart(session, "cocomo", token) is None
        assert load_cart(session, "style", secrets.token_urlsafe(32)) is None
        assert load_cart(session, "style", None) is None


def test_two_tabs_adding_at_once_lose_nothing(db: Database) -> None:
    token = secrets.token_urlsafe(32)
    _set_stock(db, SKUS[0], on_hand=50, held=0)
    _set_stock(db, SKUS[1], on_hand=50, held=0)
    _add(db, token, SKUS[0])
    with ThreadPoolExecutor(6) as tabs:
        list(tabs.map(lambda number: _add(db, token, SKUS[number % 2]), range(18)))
    assert {line.sku: line.quantity for line in _view(db, token).lines} == {SKUS[0]: 10, SKUS[1]: 9}


def test_old_baskets_are_forgotten_with_their_lines(db: Database) -> None:
    token = secrets.token_urlsafe(32)
    _add(db, token, SKUS[0])
    assert db.write(lambda session: change.forget_old(session, utcnow() - dt.timedelta(days=1))) == 0
    assert db.write(lambda session: change.forget_old(session, utcnow() + dt.timedelta(days=1))) == 1
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(CartLine)) == 0


def test_every_error_of_the_basket_is_a_cart_error() -> None:
    assert all(issubclass(kind, CartError) for kind in (BadQuantity, NotEnough, UnknownGoods, LineGone))
