"""Records of a stop: written with a stamp, read back only when the stamp is genuine."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import new_id
from payments.models import CardSwitchHistory
from security import pan
from shop.audit.actor import Actor
from shop.audit.log import Audit
from shop.cards.models import StopRecord

LONGEST = 4000


class BadRecord(ValueError):
    """It can't be kept as it is; the text says why to whoever wants to record it."""


class NotStopped(BadRecord):
    """The store is not stopped, so there is nothing to record."""

    def __init__(self) -> None:
        super().__init__("card payment of this store is not stopped")


@dataclass(frozen=True)
class Kept:
    """A genuine record."""

    content: Mapping[str, Any]
    at: dt.datetime
    sha256: str


def keep_record(
    session: Session,
    audit: Audit,
    stop: CardSwitchHistory,
    kind: str,
    content: Mapping[str, Any],
    *,
    actor: Actor,
    now: dt.datetime,
) -> StopRecord:
    """Write a record down, with its row in the audit chain. Raises BadRecord. Never commits."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    if len(text) > LONGEST:
        raise BadRecord(f"longer than {LONGEST} characters")
    if pan.find(json.dumps(content, ensure_ascii=False)):
        raise BadRecord("it holds what looks like a card number")
    record = StopRecord(
        id=new_id(),
        stop_id=stop.id,
        store_id=stop.store_id,
        kind=kind,
        content=text,
        recorded_by=f"{actor.kind}/{actor.id}",
        at=now,
    )
    record.stamp = audit.stamp(_stamped(record))
    session.add(record)
    audit.record(
        session,
        actor=actor,
        action=f"cards.record.{kind}",
        subject=f"stop/{stop.id}/{_sha256(record)}",
        store_id=stop.store_id,
        fields=tuple(sorted(content)),
    )
    return record


def genuine(session: Session, audit: Audit, stop: CardSwitchHistory, kind: str) -> list[Kept]:
    """The records of one kind of this very stop that were written by `keep_record`, oldest first."""
    query = select(StopRecord).where(
        StopRecord.stop_id == stop.id, StopRecord.store_id == stop.store_id, StopRecord.kind == kind
    )
    return [
        Kept(json.loads(record.content), record.at, _sha256(record))
        for record in session.scalars(query.order_by(StopRecord.id))
        if audit.is_stamped(_stamped(record), record.stamp)
    ]


def _stamped(record: StopRecord) -> bytes:
    moment = record.at.astimezone(dt.UTC).isoformat()
    parts = (record.id, str(record.stop_id), record.store_id, record.kind, record.recorded_by, moment)
    return "\n".join(("stop record", *parts, record.content)).encode()


def _sha256(record: StopRecord) -> str:
    return hashlib.sha256(_stamped(record)).hexdigest()
