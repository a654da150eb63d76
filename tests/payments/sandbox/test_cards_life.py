"""A card's whole life: saved, charged with and without its holder, reserved, captured, let go, refunded."""

from __future__ import annotations

import json
from typing import Any

import pytest
import stripe

from .running import Running, elements_params, hosted_params

DAY_S = 86_400


def customer_with(client: stripe.StripeClient, card: str = "pm_card_visa") -> tuple[str, str]:
    """A customer and the id of a card saved for them."""
    customer = client.v1.customers.create({"email": "a@example.com"}).id
    return customer, client.v1.payment_methods.attach(card, {"customer": customer}).id


def pay(client: stripe.StripeClient, **params: Any) -> Any:
    given: Any = {"amount": 2400, "currency": "jpy", **params}
    return client.v1.payment_intents.create(given)


def events(client: stripe.StripeClient) -> list[str]:
    return [str(event.type) for event in client.v1.events.list({"limit": 100})][::-1]


def test_saved_card_is_charged_without_its_holder(client: stripe.StripeClient) -> None:
    customer, method = customer_with(client)
    intent = pay(client, customer=customer, payment_method=method, off_session=True, confirm=True)
    assert (intent.status, intent.payment_method, intent.customer) == ("succeeded", method, customer)
    again = pay(client, customer=customer, payment_method=method, off_session=True, confirm=True)
    assert again.id != intent.id
    assert again.status == "succeeded"


@pytest.mark.parametrize(
    ("card", "set_up", "status"),
    [
        ("pm_card_authenticationRequired", True, "declined"),
        ("pm_card_authenticationRequiredOnSetup", True, "succeeded"),
        ("pm_card_authenticationRequiredOnSetup", False, "declined"),
        ("pm_card_authenticationRequiredSetupForOffSession", False, "succeeded"),
    ],
)
def test_off_session_charges_obey_the_cards_authentication(
    running: Running, client: stripe.StripeClient, card: str, set_up: bool, status: str
) -> None:
    customer, method = customer_with(client, card)
    if set_up:
        setup: Any = client.v1.setup_intents.create(
            {"customer": customer, "payment_method": method, "confirm": True}
        )
        assert setup.status == "requires_action"
        page = setup.next_action.use_stripe_sdk["stripe_js"].rpartition("/")[2]
        assert running.control(f"challenges/{page}", {"answer": "pass"})["intent"]["status"] == "succeeded"
    params: Any = {"customer": customer, "payment_method": method, "off_session": True, "confirm": True}
    if status == "succeeded":
        assert pay(client, **params).status == "succeeded"
        return
    with pytest.raises(stripe.CardError) as refused:
        pay(client, **params)
    assert (refused.value.http_status, refused.value.code) == (402, "authentication_required")
    kept = client.v1.payment_intents.list().data[0]
    assert kept.status == "requires_payment_method"
    assert events(client)[-1] == "payment_intent.payment_failed"


def test_refused_card_stays_recorded_and_is_replayed(client: stripe.StripeClient) -> None:
    params: Any = {"amount": 500, "currency": "jpy", "payment_method": "pm_card_visa_chargeDeclined"}
    params["confirm"] = True
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refused:
            client.v1.payment_intents.create(params, {"idempotency_key": "once"})
        assert refused.value.code == "card_declined"
    assert [charge.status for charge in client.v1.charges.list()] == ["failed"]
    assert refused.value.json_body["error"]["payment_intent"]["status"] == "requires_payment_method"  # type: ignore[index]  # a dict here


def test_card_that_declines_when_charged_can_be_saved_others_that_decline_cannot(
    client: stripe.StripeClient,
) -> None:
    customer, method = customer_with(client, "pm_card_chargeCustomerFail")
    with pytest.raises(stripe.CardError):
        pay(client, customer=customer, payment_method=method, confirm=True, off_session=True)
    with pytest.raises(stripe.CardError):
        client.v1.payment_methods.attach("pm_card_visa_chargeDeclined", {"customer": customer})
    assert [m.id for m in client.v1.customers.payment_methods.list(customer)] == [method]


def test_saved_methods_are_listed_made_default_and_taken_away(client: stripe.StripeClient) -> None:
    customer, first = customer_with(client)
    second = client.v1.payment_methods.attach("pm_card_mastercard", {"customer": customer}).id
    assert [m.id for m in client.v1.payment_methods.list({"customer": customer, "type": "card"})] == [
        second,
        first,
    ]
    changed: Any = client.v1.customers.update(
        customer, {"invoice_settings": {"default_payment_method": first}}
    )
    assert changed.invoice_settings.default_payment_method == first
    assert client.v1.customers.payment_methods.retrieve(customer, first).id == first
    client.v1.payment_methods.update(second, {"billing_details": {"name": "花"}, "card": {"exp_year": 2040}})
    seen: Any = client.v1.payment_methods.retrieve(second)
    assert (seen.billing_details.name, seen.card.exp_year) == ("花", 2040)
    assert client.v1.payment_methods.detach(first).customer is None
    without: Any = client.v1.customers.retrieve(customer)
    assert without.invoice_settings.default_payment_method is None
    for use in (
        lambda: client.v1.payment_methods.attach(first, {"customer": customer}),
        lambda: pay(client, payment_method=first, confirm=True),
    ):
        with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
            use()


