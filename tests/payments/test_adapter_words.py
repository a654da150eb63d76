"""Small words between the adapter and Stripe on which money hangs, each by itself."""

from __future__ import annotations

import dataclasses

import pytest
import stripe

from payments.columns import new_id, utcnow
from payments.disputes import DisputeState, state_told
from payments.money import Money
from payments.provider import (
    DisputeTold,
    NotAllowed,
    OutcomeUnknown,
    Payer,
    PaymentError,
    ProviderBusy,
    Refused,
    Session,
    SessionStatus,
    UIMode,
)
from payments.providers.checkout import create_params
from payments.providers.stripe import StripeProvider, _translated
from tests.payments.conftest import Till


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (stripe.IdempotencyError("in use", http_status=409), OutcomeUnknown),
        (stripe.InvalidRequestError("in use", None, http_status=409), OutcomeUnknown),  # type: ignore[no-untyped-call]
        (stripe.IdempotencyError("other words", http_status=400), Refused),
        (stripe.InvalidRequestError("no", None, http_status=400), Refused),  # type: ignore[no-untyped-call]
        (stripe.APIError("too fast", http_status=429), ProviderBusy),
        (stripe.PermissionError("no", http_status=403), NotAllowed),
        (stripe.APIConnectionError("away"), OutcomeUnknown),  # type: ignore[no-untyped-call]
        (stripe.APIError("fault", http_status=500), OutcomeUnknown),
    ],
)
def test_what_may_have_been_done_is_never_told_as_refused(
    error: stripe.StripeError, kind: type[PaymentError]
) -> None:
    """A 409 says that another call holds the key: what comes of that one is ours."""
    assert type(_translated(error)) is kind


def test_a_payment_bears_our_reference_itself_and_links_nobodys_wallet(till: Till) -> None:
    """Events of a payment tell of no session: without its own reference those before the booking would be nobody's."""
    attempt = till.want(till.payment())
    params = create_params(till.request(attempt))
    reference = f"style.{attempt.payment_id}"
    assert params["payment_intent_data"]["metadata"]["payment"] == reference
    assert params["metadata"]["attempt"] == params["payment_intent_data"]["metadata"]["attempt"] == attempt.id
    assert params["wallet_options"] == {"link": {"display": "never"}}
    assert params["allowed_payment_method_types"] == ["card"]


def test_a_number_that_can_not_be_cancelled_is_not_told_as_over(till: Till) -> None:
    """It can still be paid, so its order must not be given up."""
    request = dataclasses.replace(
        till.request(till.want(till.payment())),
        ui_mode=UIMode.PROMISE,
        method="konbini",
        payer=Payer("試験 花", "fill_never@example.jp"),
    )
    made = till.provider.create_session(request)
    till.provider.expire_session(made.id)

    class StillOpen(StripeProvider):
        def retrieve_session(self, session_id: str) -> Session:
            return dataclasses.replace(super().retrieve_session(session_id), status=SessionStatus.OPEN)

    still_open = StillOpen("default", "sk_test_hitsuka", (), till.sandbox.url, livemode=False)
    with pytest.raises(Refused):
        still_open.expire_session(made.id)


_OF_DISPUTES = {
    "warning_needs_response": DisputeState.INQUIRY,
    "warning_under_review": DisputeState.INQUIRY_REVIEW,
    "warning_closed": DisputeState.CLOSED,
    "needs_response": DisputeState.OPEN,
    "under_review": DisputeState.REVIEW,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
    "prevented": DisputeState.CLOSED,
    "appeal_needs_response": DisputeState.LOST,
    "appeal_under_review": DisputeState.LOST,
}


@pytest.mark.parametrize("status", _OF_DISPUTES)
def test_each_word_for_a_dispute_is_known(status: str) -> None:
    """What is not known is not booked: a word too few here and money is missing in the books."""
    dispute = DisputeTold(
        id=f"du_{new_id()}",
        payment_id="",
        amount=Money(100),
        reason="general",
        status=status,
        due_by=None,
        submissions=0,
        livemode=False,
        created=utcnow(),
        movements=(),
    )
    assert state_told(dispute) is _OF_DISPUTES[status]
