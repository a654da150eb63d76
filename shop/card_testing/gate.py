"""The gate before a new card attempt: let through, slowed, or asked to wait in words that tell nobody why.

Closed when the counters can't be reached: not knowing how often someone tried is no reason to let them try. It
stands before card attempts alone; catalogue, basket and everything else never ask it.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.card_testing import declines, rules
from shop.card_testing.who import Who
from shop.limits import Limits, LimitsDown, Rule
from shop.orders.models import Order
from shop.orders.states import OrderState

_log = logging.getLogger("hitsuka.card_testing")


class TooManyTries(Exception):
    """No new card attempt for now. `wait` is how long at the most, coarse, so that it tells no cause."""

    def __init__(self, wait: dt.timedelta) -> None:
        super().__init__("too many tries")
        self.wait = wait

    @property
    def minutes(self) -> int:
        """For a page: ten, thirty or sixty."""
        minutes = self.wait.total_seconds() / 60
        return next((step for step in (10, 30) if minutes <= step), 60)


@dataclass(frozen=True)
class Passed:
    """A new card attempt may be made. `is_slowed`: after a while, with a challenge of 3-D Secure."""

    is_slowed: bool = False


class PauseCards(Protocol):
    """What is asked when a store's declines say that it is under attack. It may pause cards, never stop them."""

    def __call__(self, store_id: str, reason: str) -> None: ...


def say_so(store_id: str, reason: str) -> None:
    """The `PauseCards` of a shop that has no other: tell the operator."""
    _log.error("cards should pause", extra={"store": store_id, "reason": reason})


class Gate:
    """Asked before every new card attempt. Calls nobody outside; counts in transactions of its own."""

    def __init__(self, limits: Limits, pause: PauseCards = say_so) -> None:
        self._limits = limits
        self._pause = pause

    def pass_through(self, session: Session, who: Who, now: dt.datetime) -> Passed:
        """Count one new card attempt of `who`. `session` only reads, outside of any transaction that writes.

        Raises TooManyTries; then nothing is counted.
        """
        found = declines.count(session, who, now)
        if found.are_too_many:
            raise TooManyTries(rules.DECLINES_COUNT_FOR)
        is_slowed = self._is_under_attack(session, who.store_id, found.of_store, now) and not _is_proven(
            session, who, now
        )
        try:
            verdict = self._limits.hit(*_uses(who, is_slowed=is_slowed))
        except LimitsDown as error:
            _log.error("no card attempt without counters", extra={"reason": str(error)})
            raise TooManyTries(rules.WAIT_WITHOUT_COUNTERS) from error
        if not verdict.allowed:
            raise TooManyTries(verdict.wait)
        return Passed(is_slowed)

    def look_again(self, session: Session, who: Who, now: dt.datetime) -> None:
        """Before the session of an order that was slowed: its attempt is counted. Raises TooManyTries."""
        if declines.count(session, who, now).are_too_many:
            raise TooManyTries(rules.DECLINES_COUNT_FOR)

    def _is_under_attack(self, session: Session, store_id: str, declined: int, now: dt.datetime) -> bool:
        if declined < rules.SLOW_FROM:
            return False
        share = declined / (declined + declines.paid_lately(session, store_id, now))
        if declined >= rules.PAUSE_FROM and share >= rules.PAUSE_SHARE:
            self._ask_for_pause(store_id, f"{declined} declines in an hour, {share:.0%} of all tries")
        return share >= rules.SLOW_SHARE

    def _ask_for_pause(self, store_id: str, reason: str) -> None:
        try:
            if self._limits.hit((rules.PAUSE_ASKED_ONCE_IN, store_id)).allowed:
                self._pause(store_id, reason)
        except LimitsDown:
            return  # the caller's own question to the counters says so, and closes


def _uses(who: Who, *, is_slowed: bool) -> list[tuple[Rule, str]]:
    slowed, usual = (
        (
            rules.SLOW_SESSIONS_OF_NETWORK,
            rules.SLOW_SESSIONS_OF_BROWSER,
            rules.SLOW_SESSIONS_OF_CUSTOMER,
            rules.SLOW_SESSIONS_OF_ACCOUNT,
        ),
        (
            rules.SESSIONS_OF_NETWORK,
            rules.SESSIONS_OF_BROWSER,
            rules.SESSIONS_OF_CUSTOMER,
            rules.SESSIONS_OF_ACCOUNT,
        ),
    )
    keys = (
        who.network,
        f"{who.store_id} {who.cart_id}",
        f"{who.store_id} {who.email_hash}",
        f"{who.store_id} {who.account_id}" if who.account_id else None,
    )
    return [(rule, key) for rule, key in zip(slowed if is_slowed else usual, keys, strict=True) if key]


def _is_proven(session: Session, who: Who, now: dt.datetime) -> bool:
    """Whether this customer has paid before the attack."""
    paid = select(Order.id).where(
        Order.store_id == who.store_id,
        Order.email_hash == who.email_hash,
        Order.state == OrderState.PAID.value,
        Order.placed_at < now - rules.PROVEN_AFTER,
    )
    return session.scalar(paid.limit(1)) is not None
