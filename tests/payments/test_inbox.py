"""The webhook inbox: stored once, applied by asking the provider; forged, stale and foreign events change nothing."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments import inbox
from payments.dispute_models import Dispute
from payments.inbox import apply_events, store_event
from payments.ledger import balance
from payments.models import ProviderEvent, Refund
from payments.money import Money
from payments.provider import BadSignature, OutcomeUnknown, Refused
from payments.providers.stripe import StripeProvider
from tests.payments.conftest import AMOUNT, Till


def signed(body: bytes, secret: str = "whsec_hitsuka", at: int | None = None) -> dict[str, str]:
    """The header that Stripe sends (docs.stripe.com/webhooks/signature)."""
    at = at if at is not None else int(time.time())
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={at},v1={mac}"}


def event(session_id: str, reference: str | None = None, **changes: Any) -> bytes:
    """An event whose body claims that everything is paid."""
    thing = {
        "id": session_id,
        "object": "checkout.session",
        "payment_status": "paid",
        "client_reference_id": reference,
    }
    raw = {
        "id": f"evt_{session_id[-20:]}",
        "object": "event",
        "type": "checkout.session.completed",
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": thing},
    }
    return json.dumps(raw | changes).encode()


def _receive(till: Till, body: bytes) -> bool:
    parsed = till.provider.parse_event(body, signed(body))
    return till.db.write(lambda session: store_event(session, till.provider, parsed, body))


def _apply(till: Till) -> int:
    return apply_events(till.db, till.provider, till.listener)


def test_an_event_that_claims_payment_is_not_believed(till: Till) -> None:
    payment = till.payment()
    _receive(till, event(till.open(payment), f"style.{payment.id}"))
    _apply(till)
    assert till.now(payment).state == "pending"


def test_a_true_event_is_applied_by_asking(till: Till) -> None:
    payment = till.payment()
    session_id = till.open(payment)
    till.sandbox.pay(session_id)
    assert _receive(till, event(session_id, f"style.{payment.id}"))
    assert _apply(till) == 1
    assert till.now(payment).state == "paid"


def test_the_same_event_is_stored_and_applied_once(till: Till) -> None:
    payment = till.payment()
    session_id = till.open(payment)
    till.sandbox.pay(session_id)
    body = event(session_id, f"style.{payment.id}")
    assert [_receive(till, body) for _time in range(3)] == [True, False, False]
    _apply(till)
    _apply(till)
    assert till.listener.told == ["paid"]


def test_an_event_without_our_reference_is_found_by_its_session(till: Till) -> None:
    payment = till.payment()
    session_id = till.open(payment)
    till.sandbox.pay(session_id)
    _receive(till, event(session_id, None))
    _apply(till)
    assert till.now(payment).state == "paid"


def test_an_event_while_the_provider_is_away_waits_and_is_not_lost(till: Till) -> None:
    payment = till.payment()
    session_id = till.open(payment)
    till.sandbox.pay(session_id)
    _receive(till, event(session_id, f"style.{payment.id}"))
    nowhere = StripeProvider("default", "sk_test_hitsuka", (), "http://127.0.0.1:9", livemode=False)
    apply_events(till.db, nowhere, till.listener)
    with till.db.read() as session:
        row = session.scalars(select(ProviderEvent)).one()
    assert (row.state, row.note) == ("new", "unknown")


def test_events_of_strangers_are_noted_and_ignored(till: Till) -> None:
    _receive(till, event("cs_test_nobody_knows_this_one", "style.nobody"))
    _receive(till, event("cs_test_live_money_in_test_mode", None, livemode=True))
    _apply(till)
    with till.db.read() as session:
        states = session.execute(
            select(ProviderEvent.state, func.count()).group_by(ProviderEvent.state)
        ).all()
    assert [tuple(row) for row in states] == [("ignored", 2)]


def _about(thing: str, payment_id: str, kind: str = "charge.updated", **changes: Any) -> bytes:
    """An event about one of the provider's payments, without our reference."""
    body = {"id": f"{thing}_{payment_id[3:]}", "object": "charge", "payment_intent": payment_id}
    return event(f"{kind}-{payment_id}", type=kind, data={"object": body}, **changes)


