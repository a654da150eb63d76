"""The port to a payment provider: what we ask of it and what it answers, in our own words.

Anyone in `payments` and `shop` may import it; the adapters in `payments/providers/` implement it. Amounts are
integer minor units; moments are aware UTC.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from payments.methods import PROMISE
from payments.money import Money


class UIMode(StrEnum):
    """Where the card is typed: in the provider's frames on our page, or on the provider's page."""

    ELEMENTS = "elements"
    HOSTED_PAGE = "hosted_page"
    PROMISE = PROMISE
    """Nowhere: it is paid without a card, and our own page tells how."""


class ThreeDSecure(StrEnum):
    """When a card's holder is to prove who they are (docs.stripe.com/payments/3d-secure)."""

    AUTOMATIC = "automatic"
    """When the issuer or the law asks for it."""
    ANY = "any"
    """Whenever the card can."""
    CHALLENGE = "challenge"
    """Whenever the card can, and its holder is to do something for it."""


class SessionStatus(StrEnum):
    """The provider's word on a checkout session."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Line:
    """One line that the provider shows to the shopper; `unit` is tax-included."""

    name: str
    unit: Money
    quantity: int


@dataclass(frozen=True)
class Payer:
    """Who promises to pay, for methods that need to know: on a till's screen, or to open an account."""

    name: str
    email: str


@dataclass(frozen=True)
class Promise:
    """What a customer needs to pay without a card, as the provider tells it now."""

    deadline: dt.datetime | None
    """When the provider itself ends it; None when it never does."""
    remaining: Money
    """What is still missing."""
    details: Mapping[str, Mapping[str, str | None]]
    """konbini: by chain its `payment_code` and `confirmation_number`. Transfer: "account" with the parts of it."""
    voucher_url: str | None


@dataclass(frozen=True)
class SessionRequest:
    """All that makes a checkout session. The same request with the same key makes it once."""

    idempotency_key: str
    reference: str
    """Our payment ("store.id"): comes back in every object and event."""
    request_id: str
    ui_mode: UIMode
    method: str
    lines: tuple[Line, ...]
    return_url: str
    cancel_url: str
    locale: str
    email: str | None
    expires_at: dt.datetime
    payer: Payer | None = None
    """Needed by methods without a card: they are promised at once, and `expires_at` is their deadline."""
    three_d_secure: ThreeDSecure = ThreeDSecure.ANY
    customer: str | None = None
    """The provider's name of who pays: the page shows the cards that it keeps for them."""
    save_card: bool = False
    """Let the provider keep the card for that customer, who has agreed to it."""
    capture_later: bool = False
    """Only reserve the card's money; it is taken, all or part, by `Provider.capture`."""

    @property
    def total(self) -> Money:
        first, *rest = (line.unit * line.quantity for line in self.lines)
        return sum(rest, start=first)


@dataclass(frozen=True)
class Charge:
    """Money that moved from a card, or the try that failed."""

    id: str
    amount: Money
    refunded: Money
    captured: bool
    paid: bool
    method: str
    brand: str | None
    last4: str | None
    created: dt.datetime
    """By the provider's clock, to the second."""
    card_hash: str | None = None
    """A keyed hash of the provider's fingerprint of the card: one card, one hash, and no way back."""
    reserved: Money | None = None
    """What the card reserved; `amount` is what of it was taken."""
    capture_before: dt.datetime | None = None
    """Until when a reservation can be taken. The provider's word, never a fixed number of days."""


@dataclass(frozen=True)
class Session:
    """A checkout session as the provider tells it now, with what was paid through it."""

    id: str
    status: SessionStatus
    paid: bool
    reference: str | None
    attempt: str | None
    """The idempotency key that made it, as its metadata tell."""
    amount: Money
    livemode: bool
    ui_mode: str
    methods: tuple[str, ...]
    url: str | None
    client_secret: str | None
    payment_id: str | None
    """The provider's id of the payment (`pi_…`), once there is one."""
    payment_status: str | None
    charge: Charge | None
    decline: Decline | None
    """Why the last try failed, when one did."""
    created: dt.datetime
    expires_at: dt.datetime
    promise: Promise | None = None
    """How it can still be paid without a card; None when it can't (any more)."""
    customer: str | None = None
    """The provider's id of the customer whose balance takes transfers."""


