"""Home, shelves, products, search: pages that everyone sees alike, so all of them are cacheable."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from shop.catalog import queries, search
from shop.catalog.availability import option_values, options_text, stock_words
from shop.catalog.layout import TEMPLATE_FILTERS, TEMPLATE_GLOBALS, install_texts, page_context
from shop.catalog.shelves import shelf_named, shelves_of
from shop.context import the_locale, the_shop, the_store
from shop.delivery.policy import policy_of
from shop.errors import NotFound
from shop.web import cacheable

catalog = Blueprint("catalog", __name__)
catalog.app_context_processor(page_context)

POSITION_MAX = 2**31 - 1


@catalog.record_once
def _install(state: BlueprintSetupState) -> None:
    install_texts(state.app.jinja_env)
    state.app.jinja_env.globals.update(TEMPLATE_GLOBALS)
    state.app.jinja_env.filters.update(TEMPLATE_FILTERS)
    state.app.jinja_env.globals.update(
        stock_words=stock_words, options_text=options_text, option_values=option_values
    )


@catalog.get("/")
def home() -> ResponseReturnValue:
    """The store's face: what it is about, its shelves, some picks."""
    db, store = the_shop().db, the_store()
    shelves = shelves_of(db, store.id)
    with db.read() as session:
        cards = queries.picks(session, store.id, shelves, the_locale())
    return cacheable(render_template("catalog/home.html", cards=cards[:8], policy=policy_of(store.id)))


@catalog.get("/categories/<slug>")
def category(slug: str) -> ResponseReturnValue:
    """One shelf, 24 products a page."""
    db, store = the_shop().db, the_store()
    shelf = shelf_named(db, store.id, slug)
    if shelf is None:
        raise NotFound
    in_stock = request.args.get("stock") == "1"
    after = _position(request.args.get("after", ""))
    with db.read() as session:
        page = queries.shelf_page(session, store.id, slug, the_locale(), after=after, in_stock=in_stock)
    return cacheable(
        render_template("catalog/category.html", category=shelf, page=page, in_stock=in_stock, after=after)
    )


@catalog.get("/products/<slug>")
def product(slug: str) -> ResponseReturnValue:
    """One product with its variants."""
    db, store, locale = the_shop().db, the_store(), the_locale()
    with db.read() as session:
        variants = queries.product(session, store.id, slug, locale)
        if not variants:
            raise NotFound
        shown = variants[0]
        related = queries.related(session, store.id, shown, locale)
    shelf = shelf_named(db, store.id, shown.category_slug)
    return cacheable(
        render_template(
            "catalog/product.html",
            product=shown,
            variants=variants,
            related=related,
            category=shelf,
            policy=policy_of(store.id),
        )
    )


@catalog.get("/search")
def find() -> ResponseReturnValue:
    """Products by words, best first."""
    query = request.args.get("q", "")[: search.QUERY_CHARACTERS]
    db, store = the_shop().db, the_store()
    with db.read() as session:
        page = search.find(
            session, store.id, query, the_locale(), after=search.Place.parse(request.args.get("after", ""))
        )
    shown = " ".join(query.encode("utf-8", "replace").decode("utf-8").replace("\0", " ").split())
    switch = "/search?" + urlencode({"q": shown})
    return cacheable(render_template("catalog/search.html", query=shown, page=page, switch=switch))


def _position(text: str) -> int:
    """A place in a shelf from the address; anything odd means the beginning."""
    return min(int(text), POSITION_MAX) if text.isascii() and text.isdigit() and len(text) < 12 else 0
