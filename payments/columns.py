"""Column types and data classes shared by the tables of `payments` and `shop`.

Every column says in its `info` what kind of data it holds; a test fails for one that does not.
"""

from __future__ import annotations

import datetime as dt
import secrets
import time
from typing import Any, cast

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, String, Table
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

PUBLIC: dict[Any, Any] = {"data_class": "public"}
"""Anyone may read it: what stands on pages."""
INTERNAL: dict[Any, Any] = {"data_class": "internal"}
"""Staff and systems: states, amounts, ids, times, keyed hashes."""
PERSONAL: dict[Any, Any] = {"data_class": "personal"}
"""About a person: only ever sealed (column type `Sealed`)."""
SECRET: dict[Any, Any] = {"data_class": "secret"}
"""Gives power to its holder: only ever sealed or hashed."""

DATA_CLASSES = frozenset({"public", "internal", "personal", "secret"})

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"

BigIntegerId = BigInteger().with_variant(Integer, "sqlite")
"""An auto-increment key on both databases (SQLite increments only INTEGER)."""


def table_of(model: type[DeclarativeBase]) -> Table:
    """The table of a class, for statements of every order that want no objects: they cost half of what the class's do.

    They write nothing first that the session has not written yet.
    """
    return cast("Table", model.__table__)


class UTCDateTime(TypeDecorator[dt.datetime]):
    """An aware moment, kept in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002  (SQLAlchemy's signature)
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002  (as above)
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=dt.UTC)


class Sealed(TypeDecorator[bytes]):
    """Bytes from `security.sealing.PublicKey.seal`: unreadable in a dump."""

    impl = LargeBinary
    cache_ok = True


class Hashed(TypeDecorator[str]):
    """Sixty-four hex digits of a keyed hash: equal values meet, none can be read back."""

    impl = String(64)
    cache_ok = True


def new_id() -> str:
    """A new row id: 26 lower-case Crockford base32 characters, sortable by time, 80 random bits."""
    value = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[value >> shift & 31] for shift in range(125, -1, -5))


def utcnow() -> dt.datetime:
    """Now, aware, in UTC. The one clock of the tables."""
    return dt.datetime.now(dt.UTC)
