"""What the frame of every page needs from the catalogue: shelves, and the addresses of pictures.

The values are plain functions and strings, not `url_for`: a shelf of 24 calls them some hundred times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from zlib import crc32

from flask import g, has_request_context, render_template
from flask_babel import get_locale, gettext, ngettext
from jinja2 import Environment
from markupsafe import Markup

from payments.money import Money
from shop import pictures
from shop.catalog.queries import CardRow
from shop.catalog.shelves import Shelf, shelves_of
from shop.context import the_locale, the_shop, the_store
from shop.tax import TaxRate

_IN_SIGHT = 4
_RATIOS = {"cocomo": "1:1"}


@dataclass(frozen=True)
class Shot:
    """How a store's pictures are cut: `ratio` for the drawing kit, width and height for the page."""

    ratio: str
    width: int
    height: int


_PORTRAIT, _SQUARE = Shot("4:5", 400, 500), Shot("1:1", 400, 400)


def shot_of(store_id: str) -> Shot:
    """The cut of one store's pictures."""
    return _SQUARE if _RATIOS.get(store_id) == "1:1" else _PORTRAIT


@cache
def kit_version() -> str:
    """A hash over the drawing kit: when the kit draws otherwise, every picture gets a new address."""
    digest = blake2b(digest_size=4)
    for path in sorted(Path(next(iter(pictures.__path__))).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def picture_version(recipe: str) -> str:
    """Changes whenever the picture of `recipe` would look different."""
    return f"{crc32(recipe.encode()):08x}{kit_version()}"


def picture_url(slug: str, recipe: str, sku: str = "") -> str:
    """The address of a product's picture, or of one variant's. The same on pages of both languages."""
    name = f"{slug}/{sku}" if sku else slug
    return f"/pictures/products/{name}.svg?v={picture_version(recipe)}"


def scene_url(name: str) -> str:
    """The address of one of the store's small scenes: empty-cart, no-hits, lost, error, …"""
    return f"/pictures/scenes/{name}.svg?v={kit_version()}"


def icon_url() -> str:
    """The address of the store's mark."""
    return f"/pictures/icon.svg?v={kit_version()}"


def shelves() -> tuple[Shelf, ...]:
    """The store's categories, for the head of a page."""
    return shelves_of(the_shop().db, the_store().id)


def page_context() -> dict[str, object]:
    """What templates find beside their own values."""
    if not has_request_context():
        return {}  # a mail, which brings its own
    store = g.get("store")
    return {"shot": shot_of(store.id) if store else None}


_texts: dict[tuple[str, str], Markup] = {}


def text(message: str, **values: object) -> Markup:
    """Flask-Babel's gettext for a template, remembered: looking a text up costs as much as drawing a product's card.

    Templates alone use it, so there are only as many texts as msgids in them. The texts are ours, so they go out as
    they are; what is put into one is escaped.
    """
    key = the_locale() if has_request_context() else str(get_locale()), message
    known = _texts.get(key)
    if known is None:
        # hk: allow HK407 msgids and translations are our own words
        known = _texts[key] = Markup(gettext(message))  # noqa: S704  # nosec B704  # our own words
    return known % values


def install_texts(environment: Environment) -> None:
    """Let `_()` in templates mean `text`. The i18n extension's own wrapper asks Jinja's context at every call."""
    install = environment.install_gettext_callables  # type: ignore[attr-defined]  # the i18n extension adds it
    install(gettext, ngettext, newstyle=True)
    environment.globals["_"] = text


_feet: dict[tuple[str, str], Markup] = {}


def foot() -> Markup:
    """The foot of the page: some twenty texts and links that are the same on all pages of a store and language."""
    key = the_store().id, the_locale()
    if key not in _feet:
        _feet[key] = Markup(render_template("_foot.html"))  # noqa: S704  # nosec B704  # our own template, escaped by Jinja
    return _feet[key]


def yen(amount: int, locale: str) -> str:
    """An amount of yen for a reader. A filter: Jinja calls those without looking for what to pass."""
    return Money(amount).format(locale)


def parts(cards: Sequence[CardRow], locale: str) -> list[tuple[object, ...]]:
    """What a card shows, card by card: slug, picture, name, price, whether there are dearer variants, whether
    the tax rate is reduced, whether it is in stock, and whether its picture can wait."""
    return [
        (
            card.slug,
            picture_url(card.slug, card.picture),
            card.name,
            yen(card.price_from, locale),
            card.price_to != card.price_from,
            card.tax_rate == TaxRate.REDUCED,
            card.in_stock,
            number >= _IN_SIGHT,
        )
        for number, card in enumerate(cards)
    ]


TEMPLATE_FILTERS = {"parts": parts, "yen": yen}
TEMPLATE_GLOBALS = {
    "foot": foot,
    "picture_url": picture_url,
    "scene_url": scene_url,
    "icon_url": icon_url,
    "shelves": shelves,
}
