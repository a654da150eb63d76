"""Home, shelves, products and search as pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select, update

from shop.catalog.content import load_store
from shop.catalog.models import Product, Variant
from shop.catalog.shelves import forget_shelves, shelves_of
from shop.context import Shop

STYLE, COCOMO = "http://style.localhost:8000", "http://cocomo.localhost:8000"


@contextmanager
def statements(shop: Shop) -> Iterator[list[str]]:
    """The SQL that runs inside the block, but for the begin of transactions."""
    seen: list[str] = []

    def note(*arguments: object) -> None:
        if arguments[2] != "BEGIN":
            seen.append(str(arguments[2]))

    event.listen(shop.db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(shop.db.engine, "before_cursor_execute", note)


def _a_product(shop: Shop, store_id: str = "style", *, variants: int = 2) -> str:
    return next(p.slug for p in load_store(store_id).products if len(p.variants) >= variants)


@pytest.fixture
def public_paths(shop: Shop) -> list[str]:
    category = load_store("style").categories[0].slug
    return [
        "/",
        f"/categories/{category}",
        f"/products/{_a_product(shop)}",
        "/search?q=紙",
        "/en/search?q=cup",
    ]


def test_public_pages_are_cacheable_and_set_no_cookie(client: FlaskClient, public_paths: list[str]) -> None:
    client.get("/cart", base_url=STYLE)  # a browser that has a form cookie already
    for path in public_paths:
        answer = client.get(path, base_url=STYLE)
        assert answer.status_code == 200, path
        assert "public" in answer.headers["Cache-Control"], path
        assert "Set-Cookie" not in answer.headers, path
        assert "csrf" not in answer.text, path


def test_no_page_needs_more_than_three_statements(
    client: FlaskClient, shop: Shop, public_paths: list[str]
) -> None:
    shelves_of(shop.db, "style")
    for path in public_paths:
        with statements(shop) as seen:
            client.get(path, base_url=STYLE)
        assert len(seen) <= 3, (path, seen)


def test_first_page_with_cold_shelves_needs_no_more(client: FlaskClient, shop: Shop) -> None:
    forget_shelves(shop.db)
    with statements(shop) as seen:
        client.get("/", base_url=STYLE)
    assert len(seen) <= 3


def test_a_shelf_shows_its_products_with_prices(client: FlaskClient) -> None:
    category = load_store("style").categories[0]
    page = client.get(f"/categories/{category.slug}", base_url=STYLE).text
    for product in load_store("style").products:
        assert (f'href="/products/{product.slug}"' in page) == (product.category == category.slug)
    assert "税込" in page


def test_shelf_pages_follow_by_position(client: FlaskClient, shop: Shop) -> None:
    category = load_store("style").categories[0].slug
    positions = select(Product.position).where(Product.store_id == "style", Product.category_slug == category)
    with shop.db.read() as session:
        ordered = sorted(session.scalars(positions))
    page = client.get(f"/categories/{category}?after={ordered[2]}", base_url=STYLE).text
    assert page.count('class="item"') == len(ordered) - 3


@pytest.mark.parametrize("after", ["-1", "x", "9" * 30, "１", "²", "", "1e3", "\0"])
def test_an_odd_place_in_a_shelf_is_its_beginning_or_end(client: FlaskClient, after: str) -> None:
    category = load_store("style").categories[0].slug
    answer = client.get(f"/categories/{category}", query_string={"after": after}, base_url=STYLE)
    assert answer.status_code == 200


def test_the_filter_leaves_out_what_is_sold_out(client: FlaskClient, shop: Shop) -> None:
    slug = load_store("style").products[0].slug
    category = load_store("style").products[0].category
    shop.db.write(
        lambda session: session.execute(
            update(Product).where(Product.store_id == "style", Product.slug == slug).values(in_stock=False)
        )
    )
    link = f'href="/products/{slug}"'
    assert link in client.get(f"/categories/{category}", base_url=STYLE).text
    assert link not in client.get(f"/categories/{category}?stock=1", base_url=STYLE).text


def test_a_product_page_tells_what_a_buyer_wants_to_know(client: FlaskClient, shop: Shop) -> None:
    product = next(p for p in load_store("style").products if len(p.variants) > 1)
    page = client.get(f"/products/{product.slug}", base_url=STYLE).text
    for text in (product.name_ja, product.text_ja, product.measures_ja, product.material_ja, product.care_ja):
        assert text in page
    assert product.origin_ja in page
    for variant in product.variants:
        assert f'value="{variant.sku}"' in page
        assert f"{variant.price:,}円" in page


def test_the_reduced_rate_is_marked(client: FlaskClient) -> None:
    food = next(p for p in load_store("cocomo").products if p.tax_rate == 8)
    other = next(p for p in load_store("cocomo").products if p.tax_rate == 10)
    assert "軽減税率（8％）の対象" in client.get(f"/products/{food.slug}", base_url=COCOMO).text
    assert "軽減税率（8％）の対象" not in client.get(f"/products/{other.slug}", base_url=COCOMO).text


def test_stock_is_said_in_words(client: FlaskClient, shop: Shop) -> None:
    product = next(p for p in load_store("style").products if len(p.variants) == 1)
    sku = product.variants[0].sku

    def page_with(free: int) -> str:
        shop.db.write(
            lambda session: session.execute(
                update(Variant)
                .where(Variant.store_id == "style", Variant.sku == sku)
                .values(on_hand=free + 2, held=2)
            )
        )
        return client.get(f"/products/{product.slug}", base_url=STYLE).text

    assert "残り3点" in page_with(3)
    assert "在庫あり" in page_with(50)
    assert "在庫切れ" in page_with(0)
    assert "カートに入れる</button>" not in page_with(0)


def test_the_other_stores_goods_are_not_there(client: FlaskClient) -> None:
    cocomo = load_store("cocomo")
    paths = [f"/products/{product.slug}" for product in cocomo.products[:5]]
    paths += [f"/categories/{category.slug}" for category in cocomo.categories]
    own = {category.slug for category in load_store("style").categories}
    paths += [f"/pictures/products/{cocomo.products[0].slug}.svg"]
    for path in paths:
        if path.rpartition("/")[2] in own:
            continue
        assert client.get(path, base_url=STYLE).status_code == 404, path


def test_a_lost_page_offers_a_next_step(client: FlaskClient) -> None:
    answer = client.get("/no-such-page", base_url=STYLE)
    assert answer.status_code == 404
    assert answer.text.count('action="/search"') == 2
    assert "/pictures/scenes/lost.svg" in answer.text


def test_a_search_without_hits_offers_a_next_step(client: FlaskClient) -> None:
    page = client.get("/search?q=そんな品はない", base_url=STYLE).text
    assert "/pictures/scenes/no-hits.svg" in page
    assert 'class="chips"' in page


@pytest.mark.parametrize(
    "query", ["<script>alert(1)</script>", '"><img src=x>', "🍵" * 300, "a\0b", "%ED%A0%80"]
)
def test_a_query_is_shown_as_text(client: FlaskClient, query: str) -> None:
    answer = client.get("/search", query_string={"q": query}, base_url=STYLE)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "<img src=x>" not in answer.text


def test_a_long_query_fills_its_field_and_no_heading(client: FlaskClient) -> None:
    page = client.get("/search", query_string={"q": "器" * 100}, base_url=STYLE).text

    assert f'value="{"器" * 100}"' in page
    assert max(map(len, re.findall("器+", page.replace(f'value="{"器" * 100}"', "")))) < 60


def test_pages_carry_no_inline_script_style_or_handler(client: FlaskClient, public_paths: list[str]) -> None:
    for path in [*public_paths, "/cart", "/card-data", "/no-such-page"]:
        page = client.get(path, base_url=STYLE).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", page), path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page), path
        for tag in re.findall(r"<script[^>]*>|<link rel=\"stylesheet\"[^>]*>", page):
            assert "integrity=" in tag, tag


def test_english_pages_keep_their_prefix_and_pictures_have_none(client: FlaskClient) -> None:
    page = client.get("/en/", base_url=STYLE).text
    assert '<html lang="en">' in page
    assert 'href="/en/categories/' in page
    assert 'src="/pictures/' in page
    assert "/en/pictures" not in page
    assert "/en/static" not in page


def test_the_language_link_leads_to_the_same_page(client: FlaskClient) -> None:
    slug = load_store("style").products[0].slug
    assert f'href="/en/products/{slug}" hreflang="en"' in client.get(f"/products/{slug}", base_url=STYLE).text
    english = client.get(f"/en/products/{slug}", base_url=STYLE).text
    assert f'href="/products/{slug}" hreflang="ja"' in english


def test_the_language_link_of_a_search_keeps_the_words(client: FlaskClient) -> None:
    page = client.get("/search?q=cup", base_url=STYLE).text
    assert 'href="/en/search?q=cup"' in page


def test_a_picture_is_kept_for_good_under_its_own_version_only(client: FlaskClient) -> None:
    page = client.get("/", base_url=STYLE).text
    address = re.search(r'src="(/pictures/products/[^"]+)"', page)
    assert address is not None
    answer = client.get(address[1], base_url=STYLE)
    assert answer.mimetype == "image/svg+xml"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    stale = client.get(address[1].partition("?")[0] + "?v=0", base_url=STYLE)
    assert "immutable" not in stale.headers["Cache-Control"]


def test_variants_and_scenes_have_pictures(client: FlaskClient) -> None:
    product = load_store("style").products[0]
    sku = product.variants[0].sku
    for path in (
        f"/pictures/products/{product.slug}/{sku}.svg",
        "/pictures/scenes/hero.svg",
        "/pictures/scenes/empty-cart.svg",
        "/pictures/icon.svg",
    ):
        assert client.get(path, base_url=STYLE).status_code == 200, path
    assert client.get(f"/pictures/products/{product.slug}/NOPE.svg", base_url=STYLE).status_code == 404
    assert client.get("/pictures/scenes/nope.svg", base_url=STYLE).status_code == 404


def test_every_picture_has_size_and_alternative(client: FlaskClient, public_paths: list[str]) -> None:
    for path in [*public_paths, "/cart", "/card-data"]:
        for tag in re.findall(r"<img[^>]*>", client.get(path, base_url=STYLE).text):
            assert "width=" in tag, tag
            assert "height=" in tag, tag
            assert "alt=" in tag, tag