@dataclass(frozen=True)
class SavedCard:
    """A card that the provider keeps for a customer, as it may be shown to them."""

    id: str
    brand: str
    last4: str
    exp_month: int  # hk: allow HK101 what the provider tells, shown to its owner and kept nowhere
    exp_year: int  # hk: allow HK101 as above
    is_default: bool


class Decline(StrEnum):
    """Why a card was refused, as coarse as a stranger may know it."""

    FUNDS = "funds"
    AUTHENTICATION = "authentication"
    ENTRY = "entry"
    ISSUER = "issuer"


@dataclass(frozen=True)
class Refund:
    """Money on its way back."""

    id: str
    payment_id: str
    amount: Money
    status: str
    reference: str | None
    key: str | None
    """The idempotency key that made it, as its metadata tell; None for one made on the provider's own screen."""
    is_release: bool = False
    """Nothing had been taken: it only tells that a reservation was let go, and moves no money."""


@dataclass(frozen=True)
class Movement:
    """A movement of our balance at the provider. `amount` is negative for what left it; the fee is taken besides."""

    id: str
    category: str
    """The provider's reporting category: charge, refund, refund_failure, dispute, dispute_reversal, and others."""
    source: str | None
    """The charge, refund or dispute that it comes from."""
    amount: Money
    fee: Money
    created: dt.datetime


@dataclass(frozen=True)
class DisputeTold:
    """A dispute as the provider tells it now, with what it moved so far."""

    id: str
    payment_id: str
    amount: Money
    reason: str
    status: str
    due_by: dt.datetime | None
    submissions: int
    livemode: bool
    created: dt.datetime
    movements: tuple[Movement, ...]


@dataclass(frozen=True)
class WarningTold:
    """An issuer's early warning of fraud."""

    id: str
    payment_id: str
    fraud_type: str
    actionable: bool
    created: dt.datetime


@dataclass(frozen=True)
class Evidence:
    """What is said against a dispute: texts by the provider's field names, and one file under one of them."""

    texts: Mapping[str, str]
    file_field: str | None = None
    file_name: str = ""
    file_content: bytes = b""


@dataclass(frozen=True)
class Event:
    """News from the provider. Only ids are taken from it; the object is fetched anew."""

    id: str
    type: str
    created: dt.datetime
    livemode: bool
    object_type: str
    object_id: str
    reference: str | None
    """Our payment id, as far as the object carries it."""
    payment_id: str | None
    customer: str | None = None
    """Whose balance it tells of."""


