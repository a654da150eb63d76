"""No card number and no security code stays anywhere, whichever door it came through."""

from __future__ import annotations

import io
import json
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe

from .running import Running, elements_params, hosted_params
from .test_card_numbers import fresh_number

CVC = "739"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def kept(folder: Path) -> bytes:
    """Every byte that the sandbox has on disk."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


def own(running: Running, headers: dict[str, str]) -> dict[str, str]:
    return {**headers, "Origin": running.config.browser_origin}


def test_saved_and_set_up_cards_leave_no_number_and_no_code(
    started: Callable[..., Running], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    running = started(store=tmp_path / "store.db")
    number = fresh_number()
    running.control("cards", {"number": number, "outcome": "three_d_secure_unless_set_up"})
    client = running.client()
    customer = client.v1.customers.create({"email": "a@example.com"}).id
    options: Any = {"payment_method_save": "enabled"}
    params = hosted_params(customer=customer, saved_payment_method_options=options)
    setup = hosted_params(customer=customer, mode="setup", currency="jpy")
    for given in (params, setup):
        del given["customer_email"]
    del setup["line_items"]
    card = {"method": "card", "number": number, "expiry": "12/34", "cvc": CVC, "save": "yes"}
    for given in (params, setup):
        page = client.v1.checkout.sessions.create(given)
        status, location = running.answer(
            "POST", f"/c/pay/{page.id}", urllib.parse.urlencode(card), own(running, FORM)
        )
        assert (status, "/3ds/" in (location or "")) == (303, True)
        challenge = str(location).rpartition("/")[2]
        running.control(f"challenges/{challenge}", {"answer": "pass"})
    saved = client.v1.customers.payment_methods.list(customer).data
    assert len(saved) == 2
    intent: Any = {"amount": 900, "currency": "jpy", "customer": customer, "payment_method": saved[0].id}
    intent |= {"off_session": True, "confirm": True}
    assert client.v1.payment_intents.create(intent).status == "succeeded"
    log = running.http("GET", "/_sandbox/events.jsonl")[1]
    pages = running.http("GET", "/_sandbox/")[1] + running.http("GET", "/_sandbox/panel/events")[1]
    running.stop()
    everything = kept(tmp_path) + log + pages + "".join(capfd.readouterr()).encode()
    assert saved[0].id.encode() in everything
    for trace in (number, number[:10], f'"{CVC}"', f"cvc={CVC}"):
        assert trace.encode() not in everything


@pytest.mark.parametrize("field", ["name", "email", "phone", "method", "colour"])
@pytest.mark.parametrize("door", ["page", "fields"])
def test_number_in_another_field_of_the_card_form_is_refused(running: Running, door: str, field: str) -> None:
    number = fresh_number()
    client = running.client()
    made = client.v1.checkout.sessions.create(hosted_params() if door == "page" else elements_params())
    typed = {"method": "konbini", "name": "花", field: number}
    if door == "page":
        path, body, headers = f"/c/pay/{made.id}", urllib.parse.urlencode(typed), FORM
    else:
        typed |= {"client_secret": str(made.client_secret), "key": "pk_test_hitsuka"}
        path, body, headers = "/elements/confirm", json.dumps(typed), {"Content-Type": "application/json"}
    assert running.answer("POST", path, body, own(running, headers))[0] == 402
    assert running.control("tripwire")["refused"] == 1
    assert client.v1.checkout.sessions.retrieve(made.id).status == "open"


def test_every_new_door_of_the_api_refuses_a_number(running: Running, client: stripe.StripeClient) -> None:
    number = fresh_number("5555")
    customer = client.v1.customers.create({"email": "a@example.com"}).id
    files = stripe.StripeClient("sk_test_hitsuka", base_addresses={"api": running.url, "files": running.url})

    def upload() -> Any:
        with io.BytesIO(f"%PDF-1.7 card {number} paid".encode()) as file:
            file.name = "receipt.pdf"
            return files.v1.files.create({"purpose": "dispute_evidence", "file": file})

    raw: Any = {"type": "card", "card": {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": CVC}}
    doors: list[Callable[[], Any]] = [
        lambda: client.v1.payment_methods.create(raw),
        lambda: client.v1.payment_intents.create({"amount": 100, "currency": "jpy", "description": number}),
        lambda: client.v1.setup_intents.create({"metadata": {"note": number}}),
        lambda: client.v1.disputes.update("du_1", {"evidence": {"uncategorized_text": number}}),
        lambda: client.v1.test_helpers.customers.fund_cash_balance(
            customer, {"amount": 100, "currency": "jpy", "reference": number}
        ),
        upload,
    ]
    for count, door in enumerate(doors, 1):
        with pytest.raises(stripe.StripeError) as refused:
            door()
        assert refused.value.http_status == 402
        assert number not in str(refused.value.http_body)
        assert running.control("tripwire")["refused"] == count
    assert number not in running.http("GET", "/_sandbox/events.jsonl")[1].decode()
    body = urllib.parse.urlencode({"group": "payments", "action": "fund", "id": "pi_1", "reference": number})
    assert running.answer("POST", "/_sandbox/panel/act", body, own(running, FORM))[0] == 402


def test_code_without_a_number_is_refused_too(client: stripe.StripeClient) -> None:
    raw: Any = {"type": "card", "card": {"token": "tok_visa", "cvc": CVC}}
    with pytest.raises(stripe.StripeError) as refused:
        client.v1.payment_methods.create(raw)
    assert refused.value.http_status == 402
    made: Any = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    assert made.card.last4 == "4242"


def test_contents_of_evidence_are_not_kept(started: Callable[..., Running], tmp_path: Path) -> None:
    running = started(store=tmp_path / "store.db")
    files = stripe.StripeClient("sk_test_hitsuka", base_addresses={"api": running.url, "files": running.url})
    with io.BytesIO(b"%PDF-1.7 something about a person") as file:
        file.name = "../../letter.pdf"
        made = files.v1.files.create({"purpose": "dispute_evidence", "file": file})
    assert (made.filename, made.size, made.type) == ("letter.pdf", 33, "pdf")
    running.stop()
    assert b"about a person" not in kept(tmp_path)
