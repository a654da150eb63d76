"""What at Stripe a browser or an issuer does, and only the sandbox can play: the contract as Stripe documents it.

Against the sandbox alone: nobody can ask Stripe's test mode to do these by its API.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import urllib.error
from collections.abc import Iterator

import pytest

from payments.columns import new_id, utcnow
from payments.money import Money
from payments.provider import Evidence, Line, Payer, Refused, SessionRequest, UIMode
from tests.contract.sides import Side, running_side
from tests.servers.sandbox import Sandbox


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    """The sandbox, whatever keys there are."""
    yield from running_side("sandbox", tmp_path_factory.mktemp("sandbox"))


@pytest.fixture
def issuer(side: Side) -> Sandbox:
    """The hands of an issuer, a till and a browser."""
    assert side.sandbox is not None
    return side.sandbox


def _request(**changes: object) -> SessionRequest:
    request = SessionRequest(
        idempotency_key=new_id(),
        reference=f"style.{new_id()}",
        request_id="contract",
        ui_mode=UIMode.HOSTED_PAGE,
        method="card",
        lines=(Line("飯碗", Money(2640), 1),),
        return_url="https://style.example/orders/x/return",
        cancel_url="https://style.example/orders/x/pay",
        locale="ja",
        email=None,
        expires_at=utcnow().replace(microsecond=0) + dt.timedelta(minutes=40),
    )
    return dataclasses.replace(request, **changes)  # type: ignore[arg-type]  # names of its own fields


def test_a_session_keeps_the_card_that_its_holder_agreed_to_keep(side: Side, issuer: Sandbox) -> None:
    customer = side.port.create_customer("style.account", "guest@example.com", idempotency_key=new_id())
    for save, cards in ((False, 0), (True, 1)):
        made = side.port.create_session(_request(customer=customer, save_card=save))
        issuer.pay(made.id)
        assert side.port.retrieve_session(made.id).paid
        assert len(side.port.saved_cards(customer)) == cards
    (kept,) = side.port.saved_cards(customer)
    again = side.port.create_session(_request(customer=customer))
    issuer.pay(again.id, kept.id)
    charge = side.port.retrieve_session(again.id).charge
    assert charge is not None
    assert charge.last4 == kept.last4
    assert [one.id for one in side.port.saved_cards(customer)] == [kept.id]
    other = side.port.create_customer("style.other", "other@example.com", idempotency_key=new_id())
    theirs = side.port.create_session(_request(customer=other))
    with pytest.raises(urllib.error.HTTPError) as refused:
        issuer.pay(theirs.id, kept.id)
    with refused.value:
        assert refused.value.code == 404
    assert not side.port.retrieve_session(theirs.id).paid


def test_a_session_that_reserves_is_taken_or_let_go_by_its_payment(side: Side, issuer: Sandbox) -> None:
    made = side.port.create_session(_request(capture_later=True))
    issuer.pay(made.id)
    told = side.port.retrieve_session(made.id)
    assert (told.paid, told.payment_status) == (False, "requires_capture")
    assert told.charge is not None
    assert told.charge.capture_before is not None
    assert told.payment_id is not None
    side.port.capture(told.payment_id, Money(2000), idempotency_key=new_id())
    taken = side.port.retrieve_session(made.id)
    assert taken.paid
    assert taken.charge is not None
    assert (taken.charge.reserved, taken.charge.amount) == (Money(2640), Money(2000))


@pytest.mark.parametrize(("verdict", "moved"), [("won", [-1200, 1200]), ("lost", [-1200])])
def test_an_issuer_decides_by_what_people_read(
    side: Side, issuer: Sandbox, verdict: str, moved: list[int]
) -> None:
    _intent, dispute = side.disputed("pm_card_createDisputeProductNotReceived")
    texts = Evidence({"uncategorized_text": "It was handed over on Monday."})
    assert side.port.answer_dispute(dispute.id, texts, idempotency_key=new_id()).status == "under_review"
    issuer.control(f"disputes/{dispute.id}/{verdict}", {})
    told = side.port.retrieve_dispute(dispute.id)
    assert told.status == verdict
    assert [one.amount.minor for one in told.movements] == moved


def test_an_inquiry_becomes_a_dispute_or_comes_to_nothing(side: Side, issuer: Sandbox) -> None:
    _intent, first = side.disputed("pm_card_createDisputeInquiry")
    issuer.control(f"disputes/{first.id}/escalated", {})
    told = side.port.retrieve_dispute(first.id)
    assert (told.status, [one.amount.minor for one in told.movements]) == ("needs_response", [-1200])
    _intent, second = side.disputed("pm_card_createDisputeInquiry")
    assert side.port.close_dispute(second.id, idempotency_key=new_id()).status == "warning_closed"
    assert side.port.retrieve_dispute(second.id).movements == ()


def test_a_number_is_paid_at_a_till_once_and_goes_back_to_a_bank(side: Side, issuer: Sandbox) -> None:
    request = _request(
        ui_mode=UIMode.PROMISE,
        method="konbini",
        email="fill_never@example.jp",
        payer=Payer("試験 花", "fill_never@example.jp"),
        expires_at=utcnow().replace(microsecond=0) + dt.timedelta(days=3),
    )
    made = side.port.create_session(request)
    issuer.control(f"payments/{made.id}/pay", {"store": "lawson"})
    paid = side.port.retrieve_session(made.id)
    assert (paid.paid, paid.promise) == (True, None)
    assert paid.charge is not None
    assert (paid.charge.method, paid.charge.amount) == ("konbini", Money(2640))
    assert side.port.expire_session(made.id).paid  # too late to cancel it: it says that it is paid
    back = side.port.refund(
        made.id, Money(640), idempotency_key=new_id(), reference=request.reference, to_bank=True
    )
    assert back.status == "requires_action"
    issuer.control(f"refunds/{back.id}/complete", {})
    assert side.port.refunds_of(made.id)[0].status == "succeeded"
    with pytest.raises(Refused):
        side.port.refund(made.id, Money(2001), idempotency_key=new_id(), reference="x", to_bank=True)
