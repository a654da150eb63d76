"""What the stores sell, as values: categories, products, variants. For the content loader and its readers.

Every text is in Japanese (`_ja`) and English (`_en`).
"""

from __future__ import annotations

from dataclasses import dataclass

from shop.pictures.recipe import Recipe


class ContentError(Exception):
    """Content files that can't be used. `faults` lists all of them, each with its file and key."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class OptionContent:
    """One choice that makes a variant: (色: 藍), (Size: Large)."""

    label_ja: str
    label_en: str
    value_ja: str
    value_en: str


@dataclass(frozen=True)
class VariantContent:
    """What goes into a basket. `price` is yen with tax; `stock` is how many lie on the shelf."""

    sku: str
    options: tuple[OptionContent, ...]
    price: int
    stock: int
    picture: Recipe | None = None
    """None: it looks as the product's picture does."""


@dataclass(frozen=True)
class ProductContent:
    """One page of the shop. `tax_rate` is 8 or 10 percent; `weight_g` is with its wrapping, in grams."""

    slug: str
    category: str
    name_ja: str
    name_en: str
    text_ja: str
    text_en: str
    measures_ja: str
    measures_en: str
    material_ja: str
    material_en: str
    care_ja: str
    care_en: str
    origin_ja: str
    origin_en: str
    tax_rate: int
    weight_g: int
    picture: Recipe
    variants: tuple[VariantContent, ...]
    keywords_ja: tuple[str, ...] = ()
    keywords_en: tuple[str, ...] = ()


@dataclass(frozen=True)
class CategoryContent:
    """A shelf with its one-sentence blurb. `tax_rates` are those its products may have."""

    slug: str
    name_ja: str
    name_en: str
    blurb_ja: str
    blurb_en: str
    tax_rates: tuple[int, ...]


@dataclass(frozen=True)
class StoreContent:
    """All of one store, in the order of its shelves."""

    store_id: str
    categories: tuple[CategoryContent, ...]
    products: tuple[ProductContent, ...]
