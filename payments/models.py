"""Tables that `payments` owns. An order is known here only by an opaque `reference`; `shop` points down at these."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from payments.columns import INTERNAL, BigIntegerId, UTCDateTime, new_id, utcnow
from payments.history import Change
from payments.methods import PROMISE, Method
from payments.money import Money
from payments.registry import Base


class Payment(Base):
    """The money side of one order: how much is due, by which method, and where it is."""

    __tablename__ = "payment"
    store_id: Mapped[str] = mapped_column(String(16), primary_key=True, info=INTERNAL)
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    reference: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    amount_minor: Mapped[int] = mapped_column(Integer, info=INTERNAL)
    currency: Mapped[str] = mapped_column(String(3), info=INTERNAL)
    method: Mapped[str] = mapped_column(String(20), info=INTERNAL)
    state: Mapped[str] = mapped_column(String(12), default="pending", info=INTERNAL)
    provider: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    account: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    provider_id: Mapped[str | None] = mapped_column(String(80), info=INTERNAL)
    """The provider's id of the payment that paid (`pi_…`)."""
    card_brand: Mapped[str | None] = mapped_column(String(20), info=INTERNAL)
    card_last4: Mapped[str | None] = mapped_column(String(4), info=INTERNAL)
    decline: Mapped[str | None] = mapped_column(String(16), info=INTERNAL)
    review_reason: Mapped[str | None] = mapped_column(String(200), info=INTERNAL)
    capture_before: Mapped[dt.datetime | None] = mapped_column(UTCDateTime, info=INTERNAL)
    """Until when an authorised amount can be taken, as the provider told it."""
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)

    __table_args__ = (
        UniqueConstraint("store_id", "reference"),
        UniqueConstraint("provider", "account", "provider_id"),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_payment_state", "state", "created_at"),
    )

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_card(self) -> bool:
        return self.method == Method.CARD


class PaymentHistory(Change, Base):
    """One change of a payment's state, and why. Never altered."""

    __tablename__ = "payment_history"
    payment_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "payment_id"], ["payment.store_id", "payment.id"]),
        Index("ix_payment_history_payment", "store_id", "payment_id"),
    )


class Attempt(Base):
    """One session at the provider for a payment. Its id is the idempotency key, so it is made at most once."""

    __tablename__ = "payment_attempt"
    store_id: Mapped[str] = mapped_column(String(16), primary_key=True, info=INTERNAL)
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    payment_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)
    ui_mode: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    locale: Mapped[str] = mapped_column(String(5), info=INTERNAL)
    request_id: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    state: Mapped[str] = mapped_column(String(10), default="waiting", info=INTERNAL)
    session_id: Mapped[str | None] = mapped_column(String(120), info=INTERNAL)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
    expires_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    """When the session ends at the provider; part of what the idempotency key stands for."""
    tries: Mapped[int] = mapped_column(Integer, default=0, info=INTERNAL)
    next_try_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
    claimed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime, info=INTERNAL)
    """When its making began first: the session is not older."""
    challenge: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false(), info=INTERNAL)
    """Whether 3-D Secure is to challenge; part of what the idempotency key stands for."""
    three_d_secure: Mapped[str] = mapped_column(
        String(10), default="any", server_default="any", info=INTERNAL
    )
    """What the store asked for when the session was wanted; likewise."""
    capture_later: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false(), info=INTERNAL)
    """Whether the money is only to be reserved on the card; likewise."""
    customer_id: Mapped[str | None] = mapped_column(String(80), info=INTERNAL)
    """The provider's name of who pays, where it keeps cards for them; likewise."""
    save_card: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false(), info=INTERNAL)
    """Whether the provider is to keep this card for that customer; likewise."""

    @property
    def is_card(self) -> bool:
        """Whether a card can be typed in it; the stop of cards and their limits are for these alone."""
        return self.ui_mode != PROMISE

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "payment_id"], ["payment.store_id", "payment.id"]),
        UniqueConstraint("session_id"),
        Index("ix_attempt_payment", "store_id", "payment_id"),
        Index("ix_attempt_line", "state", "created_at"),
    )


class AttemptHistory(Change, Base):
    """One change of an attempt's state, and why. Never altered."""

    __tablename__ = "attempt_history"
    attempt_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "attempt_id"], ["payment_attempt.store_id", "payment_attempt.id"]),
        Index("ix_attempt_history_of", "store_id", "attempt_id"),
    )


