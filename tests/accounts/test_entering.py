"""Signing in: nothing tells who has an account, nobody is locked out by strangers, every session is a new one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event, select, update

from payments.columns import utcnow
from shop.accounts import throttle
from shop.accounts.models import AccountSession, Letter
from shop.accounts.sessions import IDLE, LASTS
from shop.accounts.where import safe_next
from shop.app import create_app
from shop.context import Shop
from shop.identity.passwords import Busy, Lane, Passwords
from shop.limits import LimitsDown, Rule, Verdict
from tests.accounts.conftest import QuickPasswords, make_shop
from tests.accounts.member import OTHER_PASSWORD, Member, factor_on, kinds, new_address, text_of
from tests.shop.buyer import CONTACT

pytestmark = pytest.mark.usefixtures("one_moment")


@contextmanager
def statements(shop: Shop) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(shop.db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(shop.db.engine, "before_cursor_execute", note)


# --- The same answer, the same work ---


def test_a_wrong_password_and_a_stranger_cost_and_say_the_same(both_app: Flask, both_shop: Shop) -> None:
    member = Member(both_app).join()
    passwords = both_shop.passwords
    assert isinstance(passwords, QuickPasswords)
    outcomes = []
    for number, email in enumerate((member.email, new_address())):
        stranger = Member(both_app, remote=f"198.51.100.{number}")
        stranger.get("/account/reset")
        before = passwords.computed
        with statements(both_shop) as seen:
            answer = stranger.sign_in(email, OTHER_PASSWORD)
        shape = [text.split(" FROM ")[-1].split(" WHERE ")[0][:60] for text in seen]
        said = answer.text.replace(email, "")
        said = said[said.index("<main") : said.index("</main>")]
        token = said.index("csrf_token")
        outcomes.append((answer.status_code, said[:token], len(seen), shape, passwords.computed - before))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] == 422
    assert outcomes[0][4] == 1


def test_asking_for_a_new_password_costs_and_says_the_same(both_app: Flask, both_shop: Shop) -> None:
    member = Member(both_app).join()
    outcomes = []
    for number, email in enumerate((member.email, new_address())):
        stranger = Member(both_app, remote=f"198.51.100.{number}")
        token_page = stranger.get("/account/reset")
        assert token_page.status_code == 200
        with statements(both_shop) as seen:
            answer = stranger.send("/account/reset", {"email": email}, form_on="/account/reset")
        outcomes.append(
            (answer.status_code, answer.headers["Location"], len(seen), [text[:40] for text in seen])
        )
    assert outcomes[0] == outcomes[1]
    assert kinds(both_shop)[-2:] == ["reset", "nobody"]


def test_when_too_many_passwords_are_checked_nobody_is_told_apart(sqlite_url: str) -> None:
    import dataclasses

    class AlwaysBusy(Passwords):
        def matches(self, kept: str | None, password: str, lane: Lane = Lane.ANYONE) -> bool:
            raise Busy

    shop = make_shop(sqlite_url)
    app = create_app(shop=shop)
    member = Member(app).join()
    busy = create_app(shop=dataclasses.replace(shop, passwords=AlwaysBusy()))
    answers = {Member(busy).sign_in(email).status_code for email in (member.email, new_address())}
    shop.db.dispose()
    assert answers == {503}


class _NoLimits:
    """Counters that can't be reached."""

    def hit(self, *uses: tuple[Rule, str], now: float | None = None) -> Verdict:
        raise LimitsDown("away")

    peek = hit

    def forget(self, rule: Rule, key: str) -> None:
        raise LimitsDown("away")

    def sweep(self) -> int:
        raise LimitsDown("away")


def test_without_counters_nobody_comes_in_by_password(app: Flask, shop: Shop) -> None:
    import dataclasses

    member = Member(app).join()
    blind = create_app(shop=dataclasses.replace(shop, limits=_NoLimits()))
    stranger = Member(blind)
    assert stranger.sign_in(member.email).status_code == 503
    assert stranger.cookie() is None


# --- Throttling ---


def _fail(member: Member, email: str, times: int) -> list[int]:
    return [member.sign_in(email, OTHER_PASSWORD).status_code for _try in range(times)]


