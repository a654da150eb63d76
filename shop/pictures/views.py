"""Pictures as files: products, variants, scenes and the store's mark, drawn when asked and cached for good."""

from __future__ import annotations

from functools import lru_cache

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from shop.catalog.layout import icon_url, kit_version, picture_version, shot_of
from shop.catalog.queries import recipe_of
from shop.context import the_shop, the_store
from shop.errors import NotFound
from shop.pictures.draw import draw
from shop.pictures.marks import draw_favicon
from shop.pictures.recipe import Recipe
from shop.pictures.scenes import SCENE_NAMES, draw_hero, draw_scene

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
    """The home page's still life, or a small drawing for an empty basket, an error, ….

    Pages give them an empty alternative: what they say stands beside them in words.
    """
    store_id = the_store().id
    if name == "hero":
        return _svg(draw_hero(store_id).encode(), kit_version())
    if name not in SCENE_NAMES:
        raise NotFound
    return _svg(draw_scene(name, store_id).encode(), kit_version())


@pictures.get("/pictures/icon.svg")
def icon() -> ResponseReturnValue:
    """The store's mark, also the favicon."""
    return _svg(draw_favicon(the_store().id).encode(), kit_version())


@pictures.get("/favicon.ico")
def favicon() -> ResponseReturnValue:
    """For browsers that ask here without being told to."""
    return redirect(icon_url(), code=302)


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
