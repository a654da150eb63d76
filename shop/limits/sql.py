"""Counters in the shop's own database: the default, exact on both databases."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Iterator, Sequence

from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from payments.columns import UTCDateTime, utcnow
from payments.database import Database
from security.sealing import lookup_hash
from shop.limits.models import LimitCounter
from shop.limits.rules import LimitsDown, Rule, Verdict, Window, judge

SWEPT_AT_ONCE = 1000

# ON CONFLICT is the same in both databases; the row stays locked until the transaction ends, so counts are exact.
_COUNT = text(
    "INSERT INTO limit_counter (key_hash, slot, uses, over_at) VALUES (:key, :slot, 1, :over_at) "
    "ON CONFLICT (key_hash, slot) DO UPDATE SET uses = limit_counter.uses + 1 RETURNING uses"
).bindparams(bindparam("over_at", type_=UTCDateTime))


class _Refused(Exception):
    """Rolls the counting back."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.rule)
        self.verdict = verdict


class SQLLimits:
    """Implements `Limits` on the table `limit_counter`."""

    def __init__(self, db: Database, key: str) -> None:
        self._db = db
        self._key = key.encode()

    def hit(self, *uses: tuple[Rule, str], now: float | None = None) -> Verdict:
        moment = time.time() if now is None else now
        wanted = self._in_order(uses)
        try:
            with _reached():
                self._db.write(lambda session: self._count(session, wanted, moment))
        except _Refused as refused:
            return refused.verdict
        return Verdict(True)

    def peek(self, *uses: tuple[Rule, str], now: float | None = None) -> Verdict:
        moment = time.time() if now is None else now
        with _reached(), self._db.read() as session:
            for rule, key_hash in self._in_order(uses):
                window = Window.of(rule, moment)
                present = _uses(session, key_hash, window.number)
                verdict = judge(rule, window, _uses(session, key_hash, window.number - 1), present + 1)
                if not verdict.allowed:
                    return verdict
        return Verdict(True)

    def forget(self, rule: Rule, key: str) -> None:
        gone = delete(LimitCounter).where(LimitCounter.key_hash == self._hash(rule, key))
        with _reached():
            self._db.write(lambda session: session.execute(gone))

    def sweep(self) -> int:
        with _reached():
            return self._db.write(_sweep)

    def _in_order(self, uses: Sequence[tuple[Rule, str]]) -> list[tuple[Rule, str]]:
        """By hash: two requests that count the same keys lock them in one order."""
        return sorted(((rule, self._hash(rule, key)) for rule, key in uses), key=lambda each: each[1])

    def _hash(self, rule: Rule, key: str) -> str:
        return lookup_hash(self._key, "limit", rule.name, key)

    def _count(self, session: Session, uses: Sequence[tuple[Rule, str]], now: float) -> None:
        for rule, key_hash in uses:
            window = Window.of(rule, now)
            over_at = dt.datetime.fromtimestamp((window.number + 2) * rule.seconds, dt.UTC)
            values = {"key": key_hash, "slot": window.number, "over_at": over_at}
            with_this = session.execute(_COUNT, values).scalar_one()
            verdict = judge(rule, window, _uses(session, key_hash, window.number - 1), with_this)
            if not verdict.allowed:
                raise _Refused(verdict)


def _sweep(session: Session) -> int:
    over = select(LimitCounter.key_hash, LimitCounter.slot).where(LimitCounter.over_at <= utcnow())
    rows = session.execute(over.limit(SWEPT_AT_ONCE).with_for_update(skip_locked=True)).all()
    for row in rows:
        at = (LimitCounter.key_hash == row.key_hash) & (LimitCounter.slot == row.slot)
        session.execute(delete(LimitCounter).where(at))
    return len(rows)


@contextlib.contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise LimitsDown(type(error).__name__) from error


def _uses(session: Session, key_hash: str, window: int) -> int:
    counter = LimitCounter
    query = select(counter.uses).where(counter.key_hash == key_hash, counter.slot == window)
    return session.scalar(query) or 0
