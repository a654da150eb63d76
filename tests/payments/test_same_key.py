"""What is asked for twice with one key is done once, also where no other test of ours would see two of it."""

from __future__ import annotations

from payments.columns import new_id
from payments.models import Payment
from payments.money import Money
from payments.provider import Evidence, Payer, SessionRequest, UIMode
from payments.settle import settle
from tests.payments.conftest import Till

EVIDENCE = Evidence({"uncategorized_text": "delivered"}, "receipt", "evidence.pdf", b"%PDF-1.4\n%%EOF\n")


def _disputed(till: Till) -> str:
    payment: Payment = till.payment()
    till.sandbox.pay(till.open(payment))
    settle(till.db, till.provider, till.listener, "style", payment.id, cause="test")
    paid = till.now(payment).provider_id
    return str(till.sandbox.control(f"payments/{paid}/dispute", {"reason": "duplicate"})["id"])


def test_one_customer_for_two_tabs_that_keep_a_card(till: Till) -> None:
    key, reference = new_id(), f"style.{new_id()}"
    made = {
        till.provider.create_customer(reference, "guest@example.jp", idempotency_key=key) for _tab in range(2)
    }
    assert len(made) == 1


def test_an_answer_to_a_dispute_whose_answer_was_lost_is_handed_in_once(till: Till) -> None:
    dispute, key = _disputed(till), new_id()
    for _again in range(2):
        told = till.provider.answer_dispute(dispute, EVIDENCE, idempotency_key=key)
    assert told.submissions == 1


def test_a_dispute_that_was_accepted_is_accepted_again_with_the_same_key(till: Till) -> None:
    dispute, key = _disputed(till), new_id()
    told = [till.provider.close_dispute(dispute, idempotency_key=key).status for _again in range(2)]
    assert told == ["lost", "lost"]


def test_what_lies_in_a_balance_goes_back_once(till: Till) -> None:
    request = _transfer(till)
    made = till.provider.create_session(request)
    customer = made.customer
    assert customer is not None
    till.sandbox.control(f"payments/{made.id}/fund", {"amount": request.total.minor + 700})
    key = new_id()
    sent = {
        till.provider.refund_balance(customer, Money(300), idempotency_key=key, reference="style.x").id
        for _again in range(2)
    }
    assert len(sent) == 1
    assert till.provider.balance_of(customer) == Money(400)


def _transfer(till: Till) -> SessionRequest:
    attempt = till.want(till.payment())
    request = till.request(attempt)
    changes = {"ui_mode": UIMode.PROMISE, "method": "customer_balance"}
    payer = Payer("試験 花", "guest@example.jp")
    return SessionRequest(**vars(request) | changes | {"payer": payer})
