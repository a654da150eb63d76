"""What holds for every call: keys, accounts, permissions, errors, lists, expansion, limits."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import stripe

from .running import Running, hosted_params


def paid(running: Running, **changes: Any) -> Any:
    """A paid session, read anew."""
    client = running.client()
    session = client.v1.checkout.sessions.create(hosted_params(**changes))
    running.pay(session.id)
    return client.v1.checkout.sessions.retrieve(session.id)


@pytest.mark.parametrize(
    "key", ["sk_test_wrong", "sk_live_hitsuka", "whsec_hitsuka", "sk_test_hitsuka_nobody"]
)
def test_unknown_key_is_refused(running: Running, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError) as refused:
        running.client(key).v1.customers.list()
    assert refused.value.http_status == 401


def test_publishable_key_opens_no_secret_route(running: Running) -> None:
    with pytest.raises(stripe.AuthenticationError) as refused:
        running.client("pk_test_hitsuka").v1.customers.list()
    assert "secret_key_required" in str(refused.value.http_body)


def test_accounts_do_not_see_each_other(running: Running) -> None:
    ours = running.client()
    theirs = running.client("sk_test_hitsuka_cocomo")
    session = paid(running)
    for look in (
        lambda: theirs.v1.checkout.sessions.retrieve(session.id),
        lambda: theirs.v1.payment_intents.retrieve(session.payment_intent),
        lambda: theirs.v1.refunds.create({"payment_intent": session.payment_intent}),
        lambda: theirs.v1.checkout.sessions.expire(session.id),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            look()
        assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    assert theirs.v1.events.list().data == []
    assert ours.v1.accounts.retrieve_current().id != theirs.v1.accounts.retrieve_current().id


def test_restricted_key_does_what_a_shop_needs_and_no_more(running: Running) -> None:
    client = running.client("rk_test_hitsuka")
    session = client.v1.checkout.sessions.create(hosted_params())
    assert client.v1.checkout.sessions.retrieve(session.id).id == session.id
    with pytest.raises(stripe.PermissionError, match="rak_webhook_write"):
        client.v1.webhook_endpoints.create({"url": "http://127.0.0.1:1/", "enabled_events": ["*"]})


def test_operation_that_is_not_here_says_so_in_the_shape_of_an_error(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="not in this sandbox") as refused:
        client.v1.subscriptions.create({"customer": "cus_1", "items": []})
    assert refused.value.http_status == 404
    assert refused.value.request_id is not None
    assert refused.value.request_id.startswith("req_")


@pytest.mark.parametrize("name", ["discounts", "custom_text", "phone_number_collection"])
def test_parameter_that_would_do_nothing_is_refused(client: stripe.StripeClient, name: str) -> None:
    value: Any = {
        "discounts": [{"coupon": "x"}],
        "custom_text": {"submit": {"message": "x"}},
        "phone_number_collection": {"enabled": True},
    }[name]
    with pytest.raises(stripe.InvalidRequestError, match=f"{name} is not in this sandbox"):
        client.v1.checkout.sessions.create(hosted_params(**{name: value}))


def test_answers_carry_stripes_headers(running: Running) -> None:
    status, body, headers = running.http(
        "GET", "/v1/customers", None, {"Authorization": "Bearer sk_test_hitsuka"}
    )
    assert (status, json.loads(body)["object"]) == (200, "list")
    assert headers["Stripe-Version"] == "2026-10-28.endive"
    assert headers["Request-Id"].startswith("req_")


def test_lists_page_from_newest_to_oldest_and_back(client: stripe.StripeClient) -> None:
    made = [client.v1.customers.create({"name": str(n)}).id for n in range(5)][::-1]
    first = client.v1.customers.list({"limit": 2})
    assert ([c.id for c in first], first.has_more) == (made[:2], True)
    rest = client.v1.customers.list({"limit": 10, "starting_after": made[1]})
    assert ([c.id for c in rest], rest.has_more) == (made[2:], False)
    back = client.v1.customers.list({"limit": 2, "ending_before": made[3]})
    assert [c.id for c in back] == made[1:3]
    assert [c.id for c in client.v1.customers.list({"limit": 2}).auto_paging_iter()] == made


def test_lists_filter_by_time_and_intent(running: Running, client: stripe.StripeClient) -> None:
    first, second = paid(running), paid(running)
    assert [c.payment_intent for c in client.v1.charges.list({"payment_intent": first.payment_intent})] == [
        first.payment_intent
    ]
    assert [s.id for s in client.v1.checkout.sessions.list({"payment_intent": second.payment_intent})] == [
        second.id
    ]
    now = int(running.sandbox.now())
    assert client.v1.checkout.sessions.list({"created": {"gte": now + 60}}).data == []
    assert len(client.v1.checkout.sessions.list({"created": {"gte": now - 60, "lt": now + 60}}).data) == 2


def test_expansion_reaches_four_levels_and_refuses_nonsense(
    running: Running, client: stripe.StripeClient
) -> None:
    session = paid(running)
    listed: Any = client.v1.checkout.sessions.list(
        {"expand": ["data.payment_intent.latest_charge.balance_transaction.source"]}
    )
    charge = listed.data[0].payment_intent.latest_charge
    assert charge.balance_transaction.source.id == charge.id
    for path in ("colour", "payment_intent.latest_charge.refunds.data.charge"):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.checkout.sessions.retrieve(session.id, {"expand": [path]})


def test_customers_live_and_die(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"email": "a@example.com", "metadata": {"a": "1", "b": "2"}})
    changed: Any = client.v1.customers.update(customer.id, {"name": "花", "metadata": {"a": "", "c": "3"}})
    assert (changed.name, changed.metadata.to_dict()) == ("花", {"b": "2", "c": "3"})
    assert [c.id for c in client.v1.customers.list({"email": "a@example.com"})] == [customer.id]
    assert client.v1.customers.delete(customer.id).deleted is True
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.update(customer.id, {"name": "x"})


@pytest.mark.parametrize("metadata", [{str(n): "x" for n in range(51)}, {"k" * 41: "x"}, {"k": "v" * 501}])
def test_metadata_has_limits(client: stripe.StripeClient, metadata: dict[str, str]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.create({"metadata": metadata})


def test_refunds_never_exceed_the_charge(running: Running, client: stripe.StripeClient) -> None:
    intent = paid(running).payment_intent
    first = client.v1.refunds.create(
        {"payment_intent": intent, "amount": 400, "reason": "requested_by_customer"}
    )
    assert (first.status, first.amount) == ("succeeded", 400)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        client.v1.refunds.create({"payment_intent": intent, "amount": 2001})
    assert client.v1.refunds.create({"payment_intent": intent}).amount == 2000
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent, "amount": 1})
    assert refused.value.code == "charge_already_refunded"
    charge = client.v1.charges.list({"payment_intent": intent}).data[0]
    assert (charge.refunded, charge.amount_refunded) == (True, 2400)
    assert [t.amount for t in client.v1.balance_transactions.list({"type": "refund"})] == [-2000, -400]


def test_partial_capture_can_be_refunded_up_to_what_was_captured(
    running: Running, client: stripe.StripeClient
) -> None:
    created = client.v1.checkout.sessions.create(
        hosted_params(payment_intent_data={"capture_method": "manual"})
    )
    intent = running.pay(created.id)["session"]["payment_intent"]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent})
    client.v1.payment_intents.capture(intent, {"amount_to_capture": 1000})
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent, "amount": 1001})
    assert client.v1.refunds.create({"payment_intent": intent}).amount == 1000


@pytest.mark.parametrize(
    ("card", "before", "after"),
    [
        ("pm_card_pendingRefund", "pending", "succeeded"),
        ("pm_card_refundFail", "succeeded", "failed"),
    ],
)
def test_refund_of_some_cards_ends_later(
    running: Running, client: stripe.StripeClient, card: str, before: str, after: str
) -> None:
    created = client.v1.checkout.sessions.create(hosted_params())
    intent = running.pay(created.id, card)["session"]["payment_intent"]
    refund = client.v1.refunds.create({"payment_intent": intent})
    assert refund.status == before
    running.control("clock", {"advance_s": 3})
    assert client.v1.refunds.retrieve(refund.id).status == after
    charge = client.v1.charges.list({"payment_intent": intent}).data[0]
    assert charge.refunded is (after == "succeeded")


def test_rate_limit_answers_429_with_its_reason(
    started: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.sandbox.limits.time", SimpleNamespace(monotonic=lambda: 1.0))
    running = started(rate_limit=3.0)
    client = running.client()
    with pytest.raises(stripe.RateLimitError) as refused:
        deque((client.v1.customers.list() for _ in range(20)), maxlen=0)
    assert refused.value.headers is not None
    assert refused.value.headers["stripe-rate-limited-reason"] == "endpoint-rate"


def test_store_file_carries_on_after_a_restart(started: Callable[..., Running], tmp_path: Any) -> None:
    file = tmp_path / "store.db"
    first = started(store=file)
    session = first.client().v1.checkout.sessions.create(hosted_params())
    first.stop()
    second = started(store=file)
    assert second.pay(session.id)["result"] == "succeeded"
    assert second.client().v1.checkout.sessions.retrieve(session.id).status == "complete"