class PaymentPromise(Base):
    """How a payment without a card can be made: the number or the account that its customer was given, and until when.
    One a payment, as the provider told it last."""

    __tablename__ = "payment_promise"
    store_id: Mapped[str] = mapped_column(String(16), primary_key=True, info=INTERNAL)
    payment_id: Mapped[str] = mapped_column(String(26), primary_key=True, info=INTERNAL)
    account: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    deadline: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    remaining_minor: Mapped[int] = mapped_column(Integer, info=INTERNAL)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, info=INTERNAL)
    """`payments.provider.Promise.details`: they let money in, never out."""
    voucher_url: Mapped[str | None] = mapped_column(String(500), info=INTERNAL)
    customer: Mapped[str | None] = mapped_column(String(80), info=INTERNAL)
    """The provider's customer, made for this payment alone; its balance takes what is transferred."""
    balance_minor: Mapped[int] = mapped_column(Integer, default=0, info=INTERNAL)
    """What lies in that balance beside the payment: transferred too much, or too late."""
    made_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "payment_id"], ["payment.store_id", "payment.id"]),
        Index("ix_payment_promise_customer", "account", "customer", unique=True),
    )


class BalanceReturn(Base):
    """Money of a customer's balance that a person sends back: transferred too much, or too late. Its id is the
    idempotency key. It was never an order's money, so the ledger does not know it."""

    __tablename__ = "balance_return"
    store_id: Mapped[str] = mapped_column(String(16), primary_key=True, info=INTERNAL)
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    payment_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)
    amount_minor: Mapped[int] = mapped_column(Integer, info=INTERNAL)
    actor: Mapped[str] = mapped_column(String(60), info=INTERNAL)
    state: Mapped[str] = mapped_column(String(10), default="wanted", info=INTERNAL)
    """wanted, sent (the provider asks the customer for an account), done, failed (it lies in the balance again)."""
    provider_id: Mapped[str | None] = mapped_column(String(80), unique=True, info=INTERNAL)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
    tries: Mapped[int] = mapped_column(Integer, default=0, info=INTERNAL)
    next_try_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "payment_id"], ["payment.store_id", "payment.id"]),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_balance_return_due", "state", "next_try_at"),
        Index("ix_balance_return_payment", "store_id", "payment_id"),
    )


class LedgerEntry(Base):
    """A movement of money as the provider told it. Amounts of a payment are sums of these; never altered."""

    __tablename__ = "ledger_entry"
    id: Mapped[int] = mapped_column(BigIntegerId, primary_key=True, info=INTERNAL)
    store_id: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    payment_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)
    kind: Mapped[str] = mapped_column(String(12), info=INTERNAL)
    """captured (positive), refunded (negative), returned (positive: a refund failed after it had been booked), disputed
    (negative: a dispute took it), dispute_fee (negative), reinstated (positive: the dispute was won)."""
    amount_minor: Mapped[int] = mapped_column(Integer, info=INTERNAL)
    currency: Mapped[str] = mapped_column(String(3), info=INTERNAL)
    account: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    provider_object: Mapped[str] = mapped_column(String(80), info=INTERNAL)
    """The charge or refund that it tells of; unique, so a movement is booked once."""
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "payment_id"], ["payment.store_id", "payment.id"]),
        UniqueConstraint("account", "provider_object", "kind"),
        Index("ix_ledger_payment", "store_id", "payment_id"),
    )


class Refund(Base):
    """A refund we asked for. Its id is the idempotency key."""

    __tablename__ = "refund"
    store_id: Mapped[str] = mapped_column(String(16), primary_key=True, info=INTERNAL)
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    payment_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)
    provider_payment: Mapped[str] = mapped_column(String(80), info=INTERNAL)
    """The provider's payment that gives the money back (a second one may have been paid by mistake)."""
    amount_minor: Mapped[int] = mapped_column(Integer, info=INTERNAL)
    reason: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    state: Mapped[str] = mapped_column(String(10), default="wanted", info=INTERNAL)
    """wanted, sent (the provider has it), done, failed (a person decides)."""
    failure: Mapped[str | None] = mapped_column(String(80), info=INTERNAL)
    """Why it failed: the provider's code, or the status that it gave."""
    provider_id: Mapped[str | None] = mapped_column(String(80), unique=True, info=INTERNAL)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
    tries: Mapped[int] = mapped_column(Integer, default=0, info=INTERNAL)
    next_try_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
    """Not before; whoever sends it moves this ahead, which is its lease."""

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "payment_id"], ["payment.store_id", "payment.id"]),
        UniqueConstraint("store_id", "provider_payment", "reason"),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_refund_due", "state", "next_try_at"),
    )


class RefundHistory(Change, Base):
    """One change of a refund's state, and why. Never altered."""

    __tablename__ = "refund_history"
    refund_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "refund_id"], ["refund.store_id", "refund.id"]),
        Index("ix_refund_history_of", "store_id", "refund_id"),
    )


