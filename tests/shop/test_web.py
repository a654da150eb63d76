"""What holds for every route: where a POST may come from, whose ids it takes, which headers its answers have."""

from __future__ import annotations

import re

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from shop.app import create_app, create_shop
from shop.catalog.content import load_store
from shop.context import Shop
from shop.orders.links import order_of_token, order_token
from shop.settings import Keys, load
from tests.environment import make_environ
from tests.security.cards import luhn_digit
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer, hidden_field, plenty

STYLE, COCOMO = "http://style.localhost:8000", "http://cocomo.localhost:8000"
WITHOUT_TOKEN = {"/cart/add"}
"""Its page is cacheable, so it carries no token; the check of the origin holds."""
FROM_SERVERS = {"/webhooks/stripe"}
BY_ITSELF = {"/csp-report"}
"""A browser sends it unasked, whatever page it shows; nothing acts on it."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NUMBER = "453957876362148"
NUMBER += str(luhn_digit(NUMBER))


def _rules(app: Flask, method: str) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or set())]


def _path(rule: Rule, token: str = "none") -> str:
    """An address of a rule, with things that exist in the style store."""
    values = {"slug": "x", "sku": "x", "name": "contact", "code": "1500001", "token": token, "id": "x"}
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], rule.rule)


@pytest.fixture
def client(shop_app: Flask) -> FlaskClient:
    """A browser without any header of its own."""
    return shop_app.test_client()


@pytest.fixture
def client_of_errors(shop_app: Flask) -> FlaskClient:
    """A client on an app that fails: one route raises what nobody expects."""
    shop_app.testing = False
    shop_app.config["PROPAGATE_EXCEPTIONS"] = False

    @shop_app.get("/fails")
    def fails() -> str:
        raise RuntimeError("a secret detail")

    return shop_app.test_client()


# --- Where a POST may come from ---


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": STYLE},
        {"Origin": "https://evil.example"},
        {"Origin": COCOMO},
        {"Origin": "null"},
        {"Referer": f"{STYLE}/cart"},
        {},
    ],
)
def test_every_post_from_elsewhere_is_refused(
    shop_app: Flask, client: FlaskClient, headers: dict[str, str]
) -> None:
    for rule in _rules(shop_app, "POST"):
        if rule.rule in FROM_SERVERS | BY_ITSELF:
            continue
        for root in ("", "/en"):
            answer = client.post(root + _path(rule), base_url=STYLE, headers=headers)
            assert answer.status_code == 403, (rule.rule, answer.status_code)


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": STYLE}])
def test_every_post_without_a_token_is_refused_but_for_the_closed_list(
    shop_app: Flask, client: FlaskClient, headers: dict[str, str]
) -> None:
    seen = set()
    for rule in _rules(shop_app, "POST"):
        answer = client.post(_path(rule), base_url=STYLE, headers=headers)
        if answer.status_code != 400 or "有効期限が切れました" not in answer.text:
            seen.add(rule.rule)
    assert seen == WITHOUT_TOKEN | FROM_SERVERS | BY_ITSELF


def test_a_token_of_another_session_is_refused(style: Buyer, paying_app: Flask) -> None:
    page = style.final_page()
    other = Buyer(paying_app, "style")
    other.add()
    theirs = hidden_field(other.get("/checkout").text, "csrf_token")
    assert style.confirm(page, csrf_token=theirs).status_code == 400


def test_no_get_changes_anything(shop_app: Flask) -> None:
    """GET and POST are never one function: a link can't do what a button does."""
    for rule in shop_app.url_map.iter_rules():
        assert not {"GET", "POST"} <= (rule.methods or set()), rule.rule


# --- Whose ids and cookies ---


def test_another_stores_order_and_basket_are_not_there(
    style: Buyer, paying_app: Flask, paying_shop: Shop
) -> None:
    token = style.buy()
    foreign = Buyer(paying_app, "cocomo")
    cart = style.client.get_cookie("cart", domain="style.localhost")
    form = style.client.get_cookie("form", domain="style.localhost")
    assert cart is not None
    assert form is not None
    foreign.client.set_cookie("cart", cart.value, domain="cocomo.localhost")
    foreign.client.set_cookie("form", form.value, domain="cocomo.localhost")
    assert foreign.get("/cart/count.json").get_json() == {"count": 0}
    assert foreign.get("/checkout").headers["Location"] == "/cart"
    for rule in paying_app.url_map.iter_rules():
        if "<token>" not in rule.rule:
            continue
        for root in ("", "/en"):
            answer = _reach(foreign, root + _path(rule, token), rule, style)
            assert answer.status_code == 404, rule.rule