def test_method_of_another_customer_or_account_is_not_used(
    running: Running, client: stripe.StripeClient
) -> None:
    _, method = customer_with(client)
    other = client.v1.customers.create({}).id
    with pytest.raises(stripe.InvalidRequestError):
        pay(client, customer=other, payment_method=method, confirm=True)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        running.client("sk_test_hitsuka_cocomo").v1.payment_methods.retrieve(method)
    assert refused.value.code == "resource_missing"


def test_confirmation_may_come_later_and_ask_for_a_challenge(
    running: Running, client: stripe.StripeClient
) -> None:
    intent = pay(client, payment_method="pm_card_threeDSecureOptional")
    assert intent.status == "requires_confirmation"
    options: Any = {"card": {"request_three_d_secure": "any"}}
    asked: Any = client.v1.payment_intents.confirm(
        intent.id, {"payment_method_options": options, "return_url": "http://localhost:8000/back?a=1"}
    )
    assert (asked.status, asked.next_action.type) == ("requires_action", "redirect_to_url")
    challenge = asked.next_action.redirect_to_url.url.rpartition("/")[2]
    running.control(f"challenges/{challenge}", {"answer": "pass"})
    done: Any = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert done.status == "succeeded"
    assert done.latest_charge.payment_method_details.card.three_d_secure.result == "authenticated"
    assert running.answer("GET", f"/3ds/{challenge}", "", {})[1] == (
        f"http://localhost:8000/back?a=1&payment_intent={intent.id}"
        f"&payment_intent_client_secret={intent.client_secret}&redirect_status=succeeded"
    )


def test_an_error_on_requires_action_leaves_no_challenge(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError) as refused:
        pay(
            client,
            payment_method="pm_card_threeDSecure2Required",
            confirm=True,
            error_on_requires_action=True,
        )
    assert refused.value.code == "authentication_required"
    assert client.v1.payment_intents.list().data[0].status == "requires_payment_method"


@pytest.mark.parametrize("where", ["session", "intent"])
def test_reservation_ends_by_itself_at_capture_before(
    running: Running, client: stripe.StripeClient, where: str
) -> None:
    running.freeze()
    if where == "session":
        params = hosted_params(payment_method_options={"card": {"capture_method": "manual"}})
        paid = running.pay(client.v1.checkout.sessions.create(params).id)["session"]["payment_intent"]
    else:
        paid = pay(client, payment_method="pm_card_visa", capture_method="manual", confirm=True).id
    charge: Any = client.v1.charges.list({"payment_intent": paid}).data[0]
    left = charge.payment_method_details.card.capture_before - running.sandbox.now()
    running.control("clock", {"advance_s": left - 60})
    assert client.v1.payment_intents.retrieve(paid).status == "requires_capture"
    running.control("clock", {"advance_s": 61})
    intent = client.v1.payment_intents.retrieve(paid)
    assert (intent.status, intent.cancellation_reason) == ("canceled", "automatic")
    assert client.v1.refunds.list({"payment_intent": paid}).data[0].reason == "expired_uncaptured_charge"
    assert events(client)[-2:] == ["charge.expired", "payment_intent.canceled"]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.capture(paid)
    assert client.v1.balance_transactions.list().data == []


def test_captured_reservation_does_not_end_by_itself(running: Running, client: stripe.StripeClient) -> None:
    intent = pay(client, payment_method="pm_card_visa", capture_method="manual", confirm=True).id
    client.v1.payment_intents.capture(intent, {"amount_to_capture": 1000})
    running.control("clock", {"advance_s": 30 * DAY_S})
    assert client.v1.payment_intents.retrieve(intent).status == "succeeded"
    assert client.v1.refunds.create({"payment_intent": intent}).amount == 1000


def test_session_saves_the_card_for_later(running: Running, client: stripe.StripeClient) -> None:
    created = client.v1.checkout.sessions.create(
        hosted_params(payment_intent_data={"setup_future_usage": "off_session"})
    )
    session = running.pay(created.id)["session"]
    assert session["customer"].startswith("cus_")
    saved: Any = client.v1.customers.payment_methods.list(session["customer"]).data[0]
    assert saved.allow_redisplay == "limited"
    intent = pay(
        client, customer=session["customer"], payment_method=saved.id, off_session=True, confirm=True
    )
    assert intent.status == "succeeded"


