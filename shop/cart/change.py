"""Changing a basket. Functions take a session and never commit; a `CartError` leaves everything as it was.

Two tabs may change one basket at once: its row is locked first, then each line takes the last write.
"""

from __future__ import annotations

import datetime as dt
import unicodedata

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from shop.cart.cart import LINES_MAX, QUANTITY_MAX, token_hash
from shop.cart.errors import BadQuantity, LineGone, NotEnough, TooManyLines, UnknownGoods
from shop.cart.models import Cart, CartLine
from shop.catalog.models import Product, Variant
from shop.catalog.queries import AnyRow


def parse_quantity(text: str, *, least: int) -> int:
    """A quantity as someone typed it, full-width digits too; BadQuantity for anything but `least` to 99."""
    digits = unicodedata.normalize("NFKC", text.strip()) if len(text) <= 20 else ""
    if not (digits.isascii() and digits.isdigit()) or not least <= int(digits) <= QUANTITY_MAX:
        raise BadQuantity
    return int(digits)


def add(session: Session, store_id: str, token: str, sku: str, quantity: int, *, locale: str = "ja") -> str:
    """Put `quantity` more of a variant in, making the basket where there is none; the basket's id.

    Raises UnknownGoods, NotEnough, BadQuantity (more than 99 together) or TooManyLines.
    """
    goods = _goods(session, store_id, sku, locale)
    if goods is None:
        raise UnknownGoods
    cart_id = _lock(session, store_id, token) or _make(session, store_id, token)
    held = session.scalar(
        select(CartLine.quantity).where(
            CartLine.store_id == store_id, CartLine.cart_id == cart_id, CartLine.sku == sku
        )
    )
    total = (held or 0) + quantity
    if total > goods.free:
        raise NotEnough(goods.name, goods.free, held or 0)
    if total > QUANTITY_MAX:
        raise BadQuantity
    if held is None:
        _insert(session, store_id, cart_id, sku, total, goods.price)
    else:
        _set(session, store_id, cart_id, sku, total, goods.price)
    _touch(session, store_id, cart_id)
    return cart_id


def set_quantity(
    session: Session, store_id: str, token: str, sku: str, quantity: int, *, locale: str = "ja"
) -> None:
    """Make a line hold `quantity`; 0 takes it out (taking out what is gone already is no error).

    Raises LineGone where the basket has no such line, NotEnough where fewer are left.
    """
    cart_id = _lock(session, store_id, token)
    if quantity == 0:
        if cart_id:
            session.execute(
                delete(CartLine).where(
                    CartLine.store_id == store_id, CartLine.cart_id == cart_id, CartLine.sku == sku
                )
            )
            _touch(session, store_id, cart_id)
        return
    goods = _goods(session, store_id, sku, locale)
    if cart_id is None or goods is None:
        raise LineGone
    if quantity > goods.free:
        raise NotEnough(goods.name, goods.free)
    if not _set(session, store_id, cart_id, sku, quantity, goods.price):
        raise LineGone
    _touch(session, store_id, cart_id)


def forget_old(session: Session, before: dt.datetime) -> int:
    """Delete baskets that nobody touched since `before`; how many. For the worker."""
    result = session.execute(delete(Cart).where(Cart.updated_at < before))
    return int(result.rowcount)  # type: ignore[attr-defined]  # a DELETE's result has it


def _goods(session: Session, store_id: str, sku: str, locale: str) -> AnyRow | None:
    """name, price and free of a variant of this store."""
    name = Product.name_en if locale == "en" else Product.name_ja
    return session.execute(
        select(name.label("name"), Variant.price, (Variant.on_hand - Variant.held).label("free"))
        .join(Product, (Product.store_id == Variant.store_id) & (Product.slug == Variant.product_slug))
        .where(Variant.store_id == store_id, Variant.sku == sku)
    ).one_or_none()


def _lock(session: Session, store_id: str, token: str) -> str | None:
    return session.scalar(
        select(Cart.id)
        .where(Cart.store_id == store_id, Cart.token_hash == token_hash(token))
        .with_for_update()
    )


def _make(session: Session, store_id: str, token: str) -> str:
    cart_id = new_id()
    session.execute(
        insert(Cart).values(id=cart_id, store_id=store_id, token_hash=token_hash(token), updated_at=utcnow())
    )
    return cart_id


def _insert(session: Session, store_id: str, cart_id: str, sku: str, quantity: int, price: int) -> None:
    lines, last = session.execute(
        select(func.count(), func.coalesce(func.max(CartLine.place), 0)).where(
            CartLine.store_id == store_id, CartLine.cart_id == cart_id
        )
    ).one()
    if lines >= LINES_MAX:
        raise TooManyLines
    session.execute(
        insert(CartLine).values(
            store_id=store_id,
            cart_id=cart_id,
            sku=sku,
            place=last + 1,
            quantity=quantity,
            seen_price=price,
        )
    )


def _set(session: Session, store_id: str, cart_id: str, sku: str, quantity: int, price: int) -> bool:
    result = session.execute(
        update(CartLine)
        .where(CartLine.store_id == store_id, CartLine.cart_id == cart_id, CartLine.sku == sku)
        .values(quantity=quantity, seen_price=price)
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def _touch(session: Session, store_id: str, cart_id: str) -> None:
    session.execute(
        update(Cart)
        .where(Cart.store_id == store_id, Cart.id == cart_id)
        .values(updated_at=utcnow())
        .execution_options(synchronize_session=False)
    )
