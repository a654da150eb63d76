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
from shop.card_testing.level import Level, judge, paid_lately
from shop.card_testing.proof import has_bought, has_proved
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


class MailFirst(Exception):
    """No new card attempt before its shopper has proved a mail address (`shop.checkout.mail_first`)."""


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

        Raises TooManyTries or MailFirst; then nothing is counted.
        """
        level = self._ask_who(session, who, now)
        is_slowed = level >= Level.SLOW and not _is_proven(session, who, now)
        self._count(*_uses(who, is_slowed=is_slowed))
        return Passed(is_slowed)

    def look_again(self, session: Session, who: Who, now: dt.datetime) -> None:
        """Before the session of an order that was slowed: its attempt is counted. Raises as `pass_through`."""
        self._ask_who(session, who, now)

    def take_letter(self, who: Who, mailbox: str) -> None:
        """Count one letter with a link to prove a mail address (`mailbox_of` says which). Raises TooManyTries."""
        uses = [
            (rules.LETTERS_FROM_NETWORK, who.network),
            (rules.LETTERS_FROM_BROWSER, f"{who.store_id} {who.cart_id}"),
            (rules.LETTERS_TO, f"{who.store_id} {mailbox}"),
        ]
        self._count(*((rule, key) for rule, key in uses if key))

    def take_proof(self, store_id: str, mailbox: str) -> None:
        """Count one proof of a mailbox (`shop.card_testing.mailboxes.mailbox_of`). Raises TooManyTries."""
        self._count((rules.PROOFS_OF_MAILBOX, f"{store_id} {mailbox}"))

    def _ask_who(self, session: Session, who: Who, now: dt.datetime) -> Level:
        found = declines.count(session, who, now)
        level = self._level(session, who.store_id, found.of_store, now)
        is_known = has_bought(session, who.store_id, who.account_id, now)
        if found.are_too_many(Level.CALM if is_known else level):
            raise TooManyTries(rules.DECLINES_COUNT_FOR)
        if (
            level >= Level.MAIL
            and not is_known
            and not has_proved(session, who.store_id, who.email_hash, now)
        ):
            raise MailFirst
        return level

    def _count(self, *uses: tuple[Rule, str]) -> None:
        try:
            verdict = self._limits.hit(*uses)
        except LimitsDown as error:
            _log.error("no card attempt without counters", extra={"reason": str(error)})
            raise TooManyTries(rules.WAIT_WITHOUT_COUNTERS) from error
        if not verdict.allowed:
            raise TooManyTries(verdict.wait)

    def _level(self, session: Session, store_id: str, declined: int, now: dt.datetime) -> Level:
        level = judge(declined, lambda: paid_lately(session, store_id, now))
        if level is Level.PAUSE:
            self._ask_for_pause(store_id, f"{declined} declines in an hour, nearly all of its tries")
        return level

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
