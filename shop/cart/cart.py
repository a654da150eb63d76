"""A basket as its reader sees it, and reading it from the database. Checkout and views import it.

Names, prices and stock are today's, from the catalogue; the basket itself keeps only SKUs and quantities.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from flask import Request
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from payments.columns import table_of
from payments.money import Money
from shop.cart.models import Cart, CartLine
from shop.catalog.availability import options_text
from shop.catalog.layout import picture_url
from shop.catalog.models import Product, Variant
from shop.catalog.queries import AnyRow
from shop.context import the_shop
from shop.tax import TaxRate

QUANTITY_MAX = 99
LINES_MAX = 30

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class Problem(StrEnum):
    """Why a line can't be ordered as it is, or what about it is new."""

    SOLD_OUT = "sold_out"
    REDUCED = "reduced"
    """Fewer are left than the line asks for."""
    PRICE_CHANGED = "price_changed"
    """It costs more or less than when the shopper last set the line. It can be ordered."""


@dataclass(frozen=True, slots=True)
class CartLineView:
    """One line, in one language. `free` is how many can be had now."""

    sku: str
    product_slug: str
    name: str
    options: str
    quantity: int
    price: Money
    seen_price: Money
    tax_rate: TaxRate
    free: int
    picture_url: str

    @property
    def total(self) -> Money:
        return self.price * self.quantity

    @property
    def problem(self) -> Problem | None:
        """The gravest one."""
        if self.free <= 0:
            return Problem.SOLD_OUT
        if self.quantity > self.free:
            return Problem.REDUCED
        if self.price != self.seen_price:
            return Problem.PRICE_CHANGED
        return None

    @property
    def can_be_ordered(self) -> bool:
        return self.problem in {None, Problem.PRICE_CHANGED}


@dataclass(frozen=True, slots=True)
class CartView:
    """A basket with its lines in the order of adding."""

    cart_id: str
    lines: tuple[CartLineView, ...]

    @property
    def count(self) -> int:
        """Pieces, not lines."""
        return sum(line.quantity for line in self.lines)

    @property
    def subtotal(self) -> Money:
        """The goods that can be ordered, tax included, without fees."""
        return sum((line.total for line in self.lines if line.can_be_ordered), Money(0))

    @property
    def can_be_ordered(self) -> bool:
        """Whether there is something in it and every line can be had."""
        return bool(self.lines) and all(line.can_be_ordered for line in self.lines)

    @property
    def has_reduced_rate(self) -> bool:
        return any(line.tax_rate is TaxRate.REDUCED for line in self.lines)


def cookie_name(*, https: bool) -> str:
    """The `__Host-` prefix binds the cookie to this host and https; browsers refuse it on http."""
    return "__Host-cart" if https else "cart"


def current_cart_token(request: Request) -> str | None:
    """The basket's token that the browser sent, if it has the form of one. Inside a request.

    On https only the `__Host-` cookie counts: a neighbouring host could plant the other one.
    """
    token = request.cookies.get(cookie_name(https=the_shop().settings.https), "")
    return token if _TOKEN.fullmatch(token) else None


