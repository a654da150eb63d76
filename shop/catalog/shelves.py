"""A store's categories, kept per process for some seconds: every page shows them, and they hardly ever change."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from payments.database import Database
from shop.catalog.models import Category, Product

KEPT_S = 30.0


@dataclass(frozen=True, slots=True)
class Shelf:
    """One category with the picture of its first product."""

    slug: str
    name_ja: str
    name_en: str
    blurb_ja: str
    blurb_en: str
    face_slug: str | None
    face_picture: str | None

    def name(self, locale: str) -> str:
        return self.name_en if locale == "en" else self.name_ja

    def blurb(self, locale: str) -> str:
        return self.blurb_en if locale == "en" else self.blurb_ja


_kept: WeakKeyDictionary[Database, dict[str, tuple[float, tuple[Shelf, ...]]]] = WeakKeyDictionary()
_lock = Lock()


def shelves_of(db: Database, store_id: str) -> tuple[Shelf, ...]:
    """The store's shelves in order; at most `KEPT_S` seconds old."""
    now = time.monotonic()
    kept = _kept.get(db, {}).get(store_id)
    if kept and now - kept[0] < KEPT_S:
        return kept[1]
    with db.read() as session:
        found = _load(session, store_id)
    with _lock:
        _kept.setdefault(db, {})[store_id] = (now, found)
    return found


def forget_shelves(db: Database) -> None:
    """Read anew at the next call: after seeding, in this process."""
    with _lock:
        _kept.pop(db, None)


def shelf_named(db: Database, store_id: str, slug: str) -> Shelf | None:
    """One shelf of the store, or None."""
    return next((shelf for shelf in shelves_of(db, store_id) if shelf.slug == slug), None)


def _load(session: Session, store_id: str) -> tuple[Shelf, ...]:
    other = aliased(Product)
    first = (
        select(other.slug)
        .where(other.store_id == Category.store_id, other.category_slug == Category.slug)
        .order_by(other.position)
        .limit(1)
        .correlate(Category)
        .scalar_subquery()
    )
    statement = (
        select(
            Category.slug,
            Category.name_ja,
            Category.name_en,
            Category.blurb_ja,
            Category.blurb_en,
            Product.slug,
            Product.picture,
        )
        .outerjoin(Product, (Product.store_id == Category.store_id) & (Product.slug == first))
        .where(Category.store_id == store_id)
        .order_by(Category.position)
    )
    return tuple(Shelf(*row) for row in session.execute(statement))
