"""Signing in: two factors always, six tries, nothing told to a stranger."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.app import create_app
from shop.context import Shop
from shop.identity import recovery
from shop.limits import LimitsDown
from shop.staff import lock, people, sessions, steps
from shop.staff.models import Failures, Member, MemberPasskey, Notice, RecoveryCode, StaffSession, Step
from shop.staff.rights import Role
from tests.concurrency.together import together
from tests.staff.authenticator import Device
from tests.staff.desk import COMMAND, STAFF, Desk, Person, audited, make_member, signed_in

pytestmark = pytest.mark.usefixtures("one_moment")

WRONG = "not the teacup 4 at all"


def _topics(shop: Shop, person: Person) -> list[str]:
    with shop.db.read() as session:
        query = select(Notice.topic).where(Notice.member_id == person.id, Notice.topic != "join")
        return list(session.scalars(query.order_by(Notice.id)))


def _recovery_code(shop: Shop, person: Person) -> str:
    code = recovery.new_codes()[0]
    row = RecoveryCode(code_hash=recovery.code_hash(code), member_id=person.id)
    shop.db.write(lambda session: session.add(row))
    return code


# --- Two factors ---


def test_a_password_alone_opens_nothing(shop_app: Flask, shop: Shop) -> None:
    person, desk = make_member(shop, Role.OWNER), Desk(shop_app)
    answer = desk.password(person)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in/code")
    assert desk.cookie() is None
    assert desk.get("/").status_code == 303
    desk.set_token(desk.cookie("staff-step") or "")
    assert desk.get("/").status_code == 303


def test_password_and_code_open_a_session_with_a_token_of_its_own(shop_app: Flask, shop: Shop) -> None:
    person, desk = make_member(shop, Role.OWNER), Desk(shop_app)
    desk.set_token("chosen-by-somebody-else")
    desk.password(person)
    answer = desk.code(person.code())
    assert answer.status_code == 303, answer.text
    assert desk.cookie() != "chosen-by-somebody-else"
    page = desk.get("/")
    assert page.status_code == 200
    assert "試験 花子" in page.text
    assert ("staff.sign_in", "done", "totp") in audited(shop)


def test_a_code_counts_once_and_within_half_a_minute_of_skew(shop_app: Flask, shop: Shop) -> None:
    person = make_member(shop)
    code = person.code()
    for expected in (303, 401):
        desk = Desk(shop_app)
        desk.password(person)
        assert desk.code(code).status_code == expected
    for steps_off in (-3, 3):
        desk = Desk(shop_app)
        desk.password(person)
        assert desk.code(person.code(later=steps_off)).status_code == 401


@pytest.mark.parametrize("code", ["１２３４５６", "é" * 6, "0" * 100, "鍵\x00", "'; DROP TABLE staff_member"])
def test_what_is_no_code_is_refused_quietly(shop_app: Flask, shop: Shop, code: str) -> None:
    person, desk = make_member(shop), Desk(shop_app)
    desk.password(person)
    assert desk.code(code).status_code == 401
    assert desk.cookie() is None


def test_the_second_step_ends_by_time(shop_app: Flask, shop: Shop) -> None:
    person, desk = make_member(shop), Desk(shop_app)
    desk.password(person)
    shop.db.write(lambda session: session.execute(update(Step).values(expires_at=utcnow())))
    assert desk.code(person.code()).status_code == 401


def test_a_recovery_code_opens_once_and_its_owner_is_told(shop_app: Flask, shop: Shop) -> None:
    person = make_member(shop)
    code = _recovery_code(shop, person)
    for expected in (303, 401):
        desk = Desk(shop_app)
        desk.password(person)
        assert desk.code(code.upper().replace("-", " ")).status_code == expected
    assert _topics(shop, person) == ["recovery_used"]


def test_another_members_recovery_code_is_none(shop_app: Flask, shop: Shop) -> None:
    person, other = make_member(shop), make_member(shop)
    code = _recovery_code(shop, other)
    desk = Desk(shop_app)
    desk.password(person)
    assert desk.code(code).status_code == 401


# --- Passkeys ---


def test_a_passkey_that_checks_its_holder_opens_alone(shop_app: Flask, shop: Shop) -> None:
    desk, device = signed_in(shop_app, shop, Role.OWNER), Device(STAFF)
    assert desk.add_passkey(device).status_code == 303
    other = Desk(shop_app)
    assert other.passkey(device).status_code == 303
    assert other.get("/").status_code == 200
    assert ("staff.sign_in", "done", "passkey") in audited(shop)


@pytest.mark.parametrize(
    "fault", ["no holder", "other site", "other challenge", "replayed", "copied", "unknown", "nonsense"]
)
def test_a_passkey_that_proves_nothing_opens_nothing(shop_app: Flask, shop: Shop, fault: str) -> None:
    desk, device = signed_in(shop_app, shop), Device(STAFF)
    desk.add_passkey(device)
    other = Desk(shop_app)
    options = other.options("/passkey/options", "/sign-in")
    if fault == "no holder":
        device.flags = 0x01
    if fault == "other site":
        device.origin = "http://style.localhost:8000"
    if fault == "other challenge":
        options["challenge"] = secrets.token_urlsafe(32)
    if fault == "copied":
        shop.db.write(lambda session: session.execute(update(MemberPasskey).values(uses=99)))
    answer = Device(STAFF).get(options) if fault == "unknown" else device.get(options)
    if fault == "nonsense":
        answer = '{"rawId": "é"}'
    if fault == "replayed":
        assert other.post("/sign-in/passkey", {"answer": answer}, form_on="/sign-in").status_code == 303
        other = Desk(shop_app)
    refused = other.post("/sign-in/passkey", {"answer": answer}, form_on="/sign-in")
    assert refused.status_code == 401
    assert other.cookie() is None


def test_only_who_has_a_passkey_is_offered_it_for_a_proof(shop_app: Flask, shop: Shop) -> None:
    desk = Desk(shop_app)
    desk.sign_in(shop, make_member(shop))
    assert "data-passkey" not in desk.get("/prove").text
    desk.add_passkey(Device(STAFF))
    assert "data-passkey" in desk.get("/prove").text


def test_a_proof_says_that_nothing_was_done_yet_and_leads_back_in_either_language(
    shop_app: Flask, shop: Shop
) -> None:
    desk = Desk(shop_app)
    desk.sign_in(shop, make_member(shop))
    page = desk.get("/prove?next=/cards/style?a%3Db").text
    assert "もう一度押してください" in page
    assert 'href="/en/prove?next=/cards/style%3Fa%3Db"' in page


def test_a_leavers_passkey_opens_nothing(shop_app: Flask, shop: Shop) -> None:
    person, desk, device = make_member(shop), Desk(shop_app), Device(STAFF)
    desk.sign_in(shop, person)
    desk.add_passkey(device)
    shop.db.write(lambda session: people.disable(session, shop, person.id, by=COMMAND))
    assert Desk(shop_app).passkey(device).status_code == 401


# --- What a stranger learns ---


def test_every_reason_looks_the_same(shop_app: Flask, shop: Shop) -> None:
    active, invited = make_member(shop), make_member(shop, state="invited")
    gone, locked = make_member(shop, state="disabled"), make_member(shop)
    _lock(shop, locked)
    nobody = Person("", "nobody@example.jp", "")
    pages = {
        name: Desk(shop_app).password(person, password)
        for name, person, password in (
            ("wrong", active, WRONG),
            ("nobody", nobody, WRONG),
            ("invited", invited, invited.password),
            ("gone", gone, gone.password),
            ("locked", locked, locked.password),
            ("no address", Person("", "kein é @ adresse", ""), WRONG),
        )
    }
    texts = {_without_what_was_typed(page.text) for page in pages.values()}
    assert {page.status_code for page in pages.values()} == {401}
    assert len(texts) == 1


def _without_what_was_typed(page: str) -> str:
    lines = page.splitlines()
    return "\n".join(line for line in lines if 'name="email"' not in line and "csrf_token" not in line)


def _lock(shop: Shop, person: Person) -> None:
    def work(session: Session) -> None:
        member = session.get_one(Member, person.id)
        session.add(Failures(email_hash=member.email_hash, count=lock.MOST, last_at=utcnow()))

    shop.db.write(work)


def test_an_address_that_nobody_has_locks_alike(shop_app: Flask, shop: Shop) -> None:
    desk = Desk(shop_app)
    for _number in range(lock.MOST + 2):
        assert desk.password(Person("", "nobody@example.jp", ""), WRONG).status_code == 401
    with shop.db.read() as session:
        assert session.scalars(select(Failures.count)).all() == [lock.MOST]


# --- The lock ---


def test_six_wrong_tries_lock_and_the_right_password_does_not_open(shop_app: Flask, shop: Shop) -> None:
    person, desk = make_member(shop), Desk(shop_app)
    for _number in range(lock.MOST):
        assert desk.password(person, WRONG).status_code == 401
    assert desk.password(person).status_code == 401
    assert _topics(shop, person) == ["locked"]
    assert [outcome for action, outcome, _ in audited(shop) if action == "staff.sign_in"].count("locked") == 1


def test_five_wrong_tries_do_not_lock(shop_app: Flask, shop: Shop) -> None:
    person, desk = make_member(shop), Desk(shop_app)
    for _number in range(lock.MOST - 1):
        desk.password(person, WRONG)
    assert desk.password(person).status_code == 303


def test_wrong_codes_lock_too_and_the_password_does_not_buy_new_tries(shop_app: Flask, shop: Shop) -> None:
    person = make_member(shop)
    for _number in range(lock.MOST):
        desk = Desk(shop_app)
        assert desk.password(person).status_code == 303
        assert desk.code("000000").status_code == 401
    assert Desk(shop_app).password(person).status_code == 401


@pytest.mark.parametrize("way", ["time", "owner", "passkey"])
def test_a_lock_has_a_way_out(shop_app: Flask, shop: Shop, way: str) -> None:
    person, device = make_member(shop), Device(STAFF)
    own = Desk(shop_app)
    own.sign_in(shop, person)
    own.add_passkey(device)
    _lock(shop, person)
    if way == "passkey":
        assert Desk(shop_app).passkey(device).status_code == 303
        return
    if way == "time":
        past = utcnow() - lock.LOCKED
        shop.db.write(lambda session: session.execute(update(Failures).values(last_at=past)))
    else:
        owner = signed_in(shop_app, shop, Role.OWNER)
        page = f"/members/{person.id}"
        assert owner.post(f"{page}/unlock", form_on=page).status_code == 303
    assert Desk(shop_app).password(person).status_code == 303


def test_tries_at_the_same_moment_do_not_get_past_the_count(any_shop: Shop) -> None:
    hashed = any_shop.vault.lookup("staff", "email", "somebody")

    def take() -> lock.Try:
        return any_shop.db.write(lambda session: lock.take(session, hashed, utcnow()))

    taken = together([take] * 10)
    assert taken.count(lock.Try.REFUSED) == 10 - lock.MOST
    assert taken.count(lock.Try.LAST) == 1


def test_many_tries_from_one_address_are_sent_away_without_a_hash(shop_app: Flask, shop: Shop) -> None:
    desk = Desk(shop_app, address="203.0.113.7")
    statuses = [
        desk.password(Person("", f"nobody{number}@example.jp", ""), WRONG).status_code for number in range(22)
    ]
    assert statuses[:20] == [401] * 20
    assert statuses[20:] == [429] * 2
    assert Desk(shop_app, address="203.0.113.8").password(make_member(shop)).status_code == 303


def test_answers_of_passkeys_are_counted_too_as_each_leaves_a_row_for_ever(
    shop_app: Flask, shop: Shop
) -> None:
    desk = Desk(shop_app, address="203.0.113.7")
    statuses = [
        desk.post("/sign-in/passkey", {"answer": "{}"}, form_on="/sign-in").status_code for _ in range(23)
    ]
    assert statuses == [401] * 20 + [429] * 3
    assert len([outcome for _action, outcome, _fields in audited(shop) if outcome == "refused"]) == 20
    assert Desk(shop_app, address="203.0.113.8").password(make_member(shop)).status_code == 303


def test_without_counters_nobody_signs_in(settings: object, shop: Shop) -> None:
    class Down:
        def hit(self, *_uses: object, now: float | None = None) -> object:
            raise LimitsDown

        peek = forget = sweep = hit

    app = create_app(shop=dataclasses.replace(shop, limits=Down()))  # type: ignore[arg-type]  # it only fails
    assert Desk(app).password(make_member(shop)).status_code == 503


# --- Passwords of odd sizes ---


@pytest.mark.parametrize("password", ["x" * 1000, "é" * 1000, "鍵\udfff", " ", "\x00\x01"])
def test_any_text_may_be_typed_as_a_password(shop_app: Flask, shop: Shop, password: str) -> None:
    encoded = password.encode("utf-8", "replace").decode()
    answer = Desk(shop_app).password(make_member(shop), encoded)
    assert answer.status_code in {400, 401}


# --- Sessions ---


@pytest.mark.parametrize(("column", "life"), [("seen_at", sessions.IDLE), ("created_at", sessions.LONGEST)])
def test_a_session_ends_when_idle_and_at_the_end_of_a_day(
    shop_app: Flask, shop: Shop, column: str, life: dt.timedelta
) -> None:
    desk = signed_in(shop_app, shop)
    assert desk.get("/").status_code == 200
    past = utcnow() - life
    shop.db.write(lambda session: session.execute(update(StaffSession).values({column: past})))
    assert desk.get("/").status_code == 303


def test_use_keeps_a_session_alive(shop_app: Flask, shop: Shop) -> None:
    desk = signed_in(shop_app, shop)
    almost = utcnow() - sessions.IDLE + dt.timedelta(minutes=1)
    shop.db.write(lambda session: session.execute(update(StaffSession).values(seen_at=almost)))
    assert desk.get("/").status_code == 200
    with shop.db.read() as session:
        assert session.scalars(select(StaffSession.seen_at)).one() > almost


@pytest.mark.parametrize("token", ["", "x", "鍵é\u2028", "a" * 4000, "' OR 1=1"])
def test_a_made_up_token_is_no_session(shop_app: Flask, shop: Shop, token: str) -> None:
    signed_in(shop_app, shop)  # there is a session, and this is none
    desk = Desk(shop_app)
    desk.client = shop_app.test_client(use_cookies=False)  # else the client's own jar is what it sends
    desk.client.environ_base["HTTP_COOKIE"] = f"staff={token}".encode().decode("latin-1")
    assert desk.get("/").status_code == 303


def test_signing_out_ends_the_session_itself(shop_app: Flask, shop: Shop) -> None:
    desk = signed_in(shop_app, shop)
    token = desk.cookie() or ""
    assert desk.post("/sign-out", form_on="/").status_code == 303
    assert desk.cookie() is None
    desk.set_token(token)
    assert desk.get("/").status_code == 303


def test_cookies_are_for_this_host_and_no_script(shop_app: Flask, shop: Shop) -> None:
    person, desk = make_member(shop), Desk(shop_app)
    cookies = desk.password(person).headers.getlist("Set-Cookie")
    cookies += desk.code(person.code()).headers.getlist("Set-Cookie")
    assert {cookie.split("=")[0] for cookie in cookies} >= {"staff", "staff-step"}
    for cookie in cookies:
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        assert "Domain" not in cookie


def test_what_is_over_is_swept(any_shop: Shop) -> None:
    from shop.staff.sweeping import sweep_staff

    person = make_member(any_shop)
    past = utcnow() - dt.timedelta(days=2)

    def begin(session: Session) -> None:
        member = session.get_one(Member, person.id)
        sessions.start(session, member, "totp", "-", past)
        steps.begin(session, Step(kind="second", member_id=member.id), past)
        session.add(Failures(email_hash="0" * 64, count=3, last_at=past))

    any_shop.db.write(begin)
    any_shop.db.write(lambda session: sweep_staff(session, utcnow()))
    with any_shop.db.read() as session:
        for model in (StaffSession, Step, Failures):
            assert session.scalars(select(model)).all() == []
