"""The pieces by which people prove who they are: passwords, one-time codes, recovery codes, passkeys."""

from __future__ import annotations

import datetime as dt
import json
import secrets
import unicodedata
import xml.etree.ElementTree as ET

import pyotp
import pytest

from shop.identity import passkeys, recovery, totp
from shop.identity.passwords import LONGEST, Busy, Passwords
from shop.identity.tokens import new_token, token_hash
from shop.identity.weak import STAFF_LEAST, Weak, weakness
from tests.concurrency.together import together

NOW = dt.datetime(2026, 11, 25, 12, 0, 10, tzinfo=dt.UTC)
SITE = passkeys.Site("STYLE STORE", "https://style.example")


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords(per_second=1000, at_once=1000)


def test_a_password_matches_itself_alone(passwords: Passwords) -> None:
    kept = passwords.hash("長い合言葉を使う人 é")
    assert kept.startswith("$argon2id$")
    decomposed = unicodedata.normalize("NFD", "長い合言葉を使う人 é")  # as another keyboard makes it
    assert len(decomposed) > len("長い合言葉を使う人 é")
    assert passwords.matches(kept, decomposed)
    for other in ("長い合言葉を使う人 e", "長い合言葉を使う人 é ", "", "\ud800"):
        assert not passwords.matches(kept, other)


def test_nobody_has_no_password_and_costs_the_same_hash(passwords: Passwords) -> None:
    assert not passwords.matches(None, "nobody's password")
    assert not passwords.matches("no hash at all", "anything")


def test_a_thousand_characters_are_taken_whole_and_more_are_refused(passwords: Passwords) -> None:
    long = secrets.token_hex(LONGEST // 2)
    kept = passwords.hash(long)
    assert passwords.matches(kept, long)
    assert not passwords.matches(kept, long[:-1] + "z")
    assert not passwords.matches(kept, long + "x")
    with pytest.raises(ValueError, match="thousand"):
        passwords.hash(long + "x")


def test_a_hash_of_older_settings_is_made_anew(passwords: Passwords) -> None:
    older = "$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHRzYWx0$" + "A" * 43
    assert passwords.is_outdated(older)
    assert not passwords.is_outdated(passwords.hash("one of today"))


def test_of_a_crowd_most_are_sent_away_at_once() -> None:
    few = Passwords(per_second=1000, at_once=1000)
    kept = few.hash("the right one")

    def try_it() -> bool | None:
        try:
            return few.matches(kept, "the right one")
        except Busy:
            return None

    outcomes = together([try_it] * 20)
    assert 1 <= outcomes.count(True) <= 10
    assert outcomes.count(None) >= 10


def test_a_process_spends_a_bounded_share_on_hashes() -> None:
    two = Passwords(per_second=0.0001, at_once=2)
    assert [two.matches(None, "x") for _ in range(2)] == [False, False]
    with pytest.raises(Busy):
        two.matches(None, "x")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short1!", Weak.SHORT),
        ("x" * (LONGEST + 1), Weak.LONG),
        ("password", Weak.COMMON),
        ("Password123!", Weak.COMMON),
        ("p4ssw0rd", Weak.COMMON),
        ("ｐａｓｓｗｏｒｄ", Weak.COMMON),
        ("sakura2024", Weak.COMMON),
        ("ありがとう2024", Weak.COMMON),
        ("aaaaaaaaaa", Weak.REPEATED),
        ("abcabcabcabc", Weak.REPEATED),
        ("abcdefghij", Weak.REPEATED),
        ("87654321", Weak.REPEATED),
        ("qwertyuiop", Weak.REPEATED),
        ("stylestore1", Weak.PERSONAL),
        ("Hanako.Shiken", Weak.PERSONAL),
    ],
)
def test_what_a_stranger_would_try_is_refused(password: str, why: Weak) -> None:
    assert weakness(password, names=("hanako.shiken@example.jp", "STYLE STORE")) is why


@pytest.mark.parametrize(
    "password", ["correct horse battery", "tsukue to isu 3", "机と椅子と白い湯のみ", "k7m2q9xw"]
)
def test_what_is_left_is_taken(password: str) -> None:
    assert weakness(password, names=("hanako.shiken@example.jp",)) is None


