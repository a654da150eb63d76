"""What is to happen, drawn from a seed: who buys what in which way, and when something is killed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

STORES = ("style", "cocomo")
SCARCE_SHARE = 0.12
"""So much of all wishes is for goods of which there is only half as much."""


class Way(StrEnum):
    """How a shopper goes through the checkout."""

    PAYS = "pays"
    PAYS_AND_LEAVES = "pays and leaves"
    """The provider has the money; the browser never comes back to the shop."""
    LEAVES = "leaves"
    DECLINED_THEN_PAYS = "declined, then pays"
    DECLINED_AND_LEAVES = "declined and leaves"
    CHALLENGED = "challenged"
    """3-D Secure, passed."""
    FAILS_CHALLENGE = "fails the challenge"
    PRESSES_TWICE = "presses twice at once"
    CHANGES_MIND = "orders, goes back and orders more"
    SWITCHES = "goes over to the provider's page"


class After(StrEnum):
    """What happens to a paid order later."""

    NOTHING = "nothing"
    ALL_BACK = "all back"
    PART_BACK = "part back"
    SCREEN = "back by the provider's screen"


_WAYS = {
    Way.PAYS: 46,
    Way.PAYS_AND_LEAVES: 16,
    Way.LEAVES: 8,
    Way.DECLINED_THEN_PAYS: 6,
    Way.DECLINED_AND_LEAVES: 3,
    Way.CHALLENGED: 5,
    Way.FAILS_CHALLENGE: 2,
    Way.PRESSES_TWICE: 6,
    Way.CHANGES_MIND: 4,
    Way.SWITCHES: 4,
}
_AFTER = {After.NOTHING: 90, After.ALL_BACK: 5, After.PART_BACK: 3, After.SCREEN: 2}


@dataclass(frozen=True)
class Plan:
    """One storm."""

    checkouts: int
    kills: int
    faults: float
    """The share of the provider's calls and of its deliveries that go wrong."""
    seed: int
    shoppers: int = 24
    """At a time."""
    nodes: int = 2
    workers: int = 2
    minutes: float | None = None
    """After so long no checkout begins any more."""


@dataclass(frozen=True)
class Story:
    """One shopper's checkout."""

    number: int
    store: str
    way: Way
    after: After
    is_scarce: bool


class Victim(StrEnum):
    """What is killed."""

    WEB = "web"
    WORKER = "worker"
    DATABASE = "database"


@dataclass(frozen=True)
class Kill:
    """`after` so many checkouts; `which` of the processes of that kind."""

    after: int
    victim: Victim
    which: float


def stories(plan: Plan) -> list[Story]:
    """The same for the same seed."""
    dice = random.Random(f"{plan.seed} stories")
    return [
        Story(
            number,
            dice.choice(STORES),
            dice.choices(list(_WAYS), list(_WAYS.values()))[0],
            dice.choices(list(_AFTER), list(_AFTER.values()))[0],
            dice.random() < SCARCE_SHARE,
        )
        for number in range(plan.checkouts)
    ]


def kills(plan: Plan, *, restarts: bool) -> list[Kill]:
    """Spread over the storm; `restarts`: beside them the database goes down, a tenth as often."""
    dice = random.Random(f"{plan.seed} kills")
    # The first and the last tenth are left alone, so that every kill meets a storm under way.
    whole = [
        Kill(_moment(plan, dice), dice.choice([Victim.WEB, Victim.WORKER]), dice.random())
        for _kill in range(plan.kills)
    ]
    if restarts and plan.kills:
        whole += [
            Kill(_moment(plan, dice), Victim.DATABASE, 0.0) for _kill in range(max(1, plan.kills // 10))
        ]
    return sorted(whole, key=lambda kill: kill.after)


def _moment(plan: Plan, dice: random.Random) -> int:
    return int(plan.checkouts * (0.05 + 0.85 * dice.random()))
