"""Card numbers: what each does, where one may go, and that none stays."""

from __future__ import annotations

import gc
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe

from payments.sandbox.cards import TEST_CARDS, CardBook, brand_of, luhn_valid
from payments.sandbox.errors import ApiError
from payments.sandbox.outcomes import OUTCOMES
from payments.sandbox.tripwire import Tripwire
from tests.security.cards import luhn_digit

from .running import Running, elements_params, hosted_params

NOW = 1_800_000_000.0
# Right in every digit, and no provider published it.
_BODY = "4" + "71" * 7
_UNPUBLISHED = _BODY + luhn_digit(_BODY)


def fresh_number(start: str = "4539", length: int = 16) -> str:
    """A number with a right check digit that is no published one."""
    body = start + "".join(random.choice("0123456789") for _ in range(length - len(start) - 1))
    return next(body + digit for digit in "0123456789" if luhn_valid(body + digit))


@pytest.mark.parametrize("card", TEST_CARDS, ids=lambda card: card.token)
def test_each_published_card_does_as_its_row_says(running: Running, card: Any) -> None:
    client = running.client()
    session = client.v1.checkout.sessions.create(hosted_params())
    outcome = OUTCOMES[card.outcome]

    answer = running.pay(session.id, card.number)

    if card.outcome == "incorrect_number":
        assert answer["error"]["code"] == "incorrect_number"
        return
    if outcome.three_d_secure == "required":
        assert answer["result"] == "requires_action"
        answer = running.control(f"challenges/{answer['challenge']}", {"answer": "pass"})
    intent: Any = client.v1.payment_intents.retrieve(
        answer["session"]["payment_intent"], {"expand": ["latest_charge"]}
    )
    assert intent.status == ("requires_payment_method" if outcome.decline_code else "succeeded")
    details = intent.latest_charge.payment_method_details.card
    assert (details.brand, details.last4) == (card.brand, card.number[-4:])
    if outcome.decline_code:
        assert intent.last_payment_error.decline_code == outcome.decline_code
        assert intent.last_payment_error.code == outcome.error_code


def test_published_numbers_are_plausible() -> None:
    for card in TEST_CARDS:
        assert brand_of(card.number) == card.brand
        assert luhn_valid(card.number) is (card.outcome != "incorrect_number")


@pytest.mark.parametrize(
    ("number", "expiry", "cvc", "code"),
    [
        ("4242424242424241", "12/34", "123", "incorrect_number"),
        ("4242", "12/34", "123", "invalid_number"),
        ("", "", "", "invalid_number"),
        ("4242424242424242", "13/34", "123", "invalid_expiry_month"),
        ("4242424242424242", "12/20", "123", "invalid_expiry_year"),
        ("4242424242424242", "12/2099", "123", "invalid_expiry_year"),
        ("4242424242424242", "12/34", "12", "invalid_cvc"),
        ("4242424242424242", "12/34", "12a3", "invalid_cvc"),
        ("378282246310005", "12/34", "123", "invalid_cvc"),
        (_UNPUBLISHED, "12/34", "123", "card_declined"),
    ],
)
def test_what_is_typed_wrongly_is_refused(number: str, expiry: str, cvc: str, code: str) -> None:
    with pytest.raises(ApiError) as refused:
        CardBook().read(number, expiry, cvc, NOW)
    assert (refused.value.status, refused.value.body["error"]["code"]) == (402, code)


@pytest.mark.parametrize(
    "number", ["4242 4242 4242 4242", "4242-4242-4242-4242", "４２４２ ４２４２ ４２４２ ４２４２"]
)
@pytest.mark.parametrize("expiry", ["12/34", "12 / 2034", "1234"])
def test_numbers_may_be_written_in_many_ways(number: str, expiry: str) -> None:
    card = CardBook().read(number, expiry, " 123 ", NOW)
    assert (card.last4, card.exp_month, card.exp_year) == ("4242", 12, 2034)


def test_three_d_secure_is_asked_for_by_the_session(running: Running) -> None:
    client = running.client()

    def result(card: str, asked: str) -> tuple[str, Any]:
        options = {"card": {"request_three_d_secure": asked}}
        session = client.v1.checkout.sessions.create(hosted_params(payment_method_options=options))
        answer = running.pay(session.id, card)
        if answer["result"] == "requires_action":
            return "challenge", None
        intent: Any = client.v1.payment_intents.retrieve(
            answer["session"]["payment_intent"], {"expand": ["latest_charge"]}
        )
        auth = intent.latest_charge.payment_method_details.card.three_d_secure
        return "paid", auth and auth.result

    assert result("pm_card_threeDSecureOptional", "automatic") == ("paid", "authenticated")
    assert result("pm_card_threeDSecureOptional", "any") == ("challenge", None)
    assert result("pm_card_threeDSecureOptional", "challenge") == ("challenge", None)
    assert result("pm_card_visa", "automatic") == ("paid", None)
    assert result("pm_card_visa", "any") == ("paid", "attempt_acknowledged")
    assert result("pm_card_amex", "any") == ("paid", None)