def _reach(buyer: Buyer, path: str, rule: Rule, owner: Buyer) -> TestResponse:
    if "POST" not in (rule.methods or set()):
        return buyer.get(path)
    token = hidden_field(owner.get("/checkout").text, "csrf_token")
    return buyer.post_bare(path, {"csrf_token": token})


def test_another_stores_goods_are_not_there(shop_app: Flask, client: FlaskClient) -> None:
    product = load_store("cocomo").products[0]
    sku, headers = product.variants[0].sku, {"Sec-Fetch-Site": "same-origin"}
    for path in (
        f"/products/{product.slug}",
        f"/categories/{load_store('cocomo').categories[0].slug}",
        f"/pictures/products/{product.slug}.svg",
        f"/pictures/products/{product.slug}/{sku}.svg",
    ):
        assert client.get(path, base_url=COCOMO).status_code in {200, 404}
        assert client.get(path, base_url=STYLE).status_code == 404, path
    added = client.post("/cart/add", data={"sku": sku}, base_url=STYLE, headers=headers)
    assert added.status_code in {400, 404, 409}
    assert client.get("/cart/count.json", base_url=STYLE).get_json() == {"count": 0}


@pytest.mark.parametrize(
    "forge", ["truncated", "longer", "other order", "unsigned", "empty mac", "other key"]
)
def test_a_forged_order_link_opens_nothing(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox, forge: str
) -> None:
    token = style.buy()
    order_id, _, mac = token.partition("~")
    forged = {
        "truncated": token[:-1],
        "longer": token + "A",
        "other order": f"{order_id[:-1]}{'0' if order_id[-1] != '0' else '1'}~{mac}",
        "unsigned": order_id,
        "empty mac": f"{order_id}~",
        "other key": order_token(_other_keys(), "style", order_id),
    }[forge]
    for path in ("", "/pay", "/return", "/state.json"):
        assert style.get(f"/orders/{forged}{path}").status_code == 404


def test_a_link_of_one_store_is_no_link_of_the_other(paying_shop: Shop) -> None:
    keys = paying_shop.settings.keys
    token = order_token(keys, "style", "01AAAAAAAAAAAAAAAAAAAAAAAA")
    assert order_of_token(keys, "style", token) == "01AAAAAAAAAAAAAAAAAAAAAAAA"
    assert order_of_token(keys, "cocomo", token) is None


def _other_keys() -> Keys:
    """The keys of a shop with other secrets."""
    return load(make_environ("sqlite:///unused", SECRET_KEY="another-secret-".ljust(40, "y"))).keys


@pytest.mark.parametrize("host", ["evil.example", "style.localhost:1", "STYLE.localhost.evil.example:8000"])
def test_an_unknown_host_is_refused_and_not_echoed(client: FlaskClient, host: str) -> None:
    answer = client.get("/", base_url=f"http://{host}")
    assert answer.status_code == 404
    assert host not in answer.text
    assert "実在の店舗・会社とは関係のないデモです" in answer.text
    assert "Location" not in answer.headers


# --- Headers ---


def _assert_headers(answer: TestResponse, what: str) -> None:
    for name, value in HEADERS.items():
        assert answer.headers.get(name) == value, (what, name, answer.headers.get(name))
    assert answer.headers.get("Referrer-Policy") in {"same-origin", "no-referrer"}, what
    policy = answer.headers.get("Content-Security-Policy", "")
    assert "default-src 'none'" in policy, (what, policy)
    assert "frame-ancestors 'none'" in policy, what
    assert "'unsafe" not in policy, what
    assert "*" not in policy, what
    assert answer.headers.get("Permissions-Policy"), what


def test_every_route_answers_with_the_full_set_of_headers(shop_app: Flask, client: FlaskClient) -> None:
    for rule in shop_app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = client.open(_path(rule), method=method, base_url=STYLE)
            _assert_headers(answer, f"{method} {rule.rule}")


