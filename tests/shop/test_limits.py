"""Limits: one suite on the SQL counters of both databases and on Redis."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.database import Database
from shop.limits import Limits, LimitsDown, Rule
from shop.limits.models import LimitCounter
from shop.limits.redis import RedisLimits
from shop.limits.sql import SQLLimits
from tests.concurrency.together import together
from tests.servers.redis import redis_server

RULE = Rule("trial", 5, dt.timedelta(seconds=60))
START = 6_000_000.0  # the first moment of a window
KEY = "a lookup key of enough characters"


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with redis_server() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres), "redis"])
def limits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Limits]:
    if request.param == "redis":
        monkeypatch.setattr(
            "shop.limits.redis.TIMEOUT_S", 60.0
        )  # it answers, on a busy machine a little later
        url = request.getfixturevalue("redis_url")
        Redis.from_url(url).flushall()
        yield RedisLimits(url, KEY)
        return
    database = Database(request.getfixturevalue(f"{request.param}_url"))
    yield SQLLimits(database, KEY)
    database.dispose()


def _uses(limits: Limits, count: int, key: str = "one", now: float = START) -> list[bool]:
    return [limits.hit((RULE, key), now=now).allowed for _ in range(count)]


def test_the_sixth_use_of_five_is_refused_and_says_how_long(limits: Limits) -> None:
    assert _uses(limits, 5) == [True] * 5
    verdict = limits.hit((RULE, "one"), now=START)
    assert (verdict.allowed, verdict.rule) == (False, "trial")
    assert limits.hit((RULE, "one"), now=START + verdict.wait.total_seconds()).allowed


def test_what_is_refused_does_not_count(limits: Limits) -> None:
    assert _uses(limits, 50).count(True) == 5
    assert limits.hit((RULE, "one"), now=START + 2 * 60).allowed


def test_the_window_slides(limits: Limits) -> None:
    _uses(limits, 5)
    assert _uses(limits, 5, now=START + 60 + 30).count(True) == 2  # half of the five still count


def test_keys_and_rules_are_apart(limits: Limits) -> None:
    other = Rule("other", 1, dt.timedelta(seconds=60))
    assert _uses(limits, 5).count(True) == 5
    assert limits.hit((RULE, "two"), now=START).allowed
    assert limits.hit((other, "one"), now=START).allowed


def test_all_are_counted_or_none(limits: Limits) -> None:
    narrow = Rule("narrow", 1, dt.timedelta(seconds=60))
    assert limits.hit((RULE, "one"), (narrow, "one"), now=START).allowed
    for _ in range(10):
        assert limits.hit((RULE, "one"), (narrow, "one"), now=START).rule == "narrow"
    assert _uses(limits, 6).count(True) == 4


def test_looking_counts_nothing_and_forgetting_begins_anew(limits: Limits) -> None:
    for _ in range(20):
        assert limits.peek((RULE, "one"), now=START).allowed
    assert limits.hit((RULE, "one")).allowed
    assert [limits.hit((RULE, "one")).allowed for _ in range(9)].count(True) == 4
    limits.forget(RULE, "one")
    assert limits.peek((RULE, "one")).allowed


def test_no_more_than_the_limit_gets_through_at_one_moment(limits: Limits) -> None:
    results = together([lambda: limits.hit((RULE, "one"), now=START).allowed] * 16)
    assert results.count(True) == 5


def test_counters_that_count_no_more_are_swept(db: Database) -> None:
    limits = SQLLimits(db, KEY)
    limits.hit((RULE, "one"), now=START)
    limits.hit((RULE, "two"), now=utcnow().timestamp())
    assert limits.sweep() == 1
    with db.read() as session:
        assert [row.uses for row in session.scalars(select(LimitCounter))] == [1]


def test_a_key_is_kept_as_a_keyed_hash_alone(db: Database) -> None:
    SQLLimits(db, KEY).hit((RULE, "203.0.113.7"))

    def rows(session: Session) -> list[str]:
        return list(session.scalars(select(LimitCounter.key_hash)))

    assert len(db.write(rows)[0]) == 64
    with db.read() as session:
        mine = rows(session)
    SQLLimits(db, "another lookup key, as long").hit((RULE, "203.0.113.7"))
    with db.read() as session:
        assert len(rows(session)) == len(mine) + 1


def test_an_unreachable_store_is_said_not_guessed(tmp_path: object) -> None:
    down = RedisLimits(f"unix://{tmp_path}/nobody.sock", KEY)
    for ask in (down.hit, down.peek):
        with pytest.raises(LimitsDown):
            ask((RULE, "one"))
    with pytest.raises(LimitsDown):
        down.forget(RULE, "one")
    empty = SQLLimits(Database(f"sqlite:///{tmp_path}/empty.sqlite"), KEY)
    with pytest.raises(LimitsDown):
        empty.hit((RULE, "one"))
