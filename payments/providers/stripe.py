"""Stripe behind the port: the only file that imports `stripe`. The sandbox is reached by configuration alone.

One family of objects serves both types: Checkout Sessions, with `ui_mode` "elements" (the provider's fields in
frames on our page) or "hosted_page" (docs.stripe.com/api/checkout/sessions). No card data can be passed in.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

import stripe
from stripe.checkout import Session as StripeSession

from payments.methods import Method
from payments.money import Money
from payments.patience import patiently
from payments.provider import (
    BadSignature,
    Charge,
    DisputeTold,
    Event,
    Evidence,
    Movement,
    NotAllowed,
    NotThere,
    OutcomeUnknown,
    PaymentError,
    ProviderBusy,
    Refund,
    Refused,
    SavedCard,
    Session,
    SessionRequest,
    SessionStatus,
    UIMode,
    WarningTold,
)
from payments.providers import checkout, objects, promises
from security.sealing import lookup_hash

API_VERSION = "2026-10-28.endive"
"""What the code below was written against; a test fails when the library's own version differs."""

STRIPES_OWN = "https://api.stripe.com"
TIMEOUT_S = 10
SIGNATURE_TOLERANCE_S = 300
_EXPAND = ["payment_intent.latest_charge"]
_OF_LIST = ["data.charge"]
"""With each refund of a list: whether anything had been taken."""
_PAGE = 100

T = TypeVar("T")


class AccountSettings(Protocol):
    """What the adapter needs to know of an account (`shop.settings.StripeAccount` is one)."""

    @property
    def name(self) -> str: ...
    @property
    def secret_key(self) -> str: ...
    @property
    def webhook_secrets(self) -> tuple[str, ...]: ...
    @property
    def api_base(self) -> str: ...
    @property
    def livemode(self) -> bool: ...


