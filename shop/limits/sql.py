"""Counters in the shop's own database: the default, exact on both databases."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Iterator, Sequence
from functools import cache

from sqlalchemy import TextClause, bindparam, delete, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from payments.columns import UTCDateTime, table_of, utcnow
from payments.database import Database
from security.sealing import lookup_hash
from shop.limits.models import LimitCounter
from shop.limits.rules import LimitsDown, Rule, Verdict, Window, judge

SWEPT_AT_ONCE = 1000


@cache
def _counting(uses: int) -> TextClause:
    """Count so many uses in one statement. ON CONFLICT is the same in both databases; a row stays locked until the
    transaction ends, so counts are exact, and rows are locked in the order of the values."""
    values = ", ".join(f"(:key{n}, :slot{n}, 1, :over_at{n})" for n in range(uses))
    return text(
        f"INSERT INTO limit_counter (key_hash, slot, uses, over_at) VALUES {values} "  # noqa: S608  # nosec B608  # numbers alone
        "ON CONFLICT (key_hash, slot) DO UPDATE SET uses = limit_counter.uses + 1 RETURNING key_hash, uses"
    ).bindparams(*(bindparam(f"over_at{n}", type_=UTCDateTime) for n in range(uses)))


_COUNTER = table_of(LimitCounter)
_FORMER = select(_COUNTER.c.key_hash, _COUNTER.c.slot, _COUNTER.c.uses).where(
    _COUNTER.c.key_hash.in_(bindparam("keys", expanding=True)),
    _COUNTER.c.slot.in_(bindparam("slots", expanding=True)),
)


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
        windows = [Window.of(rule, now) for rule, _key_hash in uses]
        values: dict[str, object] = {}
        for n, ((rule, key_hash), window) in enumerate(zip(uses, windows, strict=True)):
            over_at = dt.datetime.fromtimestamp((window.number + 2) * rule.seconds, dt.UTC)
            values |= {f"key{n}": key_hash, f"slot{n}": window.number, f"over_at{n}": over_at}
        present = {row.key_hash: row.uses for row in session.execute(_counting(len(uses)), values)}
        asked = {
            "keys": [key_hash for _rule, key_hash in uses],
            "slots": sorted({window.number - 1 for window in windows}),
        }
        former = {(row.key_hash, row.slot): row.uses for row in session.execute(_FORMER, asked)}
        for (rule, key_hash), window in zip(uses, windows, strict=True):
            before = former.get((key_hash, window.number - 1), 0)
            verdict = judge(rule, window, before, present[key_hash])
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
