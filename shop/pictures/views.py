"""Pictures as files: products, variants, scenes and the store's mark, drawn when asked and cached for good."""

from __future__ import annotations

from functools import lru_cache

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from shop.catalog.layout import kit_version, picture_version, shot_of
from shop.catalog.queries import recipe_of
from shop.context import the_shop, the_store
from shop.errors import NotFound
from shop.pictures.draw import draw
from shop.pictures.recipe import Recipe

pictures = Blueprint("pictures", __name__)

# A picture opened on its own runs nothing and loads nothing.
_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


@pictures.get("/pictures/products/<slug>.svg")
@pictures.get("/pictures/products/<slug>/<sku>.svg")
def product(slug: str, sku: str = "") -> ResponseReturnValue:
    """The picture of a product or of one of its variants."""
    store = the_store()
    with the_shop().db.read() as session:
        found = recipe_of(session, store.id, slug, sku)
    if found is None:
        raise NotFound
    recipe, name = found
    return _svg(_drawn(recipe, shot_of(store.id).ratio, name), picture_version(recipe))


@pictures.get("/pictures/scenes/<name>.svg")
def scene(name: str) -> ResponseReturnValue:
    """A small drawing for an empty basket, an error, …; the big one of the home page."""
    return _svg(_drawn("bowl glaze=celadon", shot_of(the_store().id).ratio, ""), kit_version())


@pictures.get("/pictures/icon.svg")
def icon() -> ResponseReturnValue:
    """The store's mark, also the favicon."""
    return _svg(_drawn("bowl glaze=celadon", "1:1", the_store().name), kit_version())


@lru_cache(maxsize=512)
def _drawn(recipe: str, ratio: str, title: str) -> bytes:
    return draw(Recipe.parse(recipe), ratio=ratio, title=title).encode()


def _svg(body: bytes, version: str) -> Response:
    """Kept for a year under the address that names this version, for a minute under any other."""
    response = Response(body, content_type="image/svg+xml; charset=utf-8")
    fixed = request.args.get("v") == version
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if fixed else "public, max-age=60"
    )
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
