"""Tables of the catalogue. Names are natural keys: a product's slug, a variant's SKU, within one store."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from payments.columns import INTERNAL, PUBLIC
from shop.db.base import Base, StoreOwned


class Category(StoreOwned, Base):
    """A shelf of one store."""

    __tablename__ = "category"
    slug: Mapped[str] = mapped_column(String(40), primary_key=True, info=PUBLIC)
    position: Mapped[int] = mapped_column(SmallInteger, info=PUBLIC)
    name_ja: Mapped[str] = mapped_column(String(80), info=PUBLIC)
    name_en: Mapped[str] = mapped_column(String(80), info=PUBLIC)
    blurb_ja: Mapped[str] = mapped_column(Text, info=PUBLIC)
    blurb_en: Mapped[str] = mapped_column(Text, info=PUBLIC)


class Product(StoreOwned, Base):
    """A thing for sale with its texts. `price_from` and `in_stock` repeat its variants' for the shelf page;
    `shop.catalog.stock` and the seeding keep them."""

    __tablename__ = "product"
    slug: Mapped[str] = mapped_column(String(80), primary_key=True, info=PUBLIC)
    category_slug: Mapped[str] = mapped_column(String(40), info=PUBLIC)
    position: Mapped[int] = mapped_column(Integer, info=PUBLIC)
    """Order on the shelf; unique in a store, so it is also the key of paging."""
    name_ja: Mapped[str] = mapped_column(String(120), info=PUBLIC)
    name_en: Mapped[str] = mapped_column(String(120), info=PUBLIC)
    texts: Mapped[dict[str, str]] = mapped_column(JSON, info=PUBLIC)
    """text, measures, material, care, origin, keywords: each with _ja and _en."""
    tax_rate: Mapped[int] = mapped_column(SmallInteger, info=PUBLIC)
    weight_g: Mapped[int] = mapped_column(Integer, info=PUBLIC)
    picture: Mapped[str] = mapped_column(String(200), info=PUBLIC)
    """The drawing recipe of its picture (`shop.pictures`)."""
    price_from: Mapped[int] = mapped_column(Integer, info=PUBLIC)
    price_to: Mapped[int] = mapped_column(Integer, info=PUBLIC)
    in_stock: Mapped[bool] = mapped_column(Boolean, info=PUBLIC)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "category_slug"], ["category.store_id", "category.slug"]),
        Index("uq_product_shelf", "store_id", "category_slug", "position", unique=True),
        Index("uq_product_position", "store_id", "position", unique=True),
        CheckConstraint("tax_rate in (8, 10)", name="tax_rate"),
    )


class Variant(StoreOwned, Base):
    """What is put in the basket: one size, colour or flavour, with its price and stock.

    Free to sell is `on_hand - held`. Only `shop.catalog.stock` changes the two numbers, by single conditional
    updates, so that no order of events sells what is not there.
    """

    __tablename__ = "variant"
    sku: Mapped[str] = mapped_column(String(40), primary_key=True, info=PUBLIC)
    product_slug: Mapped[str] = mapped_column(String(80), info=PUBLIC)
    position: Mapped[int] = mapped_column(SmallInteger, info=PUBLIC)
    options: Mapped[list[dict[str, str]]] = mapped_column(JSON, info=PUBLIC)
    """Ordered pairs: label_ja, label_en, value_ja, value_en."""
    price: Mapped[int] = mapped_column(Integer, info=PUBLIC)
    """Yen, tax-included."""
    picture: Mapped[str | None] = mapped_column(String(200), info=PUBLIC)
    on_hand: Mapped[int] = mapped_column(Integer, info=INTERNAL)
    held: Mapped[int] = mapped_column(Integer, default=0, info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "product_slug"], ["product.store_id", "product.slug"]),
        Index("ix_variant_product", "store_id", "product_slug", "position"),
        CheckConstraint("price > 0", name="price"),
        CheckConstraint("held >= 0 and on_hand >= held", name="stock"),
    )
