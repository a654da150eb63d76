"""Tables of what an issuer says against a charge: disputes and early warnings, as the provider tells of them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Boolean, ForeignKeyConstraint, Index, Integer, String, false
from sqlalchemy.orm import Mapped, mapped_column

from payments.columns import INTERNAL, UTCDateTime
from payments.history import Change
from payments.money import Money
from payments.registry import Base


class Dispute(Base):
    """A charge that its cardholder contests. Only `payments.disputes` writes it."""

    __tablename__ = "dispute"
    store_id: Mapped[str] = mapped_column(String(16), primary_key=True, info=INTERNAL)
    id: Mapped[str] = mapped_column(String(80), primary_key=True, info=INTERNAL)
    """The provider's (`du_…`)."""
    payment_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)
    account: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    amount_minor: Mapped[int] = mapped_column(Integer, info=INTERNAL)
    currency: Mapped[str] = mapped_column(String(3), info=INTERNAL)
    reason: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    state: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    due_by: Mapped[dt.datetime | None] = mapped_column(UTCDateTime, info=INTERNAL)
    opened_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    answer_key: Mapped[str | None] = mapped_column(String(26), info=INTERNAL)
    """The answer, or the word that there is none, that is on its way or was taken; one at a time."""
    answering_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime, info=INTERNAL)
    answered_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime, info=INTERNAL)
    accepted_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime, info=INTERNAL)
    """When a person of ours gave in, so that there is no answer; `accept_reason` is the code of why."""
    accept_reason: Mapped[str | None] = mapped_column(String(20), info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "payment_id"], ["payment.store_id", "payment.id"]),
        Index("ix_dispute_payment", "store_id", "payment_id"),
        Index("ix_dispute_state", "state", "due_by"),
    )

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class DisputeHistory(Change, Base):
    """One change of a dispute's state, and how we heard of it. Never altered."""

    __tablename__ = "dispute_history"
    dispute_id: Mapped[str] = mapped_column(String(80), info=INTERNAL)
    before: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    """Empty for the first word of it."""
    after: Mapped[str] = mapped_column(String(16), info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "dispute_id"], ["dispute.store_id", "dispute.id"]),
        Index("ix_dispute_history_dispute", "store_id", "dispute_id"),
    )


class FraudWarning(Base):
    """An issuer's word that a charge may be fraud, before there is a dispute."""

    __tablename__ = "fraud_warning"
    store_id: Mapped[str] = mapped_column(String(16), primary_key=True, info=INTERNAL)
    id: Mapped[str] = mapped_column(String(80), primary_key=True, info=INTERNAL)
    payment_id: Mapped[str] = mapped_column(String(26), info=INTERNAL)
    account: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    fraud_type: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    actionable: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false(), info=INTERNAL)
    """Whether giving the money back may still spare a dispute."""
    warned_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "payment_id"], ["payment.store_id", "payment.id"]),
        Index("ix_fraud_warning_payment", "store_id", "payment_id"),
    )