def token_hash(token: str) -> str:
    """What the table knows of a token. Plain SHA-256 is enough: the token is 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


_CART, _LINE, _VARIANT, _PRODUCT = map(table_of, (Cart, CartLine, Variant, Product))
_OPENED = (_CART.c.store_id == bindparam("store_id"), _CART.c.token_hash == bindparam("token_hash"))
_CART_ID = select(_CART.c.id).where(*_OPENED)
# Outer joins, so that an empty basket is one row without goods; each line's variant and product exist by foreign key.
BASKET = (
    select(
        _CART.c.id.label("cart_id"),
        _LINE.c.sku,
        _LINE.c.quantity,
        _LINE.c.seen_price,
        _PRODUCT.c.slug,
        _PRODUCT.c.name_ja,
        _PRODUCT.c.name_en,
        _PRODUCT.c.tax_rate,
        _PRODUCT.c.picture.label("product_picture"),
        _VARIANT.c.options,
        _VARIANT.c.price,
        _VARIANT.c.picture,
        (_VARIANT.c.on_hand - _VARIANT.c.held + _LINE.c.held).label("free"),
    )
    .select_from(_CART)
    .outerjoin(_LINE, (_LINE.c.store_id == _CART.c.store_id) & (_LINE.c.cart_id == _CART.c.id))
    .outerjoin(_VARIANT, (_VARIANT.c.store_id == _LINE.c.store_id) & (_VARIANT.c.sku == _LINE.c.sku))
    .outerjoin(
        _PRODUCT,
        (_PRODUCT.c.store_id == _VARIANT.c.store_id) & (_PRODUCT.c.slug == _VARIANT.c.product_slug),
    )
    .where(*_OPENED)
    .order_by(_LINE.c.place)
)
"""A row a line, or one without goods; `carts_of` makes baskets of them. Others may add columns of one row a basket."""

_NOTE_HELD = (
    update(_LINE)
    .where(
        _LINE.c.store_id == bindparam("store"),
        _LINE.c.cart_id == bindparam("cart"),
        _LINE.c.sku == bindparam("goods"),
    )
    .values(held=bindparam("n"))
)


def find_cart(session: Session, store_id: str, token: str) -> str | None:
    """The id of the basket that a token opens."""
    return session.scalar(_CART_ID, {"store_id": store_id, "token_hash": token_hash(token)})


def load_cart(session: Session, store_id: str, token: str | None, locale: str = "ja") -> CartView | None:
    """The basket that `token` opens, with today's names, prices and stock; None where there is none."""
    found = load_cart_in(session, store_id, token, (locale,))
    return found[0] if found else None


def load_cart_in(
    session: Session, store_id: str, token: str | None, locales: Sequence[str]
) -> list[CartView] | None:
    """The same basket in several languages, read once; None where there is none."""
    if not token:
        return None
    rows = session.execute(BASKET, opened_by(store_id, token)).all()
    return carts_of(rows, locales) if rows else None


def opened_by(store_id: str, token: str) -> dict[str, str]:
    """The parameters of `BASKET`."""
    return {"store_id": store_id, "token_hash": token_hash(token)}


def carts_of(rows: Sequence[AnyRow], locales: Sequence[str]) -> list[CartView]:
    """The basket of some rows of `BASKET`, at least one, in each language."""
    lines = [row for row in rows if row.sku is not None]
    return [CartView(rows[0].cart_id, tuple(_line(row, locale) for row in lines)) for locale in locales]


def _line(row: AnyRow, locale: str) -> CartLineView:
    return CartLineView(
        sku=row.sku,
        product_slug=row.slug,
        name=row.name_en if locale == "en" else row.name_ja,
        options=options_text(row.options, locale),
        quantity=row.quantity,
        price=Money(row.price),
        seen_price=Money(row.seen_price),
        tax_rate=TaxRate(row.tax_rate),
        free=row.free,
        picture_url=picture_url(row.slug, row.picture or row.product_picture, row.sku if row.picture else ""),
    )


def note_held(session: Session, store_id: str, cart_id: str, held: Mapping[str, int]) -> None:
    """Write down what the basket's own unpaid order holds, by SKU; 0 for what it holds no more. Does not commit."""
    rows = [{"store": store_id, "cart": cart_id, "goods": sku, "n": n} for sku, n in held.items()]
    if rows:
        session.connection().execute(_NOTE_HELD, rows)


def take_out(session: Session, store_id: str, cart_id: str, skus: Sequence[str]) -> None:
    """Remove lines from a basket. Does not commit."""
    session.execute(
        delete(CartLine).where(
            CartLine.store_id == store_id, CartLine.cart_id == cart_id, CartLine.sku.in_(skus)
        )
    )
