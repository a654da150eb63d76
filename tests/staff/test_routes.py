"""A walk over every route of the staff's host: what it needs, from where it may be asked, what else is there."""

from __future__ import annotations

import re

import pytest
from flask import Blueprint, Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from payments.columns import utcnow
from shop.app import create_app, create_shop, create_staff_app
from shop.context import Shop
from shop.orders.links import order_token
from shop.settings import SettingsError, load
from shop.staff import access, sessions
from shop.staff.access import Door, Need, StaffPages, UndeclaredRoute
from shop.staff.rights import RIGHTS, Right, Role
from tests.environment import make_environ
from tests.shop.buyer import hidden_field
from tests.staff.conftest import at_ease
from tests.staff.desk import STAFF, Desk, make_member, signed_in

STORES = ("http://style.localhost:8000", "http://cocomo.localhost:8000")
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": STAFF},
    {"Origin": "https://evil.example"},
    {"Origin": STORES[0]},
    {"Origin": "null"},
    {},
]


@pytest.fixture
def staff_app(shop_app: Flask) -> Flask:
    found: Flask = shop_app.extensions["hitsuka_staff"]
    return found


def _walk(app: Flask, method: str) -> list[tuple[Rule, Need]]:
    """Every route of a method with what it needs; shared ones are not the staff's."""
    rules = [rule for rule in app.url_map.iter_rules() if method in (rule.methods or set())]
    return [
        (rule, access.needs(app)[rule.endpoint]) for rule in rules if rule.endpoint not in access.UNDECLARED
    ]


def _path(rule: Rule) -> str:
    return re.sub(
        r"<[^>]+>", lambda found: "join" if "any(" in found[0] else "01aaaaaaaaaaaaaaaaaaaaaaaa", rule.rule
    )


def test_a_walk_meets_pages_of_every_kind(staff_app: Flask) -> None:
    needs = {need.right for method in ("GET", "POST") for _rule, need in _walk(staff_app, method)}
    assert {Door.ANYONE, Door.MEMBER, Right.MANAGE_STAFF} <= needs


def test_the_doors_for_anyone_are_a_closed_list(staff_app: Flask) -> None:
    both = [*_walk(staff_app, "GET"), *_walk(staff_app, "POST")]
    opened = {rule.rule for rule, need in both if need.right is Door.ANYONE}
    assert opened == {
        "/sign-in",
        "/sign-in/code",
        "/sign-in/passkey",
        "/passkey/options",
        "/join/<token>",
        "/join/factor/setup",
        "/join/factor/setup.svg",
        "/join/factor/code",
        "/join/factor/options",
        "/join/factor/passkey",
    }


def test_no_get_changes_anything(staff_app: Flask) -> None:
    for rule in staff_app.url_map.iter_rules():
        assert not {"GET", "POST"} <= (rule.methods or set()), rule.rule


def test_nobody_gets_in_without_signing_in(shop_app: Flask, staff_app: Flask) -> None:
    for root in ("", "/en"):
        desk = Desk(shop_app, root=root)
        for rule, need in _walk(staff_app, "GET"):
            if need.right is not Door.ANYONE:
                answer = desk.get(_path(rule))
                assert answer.status_code == 303, rule.rule
                assert answer.headers["Location"].startswith(f"{root}/sign-in?next="), rule.rule
        for rule, need in _walk(staff_app, "POST"):
            if need.right is not Door.ANYONE:
                assert desk.post_bare(_path(rule)).status_code == 401, rule.rule


