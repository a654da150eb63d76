"""A stop across processes: from its commit on nobody makes a session or is led to one, on each database."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import IO

from sqlalchemy import select

from payments.columns import utcnow
from payments.models import Attempt
from shop.address.contact import Contact
from shop.audit.actor import Actor
from shop.cards.service import stop_cards
from shop.context import Shop
from tests.environment import make_environ
from tests.servers.sandbox import Sandbox
from tests.shop.ordering import GUEST, place_order
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
PROCESSES, ORDERS = 4, 6


@dataclass
class Seller:
    """One process, and what it said."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def listen(self) -> None:
        out = self.process.stdout
        assert out is not None
        with out:
            for line in out:
                self.lines.append(line)

    @property
    def told(self) -> list[tuple[str, str, float, float]]:
        """Outcome, session, and when it was asked and answered."""
        found = (line.split() for line in list(self.lines))
        return [(outcome, led_to, float(began), float(ended)) for outcome, led_to, began, ended in found]

    @property
    def asks(self) -> IO[str]:
        stdin = self.process.stdin
        assert stdin is not None
        return stdin


def test_across_four_processes_no_session_is_made_or_shown_after_the_stop(
    shop: Shop, database_url: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    environ = make_environ(database_url, **sandbox.addresses)
    orders = [place_order(shop, contact=_guest(number)) for number in range(PROCESSES * ORDERS)]
    sellers = [_start(environ, tmp_path / f"ready-{number}") for number in range(PROCESSES)]
    wait_until(lambda: len(list(tmp_path.glob("ready-*"))) == PROCESSES, "the processes to be ready")
    selling = threading.Event()
    selling.set()
    askers = [
        threading.Thread(target=_ask_again_and_again, args=(seller, orders[number::PROCESSES], selling))
        for number, seller in enumerate(sellers)
    ]
    for asker in askers:
        asker.start()
    wait_until(
        lambda: all(any(one[1] != "-" for one in seller.told) for seller in sellers), "sessions of each"
    )

    _stop(shop)
    clock = time.monotonic()
    _wait_for_more(sellers, 1)  # each may have been asked one thing before
    made_by_then = _sessions(shop)
    _wait_for_more(sellers, 3)
    selling.clear()
    for asker in askers:
        asker.join(240)
    for seller in sellers:
        seller.asks.close()
        assert seller.process.wait(240) == 0

    told = [one for seller in sellers for one in seller.told]
    assert {one[0] for one in told if one[2] > clock} == {"closed"}, "asked after the commit: always closed"
    for seller in sellers:
        assert sum(one[1] != "-" and one[3] > clock for one in seller.told) <= 1, (
            "what it was at, and no more"
        )
    assert made_by_then
    assert _sessions(shop) == made_by_then, "none is made once whoever had asked before has been told"
    with shop.db.read() as session:
        never = session.scalars(select(Attempt).where(Attempt.session_id.is_(None))).all()
    assert all((one.state, one.tries) == ("waiting", 0) for one in never)


def _wait_for_more(sellers: list[Seller], answers: int) -> None:
    counts = {id(seller): len(seller.told) for seller in sellers}
    wait_until(
        lambda: all(len(seller.told) >= counts[id(seller)] + answers for seller in sellers), "more answers"
    )


def _sessions(shop: Shop) -> set[str]:
    """What the provider was asked to make, by its own list."""
    return {one.id for one in shop.providers["style"].sessions_since(utcnow() - dt.timedelta(hours=1))}


def _guest(number: int) -> Contact:
    return replace(GUEST, email=f"guest{number}@example.jp", street=f"神宮前{number}")


def _start(environ: dict[str, str], ready: Path) -> Seller:
    command = [sys.executable, "-m", "tests.concurrency.seller", str(ready)]
    seller = Seller(
        subprocess.Popen(
            command, cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
    )
    threading.Thread(target=seller.listen, daemon=True).start()
    return seller


def _ask_again_and_again(seller: Seller, orders: list[str], selling: threading.Event) -> None:
    """One question at a time: the next when the last was answered."""
    asked = 0
    while selling.is_set():
        seller.asks.write(f"{orders[asked % len(orders)]}\n")
        seller.asks.flush()
        asked += 1
        wait_until(partial(_has_answered, seller, asked), "an answer")
        if seller.process.poll() is not None:
            return


def _has_answered(seller: Seller, asked: int) -> bool:
    return len(seller.told) >= asked or seller.process.poll() is not None


def _stop(shop: Shop) -> None:
    shop.db.write(
        lambda session: stop_cards(
            session, shop, "style", reason="test", actor=Actor("command", "test"), now=utcnow()
        )
    )