@pytest.mark.parametrize("answer", ["fail", "cancel"])
def test_failed_authentication_charges_nothing(running: Running, answer: str) -> None:
    client = running.client()
    session = client.v1.checkout.sessions.create(hosted_params())
    challenge = running.pay(session.id, "three_d_secure")["challenge"]
    intent = running.control(f"challenges/{challenge}", {"answer": answer})["session"]["payment_intent"]
    found: Any = client.v1.payment_intents.retrieve(intent)
    assert found.status == "requires_payment_method"
    assert found.last_payment_error.code == "payment_intent_authentication_failure"
    assert client.v1.charges.list().data == []
    assert running.pay(session.id)["result"] == "succeeded"


def test_authentication_of_an_expired_session_comes_too_late(running: Running) -> None:
    client = running.client()
    session = client.v1.checkout.sessions.create(hosted_params())
    challenge = running.pay(session.id, "three_d_secure")["challenge"]
    client.v1.checkout.sessions.expire(session.id)
    running.control(f"challenges/{challenge}", {"answer": "pass"})
    assert client.v1.charges.list().data == []
    assert client.v1.checkout.sessions.retrieve(session.id).status == "expired"


def test_new_attempt_replaces_an_open_authentication(running: Running) -> None:
    session = running.client().v1.checkout.sessions.create(hosted_params())
    challenge = running.pay(session.id, "three_d_secure")["challenge"]
    assert running.pay(session.id)["result"] == "succeeded"
    assert running.control(f"challenges/{challenge}", {"answer": "pass"})["state"] == "replaced"
    assert len(running.client().v1.charges.list().data) == 1


def test_registered_number_pays_and_leaves_no_trace(started: Callable[..., Running], tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    running = started(store=file)
    number = fresh_number()
    assert running.control("cards", {"number": number, "outcome": "success"})["registered"] is True
    session = running.client().v1.checkout.sessions.create(elements_params())
    body = {
        "client_secret": session.client_secret,
        "key": "pk_test_hitsuka",
        "number": number,
        "expiry": "12/34",
        "cvc": "987",
    }
    headers = {"Content-Type": "application/json", "Origin": running.config.browser_origin}
    status, answer, _ = running.http("POST", "/elements/confirm", json.dumps(body).encode(), headers)
    assert (status, json.loads(answer)["session"]["status"]["type"]) == (200, "complete")

    running.stop()

    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert session.id.encode() in stored
    assert number.encode() not in stored
    assert number[:12].encode() not in stored
    # In memory the number lives on as a keyed digest only.
    gc.collect()
    book = running.sandbox.cards
    assert book.knows(number)
    assert number not in repr(vars(book))


def test_registration_wants_key_and_a_real_looking_number(running: Running) -> None:
    body = json.dumps({"number": fresh_number()}).encode()
    assert running.http("POST", "/_sandbox/cards", body, {"Content-Type": "application/json"})[0] == 401
    for number, outcome in (
        ("4539578763621487", "success"),
        ("4242424242424242", "success"),
        (fresh_number(), "luck"),
    ):
        assert "error" in running.control("cards", {"number": number, "outcome": outcome})


def test_unregistered_number_is_declined_as_not_a_test_card(running: Running) -> None:
    session = running.client().v1.checkout.sessions.create(hosted_params())
    answer = running.pay(session.id, fresh_number())
    assert answer["error"]["decline_code"] == "test_mode_live_card"


@pytest.mark.parametrize("form", ["{}", "{a} {b} {c} {d}", "{a}-{b}-{c}-{d}", "card:{}", "{}, thanks"])
def test_card_number_sent_to_the_api_is_refused_counted_and_not_repeated(running: Running, form: str) -> None:
    number = fresh_number()
    text = form.format(number, a=number[:4], b=number[4:8], c=number[8:12], d=number[12:])
    with pytest.raises(stripe.StripeError) as refused:
        running.client().v1.customers.create({"description": text})
    assert refused.value.http_status == 402
    assert number not in str(refused.value.http_body)
    report = running.control("tripwire")
    assert (report["refused"], report["where"]) == (1, {"POST /v1/customers": 1})
    assert running.client().v1.customers.list().data == []


@pytest.mark.parametrize("where", ["query", "header", "path"])
def test_tripwire_looks_everywhere(running: Running, where: str) -> None:
    number = fresh_number("5555")
    headers = {"Authorization": "Bearer sk_test_hitsuka"}
    path = "/v1/customers"
    if where == "query":
        path += f"?email={number}"
    elif where == "path":
        path += f"/{number}"
    else:
        headers["X-Note"] = number
    assert running.http("GET", path, None, headers)[0] == 402
    assert running.control("tripwire")["refused"] == 1


def test_tripwire_knows_registered_numbers_in_any_company() -> None:
    book = CardBook()
    number = fresh_number()
    book.register(number, "success")
    wire = Tripwire(book.knows)
    for text in (f"deadbeef{number}cafe", f"00{number}11", f"x{number[:7]} {number[7:]}", f"%34{number[1:]}"):
        assert wire.holds_card_number([text]), text


def test_tripwire_lets_ordinary_things_pass() -> None:
    wire = Tripwire(CardBook().knows)
    rng = random.Random(7)
    for _ in range(3000):
        digest = f"{rng.getrandbits(256):064x}"
        uuid = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
        assert not wire.holds_card_number([digest, uuid])
    assert not wire.holds_card_number(
        ["2026-11-23T05:00:00.123456Z", "+81 90-1234-5678", "1763874000123", "¥1,234,567"]
    )
