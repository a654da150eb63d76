"""A session that was made is found and noted, whatever the provider says now; one that is not wanted any more ends."""

from __future__ import annotations

import dataclasses

from payments.making import Made
from payments.models import Attempt, Payment
from payments.provider import Session, SessionStatus
from payments.providers.stripe import StripeProvider
from payments.sessions import end_sessions
from tests.payments.conftest import Till


def _attempt(till: Till, attempt: Attempt) -> Attempt:
    with till.db.read() as session:
        return session.get_one(Attempt, ("style", attempt.id))


def test_one_that_was_made_with_other_words_is_found_and_used(till: Till) -> None:
    """Its maker died; since then a new build words the request otherwise, and the provider refuses the used key."""
    attempt = till.want(till.payment())
    made = till.provider.create_session(dataclasses.replace(till.request(attempt), locale="en"))
    result = till.make(attempt)
    assert (result.outcome, result.session and result.session.id) == (Made.OPEN, made.id)
    assert (_attempt(till, attempt).state, _attempt(till, attempt).session_id) == ("open", made.id)


def test_an_older_session_of_the_payment_is_not_taken_for_one_that_was_never_made(till: Till) -> None:
    payment = till.payment()
    till.open(payment)
    end_sessions(till.db, till.provider, till.listener, "style", payment.id)
    attempt = till.want(payment)
    till.sandbox.fault("checkout.sessions.create", "500", times=1)
    assert till.make(attempt).outcome is Made.UNKNOWN
    till.sandbox.control("faults", method="DELETE")
    assert (_attempt(till, attempt).state, _attempt(till, attempt).session_id) == ("waiting", None)


def test_one_that_is_made_while_its_payment_is_given_up_is_ended_at_once(till: Till) -> None:
    payment = till.payment()
    attempt = till.want(payment)

    class Slow(StripeProvider):
        def create_session(self, request: object) -> Session:
            made = super().create_session(request)  # type: ignore[arg-type]  # the port's own request
            till.db.write(
                lambda session: setattr(session.get_one(Payment, ("style", payment.id)), "state", "expired")
            )
            return made

    slow = Slow("default", "sk_test_hitsuka", (), till.sandbox.url, livemode=False)
    result = till.make(attempt, slow)
    assert (result.outcome, result.session) == (Made.OVER, None)
    session_id = _attempt(till, attempt).session_id or ""
    assert till.provider.retrieve_session(session_id).status is SessionStatus.EXPIRED