class Capture(Base):
    """The end of a card's reservation, as we want it: taken, all or part, or let go. Its id is the idempotency key."""

    __tablename__ = "capture"
    store_id: Mapped[str] = mapped_column(String(16), primary_key=True, info=INTERNAL)
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    payment_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)
    provider_payment: Mapped[str] = mapped_column(String(80), info=INTERNAL)
    """The provider's payment that it ends (a second one may have been authorised by mistake)."""
    amount_minor: Mapped[int] = mapped_column(Integer, info=INTERNAL)
    """What is to be taken; nought lets it go."""
    reason: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    state: Mapped[str] = mapped_column(String(10), default="wanted", info=INTERNAL)
    """wanted, done, failed: `payments.states.CAPTURE_NEXT`."""
    code: Mapped[str | None] = mapped_column(String(60), info=INTERNAL)
    """Why it failed."""
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
    tries: Mapped[int] = mapped_column(Integer, default=0, info=INTERNAL)
    next_try_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
    """Not before; whoever sends it moves this ahead, which is its lease."""

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "payment_id"], ["payment.store_id", "payment.id"]),
        CheckConstraint("amount_minor >= 0", name="amount"),
        Index("ix_capture_due", "state", "next_try_at"),
        Index("ix_capture_payment", "store_id", "payment_id"),
        # One wish at a time, whatever code forgets the lock.
        Index(
            "uq_capture_wanted",
            "store_id",
            "provider_payment",
            unique=True,
            sqlite_where=text("state = 'wanted'"),
            postgresql_where=text("state = 'wanted'"),
        ),
    )

    @property
    def is_void(self) -> bool:
        return self.amount_minor == 0


class ProviderEvent(Base):
    """The inbox: one row for each event, kept once. Ids and a hash of the body, never the body."""

    __tablename__ = "provider_event"
    provider: Mapped[str] = mapped_column(String(16), primary_key=True, info=INTERNAL)
    account: Mapped[str] = mapped_column(String(16), primary_key=True, info=INTERNAL)
    id: Mapped[str] = mapped_column(String(80), primary_key=True, info=INTERNAL)
    type: Mapped[str] = mapped_column(String(80), info=INTERNAL)
    object_id: Mapped[str] = mapped_column(String(120), info=INTERNAL)
    reference: Mapped[str | None] = mapped_column(String(40), info=INTERNAL)
    provider_payment: Mapped[str | None] = mapped_column(String(80), info=INTERNAL)
    livemode: Mapped[bool] = mapped_column(Boolean, info=INTERNAL)
    body_sha256: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    received_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
    state: Mapped[str] = mapped_column(String(10), default="new", info=INTERNAL)
    """new, applied, ignored (a type or object that is not ours), parked (tried too often)."""
    tries: Mapped[int] = mapped_column(Integer, default=0, info=INTERNAL)
    next_try_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
    note: Mapped[str | None] = mapped_column(String(200), info=INTERNAL)

    __table_args__ = (
        Index("ix_provider_event_inbox", "state", "next_try_at"),
        Index("ix_provider_event_reference", "reference"),
        Index("ix_provider_event_object", "object_id"),
        Index("ix_provider_event_payment", "provider_payment"),
    )


class TokenBucket(Base):
    """A rate that all nodes share: `tokens` is what was left at `updated_at`."""

    __tablename__ = "token_bucket"
    name: Mapped[str] = mapped_column(String(60), primary_key=True, info=INTERNAL)
    tokens_milli: Mapped[int] = mapped_column(Integer, info=INTERNAL)
    updated_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)


class CardSwitch(Base):
    """Whether a store takes cards now. One row a store; only `payments.stop` writes it."""

    __tablename__ = "card_switch"
    store_id: Mapped[str] = mapped_column(String(16), primary_key=True, info=INTERNAL)
    state: Mapped[str] = mapped_column(String(8), info=INTERNAL)
    reason: Mapped[str] = mapped_column(String(200), info=INTERNAL)
    since: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    until: Mapped[dt.datetime | None] = mapped_column(UTCDateTime, info=INTERNAL)
    """When a pause ends by itself."""


class CardSwitchHistory(Base):
    """One turn of the switch. Never altered."""

    __tablename__ = "card_switch_history"
    id: Mapped[int] = mapped_column(BigIntegerId, primary_key=True, info=INTERNAL)
    store_id: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    before: Mapped[str] = mapped_column(String(8), info=INTERNAL)
    after: Mapped[str] = mapped_column(String(8), info=INTERNAL)
    reason: Mapped[str] = mapped_column(String(200), info=INTERNAL)
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    until: Mapped[dt.datetime | None] = mapped_column(UTCDateTime, info=INTERNAL)

    __table_args__ = (
        UniqueConstraint("store_id", "id"),
        Index("ix_card_switch_history_store", "store_id", "at"),
    )