@pytest.mark.parametrize("role", list(Role))
def test_every_role_opens_what_it_has_the_right_for_and_nothing_else(
    shop_app: Flask, staff_app: Flask, shop: Shop, role: Role
) -> None:
    desk = signed_in(shop_app, shop, role)
    for rule, need in _walk(staff_app, "GET"):
        allowed = isinstance(need.right, Door) or need.right in RIGHTS[role]
        status = desk.get(_path(rule)).status_code
        assert (status != 403) == allowed, (rule.rule, status)
        assert status != 500, rule.rule
    token = hidden_field(desk.get("/").text, "csrf_token")
    for rule, need in _walk(staff_app, "POST"):
        if isinstance(need.right, Right) and need.right not in RIGHTS[role]:
            answer = desk.post_bare(_path(rule), {"csrf_token": token})
            assert answer.status_code == 403, rule.rule


def test_without_roles_or_with_unknown_ones_nothing_opens(shop_app: Flask, shop: Shop) -> None:
    from sqlalchemy import update

    from shop.staff.models import MemberRole

    desk = signed_in(shop_app, shop, Role.OWNER)
    assert desk.get("/members").status_code == 200
    shop.db.write(lambda session: session.execute(update(MemberRole).values(role="emperor")))
    assert desk.get("/members").status_code == 403  # roles are read at each request


@pytest.mark.parametrize("headers", FOREIGN)
def test_every_post_from_elsewhere_is_refused(
    shop_app: Flask, staff_app: Flask, shop: Shop, headers: dict[str, str]
) -> None:
    desk = signed_in(shop_app, shop, *Role)
    token = hidden_field(desk.get("/security").text, "csrf_token")
    del desk.client.environ_base["HTTP_SEC_FETCH_SITE"]
    for rule, _need in _walk(staff_app, "POST"):
        answer = desk.client.post(_path(rule), base_url=STAFF, headers=headers, data={"csrf_token": token})
        assert answer.status_code == 403, (rule.rule, answer.status_code)
        assert "cross_site" in answer.text, rule.rule


def test_every_post_without_a_token_is_refused(shop_app: Flask, staff_app: Flask, shop: Shop) -> None:
    desk = signed_in(shop_app, shop, *Role)
    for rule, _need in _walk(staff_app, "POST"):
        answer = desk.post_bare(_path(rule))
        assert answer.status_code == 400, (rule.rule, answer.status_code)
        assert "有効期限が切れました" in answer.text, rule.rule


def test_a_token_of_a_store_is_none_here(shop_app: Flask, shop: Shop) -> None:
    """Signed with the same SECRET_KEY, a store's form cookie and token would otherwise do."""
    store = shop_app.test_client()
    page = store.get("/account/sign-in", base_url=STORES[0])
    form = store.get_cookie("form", domain="style.localhost")
    assert form is not None
    desk = signed_in(shop_app, shop)
    desk.set_token(form.value, "staff-form")
    token = hidden_field(page.text, "csrf_token")
    assert desk.post_bare("/sign-out", {"csrf_token": token}).status_code == 400
    assert desk.get("/").status_code == 200


def test_delicate_routes_ask_for_proof_first(shop_app: Flask, staff_app: Flask, shop: Shop) -> None:
    person, desk = make_member(shop, *Role), Desk(shop_app)
    desk.sign_in(shop, person, proved_at=utcnow() - sessions.FRESH)
    token = hidden_field(desk.get("/").text, "csrf_token")
    asked = 0
    for method in ("GET", "POST"):
        for rule, need in _walk(staff_app, method):
            if need.fresh:
                path = _path(rule)
                answer = desk.get(path) if method == "GET" else desk.post_bare(path, {"csrf_token": token})
                assert answer.status_code == 303, rule.rule
                assert "/prove?next=" in answer.headers["Location"], rule.rule
                asked += 1
    assert asked > 15


# --- Hosts ---


