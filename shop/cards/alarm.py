"""When declines say that a store is under attack, its cards pause for a while. Nothing here ever stops them."""

from __future__ import annotations

import datetime as dt
import logging

from payments.columns import utcnow
from shop.audit.actor import Actor
from shop.cards.service import pause_cards
from shop.context import Shop

PAUSE_FOR = dt.timedelta(minutes=15)

_log = logging.getLogger("hitsuka.card_testing")


def pause_by_alarm(shop: Shop, store_id: str, reason: str) -> None:
    """What the gate before card attempts asks for (`shop.card_testing.gate.PauseCards`). Owns its transaction."""
    actor = Actor("system", "card-testing")
    state = shop.db.write(
        lambda session: pause_cards(
            session, shop, store_id, length=PAUSE_FOR, reason=reason, actor=actor, now=utcnow()
        )
    )
    _log.error("cards paused by alarm", extra={"store": store_id, "state": state.value, "reason": reason})