@pytest.mark.parametrize("has_account", [True, False])
def test_tries_are_counted_alike_for_everyone(app: Flask, has_account: bool) -> None:
    email = Member(app).join().email if has_account else new_address()
    stranger = Member(app, remote="203.0.113.9")
    answers = _fail(stranger, email, throttle.BY_PAIR.most + 1)
    assert answers == [422] * throttle.BY_PAIR.most + [429]
    refused = stranger.sign_in(email, OTHER_PASSWORD)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "しばらく受け付けていません" in refused.text


def test_the_right_password_is_refused_too_while_it_waits(app: Flask) -> None:
    email = Member(app).join().email
    stranger = Member(app, remote="203.0.113.9")
    _fail(stranger, email, throttle.BY_PAIR.most)
    assert stranger.sign_in(email).status_code == 429
    assert not stranger.is_in()


def test_an_ipv6_household_is_one_address() -> None:
    assert throttle.network_of("2001:db8:1:2:3:4:5:6") == throttle.network_of("2001:db8:1:2::1")
    assert throttle.network_of("2001:db8:1:2::1") != throttle.network_of("2001:db8:1:3::1")
    assert throttle.network_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert throttle.network_of(None) == throttle.network_of("made up")


def _attack(app: Flask, email: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Strangers from many places use up what the account may be tried from unknown browsers."""
    monkeypatch.setattr(throttle, "BY_ACCOUNT", Rule("account sign-in account", 6, dt.timedelta(days=1)))
    for number in range(4):
        _fail(Member(app, remote=f"203.0.113.{number}"), email, 2)
    assert Member(app, remote="203.0.113.200").sign_in(email).status_code == 429


def test_strangers_do_not_lock_a_known_browser_out(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    member = Member(app).join()
    member.client.delete_cookie("account", domain="style.localhost")
    _attack(app, member.email, monkeypatch)
    assert member.sign_in().status_code == 303
    assert member.is_in()


def test_strangers_behind_the_same_address_do_not_either(app: Flask) -> None:
    member = Member(app, remote="203.0.113.50").join()
    member.client.delete_cookie("account", domain="style.localhost")
    neighbour = Member(app, remote="203.0.113.50")
    for _other in range(throttle.BY_ADDRESS.most):
        neighbour.sign_in(new_address(), OTHER_PASSWORD)
    assert neighbour.sign_in(new_address(), OTHER_PASSWORD).status_code == 429
    assert member.sign_in().status_code == 303


def test_the_owner_comes_in_by_mail_from_a_new_browser(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    member = Member(app).join()
    _attack(app, member.email, monkeypatch)
    owner = Member(app, remote="203.0.113.77")
    owner.email = member.email
    assert owner.sign_in().status_code == 429
    owner.send("/account/reset", {"email": member.email})
    assert owner.send(owner.link("reset"), {"password": OTHER_PASSWORD}).status_code == 303
    assert owner.sign_in(password=OTHER_PASSWORD).status_code == 303
    assert owner.is_in()


def test_a_known_browser_has_its_own_count_and_is_known_for_its_own_account_only(app: Flask) -> None:
    member, other = Member(app).join(), Member(app, remote="192.0.2.8").join()
    answers = _fail(member, member.email, throttle.BY_DEVICE.most + 1)
    assert answers[-1] == 429
    assert _fail(member, other.email, throttle.BY_PAIR.most + 1)[-1] == 429


def test_coming_in_starts_the_count_anew(app: Flask) -> None:
    member = Member(app).join()
    fresh = Member(app, remote="203.0.113.9")
    for _round in range(3):
        fresh.drop_cookies()
        _fail(fresh, member.email, throttle.BY_PAIR.most - 1)
        assert fresh.sign_in(member.email).status_code == 303


# --- Sessions ---


def test_no_token_of_before_is_a_session_after(app: Flask) -> None:
    member = Member(app).join()
    first = member.cookie()
    member.sign_in()
    second = member.cookie()
    assert first != second
    other = Member(app)
    assert first is not None
    other.set_cookie(first)
    assert not other.is_in()  # the one it replaced has ended


def test_asking_for_the_code_ends_the_session_that_the_browser_had(app: Flask) -> None:
    other, member = Member(app).join(), Member(app).join()
    factor_on(member)
    former = other.cookie() or ""
    assert other.sign_in(member.email).headers["Location"] == "/account/sign-in/code"
    other.set_cookie(former)
    assert not other.is_in()


def test_a_planted_token_becomes_nobodys_session(app: Flask) -> None:
    """Nor does a browser's own mark: the one that is planted is a real one, which the store gave to the attacker."""
    member = Member(app).join()
    attackers = Member(app, remote="192.0.2.9").join().cookie("device")
    assert attackers
    victim = Member(app, remote="192.0.2.4")
    victim.set_cookie("planted-by-somebody-else")
    victim.set_cookie(attackers, "device")
    victim.sign_in(member.email)
    assert victim.cookie() != "planted-by-somebody-else"
    assert victim.cookie("device") != attackers
    stranger = Member(app)
    stranger.set_cookie("planted-by-somebody-else")
    assert not stranger.is_in()


@pytest.mark.parametrize(
    "value", ["", "x", "é", "花子", "\udcff", "a" * 5000, "' OR 1=1 --", "null", "0" * 43, "%00"]
)
def test_a_strange_cookie_is_a_quiet_sign_in_page(app: Flask, value: str) -> None:
    raw = value.encode("utf-8", "surrogateescape").decode("latin-1")
    for path in ("/account", "/account/orders", "/checkout", "/"):
        answer = app.test_client(use_cookies=False).get(
            path, base_url="http://style.localhost:8000", headers={"Cookie": f"account={raw}; device={raw}"}
        )
        assert answer.status_code in {200, 302, 303}, path


@pytest.mark.parametrize("token", ["x", "%E8%8A%B1", "%FF%FE", "a~b", "~", "x" * 3000, "..%2F..", "%00"])
@pytest.mark.parametrize("page", ["join", "reset", "email", "claimed"])
def test_a_strange_token_is_not_there(app: Flask, page: str, token: str) -> None:
    answer = Member(app).get(f"/account/{page}/{token}")
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("tail", ["", "~", "~x", "~" + "A" * 43])
def test_a_link_is_not_made_from_what_a_dump_shows(app: Flask, shop: Shop, tail: str) -> None:
    member = Member(app).join()
    member.send("/account/reset", {"email": member.email})
    with shop.db.read() as session:
        row = session.scalars(select(Letter.id).where(Letter.kind == "reset")).one()
    assert row in member.link("reset")
    assert Member(app).get(f"/account/reset/{row}{tail}").status_code == 404


def test_without_the_cookie_the_database_is_not_asked_who_it_is(app: Flask, shop: Shop) -> None:
    guest = Member(app)
    guest.get("/guide/contact")
    with statements(shop) as seen:
        guest.get("/account")
        guest.get("/guide/privacy")
    assert [text for text in seen if "account" in text] == []


@pytest.mark.parametrize(
    "age",
    [
        {"seen_at": -IDLE - dt.timedelta(seconds=1)},
        {"ends_at": -dt.timedelta(seconds=1)},
    ],
)
def test_a_session_ends_when_it_idles_and_at_its_end(
    both_app: Flask, both_shop: Shop, age: dict[str, dt.timedelta]
) -> None:
    member = Member(both_app).join()
    values = {name: utcnow() + by for name, by in age.items()}
    both_shop.db.write(lambda session: session.execute(update(AccountSession).values(**values)))
    assert not member.is_in()
    from shop.accounts import housekeeping

    assert housekeeping.sweep(both_shop) == "1 session, 0 letters"
    member.sign_in()
    with both_shop.db.read() as session:
        assert session.query(AccountSession).count() == 1


def test_use_keeps_a_session_alive_but_not_for_ever(app: Flask, shop: Shop) -> None:
    member = Member(app).join()
    earlier = utcnow() - IDLE + dt.timedelta(hours=1)
    shop.db.write(lambda session: session.execute(update(AccountSession).values(seen_at=earlier)))
    assert member.is_in()
    with shop.db.read() as session:
        kept = session.query(AccountSession).one()
    assert kept.seen_at > earlier
    assert kept.ends_at < utcnow() + LASTS


def test_cookies_are_for_this_host_and_no_script(sqlite_url: str) -> None:
    urls = " ".join(f"{name}=https://{name}.shop.example" for name in ("style", "cocomo", "staff"))
    shop = make_shop(sqlite_url, SHOP_URLS=urls)
    app = create_app(shop=shop)
    plain = create_app(shop=make_shop(sqlite_url))
    email = Member(plain).join().email
    member = Member(app)
    member.origin = "https://style.shop.example"
    member.client.environ_base["HTTP_REFERER"] = f"{member.origin}/account/sign-in"
    answer = member.sign_in(email)
    cookies = {cookie.split("=")[0]: cookie for cookie in answer.headers.getlist("Set-Cookie")}
    assert {"__Host-account", "__Host-device"} <= set(cookies)
    for name in ("__Host-account", "__Host-device"):
        for part in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"):
            assert part in cookies[name], name
        assert "Domain" not in cookies[name]
    value = cookies["__Host-account"].split("=")[1].split(";")[0]
    other = app.test_client(use_cookies=False)
    bound = other.get("/account", base_url=member.origin, headers={"Cookie": f"__Host-account={value}"})
    assert bound.status_code == 200
    plain_cookie = other.get("/account", base_url=member.origin, headers={"Cookie": f"account={value}"})
    assert plain_cookie.status_code == 303  # a neighbouring host could have planted that one
    shop.db.dispose()


# --- Where it leads ---

HOSTILE: list[str] = [
    "//evil.example",
    "https://evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/%0d%0aLocation:https://evil.example"[:1] + "\r\nLocation: https://evil.example",
    "javascript:alert(1)",
    "/a//evil.example",
    "///evil.example",
    "/\u3002evil.example",
    "evil.example",
    "/ /evil.example",
    "http:/evil.example",
    "/x" * 400,
]


@pytest.mark.parametrize("to", HOSTILE)
def test_signing_in_leads_nowhere_else(app: Flask, to: str) -> None:
    assert safe_next(to) is None
    member = Member(app).join()
    assert member.sign_in(next=to).headers["Location"] == "/account"


def test_signing_in_leads_back_to_where_one_was(app: Flask) -> None:
    member = Member(app).join()
    member.drop_cookies()
    there = member.get("/account/orders?after=abc").headers["Location"]
    assert there == "/account/sign-in?next=/account/orders?after%3Dabc"
    page = member.get(there)
    assert 'value="/account/orders?after=abc"' in page.text
    assert member.sign_in(next="/account/orders?after=abc").headers["Location"] == "/account/orders?after=abc"


def test_english_stays_english(app: Flask, shop: Shop) -> None:
    member = Member(app, root="/en").join()
    assert "Account" in member.get("/account").text
    assert member.link("join").startswith("/account/join/")
    assert "Go on registering" in str(member.newest("join")["Subject"])
    assert "/en/account" in text_of(member.newest("join"))


def test_a_new_browser_is_told_by_mail_and_the_first_is_not(app: Flask, shop: Shop) -> None:
    member = Member(app).join()
    member.sign_in()
    assert "notice_new_browser" not in kinds(shop)
    Member(app, remote="192.0.2.200").sign_in(member.email)
    assert kinds(shop)[-1] == "notice_new_browser"


def test_sign_out_ends_the_session_in_the_table(app: Flask) -> None:
    member = Member(app).join()
    token = member.cookie()
    assert member.send("/account/sign-out").status_code == 303
    assert not member.is_in()
    assert token is not None
    member.set_cookie(token)
    assert not member.is_in()


def test_after_signing_out_the_next_at_this_browser_finds_no_address(app: Flask) -> None:
    member = Member(app).join()
    member.add()
    assert member.address().status_code == 303
    assert CONTACT["street"] in member.get("/checkout").text
    member.send("/account/sign-out")
    page = member.get("/checkout").text
    assert CONTACT["street"] not in page
    assert member.get("/cart/count.json").get_json() == {"count": 1}


def test_a_stores_account_is_nobody_in_the_other(app: Flask) -> None:
    member = Member(app).join()
    there = Member(app, "cocomo")
    for name in ("account", "device"):
        value = member.cookie(name)
        assert value is not None
        there.set_cookie(value, name)
    pages: list[Callable[[], int]] = [
        lambda path=path: there.get(path).status_code  # type: ignore[misc]  # bound now
        for path in (
            "/account",
            "/account/orders",
            "/account/addresses",
            "/account/security",
            "/account/data",
        )
    ]
    assert {page() for page in pages} == {303}
    assert there.sign_in(member.email).status_code == 422


def test_the_oldest_session_ends_when_there_are_too_many(
    both_app: Flask, both_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.accounts.sessions.SESSIONS_MOST", 2)
    first = Member(both_app).join()
    others = [Member(both_app, remote=f"192.0.2.{n}") for n in (7, 8)]
    for one in others:
        one.sign_in(first.email)
    assert [one.is_in() for one in (first, *others)] == [False, True, True]