def test_no_address_of_the_staff_exists_at_a_store(shop_app: Flask, staff_app: Flask, shop: Shop) -> None:
    desk = signed_in(shop_app, shop, *Role)
    token = desk.cookie() or ""
    at_stores = {rule.rule for rule in shop_app.url_map.iter_rules()}
    client = shop_app.test_client()
    for origin in STORES:
        client.set_cookie("staff", token, domain=origin.split("/")[2].split(":")[0])
        for method in ("GET", "POST"):
            for rule, _need in _walk(staff_app, method):
                if rule.rule not in at_stores:
                    headers = {"Sec-Fetch-Site": "same-origin"}
                    answer = client.open(_path(rule), method=method, base_url=origin, headers=headers)
                    # A post to nothing is met by the check of tokens first.
                    assert answer.status_code in ({404} if method == "GET" else {400, 404}), rule.rule
                    assert "staff" not in (answer.headers.get("Location") or ""), rule.rule


def test_no_address_of_a_store_exists_here(shop_app: Flask, staff_app: Flask, shop: Shop) -> None:
    desk = signed_in(shop_app, shop, *Role)
    ours = {rule.rule for rule in staff_app.url_map.iter_rules()}
    orders = [f"/orders/{order_token(shop.settings.keys, store, 'x')}" for store in ("style", "cocomo")]
    paths = [_path(rule) for rule in shop_app.url_map.iter_rules() if rule.rule not in ours]
    assert len(paths) > 20
    for path in [*paths, *orders, "/healthz", "/metrics"]:
        assert desk.get(path).status_code in {404, 405}, path


@pytest.mark.parametrize(
    "host",
    ["evil.example", "staff.localhost:1", "STAFF.localhost:8000", "staff.localhost:8000.evil.example", ""],
)
def test_an_unknown_host_is_refused(shop_app: Flask, host: str) -> None:
    answer = shop_app.test_client().get("/sign-in", environ_overrides={"HTTP_HOST": host})
    assert answer.status_code == 404
    assert "Hitsuka" not in answer.text


def test_the_staffs_application_answers_for_no_other_host(staff_app: Flask) -> None:
    """Also when a request should reach it past the dispatch."""
    assert staff_app.test_client().get("/sign-in", base_url=STORES[0]).status_code == 404


def test_every_answer_has_the_headers_of_the_staffs_pages(
    shop_app: Flask, staff_app: Flask, shop: Shop
) -> None:
    desk = signed_in(shop_app, shop, *Role)
    answers = [desk.get(_path(rule)) for rule, _need in _walk(staff_app, "GET")]
    answers += [desk.get("/nothing"), desk.post_bare("/sign-out"), Desk(shop_app).get("/")]
    for answer in answers:
        _assert_headers(answer)


def _assert_headers(answer: TestResponse) -> None:
    policy = answer.headers["Content-Security-Policy"]
    directives = policy.split("; ")  # whole ones: a word more, such as 'unsafe-inline', is another directive
    for part in ("default-src 'none'", "script-src 'self'", "frame-src 'none'", "form-action 'self'"):
        assert part in directives
    assert "frame-ancestors 'none'" in directives
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "next_path",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\n/evil",
        "é",
        "//[",
    ],
)
def test_after_signing_in_nobody_is_sent_elsewhere(shop_app: Flask, shop: Shop, next_path: str) -> None:
    person, desk = make_member(shop), Desk(shop_app)
    desk.password(person)
    answer = desk.post("/sign-in/code", {"code": person.code(), "next": next_path})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"


# --- Declaring ---


def test_a_route_without_a_right_does_not_register() -> None:
    pages = StaffPages("try", __name__)
    with pytest.raises(TypeError, match="right"):
        pages.get("/try")  # type: ignore[call-arg]  # the point


