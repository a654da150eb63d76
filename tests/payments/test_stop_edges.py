"""A stop that commits between two looks at the switch, and a provider that is too busy to end what is open."""

from __future__ import annotations

import datetime as dt
from typing import cast

from sqlalchemy.orm import Session as DBSession

from payments.closing import end_sessions_of_closed_stores, payable
from payments.columns import utcnow
from payments.line import claim
from payments.models import Attempt
from payments.provider import Provider, ProviderBusy, Session, UIMode
from payments.stop import CardState
from tests.payments.conftest import Till
from tests.payments.test_stop import turn_to


def test_no_turn_is_taken_in_a_store_that_was_stopped_since_the_session_was_wanted(till: Till) -> None:
    attempt = till.want(till.payment())
    turn_to(till.db, CardState.STOPPED)
    taken = till.db.write(
        lambda session: claim(session, till.provider, session.get_one(Attempt, ("style", attempt.id)))
    )
    assert taken is False
    with till.db.read() as session:
        assert session.get_one(Attempt, ("style", attempt.id)).tries == 0


def test_what_is_paid_without_a_card_counts_as_none_that_is_still_payable(till: Till) -> None:
    attempt = till.want(till.payment(), UIMode.PROMISE)
    for state, tries in (("open", 1), ("waiting", 1)):

        def put(session: DBSession, state: str = state, tries: int = tries) -> None:
            row = session.get_one(Attempt, ("style", attempt.id))
            row.state, row.tries = state, tries

        till.db.write(put)
        with till.db.read() as session:
            assert payable(session, "style").total == 0


def test_what_the_provider_was_too_busy_to_end_comes_again_at_once(till: Till) -> None:
    """It may be paid until then: a whole lease of waiting would be as long a time."""
    till.open(till.payment())
    till.db.write(lambda session: setattr(session.query(Attempt).one(), "next_try_at", utcnow()))
    turn_to(till.db, CardState.STOPPED)
    asked: list[str] = []

    class Busy:
        name, account = till.provider.name, till.provider.account

        def expire_session(self, session_id: str) -> Session:
            asked.append(session_id)
            raise ProviderBusy("too fast")

    busy = {"style": cast(Provider, Busy())}
    assert end_sessions_of_closed_stores(till.db, busy, till.listener, seconds=240) == 0
    with till.db.read() as session:
        row = session.query(Attempt).one()
    assert len(asked) == 1
    assert row.next_try_at <= utcnow() + dt.timedelta(seconds=1)
