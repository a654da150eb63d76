"""The contract of the port. Against the sandbox always; against Stripe's test mode when STRIPE_CONTRACT_KEY is set.

    STRIPE_CONTRACT_KEY=sk_test_… pytest tests/contract

What needs a browser on the provider's side (paying) is in tests/e2e and can't run here against Stripe.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
import stripe

from payments.columns import new_id, utcnow
from payments.money import Money
from payments.provider import (
    Line,
    NotThere,
    Provider,
    Refused,
    SessionRequest,
    SessionStatus,
    UIMode,
)
from payments.providers.stripe import API_VERSION
from tests.contract.sides import Side


@pytest.fixture(scope="module")
def provider(side: Side) -> Provider:
    """The port of either side."""
    return side.port


def _request(ui_mode: UIMode = UIMode.ELEMENTS, **changes: object) -> SessionRequest:
    request = SessionRequest(
        idempotency_key=new_id(),
        reference=f"style.{new_id()}",
        request_id="contract",
        ui_mode=ui_mode,
        method="card",
        lines=(Line("飯碗", Money(2640), 2), Line("送料", Money(700), 1)),
        return_url="https://style.example/orders/x/return",
        cancel_url="https://style.example/orders/x/pay",
        locale="ja",
        email="guest@example.jp",
        expires_at=utcnow().replace(microsecond=0) + dt.timedelta(minutes=40),
    )
    return dataclasses.replace(request, **changes)  # type: ignore[arg-type]  # names of its own fields


def test_the_library_speaks_the_version_that_the_adapter_was_written_for() -> None:
    assert stripe.api_version == API_VERSION


@pytest.mark.parametrize("ui_mode", [UIMode.ELEMENTS, UIMode.HOSTED_PAGE])
def test_a_session_says_what_was_asked_for(provider: Provider, ui_mode: UIMode) -> None:
    request = _request(ui_mode)
    made = provider.create_session(request)
    assert made.status is SessionStatus.OPEN
    assert not made.paid
    assert made.amount == request.total == Money(5980)
    assert made.reference == request.reference
    assert made.attempt == request.idempotency_key
    assert made.methods == ("card",)
    assert made.livemode is False
    assert made.expires_at == request.expires_at
    assert made.ui_mode == ui_mode.value


def test_our_page_needs_a_client_secret_and_theirs_an_address(provider: Provider) -> None:
    ours = provider.create_session(_request(UIMode.ELEMENTS))
    theirs = provider.create_session(_request(UIMode.HOSTED_PAGE))
    assert ours.client_secret
    assert theirs.url
    assert theirs.url.startswith("http")


def test_the_same_key_makes_one_session(provider: Provider) -> None:
    request = _request()
    assert provider.create_session(request).id == provider.create_session(request).id


def test_the_same_key_for_another_request_is_refused(provider: Provider) -> None:
    request = _request()
    provider.create_session(request)
    with pytest.raises(Refused):
        provider.create_session(dataclasses.replace(request, lines=(Line("別", Money(100), 1),)))


def test_reading_gives_the_same_session(provider: Provider) -> None:
    made = provider.create_session(_request())
    read = provider.retrieve_session(made.id)
    assert (read.id, read.amount, read.reference, read.status) == (
        made.id,
        made.amount,
        made.reference,
        made.status,
    )


def test_an_expired_session_stays_expired_and_can_be_expired_again(provider: Provider) -> None:
    made = provider.create_session(_request())
    assert provider.expire_session(made.id).status is SessionStatus.EXPIRED
    assert provider.expire_session(made.id).status is SessionStatus.EXPIRED
    assert provider.retrieve_session(made.id).status is SessionStatus.EXPIRED


def test_the_list_is_newest_first_and_has_every_session(provider: Provider) -> None:
    before = utcnow() - dt.timedelta(seconds=5)
    made = [provider.create_session(_request()).id for _time in range(3)]
    listed = [session.id for session in provider.sessions_since(before)]
    assert [session_id for session_id in listed if session_id in made] == made[::-1]


@pytest.mark.parametrize("call", ["retrieve_session", "expire_session"])
def test_what_is_not_there_is_said_to_be_not_there(provider: Provider, call: str) -> None:
    with pytest.raises(NotThere):
        getattr(provider, call)("cs_test_nothing_of_this_name")


def test_a_refund_of_nothing_is_refused(provider: Provider) -> None:
    with pytest.raises(NotThere):
        provider.refund("pi_nothing", Money(100), idempotency_key=new_id(), reference="x")


@pytest.mark.parametrize("yen", [0, 49, 100_000_000])
def test_an_amount_out_of_bounds_is_refused(provider: Provider, yen: int) -> None:
    with pytest.raises(Refused):
        provider.create_session(_request(lines=(Line("品", Money(yen), 1),)))


@pytest.mark.parametrize("minutes", [5, 60 * 25])
def test_a_session_lives_between_30_minutes_and_24_hours(provider: Provider, minutes: int) -> None:
    soon = utcnow().replace(microsecond=0) + dt.timedelta(minutes=minutes)
    with pytest.raises(Refused):
        provider.create_session(_request(expires_at=soon))


def test_errors_carry_a_code_and_a_request_id_and_nothing_that_was_sent(provider: Provider) -> None:
    with pytest.raises(Refused) as caught:
        provider.create_session(_request(return_url="no-address-of-anyone"))
    assert "no-address" not in str(caught.value)
    assert caught.value.provider_request_id