class StripeProvider:
    """One Stripe account. Safe to share between threads."""

    name = "stripe"

    def __init__(
        self,
        account: str,
        secret_key: str,
        webhook_secrets: tuple[str, ...],
        api_base: str,
        *,
        livemode: bool,
    ) -> None:
        self.account = account
        self.livemode = livemode
        self._webhook_secrets = webhook_secrets
        # The key of card hashes. They count for a day, so it does no harm that a new secret key makes other ones.
        self._card_key = secret_key.encode()
        self._client = stripe.StripeClient(
            secret_key,
            stripe_version=API_VERSION,
            base_addresses=_addresses(api_base),
            max_network_retries=1,
            http_client=stripe.RequestsClient(timeout=TIMEOUT_S),
        )

    @classmethod
    def of_account(cls, account: AccountSettings) -> StripeProvider:
        """The adapter for a configured account."""
        return cls(
            account.name,
            account.secret_key,
            account.webhook_secrets,
            account.api_base,
            livemode=account.livemode,
        )

    def create_session(self, request: SessionRequest) -> Session:
        """POST /v1/checkout/sessions with the attempt's id as idempotency key.

        Asked once: whoever asks again first looks whether cards have been stopped meanwhile.
        """
        options: Any = {"idempotency_key": request.idempotency_key, "max_network_retries": 0}
        if request.ui_mode is UIMode.PROMISE:
            return self._promise(request, options)
        params: Any = checkout.create_params(request)
        return self._told(_call(lambda: self._client.v1.checkout.sessions.create(params, options)))

    def retrieve_session(self, session_id: str) -> Session:
        """GET /v1/checkout/sessions/{id}, with the payment and its last charge; without a card, the payment's own."""
        if promises.is_promise(session_id):
            return self._told_intent(
                _call(
                    lambda: self._client.v1.payment_intents.retrieve(
                        session_id, {"expand": ["latest_charge"]}
                    )
                )
            )
        return self._told(
            _call(lambda: self._client.v1.checkout.sessions.retrieve(session_id, {"expand": _EXPAND}))
        )

    def expire_session(self, session_id: str) -> Session:
        """POST /v1/checkout/sessions/{id}/expire; Stripe refuses when it isn't open, then it is read instead.

        The answer is the session after its end, so it is not read again: after a stop a second call for each would
        double the time in which the others can be paid. Without a card, POST /v1/payment_intents/{id}/cancel.
        """
        if promises.is_promise(session_id):
            return self._cancel(session_id)
        params: Any = {"expand": _EXPAND}
        try:
            return self._told(_call(lambda: self._client.v1.checkout.sessions.expire(session_id, params)))
        except NotThere:
            raise
        except Refused:
            return self.retrieve_session(session_id)

    def sessions_since(self, since: dt.datetime, until: dt.datetime | None = None) -> Iterator[Session]:
        """GET /v1/checkout/sessions, newest first, page by page."""
        created = {"gte": int(since.timestamp())}
        if until is not None:
            created["lte"] = int(until.timestamp())
        params: Any = {
            "created": created,
            "limit": _PAGE,
            "expand": ["data." + path for path in _EXPAND],
        }
        yield from map(self._told, _period(lambda: self._client.v1.checkout.sessions.list(params)))

    def promises_since(self, since: dt.datetime, until: dt.datetime | None = None) -> Iterator[Session]:
        """GET /v1/payment_intents, newest first: those that we made without a Checkout Session."""
        created = {"gte": int(since.timestamp())}
        if until is not None:
            created["lte"] = int(until.timestamp())
        params: Any = {"created": created, "limit": _PAGE, "expand": ["data.latest_charge"]}
        intents = _period(lambda: self._client.v1.payment_intents.list(params))
        yield from (self._told_intent(intent) for intent in intents if promises.is_ours(intent))

    def capture(self, payment_id: str, amount: Money, *, idempotency_key: str) -> None:
        """POST /v1/payment_intents/{id}/capture. Stripe takes once and lets the rest go."""
        params: Any = {"amount_to_capture": amount.minor}
        options: Any = {"idempotency_key": idempotency_key}
        _call(lambda: self._client.v1.payment_intents.capture(payment_id, params, options))

    def void(self, payment_id: str, *, idempotency_key: str) -> None:
        """POST /v1/payment_intents/{id}/cancel."""
        options: Any = {"idempotency_key": idempotency_key}
        _call(lambda: self._client.v1.payment_intents.cancel(payment_id, {}, options))

    def create_customer(self, reference: str, email: str, *, idempotency_key: str) -> str:
        """POST /v1/customers."""
        params: Any = {"email": email, "metadata": {"account": reference}}
        options: Any = {"idempotency_key": idempotency_key}
        return _call(lambda: self._client.v1.customers.create(params, options)).id

    def saved_cards(self, customer_id: str) -> list[SavedCard]:
        """GET /v1/customers/{id}/payment_methods, and the customer for which one is preferred."""
        customer: Any = _call(lambda: self._client.v1.customers.retrieve(customer_id))
        if getattr(customer, "deleted", False):
            raise NotThere("the customer was taken away")
        preferred = customer.invoice_settings.default_payment_method if customer.invoice_settings else None
        params: Any = {"type": "card", "limit": _PAGE}
        methods = _pages(lambda: self._client.v1.customers.payment_methods.list(customer_id, params))
        cards = [objects.saved_card(method, preferred) for method in methods]
        return sorted(cards, key=lambda card: not card.is_default)

    def forget_card(self, customer_id: str, card_id: str) -> None:
        """POST /v1/payment_methods/{id}/detach, when it is the customer's."""
        _call(lambda: self._client.v1.customers.payment_methods.retrieve(customer_id, card_id))
        _call(lambda: self._client.v1.payment_methods.detach(card_id))

    def prefer_card(self, customer_id: str, card_id: str) -> None:
        """POST /v1/customers/{id}; Stripe keeps the preferred card among its settings for invoices."""
        _call(lambda: self._client.v1.customers.payment_methods.retrieve(customer_id, card_id))
        params: Any = {"invoice_settings": {"default_payment_method": card_id}}
        _call(lambda: self._client.v1.customers.update(customer_id, params))

    def forget_customer(self, customer_id: str) -> None:
        """DELETE /v1/customers/{id}."""
        _call(lambda: self._client.v1.customers.delete(customer_id))

    def refund(
        self, payment_id: str, amount: Money, *, idempotency_key: str, reference: str, to_bank: bool = False
    ) -> Refund:
        """POST /v1/refunds; without a card with the payer's address, to which Stripe writes for a bank account."""
        params: Any = {
            "payment_intent": payment_id,
            "amount": amount.minor,
            "metadata": {"payment": reference, "refund": idempotency_key},
        }
        if to_bank and (email := self._payer_email(payment_id)):
            params["instructions_email"] = email
        return objects.refund(
            _call(lambda: self._client.v1.refunds.create(params, {"idempotency_key": idempotency_key}))
        )

    def refunds_of(self, payment_id: str) -> list[Refund]:
        """GET /v1/refunds of one payment."""
        params: Any = {"payment_intent": payment_id, "limit": _PAGE, "expand": _OF_LIST}
        return list(map(objects.refund, _pages(lambda: self._client.v1.refunds.list(params))))

    def refunds_since(self, since: dt.datetime) -> Iterator[Refund]:
        """GET /v1/refunds, newest first."""
        params: Any = {"created": {"gte": int(since.timestamp())}, "limit": _PAGE, "expand": _OF_LIST}
        refunds = _period(lambda: self._client.v1.refunds.list(params))
        yield from (objects.refund(one) for one in refunds if one.payment_intent is not None)

    def balance_of(self, customer: str) -> Money:
        """GET /v1/customers/{id}/cash_balance."""
        held = _call(lambda: self._client.v1.customers.cash_balance.retrieve(customer))
        yen: dict[str, int] = held.available.to_dict() if held.available is not None else {}
        return Money(int(yen.get("jpy", 0)))

    def refund_balance(self, customer: str, amount: Money, *, idempotency_key: str, reference: str) -> Refund:
        """POST /v1/refunds with `origin=customer_balance`."""
        email = _call(lambda: self._client.v1.customers.retrieve(customer)).email
        params: Any = {
            "origin": "customer_balance",
            "customer": customer,
            "amount": amount.minor,
            "currency": amount.currency.lower(),
            "instructions_email": email or "",
            "metadata": {"payment": reference, "refund": idempotency_key},
        }
        return objects.refund(
            _call(lambda: self._client.v1.refunds.create(params, {"idempotency_key": idempotency_key}))
        )

    def balance_refund(self, refund_id: str) -> Refund:
        """GET /v1/refunds/{id}."""
        return objects.refund(_call(lambda: self._client.v1.refunds.retrieve(refund_id)))

    def disputes_of(self, payment_id: str) -> list[DisputeTold]:
        """GET /v1/disputes of one payment."""
        params: Any = {"payment_intent": payment_id, "limit": _PAGE}
        return list(map(objects.dispute, _pages(lambda: self._client.v1.disputes.list(params))))

    def disputes_since(self, since: dt.datetime) -> Iterator[DisputeTold]:
        """GET /v1/disputes, newest first."""
        params: Any = {"created": {"gte": int(since.timestamp())}, "limit": _PAGE}
        yield from map(objects.dispute, _period(lambda: self._client.v1.disputes.list(params)))

    def retrieve_dispute(self, dispute_id: str) -> DisputeTold:
        """GET /v1/disputes/{id}."""
        return objects.dispute(_call(lambda: self._client.v1.disputes.retrieve(dispute_id)))

    def answer_dispute(self, dispute_id: str, evidence: Evidence, *, idempotency_key: str) -> DisputeTold:
        """POST /v1/files for the file, then POST /v1/disputes/{id} with `submit`."""
        given: dict[str, Any] = dict(evidence.texts)
        if evidence.file_field is not None:
            given[evidence.file_field] = self._upload(evidence, f"{idempotency_key}-file")
        params: Any = {"evidence": given, "submit": True}
        options: Any = {"idempotency_key": idempotency_key}
        return objects.dispute(_call(lambda: self._client.v1.disputes.update(dispute_id, params, options)))

    def close_dispute(self, dispute_id: str, *, idempotency_key: str) -> DisputeTold:
        """POST /v1/disputes/{id}/close."""
        options: Any = {"idempotency_key": idempotency_key}
        return objects.dispute(_call(lambda: self._client.v1.disputes.close(dispute_id, options=options)))

    def _upload(self, evidence: Evidence, idempotency_key: str) -> str:
        with io.BytesIO(evidence.file_content) as file:
            file.name = evidence.file_name
            params: Any = {"purpose": "dispute_evidence", "file": file}
            options: Any = {"idempotency_key": idempotency_key}
            return _call(lambda: self._client.v1.files.create(params, options)).id

    def warnings_of(self, payment_id: str) -> list[WarningTold]:
        """GET /v1/radar/early_fraud_warnings of one payment."""
        params: Any = {"payment_intent": payment_id, "limit": _PAGE}
        return list(
            map(objects.warning, _pages(lambda: self._client.v1.radar.early_fraud_warnings.list(params)))
        )

    def warnings_since(self, since: dt.datetime) -> Iterator[WarningTold]:
        """GET /v1/radar/early_fraud_warnings, newest first."""
        params: Any = {"created": {"gte": int(since.timestamp())}, "limit": _PAGE}
        yield from map(
            objects.warning, _period(lambda: self._client.v1.radar.early_fraud_warnings.list(params))
        )

    def movements_since(self, since: dt.datetime) -> Iterator[Movement]:
        """GET /v1/balance_transactions, newest first."""
        params: Any = {"created": {"gte": int(since.timestamp())}, "limit": _PAGE}
        yield from map(objects.movement, _period(lambda: self._client.v1.balance_transactions.list(params)))

    def parse_event(self, body: bytes, headers: Mapping[str, str]) -> Event:
        """Check `Stripe-Signature` over the raw body, against every secret we hold, then read the ids.

        (docs.stripe.com/webhooks/signature: HMAC-SHA256 of "t.body", 300 s of tolerance.)
        """
        signature = headers.get("Stripe-Signature", "")
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise BadSignature("the body is not UTF-8") from None
        if not any(self._is_signed(text, signature, secret) for secret in self._webhook_secrets):
            raise BadSignature("no secret of this account signed this body lately")
        try:
            return objects.event(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refused("a signed body that is not an event") from error

    def events_since(self, since: dt.datetime) -> Iterator[Event]:
        """GET /v1/events, newest first."""
        params: Any = {"created": {"gte": int(since.timestamp())}, "limit": _PAGE}
        for event in _period(lambda: self._client.v1.events.list(params)):
            yield objects.event(event.to_dict())

    def _promise(self, request: SessionRequest, options: Any) -> Session:
        """A payment without a card, confirmed at once; transfers need a customer, made for this payment alone."""
        customer = None
        if request.method == Method.TRANSFER:
            key = {"idempotency_key": f"{request.idempotency_key}-customer", "max_network_retries": 0}
            who: Any = {
                "metadata": promises.metadata(request),
                "email": request.payer.email if request.payer else "",
            }
            customer = _call(lambda: self._client.v1.customers.create(who, key)).id  # type: ignore[arg-type]  # a TypedDict
        params: Any = promises.create_params(request, customer)
        return self._told_intent(_call(lambda: self._client.v1.payment_intents.create(params, options)))

    def _payer_email(self, payment_id: str) -> str | None:
        expand: Any = {"expand": ["latest_charge"]}
        intent = _call(lambda: self._client.v1.payment_intents.retrieve(payment_id, expand))
        charge: Any = intent.latest_charge
        return charge.billing_details.email if charge is not None else None

    def _cancel(self, payment_id: str) -> Session:
        """Cancel, and read again; Refused when it could still be paid after that."""
        refused: Refused | None = None
        try:
            _call(lambda: self._client.v1.payment_intents.cancel(payment_id))
        except NotThere:
            raise
        except Refused as error:
            refused = error
        told = self.retrieve_session(payment_id)
        if refused is not None and told.status is SessionStatus.OPEN:
            raise refused
        return told

    def _told_intent(self, intent: stripe.PaymentIntent) -> Session:
        return promises.told(intent, self._charge)

    def _charge(self, told: stripe.Charge) -> Charge:
        return objects.charge(told, lambda fingerprint: lookup_hash(self._card_key, "card", fingerprint))

    def _told(self, session: StripeSession) -> Session:
        return checkout.told(session, self._charge)

    @staticmethod
    def _is_signed(body: str, signature: str, secret: str) -> bool:
        try:
            return bool(
                stripe.WebhookSignature.verify_header(
                    body, signature, secret, tolerance=SIGNATURE_TOLERANCE_S
                )
            )
        except (stripe.SignatureVerificationError, ValueError, TypeError):
            return False


def _addresses(api_base: str) -> Any:
    """Files go to a host of their own at Stripe; a sandbox takes them where it takes all else."""
    return {"api": api_base} if api_base == STRIPES_OWN else {"api": api_base, "files": api_base}


def _call(call: Callable[[], T]) -> T:
    """Run a call and speak our words about what went wrong."""
    try:
        return call()
    except stripe.StripeError as error:
        raise _translated(error) from error


def _pages(first: Callable[[], Any], ask: Callable[[Callable[[], Any]], Any] = _call) -> Iterator[Any]:
    """Every object of a list, newest first, as many pages as there are."""
    page = ask(first)
    while True:
        yield from page.data
        if not page.has_more:
            return
        page = ask(page.next_page)


def _period(first: Callable[[], Any]) -> Iterator[Any]:
    """A list of a whole period: half read is worth nothing and nobody waits for it, so it keeps to the rate."""
    return _pages(first, lambda call: patiently(lambda: _call(call)))


def _translated(error: stripe.StripeError) -> PaymentError:
    code = str(error.code) if error.code else None
    kinds: tuple[tuple[type[Exception], type[PaymentError]], ...] = (
        (stripe.RateLimitError, ProviderBusy),
        (stripe.IdempotencyError, Refused),
        (stripe.InvalidRequestError, NotThere if code == "resource_missing" else Refused),
        (stripe.AuthenticationError, NotAllowed),
        (stripe.PermissionError, NotAllowed),
        (stripe.CardError, Refused),
    )
    kind = next((ours for theirs, ours in kinds if isinstance(error, theirs)), OutcomeUnknown)
    if error.http_status == 409:
        kind = OutcomeUnknown  # another call holds the same idempotency key; its result will be ours
    elif error.http_status == 429:
        kind = ProviderBusy
    # The provider's own text can quote what was sent; only its kind and code go on.
    return kind(
        f"{type(error).__name__} {error.http_status or ''}".strip(), code=code, request_id=error.request_id
    )
