"""The basket's pages: adding, changing, what a browser gets."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from shop.catalog.content import load_store
from shop.catalog.models import Variant
from shop.context import Shop

STYLE, COCOMO = "http://style.localhost:8000", "http://cocomo.localhost:8000"
PRODUCT = next(p for p in load_store("style").products if p.variants[0].stock >= 5)
SKU = PRODUCT.variants[0].sku


def _add(client: FlaskClient, *, root: str = "", **fields: str) -> TestResponse:
    return client.post(f"{root}/cart/add", data={"sku": SKU} | fields, base_url=STYLE)


def _add_by_script(client: FlaskClient, *, root: str = "", **fields: str) -> TestResponse:
    headers = {"Accept": "application/json"}
    return client.post(f"{root}/cart/add", data={"sku": SKU} | fields, headers=headers, base_url=STYLE)


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def _update(client: FlaskClient, **fields: str) -> TestResponse:
    page = client.get("/cart", base_url=STYLE).text
    data = {"csrf_token": _token(page), "sku": SKU} | fields
    return client.post("/cart/update", data=data, base_url=STYLE)


def _count(client: FlaskClient) -> int:
    answer = client.get("/cart/count.json", base_url=STYLE)
    assert answer.headers["Cache-Control"] == "no-store"
    return int(answer.get_json()["count"])


def test_adding_leads_to_the_basket_and_names_what_came_in(client: FlaskClient) -> None:
    answer = _add(client, quantity="2")
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"], base_url=STYLE).text
    assert f"「{PRODUCT.name_ja}」をカートに入れました。" in page
    assert _count(client) == 2


def test_english_adding_stays_english(client: FlaskClient) -> None:
    assert _add(client, root="/en").headers["Location"].startswith("/en/cart")


def test_the_cookie_comes_with_the_first_adding_and_says_nothing(client: FlaskClient) -> None:
    assert "Set-Cookie" not in client.get("/cart/count.json", base_url=STYLE).headers
    cookie = _add(client).headers["Set-Cookie"]
    assert re.match(r"cart=[\w-]{43};", cookie)
    for part in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"):
        assert part in cookie


def test_a_made_up_token_is_not_taken_over(client: FlaskClient) -> None:
    chosen = "A" * 43
    client.set_cookie("cart", chosen, domain="style.localhost")
    assert chosen not in _add(client).headers["Set-Cookie"]


def test_by_script_the_answer_has_count_and_link(client: FlaskClient) -> None:
    data = _add_by_script(client, root="/en").get_json()
    assert data["count"] == 1
    assert data["link"]["url"] == "/en/cart"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"quantity": "0"}, 422),
        ({"quantity": "-3"}, 422),
        ({"quantity": "many"}, 422),
        ({"quantity": "9" * 50}, 422),
        ({"quantity": "99"}, 409),
        ({"sku": "NOPE"}, 404),
        ({"sku": ""}, 404),
        ({"sku": "a\0b"}, 404),
        ({"sku": load_store("cocomo").products[0].variants[0].sku}, 404),
    ],
)
@pytest.mark.parametrize("root", ["", "/en"])
def test_bad_adding_says_why_and_loses_nothing(
    client: FlaskClient, fields: dict[str, str], status: int, root: str
) -> None:
    _add(client)
    page = _add(client, root=root, **fields)
    assert page.status_code == status
    assert 'role="alert"' in page.text
    assert PRODUCT.name_en in page.text if root else PRODUCT.name_ja in page.text
    answer = _add_by_script(client, root=root, **fields)
    assert answer.status_code == status
    assert answer.get_json()["error"]["message"]
    assert _count(client) == 1


def test_adding_from_another_site_is_refused(client: FlaskClient) -> None:
    answer = client.post(
        "/cart/add", data={"sku": SKU}, headers={"Sec-Fetch-Site": "cross-site"}, base_url=STYLE
    )
    assert answer.status_code == 403
    assert _count(client) == 0


def test_changing_needs_the_forms_token(client: FlaskClient) -> None:
    _add(client)
    answer = client.post("/cart/update", data={"sku": SKU, "quantity": "3"}, base_url=STYLE)
    assert answer.status_code == 400
    assert _count(client) == 1


def test_quantity_is_changed_and_a_line_removed(client: FlaskClient) -> None:
    _add(client)
    assert _update(client, quantity="３").status_code == 303
    assert _count(client) == 3
    assert _update(client, quantity="3", remove="1").status_code == 303
    assert _count(client) == 0


@pytest.mark.parametrize(("quantity", "status"), [("-1", 422), ("x", 422), ("", 422), ("99", 409)])
def test_a_bad_change_says_why_and_keeps_the_line(client: FlaskClient, quantity: str, status: int) -> None:
    _add(client, quantity="2")
    answer = _update(client, quantity=quantity)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert _count(client) == 2


def test_a_line_taken_out_in_another_tab_is_told(client: FlaskClient) -> None:
    _add(client)
    other = next(v.sku for p in load_store("style").products[1:] for v in p.variants if v.stock >= 5)
    answer = _update(client, sku=other, quantity="2")
    assert answer.status_code == 409
    assert "すでにカートから出されています" in answer.text


def test_sold_out_meanwhile_is_marked_and_stops_the_order(client: FlaskClient, shop: Shop) -> None:
    _add(client)
    shop.db.write(
        lambda session: session.execute(
            update(Variant).where(Variant.store_id == "style", Variant.sku == SKU).values(on_hand=0, held=0)
        )
    )
    page = client.get("/cart", base_url=STYLE).text
    assert "在庫がなくなりました" in page
    assert 'href="/checkout"' not in page


def test_the_basket_is_not_the_other_stores(client: FlaskClient) -> None:
    _add(client)
    assert SKU not in client.get("/cart", base_url=COCOMO).text


def test_an_empty_basket_has_a_drawing_and_a_way_on(client: FlaskClient) -> None:
    page = client.get("/cart", base_url=STYLE).text
    assert "/pictures/scenes/empty-cart.svg" in page
    assert 'href="/"' in page


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "é" * 43, "a" * 4000])
def test_an_odd_cookie_is_an_empty_basket(client: FlaskClient, token: str) -> None:
    client.set_cookie("cart", token, domain="style.localhost")
    assert client.get("/cart", base_url=STYLE).status_code == 200
    assert _count(client) == 0


def test_on_https_only_the_host_bound_cookie_counts() -> None:
    from shop.cart.cart import cookie_name

    assert cookie_name(https=True) == "__Host-cart"
    assert cookie_name(https=False) == "cart"


@pytest.mark.parametrize("root", ["", "/en"])
@pytest.mark.parametrize("form", ["add", "update"])
def test_the_address_of_a_form_leads_to_the_basket(client: FlaskClient, root: str, form: str) -> None:
    """A refused form leaves its address in the browser, where the reader may change the language."""
    answer = client.get(f"{root}/cart/{form}", base_url=STYLE)
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"{root}/cart")
