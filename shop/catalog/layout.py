"""What the frame of every page needs from the catalogue: shelves, and the addresses of pictures.

The values are plain functions and strings, not `url_for`: a shelf of 24 calls them some hundred times.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from zlib import crc32

from flask import g, has_request_context, request

from shop import pictures
from shop.catalog.shelves import Shelf, shelves_of
from shop.context import the_shop, the_store

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
    return {"root": request.script_root, "shot": shot_of(store.id) if store else None}


TEMPLATE_GLOBALS = {
    "picture_url": picture_url,
    "scene_url": scene_url,
    "icon_url": icon_url,
    "shelves": shelves,
}
