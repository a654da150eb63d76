"""Becoming a customer: the address is proved first, the answer is the same for everyone, and two make one."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from shop.accounts.models import Account
from shop.accounts.throttle import LETTERS_TO
from shop.context import Shop
from tests.accounts.member import PASSWORD, Member, kinds, letters, new_address, text_of
from tests.concurrency.together import together

pytestmark = pytest.mark.usefixtures("one_moment")

NAMES = {"family_name": "試験", "given_name": "花"}


def test_a_proved_address_becomes_an_account_that_is_signed_in(both_app: Flask, both_shop: Shop) -> None:
    member = Member(both_app).join()
    page = member.get("/account")
    assert page.status_code == 200
    assert "試験 花" in page.text
    assert member.email in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert kinds(both_shop) == ["join", "notice_joined"]


def test_before_the_link_is_used_there_is_no_account(app: Flask, shop: Shop) -> None:
    member = Member(app)
    member.send("/account/join", {"email": new_address()})
    for _look in range(2):
        assert member.get(member.link()).status_code == 200  # looking uses nothing up
    with shop.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 0
    assert not member.is_in()


def test_the_answer_is_the_same_for_new_waiting_and_known_addresses(app: Flask, shop: Shop) -> None:
    known = Member(app).join().email
    waiting = new_address()
    stranger = Member(app, remote="198.51.100.9")
    stranger.send("/account/join", {"email": waiting})
    answers = []
    for email in (new_address(), waiting, known):
        answer = stranger.send("/account/join", {"email": email})
        shown = stranger.get("/account/sent").text
        headers = {
            name: value for name, value in answer.headers if name not in {"X-Request-Id", "Set-Cookie"}
        }
        answers.append((answer.status_code, answer.text, headers, shown))
    assert answers[0] == answers[1] == answers[2]
    assert kinds(shop)[-3:] == ["join", "join", "exists"]


def test_who_has_an_account_gets_no_link_that_makes_one(app: Flask, shop: Shop) -> None:
    known = Member(app).join().email
    stranger = Member(app)
    stranger.send("/account/join", {"email": known.upper()})
    assert kinds(shop)[-1] == "exists"
    mail = stranger.newest("exists")
    assert mail["To"] == known  # as its owner writes it, not as the stranger did
    assert "/account/join/" not in text_of(mail)
    assert "/account/reset/" not in text_of(mail)


def test_two_at_once_make_one_account(both_app: Flask, both_shop: Shop) -> None:
    email = new_address()
    people = [Member(both_app), Member(both_app)]
    links = []
    for one in people:
        one.send("/account/join", {"email": email})
        links.append(one.link())
        one.get("/account/join")
    assert links[0] != links[1]
    works = [
        lambda one=one, link=link: one.send(link, NAMES | {"password": PASSWORD}).status_code
        for one, link in zip(people, links, strict=True)
    ]
    assert sorted(together(works)) == [303, 404]
    with both_shop.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 1
    assert sorted(one.is_in() for one in people) == [False, True]


def test_a_link_works_once(member: Member) -> None:
    link = member.link("join")
    member.drop_cookies()
    assert member.get(link).status_code == 404
    assert member.send(link, NAMES | {"password": PASSWORD}).status_code == 404


def test_an_address_gets_a_few_mails_an_hour_and_nobody_can_see_it(app: Flask, shop: Shop) -> None:
    email, answers = new_address(), set()
    for number in range(LETTERS_TO.most + 3):
        stranger = Member(app, remote=f"198.51.100.{number}")
        answers.add(stranger.send("/account/join", {"email": email}).status_code)
    assert answers == {303}
    assert len(kinds(shop)) == LETTERS_TO.most


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Ｈａｎａ＠ｅｘａｍｐｌｅ．ｊｐ", True),  # full width is the same keyboard
        ("HANA@EXAMPLE.JP", True),
        ("hana@EXAMPLE.jp", True),
        ("hana+shop@example.jp", False),  # another address, whoever reads it
        ("h.ana@example.jp", False),
        ("hana@xn--exmple-cua.jp", False),
        ("hana@ex\u0430mple.jp", False),  # a Cyrillic letter: another domain, in punycode
    ],
)
def test_look_alike_addresses(app: Flask, shop: Shop, typed: str, found: bool) -> None:
    Member(app).join("hana@example.jp")
    other = Member(app)
    assert other.send("/account/join", {"email": typed}).status_code == 303
    assert kinds(shop)[-1] == ("exists" if found else "join")
    assert other.newest()["To"].isascii()


@pytest.mark.parametrize(
    "typed", ["h\u0430na@example.jp", "花@example.jp", "hana\u202e@example.jp@x", "a b@c", "x" * 300]
)
def test_what_is_no_address_is_told_beside_the_field(app: Flask, shop: Shop, typed: str) -> None:
    answer = Member(app).send("/account/join", {"email": typed})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert kinds(shop) == []


@pytest.mark.parametrize("name", ["花\u202e子", "\u2066花", "花\u200f"])
def test_marks_that_turn_the_writing_are_refused_in_names(app: Flask, name: str) -> None:
    one = Member(app)
    one.send("/account/join", {"email": new_address()})
    answer = one.send(one.link(), {"family_name": "試験", "given_name": name, "password": PASSWORD})
    assert answer.status_code == 422
    assert "文字の向きを変える" in answer.text


@pytest.mark.parametrize("name", ["𠮷野家", "Zoë", "Ольга", "محمد", "O’Brien-Łuczak", "ﾊﾅ子"])
def test_names_of_every_script_are_taken(app: Flask, name: str) -> None:
    one = Member(app)
    one.send("/account/join", {"email": new_address()})
    answer = one.send(one.link(), {"family_name": name, "given_name": "花", "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    assert one.is_in()


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short7!", "8文字以上"),
        ("x" * 1001, "1000文字以内"),
        ("Password123!", "よく使われ"),
        ("hanakotaro77", "推測できない"),
        ("stylestore2026", "推測できない"),
        ("abcabcabcabc", "繰り返し"),
    ],
)
def test_passwords_that_anyone_tries_are_refused_offline(app: Flask, password: str, why: str) -> None:
    one = Member(app)
    one.send("/account/join", {"email": "hanakotaro@example.jp"})
    answer = one.send(one.link(), NAMES | {"password": password})
    assert answer.status_code == 422
    assert why in answer.text
    assert password not in answer.text


@pytest.mark.parametrize(
    "password", ["あ" * 3 + "い" * 3 + "うえお", " spaces at both ends  ", "q7" + "é€𠮷 x" * 199]
)
def test_long_and_unicode_passwords_open_the_account_again(app: Flask, password: str) -> None:
    one = Member(app).join(password=password)
    one.drop_cookies()
    assert one.sign_in(password=password).status_code == 303
    assert one.sign_in(password=password.strip() + "x").status_code == 422
    assert one.is_in()


def test_a_store_is_a_wall_for_links_and_addresses(app: Flask, shop: Shop) -> None:
    email = new_address()
    here, there = Member(app), Member(app, "cocomo")
    here.send("/account/join", {"email": email})
    assert there.get(here.link()).status_code == 404
    here.join(email)
    there.join(email)  # the same person is another customer there
    assert len(letters(shop, app, "exists")) == 0
