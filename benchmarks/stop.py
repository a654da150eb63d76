"""A stop with many open sessions: when the last one was made, how fast what can be paid becomes none, and whether the
count that people are shown on the way is true.

    python -m benchmarks.stop --open 1000

The whole system as in production: four web processes that go on selling, a worker, and a provider that answers 25 calls
a second. Then `shop payments stop --wait`, beside `shop payments status --watch`, whose lines are held against the
provider's own books. Exit 1, with the reasons, unless the stop holds and the count is true.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click
import psutil
from sqlalchemy import func, select, update

from benchmarks.meter import Meter
from benchmarks.stage import DATABASES, folder, fresh_database
from payments.closing import ENDS_PER_SECOND
from payments.columns import utcnow
from payments.models import Attempt, AttemptHistory
from payments.stop import CardState, state_of
from shop.catalog.models import Variant
from shop.context import Shop
from shop.orders.models import Order
from shop.scope.waiting import wait_until
from tests.concurrency.browser import Browser
from tests.concurrency.buyer import Buyer, Confused
from tests.servers.processes import python
from tests.servers.system import System, running_system
from tests.shop.ordering import GUEST, place_order

STORE, PROCESSES, SHOPPERS = "style", 4, 6
PROVIDER_ALLOWS = 25
LATEST_S = 1.0
ENDERS = 2
"""The worker and the command end sessions; each may have ended one that it has not yet written down."""
OPENED_S, ENDED_S = 1800, 1800
_SESSION = "cs_test_"


@dataclass(frozen=True)
class Moment:
    """What the provider's books and the status said around one moment, in seconds after the stop."""

    after_s: float
    shown_before: int
    at_provider: int
    shown_after: int


@dataclass(frozen=True)
class Result:
    """Times in seconds, after the stop was committed: after the moment when another process first saw it, which looks
    twenty times a second."""

    database: str
    open: int
    """Sessions that could be paid when cards were stopped."""
    made_in_the_last_five_seconds: int
    last_session_made_s: float
    """No later than this, by the provider's clock and ours; below 0 is before the stop."""
    shown_a_session_later: int
    """Shoppers who were led to a session by a page they asked for more than a second after the stop."""
    turned_away: int
    none_payable_after_s: float
    ended_a_second: float
    cpu_ms_an_end: float
    """Of the worker and the command: on a machine with less to spare than this, the processor sets the pace."""
    we_end_a_second: int
    provider_allows_a_second: int
    moments: list[Moment]
    stop_said: int
    """Exit status of `shop payments stop --wait`."""
    faults: list[str]


def measure(database: str, sessions: int) -> Result:
    """One stop on a fresh system."""
    with (
        folder() as place,
        fresh_database(database, place) as url,
        running_system(
            place, url, workers=PROCESSES, sandbox_options=(f"--rate-limit={PROVIDER_ALLOWS}",)
        ) as system,
    ):
        shop = system.shop()
        try:
            _open(shop, place, sessions)
            with _selling(system) as shoppers:
                wait_until(lambda: any(one.led for one in shoppers), "somebody pays", seconds=OPENED_S)
                return _stop(system, shop, place, shoppers, database)
        finally:
            shop.db.dispose()


def _stop(system: System, shop: Shop, place: Path, shoppers: list[_Shopper], database: str) -> Result:
    stopping = _command(system, "stop", STORE, "--reason", "benchmark", "--wait", str(ENDED_S), "--json")
    at = _moment_of_stop(shop)
    watch, meter = _Watch(system), Meter([system.worker.pid, stopping.pid])
    cpu_before = cpu = meter.cpu_s()
    seen: list[tuple[dt.datetime, int]] = []
    while (left := _open_at(place)) or stopping.poll() is None:
        seen.append((utcnow(), left))
        with contextlib.suppress(psutil.NoSuchProcess):  # the command is done
            cpu = meter.cpu_s()
        time.sleep(0.5)
    seen.append((utcnow(), 0))
    over = next(moment for moment, left in seen if not left)
    said = stopping.wait()
    watch.wait()
    opened = _open_when(place, shop, at)
    took = (over - at).total_seconds()
    moments = told_at(seen, watch.lines, at)
    last = _last_made(shop, place, at)
    later = sum(one.led_after(at + dt.timedelta(seconds=LATEST_S)) for one in shoppers)
    return Result(
        database=database,
        open=opened,
        made_in_the_last_five_seconds=_made_before(place, at, 5),
        last_session_made_s=round(last, 2),
        shown_a_session_later=later,
        turned_away=sum(one.turned_away for one in shoppers),
        none_payable_after_s=round(took, 1),
        ended_a_second=round(opened / took, 1),
        cpu_ms_an_end=round(1000 * (cpu - cpu_before) / opened, 1),
        we_end_a_second=ENDS_PER_SECOND,
        provider_allows_a_second=PROVIDER_ALLOWS,
        moments=_some_of(moments, 12),
        stop_said=said,
        faults=faults_of(last, later, moments, said),
    )