def test_error_pages_have_them_too(client_of_errors: FlaskClient) -> None:
    same = {"Sec-Fetch-Site": "same-origin"}
    answers = {
        404: client_of_errors.get("/no-such-page", base_url=STYLE),
        405: client_of_errors.delete("/cart", base_url=STYLE, headers=same),
        413: client_of_errors.post("/cart/add", data=b"x" * 300_000, base_url=STYLE, headers=same),
        400: client_of_errors.post("/cart/update", base_url=STYLE, headers=same),
        403: client_of_errors.post("/cart/update", base_url=STYLE),
        500: client_of_errors.get("/fails", base_url=STYLE),
        422: client_of_errors.post("/cart/add", data={"sku": NUMBER}, base_url=STYLE, headers=same),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        _assert_headers(answer, str(status))
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("root", "words"), [("", "申し訳ございません"), ("/en", "sorry")])
def test_our_own_fault_is_a_calm_page_in_the_shoppers_language(
    client_of_errors: FlaskClient, root: str, words: str
) -> None:
    answer = client_of_errors.get(f"{root}/fails", base_url=STYLE)
    assert answer.status_code == 500
    assert words in answer.text
    for detail in ("Traceback", "RuntimeError", "secret detail", ".py"):
        assert detail not in answer.text


def test_a_form_that_is_too_old_is_told_in_the_shoppers_language(client: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "same-origin"}
    page = client.post("/en/cart/update", base_url=STYLE, headers=headers).text
    assert 'lang="en"' in page
    assert "STYLE STORE" in page


def test_shelves_are_public_and_set_no_cookie(client: FlaskClient) -> None:
    for path in ("/", "/en/", "/search?q=x", "/guide/contact", "/card-data"):
        answer = client.get(path, base_url=STYLE)
        assert answer.headers["Cache-Control"].startswith("public"), path
        assert "Set-Cookie" not in answer.headers, path
        assert "csrf" not in answer.text, path


def test_personal_pages_are_never_stored(style: Buyer) -> None:
    token = style.buy()
    paths = ["/cart", "/cart/count.json", "/checkout", "/checkout/delivery", "/checkout/confirm"]
    paths += [f"/orders/{token}{tail}" for tail in ("", "/pay", "/return", "/wait", "/state.json")]
    for path in paths:
        assert style.get(path).headers["Cache-Control"] == "no-store", path


def test_cookies_are_for_this_host_and_no_script(style: Buyer) -> None:
    answer = style.post_bare("/cart/add", {"sku": plenty("style")})
    cookies = answer.headers.getlist("Set-Cookie") + style.get("/checkout").headers.getlist("Set-Cookie")
    assert {cookie.split("=")[0] for cookie in cookies} == {"cart", "form"}
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie


def _policy(answer: TestResponse) -> dict[str, str]:
    parts = [part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";")]
    return {name: value for name, _, value in parts if name}


def test_each_kind_of_page_opens_its_policy_exactly_as_far_as_it_needs(
    style: Buyer, cocomo: Buyer, sandbox: Sandbox
) -> None:
    closed = {
        "default-src": "'none'",
        "script-src": "'self'",
        "connect-src": "'self'",
        "frame-src": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }
    for page in (style.get("/"), style.get("/cart"), cocomo.get("/")):
        policy = _policy(page)
        assert {name: policy[name] for name in closed} == closed
    token = style.buy()
    pay = _policy(style.get(f"/orders/{token}/pay"))
    assert pay["script-src"].split() == ["'self'", sandbox.pages]
    assert pay["frame-src"].split() == [sandbox.pages]
    assert pay["form-action"].split() == ["'self'", sandbox.pages]
    assert _policy(style.get(f"/orders/{token}")) == _policy(style.get("/"))
    cocomo.final_page()
    final = _policy(cocomo.get("/checkout/confirm"))
    assert final["form-action"].split() == ["'self'", sandbox.pages]
    assert (final["script-src"], final["frame-src"]) == ("'self'", "'none'")


def test_the_address_of_a_client_is_what_our_own_proxies_saw(sqlite_url: str) -> None:
    def seen(hops: str, forwarded: str) -> str | None:
        shop = create_shop(load(make_environ(sqlite_url, PROXY_HOPS=hops)))
        app = create_app(shop=shop)
        addresses: list[str | None] = []
        app.before_request(lambda: addresses.append(request.remote_addr))
        app.test_client().get(
            "/", base_url="http://style.localhost:8000", headers={"X-Forwarded-For": forwarded}
        )
        shop.db.dispose()
        return addresses[0]

    assert seen("0", "203.0.113.9") == "127.0.0.1"
    assert seen("1", "198.51.100.1, 203.0.113.9") == "203.0.113.9"  # what is before it, anyone can write
    assert seen("2", "203.0.113.9") == "127.0.0.1"  # came round our proxies
