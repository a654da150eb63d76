"""The worker ends a pause that is over; what came between its look and its lock counts, not what it saw."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.models import CardSwitch
from payments.stop import CardState, locked_switch
from shop.app import create_shop
from shop.cards.service import end_due_pauses, end_pause
from shop.context import Shop
from shop.settings import load
from tests.environment import make_environ
from tests.shop.card_switch import HOUR, STAFF, actions, pause, state, stop

pytestmark = pytest.mark.postgres  # SQLite lets nobody write while the worker looks


@pytest.fixture
def shop(postgres_url: str) -> Iterator[Shop]:
    parts = create_shop(load(make_environ(postgres_url)))
    yield parts
    parts.db.dispose()


def _lengthen(shop: Shop) -> None:
    assert pause(shop, length=3 * HOUR) is CardState.PAUSED


def _open(shop: Shop) -> None:
    shop.db.write(lambda session: end_pause(session, shop, "style", actor=STAFF, now=utcnow()))


MEANWHILE: dict[str, tuple[Callable[[Shop], None], CardState, str]] = {
    "lengthened": (_lengthen, CardState.PAUSED, "cards.pause"),
    "stopped": (stop, CardState.STOPPED, "cards.stop"),
    "opened by a person": (_open, CardState.OPEN, "cards.open"),
}


@pytest.mark.parametrize("kind", MEANWHILE)
def test_what_came_meanwhile_is_left_as_it_is(shop: Shop, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    act, stays, last_action = MEANWHILE[kind]
    pause(shop)

    def locked_late(session: Session, store_id: str) -> CardSwitch:
        """The other one was faster: committed after the look, before the lock."""
        monkeypatch.setattr("shop.cards.service.locked_switch", locked_switch)
        act(shop)
        return locked_switch(session, store_id)

    monkeypatch.setattr("shop.cards.service.locked_switch", locked_late)
    later = utcnow() + HOUR + dt.timedelta(minutes=1)
    assert shop.db.write(lambda session: end_due_pauses(session, shop, later)) == 0
    assert state(shop) is stays
    assert actions(shop)[-1][0] == last_action


def test_a_pause_that_is_over_is_ended_once(shop: Shop) -> None:
    pause(shop)
    later = utcnow() + HOUR + dt.timedelta(minutes=1)
    assert [shop.db.write(lambda session: end_due_pauses(session, shop, later)) for _turn in "ab"] == [1, 0]