def faults_of(last: float, later: int, moments: Sequence[Moment], said: int) -> list[str]:
    """Everything that must hold and does not."""
    less = max((one.at_provider - one.shown_before for one in moments), default=0)
    more = max((one.shown_after - one.at_provider for one in moments), default=0)
    checks = (
        (last <= LATEST_S, f"a session was made {last:.1f} s after the stop"),
        (later == 0, f"{later} pages showed a session after the stop"),
        (bool(moments), "the status told nothing that could be compared"),
        (less <= 0, f"the status told {less} too few"),
        (more <= ENDERS, f"the status told {more} too many"),
        (said == 0, f"the stop said {said}"),
    )
    return [fault for holds, fault in checks if not holds]


def told_at(
    seen: Sequence[tuple[dt.datetime, int]], lines: Sequence[tuple[dt.datetime, int]], at: dt.datetime
) -> list[Moment]:
    """Each look into the provider's books between two lines of the status.

    The number only falls. So the line before a look must say as many or more, and the second line after it (which was
    read after the first had come) as many or fewer, but for what was ended a moment ago.
    """
    moments = []
    for moment, left in seen:
        before = [told for when, told in lines if when <= moment]
        after = [told for when, told in lines if when > moment]
        if before and after:
            shown_after = after[1] if len(after) > 1 else after[0]
            moments.append(Moment(round((moment - at).total_seconds(), 1), before[-1], left, shown_after))
    return moments


def _open(shop: Shop, place: Path, sessions: int) -> None:
    """Orders of so many guests; the worker makes their sessions, in turn."""
    plenty = update(Variant).where(Variant.store_id == STORE).values(on_hand=1_000_000)
    shop.db.write(lambda session: session.execute(plenty))
    for number in range(sessions):
        place_order(shop, contact=replace(GUEST, email=f"guest{number}@example.jp", street=f"神宮前{number}"))
    # So many orders may take longer to place here than their goods are held.
    later = update(Order).values(held_until=utcnow() + dt.timedelta(hours=1))
    shop.db.write(lambda session: session.execute(later))
    wait_until(lambda: _open_at(place) >= sessions, "open sessions", seconds=OPENED_S)


class _Shopper:
    """Somebody who goes to the payment page of one new order after the other."""

    def __init__(self, system: System, number: int, sku: str) -> None:
        self._system, self._number, self._sku = system, number, sku
        self.led: list[dt.datetime] = []
        """When pages that showed a session were asked for."""
        self.turned_away = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._go_on, daemon=True)

    def led_after(self, moment: dt.datetime) -> int:
        return sum(asked > moment for asked in self.led)

    def _go_on(self) -> None:
        orders = 0
        while not self.over.is_set():
            try:
                self._go(100_000 * (self._number + 1) + orders)
            except (Confused, LookupError, OSError):
                self.turned_away += 1  # the page for it says that cards rest
            orders += 1
            # Whoever reads that cards rest comes back later, if at all.
            self.over.wait(3.0 if self.turned_away else 0.1)

    def _go(self, number: int) -> None:
        browser = Browser(self._system.port, self._system.origins[STORE])
        with closing(browser):
            buyer = Buyer(browser, number, self._system.sandbox)
            if not (buyer.add(self._sku) and buyer.to_final_page()):
                return
            pressed = buyer.press()
            asked = utcnow()
            page = browser.get(pressed.location or "/")
            if _SESSION in page.text:
                self.led.append(asked)
            else:
                self.turned_away += 1


@contextmanager
def _selling(system: System) -> Iterator[list[_Shopper]]:
    """Shoppers who buy all the while."""
    shop = system.shop()
    with shop.db.read() as session:
        sku = session.scalars(select(Variant.sku).where(Variant.store_id == STORE).limit(1)).one()
    shop.db.dispose()
    shoppers = [_Shopper(system, number, sku) for number in range(SHOPPERS)]
    for one in shoppers:
        one.thread.start()
    try:
        yield shoppers
    finally:
        for one in shoppers:
            one.over.set()
        for one in shoppers:
            one.thread.join(60)


