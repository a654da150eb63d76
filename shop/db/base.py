"""The base of the shop's tables, and the store that owns their rows."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from payments.columns import PUBLIC
from payments.registry import mapper_registry


class Base(DeclarativeBase):
    """Base of the tables that `shop` owns; same metadata as `payments`."""

    registry = mapper_registry


class StoreRow(Base):
    """A store that exists. What it looks like is configuration (`shop.stores`)."""

    __tablename__ = "store"
    id: Mapped[str] = mapped_column(String(16), primary_key=True, info=PUBLIC)


class StoreOwned:
    """Mixin: the row belongs to one store; `store_id` leads the primary key, so foreign keys can't cross."""

    store_id: Mapped[str] = mapped_column(
        String(16), ForeignKey("store.id"), primary_key=True, sort_order=-10, info=PUBLIC
    )