def test_staff_need_length_letters_and_digits() -> None:
    def of_staff(password: str) -> Weak | None:
        return weakness(password, least=STAFF_LEAST, both_kinds=True)

    assert of_staff("vq8xk2mzt6pwr4") is Weak.SHORT
    assert of_staff("vq8xk2mzt6pwr4h") is None
    assert of_staff("739104628507316") is Weak.ONE_KIND
    assert of_staff("vqhxkamztopwrdh") is Weak.ONE_KIND


def test_a_code_is_good_once_within_a_step_of_skew() -> None:
    secret = totp.new_secret()
    code = pyotp.TOTP(secret).at(NOW)
    step = totp.step_of(secret, code, NOW, last_step=None)
    assert step == int(NOW.timestamp()) // 30
    assert totp.step_of(secret, code, NOW, last_step=step) is None
    assert totp.step_of(secret, code, NOW + dt.timedelta(seconds=30), last_step=None) == step
    assert totp.step_of(secret, code, NOW - dt.timedelta(seconds=30), last_step=None) == step
    assert totp.step_of(secret, code, NOW + dt.timedelta(seconds=60), last_step=None) is None
    assert totp.step_of(secret, code, NOW - dt.timedelta(seconds=60), last_step=None) is None


def test_an_older_code_is_refused_after_a_newer_one() -> None:
    secret = totp.new_secret()
    newer = totp.step_of(secret, pyotp.TOTP(secret).at(NOW), NOW, last_step=None)
    older = pyotp.TOTP(secret).at(NOW - dt.timedelta(seconds=30))
    assert totp.step_of(secret, older, NOW, last_step=newer) is None


def test_a_code_may_be_typed_in_full_width() -> None:
    secret = totp.new_secret()
    code = pyotp.TOTP(secret).at(NOW)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert totp.step_of(secret, f" {wide[:3]}　{wide[3:]}", NOW, last_step=None) is not None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345\x00", "é" * 6, "-12345"])
def test_what_is_no_code_is_refused_quietly(code: str) -> None:
    assert totp.step_of(totp.new_secret(), code, NOW, last_step=None) is None


def test_the_picture_is_a_plain_drawing_of_the_address() -> None:
    address = totp.address(totp.new_secret(), account="member", issuer="Hitsuka")
    drawing = totp.picture(address)
    assert ET.fromstring(drawing).tag.endswith("svg")
    assert "style=" not in drawing
    assert "<script" not in drawing


def test_recovery_codes_differ_and_are_read_generously() -> None:
    codes = recovery.new_codes()
    assert len({recovery.code_hash(code) for code in codes}) == recovery.CODES == 10
    assert recovery.code_hash(codes[0].upper().replace("-", " ")) == recovery.code_hash(codes[0])
    assert recovery.code_hash(codes[0][:-1]) != recovery.code_hash(codes[0])


def test_recovery_codes_are_kept_as_hashes() -> None:
    code = recovery.new_codes()[0]
    kept = recovery.code_hash(code)
    assert len(kept) == 64
    assert not any(part in kept for part in code.split("-"))


def test_a_token_is_kept_as_its_hash() -> None:
    token, kept = new_token()
    assert token != new_token()[0]
    assert len(token) >= 43
    assert token_hash(token) == kept != token
    assert token_hash("鍵\udfff") != kept  # whatever a cookie holds is taken


def test_options_ask_for_a_device_that_checks_its_holder() -> None:
    asked = passkeys.ask_to_register(SITE, user_handle=b"\x01" * 16, user_name="member", known=[b"old"])
    options = json.loads(asked.options)
    assert options["rp"]["id"] == "style.example"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert len(options["excludeCredentials"]) == 1
    signing = json.loads(passkeys.ask_to_sign_in(SITE).options)
    assert signing["userVerification"] == "required"
    assert signing.get("allowCredentials", []) == []
    assert passkeys.ask_to_sign_in(SITE).challenge != passkeys.ask_to_sign_in(SITE).challenge


@pytest.mark.parametrize(
    "answer", ["", "null", "[]", "{", '{"id": 1}', '{"rawId": "AA"}', '"x"', "1" * 50, "[" * 5000]
)
def test_an_answer_that_proves_nothing_is_refused(answer: str) -> None:
    kept = passkeys.Passkey(b"id", b"key", 0)
    with pytest.raises(passkeys.PasskeyRefused):
        passkeys.registered(SITE, answer, b"challenge")
    with pytest.raises(passkeys.PasskeyRefused):
        passkeys.proved(SITE, answer, b"challenge", kept)
