"""Write to the audit chain, in the transaction of what is recorded, and read it back row by row."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.exc import DataError, SQLAlchemyError
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.database import Database
from security.audit import (
    GENESIS,
    AuditKey,
    AuditRecord,
    ChainedRow,
    Head,
    UnreadableRow,
    is_stamped,
    sign_head,
)
from shop.audit.actor import Actor
from shop.audit.models import AuditEntry
from shop.audit.words import check_words, safe_request_id

BATCH = 1000
_LOCK = 0x41554449
"""Any constant: PostgreSQL's advisory lock of the chain's end. SQLite has one writer at a time anyway."""
_COLUMNS = AuditEntry.__table__.columns


class KeyReplaced(Exception):
    """The chain goes on with a key that this process does not have: it was rotated, and this process was not told."""


class Audit:
    """The audit log of one shop. `secrets` is AUDIT_KEY, newest first: the first writes, all are known."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self.keys = tuple(AuditKey.of(secret) for secret in secrets)

    def record(
        self,
        session: Session,
        *,
        actor: Actor,
        action: str,
        subject: str = "",
        store_id: str | None = None,
        fields: Collection[str] = (),
        request_id: str = "-",
        outcome: str = "done",
    ) -> int:
        """Add a row in the caller's transaction; its number. Never commits.

        Holds the end of the chain until the transaction ends, so call it last. `action` is dotted ("order.refund"),
        `subject` leads from the kind of thing to the one ("order/style/<id>"), `fields` names what was changed or
        seen. Raises NotForTheAudit for anything that looks like personal data.
        """
        check_words(
            actor=actor, action=action, subject=subject, fields=fields, outcome=outcome, store_id=store_id
        )
        number, previous, last_key = _lock_end(session)
        record = AuditRecord(
            number=number + 1,
            at=utcnow(),
            actor_kind=actor.kind,
            actor_id=actor.id,
            action=action,
            subject=subject,
            store_id=store_id,
            fields=tuple(fields),
            request_id=safe_request_id(request_id),
            outcome=outcome,
        )
        key = self._key_after(session, last_key)
        _insert(session, ChainedRow(record, key.name, key.mac(record, previous)))
        return record.number

    def stamp(self, body: bytes) -> str:
        """A mark (73 characters) on a row outside the chain, by which one that was slipped in is known."""
        return self.keys[0].stamp(body)

    def is_stamped(self, body: bytes, stamp: str) -> bool:
        """Whether it was stamped here, exactly as it is."""
        return is_stamped(self.keys, body, stamp)

    def head(self, session: Session) -> Head:
        """The end of the chain as it is now, signed."""
        number, mac, _key = _end(session)
        return sign_head(self.keys[0], number, mac, utcnow())

    def _key_after(self, session: Session, last: str) -> AuditKey:
        """The key for the next row. While nodes are told of a new key one by one, none goes back to the old one."""
        first = self.keys[0]
        if last in {"", first.name} or not _was_used(session, first.name):
            return first
        key = next((one for one in self.keys if one.name == last), None)
        if key is None:
            raise KeyReplaced(f"the chain goes on with key {last}; put it first in AUDIT_KEY")
        return key


def read_rows(db: Database) -> Iterator[ChainedRow]:
    """Every row in the order of the numbers, some at a time: constant memory. UnreadableRow where one can't be read."""
    after: int | None = None
    while batch := _read_batch(db, after):
        yield from map(_chained, batch)
        after = batch[-1].number


def count_rows(db: Database) -> int:
    """The highest number, which is the count of a whole chain."""
    with db.read() as session:
        return session.scalar(select(func.max(AuditEntry.number))) or 0


def _lock_end(session: Session) -> tuple[int, str, str]:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    return _end(session)


def _end(session: Session) -> tuple[int, str, str]:
    """Number, mac and key of the last row."""
    query = select(AuditEntry.number, AuditEntry.mac, AuditEntry.key_id)
    row = session.execute(query.order_by(AuditEntry.number.desc()).limit(1)).first()
    return (row.number, row.mac, row.key_id) if row is not None else (0, GENESIS, "")


def _was_used(session: Session, key: str) -> bool:
    """Asked only while the chain's last key is another than ours, so no index is kept for it."""
    query = select(AuditEntry.number).where(AuditEntry.key_id == key)
    return session.scalar(query.order_by(AuditEntry.number.desc()).limit(1)) is not None


def _insert(session: Session, row: ChainedRow) -> None:
    record = row.record
    values = vars(record) | {"fields": " ".join(record.fields), "key_id": row.key, "mac": row.mac}
    session.execute(insert(AuditEntry).values(values))


def _read_batch(db: Database, after: int | None) -> Sequence[Row[tuple[object, ...]]]:
    try:
        return _select(db, after, BATCH)
    except (ValueError, TypeError, SQLAlchemyError):
        return _read_one(db, after)


def _read_one(db: Database, after: int | None) -> Sequence[Row[tuple[object, ...]]]:
    """The next row by itself, to find the one that spoils its batch."""
    with db.read() as session:
        query = select(AuditEntry.number).order_by(AuditEntry.number).limit(1)
        number = session.scalar(query if after is None else query.where(AuditEntry.number > after))
    if number is None:
        return ()
    try:
        return _select(db, after, 1)
    except (ValueError, TypeError, DataError) as error:
        raise UnreadableRow(number) from error


def _select(db: Database, after: int | None, limit: int) -> Sequence[Row[tuple[object, ...]]]:
    query = select(*_COLUMNS).order_by(AuditEntry.number).limit(limit)
    if after is not None:
        query = query.where(AuditEntry.number > after)
    with db.read() as session:
        return session.execute(query).all()


def _chained(row: Row[tuple[object, ...]]) -> ChainedRow:
    record = AuditRecord(
        number=row.number,
        at=row.at,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        action=row.action,
        subject=row.subject,
        store_id=row.store_id,
        fields=tuple(str(row.fields).split(" ")) if row.fields else (),
        request_id=row.request_id,
        outcome=row.outcome,
    )
    return ChainedRow(record, row.key_id, row.mac)
