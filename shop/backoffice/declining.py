"""How many cards were declined lately, store by store, and what the shop asks of new customers for it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from shop.backoffice.words import Word
from shop.card_testing.level import Level, declined_lately, judge, paid_lately

LEVEL: dict[Level, Word] = {
    Level.CALM: (lazy_gettext("通常"), "good"),
    Level.SLOW: (lazy_gettext("新しいお客さまに待ち時間"), "warn"),
    Level.MAIL: (lazy_gettext("新しいお客さまにメールの確認"), "warn"),
    Level.PAUSE: (lazy_gettext("カードの一時停止の水準"), "bad"),
}


@dataclass(frozen=True)
class Declining:
    """A store's tries of cards within the last hour, as the limits against card testing count them."""

    store_id: str
    declined: int
    paid: int
    level: Level

    @property
    def tries(self) -> int:
        return self.declined + self.paid

    @property
    def percent(self) -> int:
        """Of the tries those that were declined; 0 without a try."""
        return round(100 * self.declined / self.tries) if self.tries else 0

    @property
    def word(self) -> Word:
        return LEVEL[self.level]


def declining(session: Session, store_id: str, now: dt.datetime) -> Declining:
    """Two counts, each on an index. The level is told by the function that the gate asks. Reads only."""
    declined, paid = declined_lately(session, store_id, now), paid_lately(session, store_id, now)
    return Declining(store_id, declined, paid, judge(declined, lambda: paid))
