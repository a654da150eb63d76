"""Who works here: roles, leavers, the last owner; what is kept of people, and what the audit chain and mails say."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.app import create_app
from shop.audit.actor import Actor
from shop.context import Shop
from shop.db.tables import metadata
from shop.jobs.models import Job
from shop.staff import notices, people, sessions
from shop.staff.email import canonical, is_generic
from shop.staff.models import Link, Member, MemberRole, Notice
from shop.staff.people import Refused, Why
from shop.staff.rights import Role
from shop.staff.sealed import name_of
from shop.staff.signers import StaffSigners
from shop.vault import Purpose
from tests.concurrency.together import together
from tests.shop.buyer import hidden_field
from tests.staff.desk import COMMAND, Desk, Person, audited, make_member, signed_in


def _actor(person: Person) -> Actor:
    return Actor("staff", person.id)


def _invite(shop: Shop, address: str, *roles: Role) -> None:
    shop.db.write(
        lambda session: people.invite(
            session,
            shop,
            name="試験",
            address=address,
            roles=roles or (Role.SUPPORT,),
            by=COMMAND,
            now=utcnow(),
        )
    )


def _why(shop: Shop, work: object) -> Why:
    with pytest.raises(Refused) as refused:
        shop.db.write(work)  # type: ignore[arg-type]  # each is a function of a session
    return refused.value.why


# --- Addresses ---


@pytest.mark.parametrize(
    "other",
    [
        "Hanako.Shiken@Example.JP",
        "ｈａｎａｋｏ.ｓｈｉｋｅｎ@ｅｘａｍｐｌｅ.ｊｐ",
        " hanako.shiken@example.jp\u200b",
        "hanako.shiken@ехample.jp",
        "hanako.shiken@exampIe.jp".replace("I", "l"),
    ],
)
def test_addresses_that_look_alike_are_one_person(any_shop: Shop, other: str) -> None:
    _invite(any_shop, "hanako.shiken@example.jp")
    assert canonical(other) == "hanako.shiken@example.jp"
    with pytest.raises(Refused, match="taken"):
        _invite(any_shop, other)


@pytest.mark.parametrize(
    "address",
    [
        "admin@example.jp",
        "Support@example.jp",
        "info2@example.jp",
        "staff+x@example.jp",
        "no-reply@example.jp",
    ],
)
def test_no_desk_has_an_account(shop: Shop, address: str) -> None:
    assert is_generic(address)
    with pytest.raises(Refused, match="generic"):
        _invite(shop, address)


def test_a_fresh_shop_has_no_account_at_all(any_shop: Shop) -> None:
    with any_shop.db.read() as session:
        assert session.scalars(select(Member)).all() == []


def test_a_dump_shows_nobody_and_no_secret(any_shop: Shop) -> None:
    person = make_member(any_shop, email="kaede.shiken@example.jp", name="試験 楓")
    with any_shop.db.read() as session:
        dump = "\n".join(
            repr(row)
            for table in metadata.sorted_tables
            if table.name.startswith(("staff", "audit", "outbox"))
            for row in session.execute(text(f'SELECT * FROM "{table.name}"'))
        )
        dump += "\n".join(
            bytes(cell).hex()
            for table in metadata.sorted_tables
            if table.name.startswith("staff")
            for row in session.execute(text(f'SELECT * FROM "{table.name}"'))
            for cell in row
            if isinstance(cell, bytes | memoryview)
        )
    assert len(dump) > 1000
    for value in ("kaede", "試験", person.secret, "argon2"):
        assert value not in dump
        assert value.encode().hex() not in dump


# --- Roles and leavers ---


def test_a_leaver_is_out_at_the_next_request(shop_app: Flask, shop: Shop) -> None:
    person, desk = make_member(shop), Desk(shop_app)
    desk.sign_in(shop, person)
    assert desk.get("/").status_code == 200
    owner = signed_in(shop_app, shop, Role.OWNER)
    page = f"/members/{person.id}"
    assert owner.post(f"{page}/disable", form_on=page).status_code == 303
    assert desk.get("/").status_code == 303
    assert Desk(shop_app).password(person).status_code == 401


def test_a_state_changed_in_the_table_alone_shuts_out_too(shop_app: Flask, shop: Shop) -> None:
    desk = signed_in(shop_app, shop)
    shop.db.write(lambda session: session.execute(update(Member).values(state="disabled")))
    assert desk.get("/").status_code == 303


def test_roles_count_from_the_next_request_on(shop_app: Flask, shop: Shop) -> None:
    person, desk = make_member(shop, Role.OWNER), Desk(shop_app)
    make_member(shop, Role.OWNER)
    desk.sign_in(shop, person)
    assert desk.get("/members").status_code == 200
    shop.db.write(
        lambda session: people.set_roles(session, shop, person.id, [Role.SUPPORT], by=COMMAND, now=utcnow())
    )
    assert desk.get("/members").status_code == 403


def test_nobody_changes_their_own(any_shop: Shop) -> None:
    owner = make_member(any_shop, Role.OWNER)
    make_member(any_shop, Role.OWNER)
    by, now = _actor(owner), utcnow()
    for work in (
        lambda session: people.set_roles(session, any_shop, owner.id, list(Role), by=by, now=now),
        lambda session: people.disable(session, any_shop, owner.id, by=by),
        lambda session: people.reset(session, any_shop, owner.id, "factor", by=by, now=now),
    ):
        assert _why(any_shop, work) is Why.OWN


def test_the_last_owner_stays(any_shop: Shop) -> None:
    owner = make_member(any_shop, Role.OWNER, Role.SIGNER)
    make_member(any_shop, Role.OWNER, state="invited")
    now = utcnow()
    for work in (
        lambda session: people.disable(session, any_shop, owner.id, by=COMMAND),
        lambda session: people.set_roles(session, any_shop, owner.id, [Role.SIGNER], by=COMMAND, now=now),
    ):
        assert _why(any_shop, work) is Why.LAST_OWNER


def test_of_two_owners_who_remove_each_other_one_stays(any_shop: Shop) -> None:
    first, second = make_member(any_shop, Role.OWNER), make_member(any_shop, Role.OWNER)

    def remove(by: Person, whom: Person) -> str:
        try:
            any_shop.db.write(lambda session: people.disable(session, any_shop, whom.id, by=_actor(by)))
        except Refused as refused:
            return refused.why.value
        return "done"

    results = together([lambda: remove(first, second), lambda: remove(second, first)])
    assert sorted(results) == ["done", "last_owner"]


def test_who_comes_back_has_new_secrets(any_shop: Shop) -> None:
    make_member(any_shop, Role.OWNER)
    person = make_member(any_shop)
    any_shop.db.write(lambda session: people.disable(session, any_shop, person.id, by=COMMAND))
    any_shop.db.write(lambda session: people.enable(session, any_shop, person.id, by=COMMAND, now=utcnow()))
    with any_shop.db.read() as session:
        member = session.get_one(Member, person.id)
        assert (member.state, member.password, member.totp) == ("invited", None, None)
        assert session.scalars(select(Link.kind).where(Link.member_id == person.id)).one() == "join"


def test_the_pages_invite_and_change(shop_app: Flask, shop: Shop) -> None:
    desk = signed_in(shop_app, shop, Role.OWNER)
    fields = {"name": "試験 楓", "email": "kaede@example.jp", "roles": ["finance", "signer"]}
    assert desk.post("/members/invite", fields).status_code == 303
    page = desk.get("/members").text
    assert "試験 楓" in page
    assert "kaede@example.jp" in page
    assert desk.post("/members/invite", fields).status_code == 409
    assert desk.post("/members/invite", fields | {"email": "kein é"}).status_code == 400
    assert desk.post("/members/invite", fields | {"roles": ["emperor"]}).status_code == 400
    unchosen = desk.post("/members/invite", fields | {"roles": []})
    assert unchosen.status_code == 400
    [focused] = re.findall(r"<input[^>]* autofocus[^>]*>", unchosen.text)
    assert 'name="roles"' in focused
    with shop.db.read() as session:
        found = session.scalars(select(Member).where(Member.state == "invited")).one()
    path = f"/members/{found.id}"
    assert desk.post(f"{path}/roles", {"roles": ["support"]}, form_on=path).status_code == 303
    assert desk.post(f"{path}/reset/join", form_on=path).status_code == 303
    assert desk.post(f"{path}/reset/factor", form_on=path).status_code == 409
    with shop.db.read() as session:
        assert sessions.roles_of(session, found.id) == ["support"]
    for strange in ("nobody", "鍵", "x" * 300):
        assert desk.get(f"/members/{strange}").status_code == 404


# --- Who may sign ---


def test_who_may_sign_since_when(any_shop: Shop) -> None:
    signer, support = make_member(any_shop, Role.SIGNER), make_member(any_shop, Role.SUPPORT)
    gone = make_member(any_shop, Role.SIGNER, state="disabled")
    signers = StaffSigners()

    def since(person: Person) -> dt.datetime | None:
        with any_shop.db.read() as session:
            return signers.may_sign_since(session, person.id, "payments.resume")

    before = since(signer)
    assert before is not None
    assert since(support) is None
    assert since(gone) is None
    assert since(Person("nobody", "", "")) is None
    later = utcnow() + dt.timedelta(hours=1)
    grant = update(MemberRole).where(MemberRole.member_id == signer.id).values(granted_at=later)
    any_shop.db.write(lambda session: session.execute(grant))
    assert since(signer) == later  # taken away and given again counts from then
    back = update(Member).where(Member.id == signer.id).values(active_since=later + dt.timedelta(hours=1))
    any_shop.db.write(lambda session: session.execute(back))
    assert since(signer) == later + dt.timedelta(hours=1)


# --- Mails and the audit chain ---


def test_an_invitation_is_mailed_and_then_nowhere_kept(shop_app: Flask, shop: Shop) -> None:
    _invite(shop, "kaede@example.jp", Role.FINANCE)
    with shop.db.read() as session:
        jobs = session.scalars(select(Job).where(Job.kind == notices.KIND)).all()
    assert len(jobs) == 1
    job = jobs[0]
    with shop_app.app_context():
        message = notices.compose(shop, job)
    body = str(message.get_content())
    assert message["To"] == "kaede@example.jp"
    link = next(line for line in body.splitlines() if "/join/" in line)
    assert Desk(shop_app).get(urlsplit(link).path).status_code == 200
    notices.sent(shop, job)
    with shop.db.read() as session:
        assert session.scalars(select(Notice.link)).all() == [None]


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_every_topic_has_its_mail(shop_app: Flask, shop: Shop, locale: str) -> None:
    person = make_member(shop)

    def tell_all(session: Session) -> None:
        member = session.get_one(Member, person.id)
        member.locale = locale
        for topic in topics:
            notices.tell(session, shop.vault, member, topic)

    with shop_app.app_context():
        topics = list(notices._texts())
        shop.db.write(tell_all)
        with shop.db.read() as session:
            query = select(Job).where(Job.kind == notices.KIND, Job.locale == locale)
            mails = [notices.compose(shop, job) for job in session.scalars(query)]
    assert len(mails) >= len(topics)
    assert all(("Dear" in str(mail.get_content())) == (locale == "en") for mail in mails[-len(topics) :])


def test_every_step_is_in_the_chain_with_ids_and_names_of_fields_only(shop_app: Flask, shop: Shop) -> None:
    owner, person = signed_in(shop_app, shop, Role.OWNER), make_member(shop)
    page = f"/members/{person.id}"
    owner.post(f"{page}/roles", {"roles": ["finance"]}, form_on=page)
    owner.post(f"{page}/reset/password", form_on=page)
    owner.post(f"{page}/unlock", form_on=page)
    owner.post(f"{page}/disable", form_on=page)
    owner.post(f"{page}/enable", form_on=page)
    owner.post("/sign-out", form_on="/")
    actions = [action for action, outcome, _fields in audited(shop) if outcome == "done"]
    expected = ["invite", "roles", "reset_password", "unlock", "disable", "enable", "sign_out"]
    assert [action for action in actions if action != "staff.invite"] == [
        f"staff.{one}" for one in expected[1:]
    ]
    assert ("staff.roles", "done", "finance support") in audited(shop)


def test_a_change_that_can_not_be_audited_is_not_made(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    person = make_member(shop)

    def broken(*_arguments: object, **_named: object) -> int:
        raise RuntimeError("no chain")

    monkeypatch.setattr("shop.audit.log.Audit.record", broken)
    with pytest.raises(RuntimeError):
        shop.db.write(lambda session: people.disable(session, shop, person.id, by=COMMAND))
    with shop.db.read() as session:
        assert session.get_one(Member, person.id).state == "active"


def test_keys_of_the_staff_rotate(any_shop: Shop) -> None:
    import base64
    import dataclasses

    from security.sealing import PrivateKey, key_id_of
    from shop.keys import rotate
    from shop.vault import Vault

    person = make_member(any_shop, name="試験 楓")
    keys = any_shop.settings.keys
    fresh = PrivateKey.parse("new", base64.urlsafe_b64encode(b"n" * 32).decode())
    data = {**keys.data, "staff": (fresh, *keys.data["staff"])}
    vault = Vault(dataclasses.replace(keys, data=data))
    assert rotate(any_shop.db, vault).unreadable == 0
    with any_shop.db.read() as session:
        member = session.get_one(Member, person.id)
    assert key_id_of(member.name) == "new"
    assert member.totp is not None
    assert key_id_of(member.totp) == "new"
    assert name_of(vault, member, Purpose.STAFF_DESK) == "試験 楓"


def test_pages_speak_english_too(shop_app: Flask, shop: Shop) -> None:
    desk = Desk(shop_app, root="/en")
    desk.sign_in(shop, make_member(shop, Role.OWNER))
    for path in ("/", "/security", "/members", "/members/invite"):
        page = desk.get(path).text
        assert 'lang="en"' in page
        main = page.split("<main")[1].split("</main>")[0]
        for word in ("役割", "サインイン", "パスワード", "招待"):
            assert word not in main, path


def test_over_https_the_cookie_is_bound_to_the_host(shop: Shop) -> None:
    import dataclasses

    urls = {name: f"https://{name}.shop.example" for name in shop.settings.urls}
    secure = dataclasses.replace(shop, settings=dataclasses.replace(shop.settings, urls=urls))
    app = create_app(shop=secure)
    client = app.test_client()
    answer = client.get("/sign-in", base_url="https://staff.shop.example")
    assert answer.headers["Strict-Transport-Security"]
    cookies = answer.headers.getlist("Set-Cookie")
    assert all(cookie.startswith("__Host-staff-form=") and "Secure" in cookie for cookie in cookies)
    assert cookies
    origin, person = "https://staff.shop.example", make_member(shop)
    token = hidden_field(answer.text, "csrf_token")
    typed = {"csrf_token": token, "email": person.email, "password": person.password}
    headers = {"Sec-Fetch-Site": "same-origin"}
    client.post("/sign-in", base_url=origin, data=typed, headers=headers)
    token = hidden_field(client.get("/sign-in/code", base_url=origin).text, "csrf_token")
    typed = {"csrf_token": token, "code": person.code()}
    entered = client.post("/sign-in/code", base_url=origin, data=typed, headers=headers)
    given = [cookie for cookie in entered.headers.getlist("Set-Cookie") if cookie.startswith("__Host-staff=")]
    assert len(given) == 1
    assert {"Secure", "HttpOnly", "Path=/"} <= {part.strip() for part in given[0].split(";")}