class _Watch:
    """`shop payments status --watch`, and when it said how much."""

    def __init__(self, system: System) -> None:
        self.lines: list[tuple[dt.datetime, int]] = []
        self._process = _command(system, "status", "--watch", "--json")
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            if STORE in told:
                self.lines.append((utcnow(), int(told[STORE]["payable"])))

    def wait(self) -> None:
        self._process.wait(60)
        self._thread.join(10)


def _command(system: System, *arguments: str) -> subprocess.Popen[str]:
    command = python("-m", "shop.cli", "payments", *arguments)
    with (system.folder / "commands.log").open("ab") as log:
        return subprocess.Popen(command, env=system.environ, stdout=subprocess.PIPE, stderr=log, text=True)


def _moment_of_stop(shop: Shop) -> dt.datetime:
    """When another process sees it first. Its own record names the moment before its commit, which may have to wait
    for sessions that are being claimed."""

    def is_stopped() -> bool:
        with shop.db.read() as session:
            return state_of(session, STORE) is CardState.STOPPED

    wait_until(is_stopped, "the stop", seconds=120)
    return utcnow()


def _last_made(shop: Shop, place: Path, at: dt.datetime) -> float:
    """The latest at which the last session can have been made: the provider's clock tells whole seconds, and what we
    wrote down as made was made before."""
    with shop.db.read() as session:
        noted = dict(
            session.execute(
                select(Attempt.session_id, func.min(AttemptHistory.at))
                .join(AttemptHistory, AttemptHistory.attempt_id == Attempt.id)
                .where(AttemptHistory.after == "open")
                .group_by(Attempt.session_id)
            ).all()
        )
    with _books(place) as books:
        rows = books.execute("SELECT id, created FROM objects WHERE kind = 'checkout.session'").fetchall()
    latest = [
        min(
            dt.datetime.fromtimestamp(created + 1, dt.UTC),
            noted.get(session_id, dt.datetime.max.replace(tzinfo=dt.UTC)),
        )
        for session_id, created in rows
    ]
    return (max(latest) - at).total_seconds()


def _open_when(place: Path, shop: Shop, at: dt.datetime) -> int:
    """How many could be paid at a moment: made before, and ended after it."""
    with shop.db.read() as session:
        ended = select(func.count(func.distinct(AttemptHistory.attempt_id))).where(
            AttemptHistory.before == "open", AttemptHistory.at <= at
        )
        gone = session.scalar(ended) or 0
    with _books(place) as books:
        made = "SELECT count(*) FROM objects WHERE kind = 'checkout.session'"
        return int(books.execute(made).fetchone()[0]) - gone


def _made_before(place: Path, at: dt.datetime, seconds: int) -> int:
    query = "SELECT count(*) FROM objects WHERE kind = 'checkout.session' AND created > ?"
    with _books(place) as books:
        return int(books.execute(query, [at.timestamp() - seconds]).fetchone()[0])


def _open_at(place: Path) -> int:
    """Sessions that can be paid, by the provider's own books."""
    is_open = "kind = 'checkout.session' AND json_extract(body, '$.status') = 'open'"
    with _books(place) as books:
        return int(books.execute(f"SELECT count(*) FROM objects WHERE {is_open}").fetchone()[0])  # nosec B608  (our own words)


@contextmanager
def _books(place: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{place / 'sandbox.sqlite'}?mode=ro", uri=True, timeout=10)) as books:
        yield books


def _some_of(moments: Sequence[Moment], most: int) -> list[Moment]:
    """Spread over the whole."""
    step = max(1, len(moments) // most)
    return list(moments[::step])


@click.command()
@click.option("--database", type=click.Choice(DATABASES), default="sqlite", show_default=True)
@click.option("--open", "sessions", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def main(database: str, sessions: int, *, as_json: bool) -> None:
    """Stop cards while many can be paid."""
    result = measure(database, sessions)
    if as_json:
        click.echo(json.dumps(asdict(result), indent=1))
    else:
        for name, value in asdict(result).items():
            if name == "moments":
                for one in value:
                    click.echo(
                        f"  {one['after_s']:7.1f} s: status {one['shown_before']}, "
                        f"provider {one['at_provider']}, status {one['shown_after']}"
                    )
            else:
                click.echo(f"{name:30} {value}")
    sys.exit(1 if result.faults else 0)


if __name__ == "__main__":
    main()
