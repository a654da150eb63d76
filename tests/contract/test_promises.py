"""The contract of payments without a card: a number or an account at once, cancelled when wanted, listed, given back.

Against the sandbox always; against Stripe's test mode when STRIPE_CONTRACT_KEY is set, as its neighbour.
"""

from __future__ import annotations

import datetime as dt

import pytest

from payments.columns import new_id, utcnow
from payments.methods import PROMISE, Method
from payments.money import Money
from payments.provider import (
    Line,
    NotThere,
    Payer,
    Provider,
    Refused,
    SessionRequest,
    SessionStatus,
    UIMode,
)
from tests.contract.test_provider import provider

__all__ = ["provider"]
CHAINS = {"familymart", "lawson", "ministop", "seicomart"}


def _request(method: Method = Method.KONBINI, yen: int = 2640) -> SessionRequest:
    return SessionRequest(
        idempotency_key=new_id(),
        reference=f"style.{new_id()}",
        request_id="contract",
        ui_mode=UIMode.PROMISE,
        method=method.value,
        lines=(Line("飯碗", Money(yen), 1),),
        return_url="https://style.example/orders/x/return",
        cancel_url="https://style.example/orders/x/pay",
        locale="ja",
        email="fill_never@example.jp",
        expires_at=utcnow().replace(microsecond=0) + dt.timedelta(days=3),
        payer=Payer("試験 花", "fill_never@example.jp"),
    )


@pytest.mark.parametrize("method", [Method.KONBINI, Method.TRANSFER])
def test_a_promise_says_what_was_asked_for(provider: Provider, method: Method) -> None:
    request = _request(method)
    made = provider.create_session(request)
    assert (made.status, made.paid, made.ui_mode) == (SessionStatus.OPEN, False, PROMISE)
    assert made.amount == request.total
    assert (made.reference, made.attempt) == (request.reference, request.idempotency_key)
    assert made.methods == (method.value,)
    assert made.livemode is False
    assert made.client_secret is None
    assert made.promise is not None
    assert made.promise.remaining == request.total
    assert provider.create_session(request).id == made.id
    assert provider.retrieve_session(made.id) == made
    listed = provider.promises_since(utcnow() - dt.timedelta(minutes=5))
    assert made.id in {one.id for one in listed}
    assert made.id not in {one.id for one in provider.sessions_since(utcnow() - dt.timedelta(minutes=5))}


def test_a_number_has_its_chains_and_its_deadline(provider: Provider) -> None:
    request = _request()
    promise = provider.create_session(request).promise
    assert promise is not None
    assert promise.deadline == request.expires_at
    assert set(promise.details) == CHAINS
    assert all(codes["payment_code"] for codes in promise.details.values())


def test_an_account_is_of_its_own_customer(provider: Provider) -> None:
    first, second = (provider.create_session(_request(Method.TRANSFER)) for _time in range(2))
    assert first.promise is not None
    assert first.promise.deadline is None
    assert first.promise.details["account"]["account_number"]
    assert first.customer is not None
    assert first.customer != second.customer
    assert provider.balance_of(first.customer) == Money(0)
    with pytest.raises(Refused):
        provider.refund_balance(first.customer, Money(1), idempotency_key=new_id(), reference="style.x")


@pytest.mark.parametrize("method", [Method.KONBINI, Method.TRANSFER])
def test_what_is_cancelled_can_t_be_paid_and_can_be_cancelled_again(
    provider: Provider,
    method: Method,
) -> None:
    made = provider.create_session(_request(method))
    for _again in range(2):
        ended = provider.expire_session(made.id)
        assert (ended.status, ended.promise) == (SessionStatus.EXPIRED, None)


@pytest.mark.parametrize("yen", [119, 300_001])
def test_a_number_has_bounds(provider: Provider, yen: int) -> None:
    with pytest.raises(Refused):
        provider.create_session(_request(yen=yen))


@pytest.mark.parametrize("call", ["retrieve_session", "expire_session"])
def test_a_promise_that_is_not_there_is_said_to_be_not_there(
    provider: Provider,
    call: str,
) -> None:
    with pytest.raises(NotThere):
        getattr(provider, call)("pi_nothing")
