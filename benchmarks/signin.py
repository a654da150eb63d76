"""What a sign-in of staff costs apart from the hash, and what a flood of them costs those who buy.

python -m benchmarks.signin
"""

from __future__ import annotations

import http.client
import json
import random
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import click

from benchmarks.servers import shop_server
from payments.database import Database
from shop.app import create_app, create_shop
from shop.db.migrate import upgrade
from shop.identity.passwords import Passwords
from shop.seeding import seed_written
from shop.settings import load
from shop.stores.rows import ensure_stores
from tests.environment import make_environ
from tests.shop.buyer import hidden_field
from tests.staff.conftest import at_ease
from tests.staff.desk import PASSWORD, Desk, Person, make_member

FLOODERS = 8


def sign_in_cpu_ms(url: str, times: int) -> tuple[float, float]:
    """CPU of a whole way in (four pages, to the first page inside), and of one hash alone; medians, in this process."""
    shop = at_ease(create_shop(load(make_environ(url))))
    app = create_app(shop=shop)
    people = [make_member(shop) for _number in range(times + 1)]
    desks = [Desk(app, address=f"192.0.2.{number + 1}") for number in range(times + 1)]
    ways = [_cpu_ms(partial(_way_in, desk, person)) for desk, person in zip(desks, people, strict=True)][1:]
    passwords = Passwords(per_second=1e6, at_once=1e6)
    kept = passwords.hash(PASSWORD)
    hashes = [_cpu_ms(lambda: passwords.matches(kept, PASSWORD)) for _number in range(times)]
    shop.db.dispose()
    return median(ways), median(hashes)


def refused_cpu_ms(url: str, times: int) -> float:
    """CPU of one more attempt from an address that was refused a moment ago: the mean, in this process."""
    shop = at_ease(create_shop(load(make_environ(url))))
    desk = Desk(create_app(shop=shop), address="203.0.113.7")
    fields = {"email": "nobody@example.jp", "password": PASSWORD}
    fields["csrf_token"] = hidden_field(desk.get("/sign-in").text, "csrf_token")
    while desk.post_bare("/sign-in", fields).status_code != 429:
        pass
    spent = _cpu_ms(lambda: [desk.post_bare("/sign-in", fields) for _number in range(times)])
    shop.db.dispose()
    return spent / times


def _way_in(desk: Desk, person: Person) -> None:
    desk.password(person)
    desk.code(person.code())
    if desk.get("/").status_code != 200:
        raise RuntimeError("the way in is not open")


def _cpu_ms(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1000


class Flood:
    """So many tries a second, each from another address, each at another name."""

    def __init__(self, port: int, per_second: int) -> None:
        self.statuses: dict[int, int] = {}
        self._port, self._pause = port, FLOODERS / per_second
        self._stop, self._lock = threading.Event(), threading.Lock()

    @contextmanager
    def running(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._work, daemon=True) for _number in range(FLOODERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(30)

    def _work(self) -> None:
        host = f"staff.localhost:{self._port}"
        cookie, token = _form(self._port, host)
        due = time.perf_counter()
        while not self._stop.is_set():
            fields = {
                "email": f"member{random.random()}@example.jp",
                "password": "x" * 20,
                "csrf_token": token,
            }
            headers = {
                "Host": host,
                "Cookie": cookie,
                "Sec-Fetch-Site": "same-origin",
                "X-Forwarded-For": ".".join(str(random.randint(1, 250)) for _part in range(4)),
                "Content-Type": "application/x-www-form-urlencoded",
            }
            status, _took = _ask(self._port, "POST", "/sign-in", headers, urlencode(fields))
            with self._lock:
                self.statuses[status] = self.statuses.get(status, 0) + 1
            due += self._pause
            self._stop.wait(max(0.0, due - time.perf_counter()))


def _form(port: int, host: str) -> tuple[str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/sign-in", headers={"Host": host, "X-Forwarded-For": "192.0.2.1"})
    answer = connection.getresponse()
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.read().decode())
    connection.close()
    if found is None:
        raise RuntimeError("the sign-in page has no form")
    return (answer.headers["Set-Cookie"] or "").split(";")[0], found[1]


def _ask(port: int, method: str, path: str, headers: dict[str, str], body: str = "") -> tuple[int, float]:
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, body=body or None, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, (time.perf_counter() - started) * 1000


def buyers_ms(port: int, pages: int) -> float:
    """What a buyer waits for a page and for a basket's change, in turn: the median."""
    host = {"Host": f"style.localhost:{port}", "Sec-Fetch-Site": "same-origin"}
    waits = []
    for _number in range(pages):
        waits.append(_ask(port, "GET", "/search?q=a", host)[1])
        waits.append(_ask(port, "GET", "/cart", host)[1])
    return median(waits)


@click.command()
@click.option("--rate", default=200, show_default=True, help="Tries a second.")
@click.option("--pages", default=150, show_default=True, help="Pages of the buyer in each part.")
def main(rate: int, pages: int) -> None:
    """One run: without the flood, with it, without it again. Prints JSON."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/shop.sqlite"
        database = Database(url)
        upgrade(database)
        ensure_stores(database)
        seed_written(database, lambda _text: None)
        database.dispose()
        way, one_hash = sign_in_cpu_ms(url, 20)
        with shop_server(Path(folder), url, PROXY_HOPS="1") as (port, _process):
            buyers_ms(port, 20)
            before = buyers_ms(port, pages)
            flood, started = Flood(port, rate), time.perf_counter()
            with flood.running():
                during = buyers_ms(port, pages)
                took = time.perf_counter() - started
            after = buyers_ms(port, pages)
        refused = refused_cpu_ms(url, 200)
    calm = (before + after) / 2
    click.echo(
        json.dumps(
            {
                "sign_in_cpu_ms": round(way, 1),
                "hash_cpu_ms": round(one_hash, 1),
                "apart_from_the_hash_cpu_ms": round(way - one_hash, 1),
                "refused_again_cpu_ms": round(refused, 2),
                "tries_per_second": round(sum(flood.statuses.values()) / took),
                "answers": flood.statuses,
                "buyer_ms_without": round(calm, 1),
                "buyer_ms_with": round(during, 1),
                "ratio": round(during / calm, 2),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