@pytest.mark.parametrize(
    ("filters", "shown"), [(["always", "limited", "unspecified"], ["4242"]), (["always"], [])]
)
def test_a_page_is_told_the_saved_cards_that_its_filters_let_through(
    running: Running, client: stripe.StripeClient, filters: Any, shown: list[str]
) -> None:
    customer, _method = customer_with(client)
    options: Any = {"allow_redisplay_filters": filters}
    params = elements_params(customer=customer, saved_payment_method_options=options)
    params.pop("customer_email", None)
    session = client.v1.checkout.sessions.create(params)
    assert session.saved_payment_method_options is not None
    assert session.saved_payment_method_options.allow_redisplay_filters == filters
    body = json.dumps({"client_secret": session.client_secret, "key": "pk_test_hitsuka", "locale": "ja"})
    headers = {"Content-Type": "application/json", "Origin": running.config.browser_origin}
    status, answer, _headers = running.http("POST", "/elements/session", body.encode(), headers)
    assert status == 200
    kept = json.loads(answer)["session"]["savedPaymentMethods"]
    assert [card["card"]["last4"] for card in kept] == shown


def test_session_shows_saved_cards_and_pays_with_one(running: Running, client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"email": "a@example.com"}).id
    options: Any = {"payment_method_save": "enabled"}
    params = hosted_params(customer=customer, saved_payment_method_options=options)
    del params["customer_email"]
    first = client.v1.checkout.sessions.create(params)
    running.pay(first.id, save=True)
    saved: Any = client.v1.customers.payment_methods.list(customer).data[0]
    assert saved.allow_redisplay == "always"
    second = client.v1.checkout.sessions.create(params)
    page = running.http("GET", f"/c/pay/{second.id}")[1].decode()
    assert f'value="{saved.id}"' in page
    assert running.pay(second.id, saved.id)["result"] == "succeeded"
    stranger = client.v1.checkout.sessions.create(hosted_params())
    assert running.pay(stranger.id, saved.id)["error"]["code"] == "resource_missing"


@pytest.mark.parametrize("ui", [hosted_params, elements_params])
def test_setup_mode_saves_without_paying(running: Running, client: stripe.StripeClient, ui: Any) -> None:
    customer = client.v1.customers.create({"email": "a@example.com"}).id
    params = ui(mode="setup", customer=customer, currency="jpy", setup_intent_data={"metadata": {"a": "1"}})
    del params["line_items"], params["customer_email"]
    created = client.v1.checkout.sessions.create(params)
    assert (created.payment_status, created.amount_total) == ("no_payment_required", None)
    assert running.pay(created.id, "pm_card_visa_chargeDeclined")["result"] == "declined"
    answer = running.pay(created.id, "pm_card_authenticationRequiredOnSetup")
    running.control(f"challenges/{answer['challenge']}", {"answer": "pass"})
    session: Any = client.v1.checkout.sessions.retrieve(
        created.id, {"expand": ["setup_intent.latest_attempt"]}
    )
    assert (session.status, session.setup_intent.status) == ("complete", "succeeded")
    assert session.setup_intent.latest_attempt.status == "succeeded"
    assert session.setup_intent.metadata.to_dict() == {"a": "1"}
    assert [a.status for a in client.v1.setup_attempts.list({"setup_intent": session.setup_intent.id})] == [
        "succeeded",
        "failed",
    ]
    method = session.setup_intent.payment_method
    assert client.v1.payment_methods.retrieve(method).customer == customer
    assert pay(client, customer=customer, payment_method=method, off_session=True, confirm=True).status == (
        "succeeded"
    )


def test_expired_setup_session_gives_its_intent_up(client: stripe.StripeClient) -> None:
    params = hosted_params(mode="setup", currency="jpy")
    del params["line_items"]
    created = client.v1.checkout.sessions.create(params)
    client.v1.checkout.sessions.expire(created.id)
    setup = client.v1.setup_intents.retrieve(str(created.setup_intent))
    assert setup.status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.setup_intents.confirm(setup.id, {"payment_method": "pm_card_visa"})
    assert refused.value.code == "setup_intent_unexpected_state"


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"currency": "usd"}, "currency"),
        ({"amount": 49}, "amount"),
        ({"off_session": True}, "off_session"),
        ({"customer": "cus_nobody"}, "customer"),
        ({"payment_method": "pm_nobody"}, "payment_method"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_parameters_of_an_intent_are_named(
    client: stripe.StripeClient, params: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        pay(client, **params)
    assert refused.value.param == param
    assert client.v1.payment_intents.list().data == []


def test_intent_of_a_session_is_the_sessions(running: Running, client: stripe.StripeClient) -> None:
    created = client.v1.checkout.sessions.create(hosted_params())
    intent = running.pay(created.id, "decline:generic_decline")["session"]["payment_intent"]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.confirm(intent, {"payment_method": "pm_card_visa"})
    assert refused.value.code == "payment_intent_unexpected_state"