def test_a_dispute_is_read_though_the_payment_was_asked_about_in_the_same_turn(till: Till) -> None:
    payment = till.payment()
    session_id = till.open(payment)
    till.sandbox.pay(session_id)
    told = till.provider.retrieve_session(session_id).payment_id or ""
    till.sandbox.control(f"payments/{told}/dispute", {"reason": "duplicate"})
    _receive(till, event(session_id, f"style.{payment.id}"))
    _receive(till, _about("du", told, "charge.dispute.created"))
    assert _apply(till) == 2
    with till.db.read() as session:
        assert session.scalar(select(Dispute.state).where(Dispute.payment_id == payment.id)) == "open"


def test_of_paid_money_only_its_own_news_is_old(till: Till) -> None:
    """What went back on their screen is asked about, and a second payment of the order: neither is that it was paid."""
    payment = till.payment()
    first, second = till.open(payment), till.open(payment)
    till.sandbox.pay(first)
    _receive(till, event(first, f"style.{payment.id}"))
    _apply(till)
    paid = till.now(payment).provider_id or ""
    till.provider.refund(paid, Money(100), idempotency_key=f"screen-{paid}", reference="")
    _receive(till, _about("ch", paid, "charge.refunded"))
    _apply(till)
    with till.db.read() as session:
        assert balance(session, till.now(payment)) == AMOUNT.minor - 100
    till.sandbox.pay(second)
    other = till.provider.retrieve_session(second).payment_id or ""
    _receive(
        till,
        event(
            second,
            f"style.{payment.id}",
            id="evt_second",
            type="charge.succeeded",
            data={
                "object": {
                    "id": f"ch_{second}",
                    "object": "charge",
                    "payment_intent": other,
                    "metadata": {"payment": f"style.{payment.id}"},
                }
            },
        ),
    )
    _apply(till)
    with till.db.read() as session:
        wanted = session.scalars(select(Refund.provider_payment).where(Refund.reason == "paid_twice")).all()
    assert wanted == [other]


def test_a_worker_whose_lease_ran_out_takes_nothing_from_the_one_that_was_faster(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = till.payment()
    _receive(till, event(till.open(payment), f"style.{payment.id}"))

    def slow(*_given: object, cause: str) -> object:
        def applied_meanwhile(session: Session) -> None:
            row = session.scalars(select(ProviderEvent)).one()
            row.state, row.tries = "applied", inbox.MAX_TRIES

        till.db.write(applied_meanwhile)
        raise OutcomeUnknown(cause)

    monkeypatch.setattr(inbox, "settle", slow)
    _apply(till)
    with till.db.read() as session:
        row = session.scalars(select(ProviderEvent)).one()
    assert (row.state, row.note) == ("applied", None)


FORGERIES: dict[str, Callable[[bytes], dict[str, str]]] = {
    "no signature": lambda body: {},
    "another secret": lambda body: signed(body, "whsec_other"),
    "another body": lambda body: signed(body + b" "),
    "ten minutes old": lambda body: signed(body, at=int(time.time()) - 600),
    "garbage": lambda body: {"Stripe-Signature": "t=x,v1=y"},
    "non-ascii": lambda body: {"Stripe-Signature": "t=１,v1=é"},
    "empty mac": lambda body: {"Stripe-Signature": f"t={int(time.time())},v1="},
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_or_stale_signature_is_refused(provider: StripeProvider, forgery: str) -> None:
    body = event("cs_test_forged_forged_forged")
    with pytest.raises(BadSignature):
        provider.parse_event(body, FORGERIES[forgery](body))


def test_a_rolled_secret_is_accepted_beside_the_old_one(sandbox: Any) -> None:
    provider = StripeProvider("default", "sk_test_x", ("whsec_new", "whsec_old"), sandbox.url, livemode=False)
    body = event("cs_test_rolled_rolled_rolled")
    for secret in ("whsec_new", "whsec_old"):
        assert provider.parse_event(body, signed(body, secret)).type == "checkout.session.completed"


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"id": 1}', b"not json", b'{"data": {"object": "x"}}'])
def test_a_signed_body_that_is_no_event_is_refused_and_not_a_crash(
    provider: StripeProvider, body: bytes
) -> None:
    with pytest.raises(Refused):
        provider.parse_event(body, signed(body))


def test_invalid_utf_8_is_refused(provider: StripeProvider) -> None:
    body = b"\xff\xfe"
    with pytest.raises(BadSignature):
        provider.parse_event(body, signed(body))