def test_a_route_that_came_in_another_way_stops_the_start(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Blueprint("plain", __name__)
    plain.add_url_rule("/plain", "plain", lambda: "x")
    monkeypatch.setattr("shop.app.STAFF_PAGES", (plain,))
    with pytest.raises(UndeclaredRoute, match="/plain"):
        create_staff_app(shop)


def test_what_is_added_past_the_start_is_not_there(staff_app: Flask, shop_app: Flask, shop: Shop) -> None:
    staff_app.add_url_rule("/late", "late", lambda: "secret")
    assert signed_in(shop_app, shop, *Role).get("/late").status_code == 404


def test_refund_export_and_settings_are_rights_of_their_own() -> None:
    holders = {
        right: {role for role in Role if right in RIGHTS[role]}
        for right in (Right.REFUND, Right.EXPORT, Right.SETTINGS, Right.APPROVE, Right.MANAGE_STAFF)
    }
    assert holders[Right.MANAGE_STAFF] == holders[Right.SETTINGS] == {Role.OWNER}
    assert holders[Right.REFUND] == {Role.FINANCE}
    assert holders[Right.APPROVE] == {Role.SIGNER}
    assert all(RIGHTS[role] for role in Role)


# --- Where from ---


@pytest.mark.parametrize(
    ("address", "forwarded", "hops", "allowed"),
    [
        ("192.0.2.9", "", "0", True),
        ("2001:db8::9", "", "0", True),
        ("::ffff:192.0.2.9", "", "0", True),
        ("198.51.100.1", "", "0", False),
        ("198.51.100.1", "192.0.2.9", "0", False),
        ("198.51.100.1", "192.0.2.9, 198.51.100.7", "1", False),
        ("198.51.100.1", "198.51.100.7, 192.0.2.9", "1", True),
        ("not an address", "", "0", False),
    ],
)
def test_from_elsewhere_the_host_looks_empty(
    sqlite_url: str, address: str, forwarded: str, hops: str, allowed: bool
) -> None:
    networks = "192.0.2.0/24, 2001:db8::/32"
    environ = make_environ(sqlite_url, STAFF_NETWORKS=networks, PROXY_HOPS=hops)
    shop = at_ease(create_shop(load(environ)))
    app = create_app(shop=shop)
    desk = Desk(app, address=address)
    headers = {"X_Forwarded_For": forwarded, "Forwarded": "for=192.0.2.9", "X_Real_IP": "192.0.2.9"}
    desk.sign_in(shop, make_member(shop))
    for path in ("/sign-in", "/", "/nothing"):
        answer = desk.get(path, **headers)
        assert (answer.status_code != 404) == (allowed and path != "/nothing"), path
    if not allowed:
        assert desk.post_bare("/sign-in", None, **headers).status_code == 404
    shop.db.dispose()


def test_from_elsewhere_it_can_not_be_told_from_a_host_that_nobody_has(sqlite_url: str) -> None:
    shop = at_ease(create_shop(load(make_environ(sqlite_url, STAFF_NETWORKS="192.0.2.0/24"))))
    client = create_app(shop=shop).test_client()
    client.environ_base["REMOTE_ADDR"] = "198.51.100.1"
    for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE"):
        for path in ("/sign-in", "/nothing", "/csp-report", "/sign-in?next=%00"):
            seen = [
                client.open(path, method=method, base_url=origin)
                for origin in (STAFF, "http://nobody.localhost:8000")
            ]
            said = [(answer.status_code, answer.text, sorted(_steady(answer).items())) for answer in seen]
            assert said[0] == said[1], (method, path)
            assert said[0][0] == 404
    shop.db.dispose()


def _steady(answer: TestResponse) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "X-Request-Id"}


@pytest.mark.parametrize("networks", ["192.0.2.1/24", "everywhere", "192.0.2.0/33", "10.0.0.0/8;::/0"])
def test_networks_that_can_not_be_read_stop_the_start(networks: str) -> None:
    with pytest.raises(SettingsError, match="STAFF_NETWORKS"):
        load(make_environ("sqlite:///x", STAFF_NETWORKS=networks))


def test_production_wants_the_networks_said() -> None:
    with pytest.raises(SettingsError, match="STAFF_NETWORKS is missing"):
        load(make_environ("sqlite:///x", SHOP_ENV="production"))


def test_a_page_without_a_member_can_not_act_for_one(staff_app: Flask) -> None:
    with staff_app.test_request_context("/"), pytest.raises(access.NotSignedIn):
        access.the_member()
