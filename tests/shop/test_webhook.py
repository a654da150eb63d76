"""The webhook route: what is authentic is stored once; everything else is refused and changes nothing."""

from __future__ import annotations

import hashlib
import hmac
import json
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from payments.models import ProviderEvent
from shop.app import create_app, create_shop
from shop.context import Shop
from shop.passages import PassageRow
from shop.settings import load
from tests.environment import make_environ
from tests.security.cards import luhn_digit

PATH = "/webhooks/stripe"
SECRET = "whsec_hitsuka"


def _event(event_id: str = "evt_1", **thing: object) -> bytes:
    session = {
        "id": "cs_test_1",
        "object": "checkout.session",
        "client_reference_id": "style.01AAAAAAAAAAAAAAAAAAAAAAAA",
        "metadata": {},
        "payment_intent": "pi_1",
    }
    event = {
        "id": event_id,
        "object": "event",
        "type": "checkout.session.completed",
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": session | thing},
    }
    return json.dumps(event).encode()


def _sign(body: bytes, secret: str = SECRET, *, age_s: int = 0) -> str:
    moment = int(time.time()) - age_s
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac}"


def _send(client: FlaskClient, body: bytes, signature: str | None = None, **headers: str) -> TestResponse:
    given = {"Content-Type": "application/json; charset=utf-8"} | headers
    if signature is not None:
        given["Stripe-Signature"] = signature
    return client.post(PATH, data=body, headers=given, base_url="http://127.0.0.1:8000")


def _count(shop: Shop, table: type[ProviderEvent] | type[PassageRow] = ProviderEvent) -> int:
    with shop.db.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def client(shop_app: Flask) -> FlaskClient:
    """The provider's servers: no cookies, no browser headers."""
    return shop_app.test_client()


def test_a_signed_event_is_stored_with_ids_only(client: FlaskClient, shop: Shop) -> None:
    body = _event(customer_details={"email": "guest@example.jp"})
    assert _send(client, body, _sign(body)).status_code == 204
    with shop.db.read() as session:
        row = session.scalars(select(ProviderEvent)).one()
    assert (row.id, row.type, row.object_id) == ("evt_1", "checkout.session.completed", "cs_test_1")
    assert row.body_sha256 == hashlib.sha256(body).hexdigest()
    assert "guest@example.jp" not in str(vars(row))


def test_the_same_event_again_is_stored_once_and_answered_alike(client: FlaskClient, shop: Shop) -> None:
    body = _event()
    answers = [_send(client, body, _sign(body, age_s=age)).status_code for age in (0, 1, 2)]
    assert answers == [204, 204, 204]
    assert _count(shop) == 1


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "nonsense",
        "t=,v1=",
        "v1=00",
        "t=abc,v1=" + "0" * 64,
        "t={now},v1=" + "0" * 64,
        "t={now},v0=" + "0" * 64,
    ],
)
def test_what_nobody_signed_is_refused(client: FlaskClient, shop: Shop, signature: str | None) -> None:
    header = signature.replace("{now}", str(int(time.time()))) if signature else signature
    assert _send(client, _event(), header).status_code == 400
    assert _count(shop) == 0


def test_a_body_changed_after_signing_is_refused(client: FlaskClient, shop: Shop) -> None:
    body = _event()
    assert _send(client, body.replace(b"evt_1", b"evt_2"), _sign(body)).status_code == 400
    assert _send(client, body + b" ", _sign(body)).status_code == 400
    assert _count(shop) == 0


def test_a_signature_older_than_five_minutes_is_refused(client: FlaskClient, shop: Shop) -> None:
    body = _event()
    assert _send(client, body, _sign(body, age_s=290)).status_code == 204
    assert _send(client, body, _sign(body, age_s=310)).status_code == 400
    assert _count(shop) == 1


def test_another_accounts_secret_is_refused(client: FlaskClient, shop: Shop) -> None:
    body = _event()
    assert _send(client, body, _sign(body, "whsec_hitsuka_other")).status_code == 400
    assert _count(shop) == 0


def test_an_event_is_kept_under_the_account_that_signed_it(sqlite_url: str) -> None:
    accounts = {
        "STRIPE_SECRET_KEY_COCOMO": "sk_test_hitsuka_two",
        "STRIPE_PUBLISHABLE_KEY_COCOMO": "pk_test_hitsuka_two",
        "STRIPE_WEBHOOK_SECRET_COCOMO": "whsec_hitsuka_two",
    }
    shop = create_shop(load(make_environ(sqlite_url, **accounts)))
    client = create_app(shop=shop).test_client()
    body = _event()
    assert _send(client, body, _sign(body, "whsec_hitsuka_two")).status_code == 204
    with shop.db.read() as session:
        assert session.scalars(select(ProviderEvent.account)).all() == [shop.providers["cocomo"].account]
    assert shop.providers["cocomo"].account != shop.providers["style"].account
    shop.db.dispose()


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"not json", b'{"id": "evt_1"}', b'{"id":"evt_1","data":{"object":[]}}'],
)
def test_a_signed_body_that_is_no_event_is_told_so_and_not_stored(
    client: FlaskClient, shop: Shop, body: bytes
) -> None:
    assert _send(client, body, _sign(body)).status_code == 422
    assert _count(shop) == 0


def test_a_body_that_is_not_utf8_is_refused_calmly(client: FlaskClient, shop: Shop) -> None:
    assert _send(client, b"\xff\xfe\x00", _sign(b"\xff\xfe\x00")).status_code == 400
    assert _count(shop) == 0


def test_a_huge_body_is_refused_before_it_is_read(client: FlaskClient, shop: Shop) -> None:
    body = b" " * (300 * 1024)
    assert _send(client, body, _sign(body)).status_code == 413
    assert _count(shop) == 0


def test_an_authentic_event_with_a_card_number_in_it_is_stored_and_the_passage_counted(
    client: FlaskClient, shop: Shop
) -> None:
    digits = "4539578763621" + "48"
    body = _event(note=digits + str(luhn_digit(digits)))
    assert _send(client, body, _sign(body)).status_code == 204
    assert _count(shop) == 1
    assert _count(shop, PassageRow) == 1
    with shop.db.read() as session:
        row = session.scalars(select(PassageRow)).one()
    assert digits not in str(vars(row))


def test_a_forged_event_with_a_card_number_in_it_is_not_stored(client: FlaskClient, shop: Shop) -> None:
    digits = "4539578763621" + "48"
    body = _event(note=digits + str(luhn_digit(digits)))
    assert _send(client, body, _sign(body, "whsec_wrong")).status_code == 400
    assert _count(shop) == 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_post_is_answered(client: FlaskClient, method: str) -> None:
    answer = client.open(PATH, method=method, base_url="http://127.0.0.1:8000")
    assert answer.status_code == 405


def test_the_answer_sets_no_cookie_and_may_not_be_kept(client: FlaskClient) -> None:
    body = _event()
    answer = _send(client, body, _sign(body))
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