class PaymentError(Exception):
    """A call to the provider did not give what it promised. `code` is stable and safe to log."""

    code = "payment_error"

    def __init__(self, message: str, *, code: str | None = None, request_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code or self.code
        self.provider_request_id = request_id


class OutcomeUnknown(PaymentError):
    """It may have happened or not (no answer, or the provider's own fault): ask again with the same key."""

    code = "unknown"


class ProviderBusy(PaymentError):
    """The provider wants fewer calls; it did nothing."""

    code = "busy"


class Refused(PaymentError):
    """The provider understood and said no; it did nothing."""

    code = "refused"


class NotThere(Refused):
    """The provider has no such object in this account."""

    code = "not_there"


class NotAllowed(PaymentError):
    """Our key is wrong or lacks a right; nothing was done, and it says nothing about what was asked."""

    code = "not_allowed"


class BadSignature(PaymentError):
    """The body was not sent by the provider, or too long ago."""

    code = "bad_signature"


class Provider(Protocol):
    """A payment provider's account. Every call may raise a PaymentError; none retries beyond its client's own."""

    @property
    def name(self) -> str:
        """The provider: "stripe"."""

    @property
    def account(self) -> str:
        """Our name for the account."""

    @property
    def livemode(self) -> bool:
        """Whether real money moves."""

    def create_session(self, request: SessionRequest) -> Session:
        """Make a session, or give back the one that this key made before."""

    def retrieve_session(self, session_id: str) -> Session:
        """The session as it is now."""

    def expire_session(self, session_id: str) -> Session:
        """Make an open session unpayable; one that ended already comes back as it is."""

    def sessions_since(self, since: dt.datetime, until: dt.datetime | None = None) -> Iterator[Session]:
        """Every session made since (and until then), newest first; those of cards alone."""

    def promises_since(self, since: dt.datetime, until: dt.datetime | None = None) -> Iterator[Session]:
        """The same of payments without a card."""

    def refund(
        self, payment_id: str, amount: Money, *, idempotency_key: str, reference: str, to_bank: bool = False
    ) -> Refund:
        """Give money back; `to_bank` where there is no card: the provider asks the customer for an account."""

    def balance_of(self, customer: str) -> Money:
        """What lies with a customer unspent: transferred too much, too late, or given back by a payment that ended."""

    def refund_balance(self, customer: str, amount: Money, *, idempotency_key: str, reference: str) -> Refund:
        """Give money of that balance back: the provider asks the customer for an account."""

    def balance_refund(self, refund_id: str) -> Refund:
        """One of those, or any other refund, as it is now."""

    def capture(self, payment_id: str, amount: Money, *, idempotency_key: str) -> None:
        """Take a reservation, or part of it: once; the rest is let go. Read the session to learn what came of it."""

    def void(self, payment_id: str, *, idempotency_key: str) -> None:
        """Let a reservation go. Read the session to learn what came of it."""

    def create_customer(self, reference: str, email: str, *, idempotency_key: str) -> str:
        """A customer that cards can be kept for; the provider's name of it."""

    def saved_cards(self, customer_id: str) -> list[SavedCard]:
        """The cards that are kept for a customer, the preferred one first. NotThere for one who was taken away."""

    def forget_card(self, customer_id: str, card_id: str) -> None:
        """Take a customer's card away for good. NotThere for another's."""

    def prefer_card(self, customer_id: str, card_id: str) -> None:
        """Let a customer's card come first. NotThere for another's."""

    def forget_customer(self, customer_id: str) -> None:
        """Forget a customer with all cards."""

    def refunds_of(self, payment_id: str) -> list[Refund]:
        """Every refund of one payment, newest first."""

    def refunds_since(self, since: dt.datetime) -> Iterator[Refund]:
        """Every refund of a payment made since, newest first; not those of balances."""

    def disputes_of(self, payment_id: str) -> list[DisputeTold]:
        """Every dispute of one payment."""

    def disputes_since(self, since: dt.datetime) -> Iterator[DisputeTold]:
        """Every dispute opened since, newest first."""

    def retrieve_dispute(self, dispute_id: str) -> DisputeTold:
        """The dispute as it is now."""

    def answer_dispute(self, dispute_id: str, evidence: Evidence, *, idempotency_key: str) -> DisputeTold:
        """Hand in evidence, for good: there is one answer."""

    def close_dispute(self, dispute_id: str, *, idempotency_key: str) -> DisputeTold:
        """Accept it, for good: it counts as lost. An inquiry ends with nothing taken."""

    def warnings_of(self, payment_id: str) -> list[WarningTold]:
        """Every early warning of fraud about one payment."""

    def warnings_since(self, since: dt.datetime) -> Iterator[WarningTold]:
        """Every early warning since, newest first."""

    def movements_since(self, since: dt.datetime) -> Iterator[Movement]:
        """Every movement of the account's balance since, newest first."""

    def parse_event(self, body: bytes, headers: Mapping[str, str]) -> Event:
        """The event in a webhook's raw body. Raises BadSignature."""

    def events_since(self, since: dt.datetime) -> Iterator[Event]:
        """Every event since, newest first (the provider keeps them 30 days)."""
