"""Tables of accounts. A customer belongs to one store; what says who they are is sealed and found by keyed hashes."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from payments.columns import INTERNAL, PERSONAL, SECRET, Hashed, Sealed, UTCDateTime, new_id, utcnow
from shop.db.base import Base, StoreOwned


class Account(StoreOwned, Base):
    """A person who proved that a mail address is theirs. There is no unconfirmed account: that is only a `Letter`."""

    __tablename__ = "account"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    email: Mapped[bytes] = mapped_column(Sealed, info=PERSONAL)
    email_hash: Mapped[str] = mapped_column(Hashed, info=INTERNAL)
    profile: Mapped[bytes] = mapped_column(Sealed, info=PERSONAL)
    """Name, kana, phone: `people.Profile` as JSON."""
    kana_hash: Mapped[str | None] = mapped_column(Hashed, info=INTERNAL)
    phone_hash: Mapped[str | None] = mapped_column(Hashed, info=INTERNAL)
    password: Mapped[bytes] = mapped_column(Sealed, info=SECRET)
    """The Argon2id hash, sealed besides: a dump gives nothing to guess passwords at."""
    totp: Mapped[bytes | None] = mapped_column(Sealed, info=SECRET)
    """The secret of the second factor, where it is on."""
    totp_step: Mapped[int | None] = mapped_column(BigInteger, info=INTERNAL)
    """The step of the last code that was taken."""
    locale: Mapped[str] = mapped_column(String(5), default="ja", info=INTERNAL)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
    password_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)

    __table_args__ = (
        Index("uq_account_email", "store_id", "email_hash", unique=True),
        Index("ix_account_phone", "store_id", "phone_hash"),
        Index("ix_account_kana", "store_id", "kana_hash"),
    )


def _of_account() -> tuple[ForeignKeyConstraint]:
    """The constraint that ties a row to an account of the same store; it goes when the account goes."""
    there = ["account.store_id", "account.id"]
    return (ForeignKeyConstraint(["store_id", "account_id"], there, ondelete="CASCADE"),)


class AccountOwned(StoreOwned):
    """Mixin: the row is an account's, and known by an id of its own."""

    id: Mapped[str] = mapped_column(
        String(26), primary_key=True, default=new_id, info=INTERNAL, sort_order=-9
    )
    account_id: Mapped[str] = mapped_column(String(26), info=INTERNAL, sort_order=-8)


class AccountSession(AccountOwned, Base):
    """One signed-in browser. It holds a token, the table only its hash."""

    __tablename__ = "account_session"
    token_hash: Mapped[str] = mapped_column(Hashed, info=SECRET)
    stage: Mapped[str] = mapped_column(String(8), info=INTERNAL)
    """full, or factor: the password was right, the second factor is asked for."""
    device: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    """Words of ours for the kind of browser, such as "Firefox / Android"."""
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    seen_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    """To the minute or so: not every page writes it."""
    ends_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    proved_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime, info=INTERNAL)
    """When the person last proved who they are: changes want it to be recent."""
    totp: Mapped[bytes | None] = mapped_column(Sealed, info=SECRET)
    """The secret of a second factor that is being set up."""

    __table_args__ = (
        *_of_account(),
        Index("uq_account_session_token", "store_id", "token_hash", unique=True),
        Index("ix_account_session_account", "store_id", "account_id"),
        Index("ix_account_session_ends", "ends_at"),
    )


class AccountDevice(AccountOwned, Base):
    """A browser that has signed in before. It proves nothing but that: strangers' failures don't lock it out."""

    __tablename__ = "account_device"
    token_hash: Mapped[str] = mapped_column(Hashed, info=SECRET)
    seen_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)

    __table_args__ = (
        *_of_account(),
        Index("uq_account_device_token", "store_id", "account_id", "token_hash", unique=True),
        Index("ix_account_device_seen", "seen_at"),
    )


class AccountPasskey(AccountOwned, Base):
    """A passkey: what is kept of it gives no power."""

    __tablename__ = "account_passkey"
    credential_hash: Mapped[str] = mapped_column(Hashed, info=INTERNAL)
    """SHA-256 of the credential's id, which may be a kilobyte long."""
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, info=INTERNAL)
    public_key: Mapped[bytes] = mapped_column(LargeBinary, info=INTERNAL)
    uses: Mapped[int] = mapped_column(BigInteger, info=INTERNAL)
    device: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    used_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime, info=INTERNAL)

    __table_args__ = (
        *_of_account(),
        Index("uq_account_passkey_credential", "store_id", "credential_hash", unique=True),
        Index("ix_account_passkey_account", "store_id", "account_id"),
    )


class AccountRecovery(AccountOwned, Base):
    """One recovery code that was not used yet."""

    __tablename__ = "account_recovery"
    code_hash: Mapped[str] = mapped_column(Hashed, info=SECRET)

    __table_args__ = (
        *_of_account(),
        Index("uq_account_recovery_code", "store_id", "account_id", "code_hash", unique=True),
    )


class AccountAddress(AccountOwned, Base):
    """One entry of the address book: an `address.contact.Contact` without a mail address."""

    __tablename__ = "account_address"
    contact: Mapped[bytes] = mapped_column(Sealed, info=PERSONAL)
    is_default: Mapped[bool] = mapped_column(Boolean, default=False, info=INTERNAL)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)

    __table_args__ = (*_of_account(), Index("ix_account_address_account", "store_id", "account_id"))


class Letter(StoreOwned, Base):
    """One mail to a person, and the link in it. The link's token is the row's id, signed: it is kept nowhere.

    A row without an account is for someone who has none (yet, or any more).
    """

    __tablename__ = "account_letter"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id, info=INTERNAL)
    kind: Mapped[str] = mapped_column(String(24), info=INTERNAL)
    account_id: Mapped[str | None] = mapped_column(String(26), info=INTERNAL)
    order_id: Mapped[str | None] = mapped_column(String(26), info=INTERNAL)
    email_hash: Mapped[str] = mapped_column(Hashed, info=INTERNAL)
    address: Mapped[bytes] = mapped_column(Sealed, info=PERSONAL)
    """Where it goes."""
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
    ends_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, info=INTERNAL)
    used_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime, info=INTERNAL)

    __table_args__ = (
        *_of_account(),
        ForeignKeyConstraint(["store_id", "order_id"], ["order.store_id", "order.id"]),
        Index("ix_account_letter_account", "store_id", "account_id"),
        Index("ix_account_letter_ends", "ends_at"),
    )
