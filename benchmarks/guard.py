"""What the guard adds to a request: 2 kB through it and past it, hostile mebibytes, ordinary traffic, cost over size.

python -m benchmarks.guard                    the table of 2 kB, medians and 99th percentiles
python -m benchmarks.guard --hostile          each hostile body of tests/security/hostile.py
python -m benchmarks.guard --traffic 300000   ordinary requests of tests/security/benign.py: how many are refused
"""

from __future__ import annotations

import io
import json
import os
import time
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import click

from benchmarks.chart import lines
from benchmarks.meter import Cost, Meter, Target, in_turn
from benchmarks.report import Table, publish
from security.guard import PANGuard, Passage, check_body
from tests.security import benign, hostile

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_TEXT = "渋谷区神宮前1-2-3 ひつか荘101 電話03-1234-5678 贈りものです。"
_FIELDS = {f"field{number}": _TEXT for number in range(8)}
BODIES = {
    "form": (
        "application/x-www-form-urlencoded",
        urlencode({"field": "shibuya-ku jingumae 1-2-3 " * 80}).encode(),
    ),
    "Japanese form": ("application/x-www-form-urlencoded", urlencode(_FIELDS).encode()[:2048]),
    "JSON": ("application/json", json.dumps(_FIELDS, ensure_ascii=False).encode()),
    "no body": ("", b""),
}


def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """An application that reads its body and says nothing."""
    environ["wsgi.input"].read()
    start_response("204 No Content", [])
    return []


def measure(*, rounds: int, requests: int) -> dict[str, Cost]:
    """Costs with and without the guard."""
    meter = Meter([os.getpid()])
    targets = {}
    for name, (kind, body) in BODIES.items():
        targets[name] = Target(_Request(PANGuard(answer), kind, body), meter)
        targets[f"{name}, no guard"] = Target(_Request(answer, kind, body), meter)
    return in_turn(targets, rounds=rounds, units=requests)


class _Request:
    """One request again and again."""

    def __init__(self, app: WSGIApplication, kind: str, body: bytes) -> None:
        self._app, self._body = app, body
        self._environ: dict[str, object] = {
            "REQUEST_METHOD": "POST" if body else "GET",
            "PATH_INFO": "/checkout",
            "QUERY_STRING": "",
            "SERVER_NAME": "style.localhost",
            "SERVER_PORT": "8000",
            "HTTP_HOST": "style.localhost:8000",
            "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0",
            "HTTP_ACCEPT": "text/html,application/xhtml+xml",
            "HTTP_COOKIE": "cart=" + "a" * 43,
            "CONTENT_TYPE": kind,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": "http",
        }

    def __call__(self) -> None:
        statuses: list[str] = []
        environ = {**self._environ, "wsgi.input": io.BytesIO(self._body)}
        list(self._app(environ, lambda status, _headers, _error=None: statuses.append(status)))  # type: ignore[arg-type]  # its answer has no writer
        if not statuses[0].startswith("204"):
            raise RuntimeError(f"the guard refused a clean request: {statuses[0]}")


def percentiles(requests: int) -> None:
    """CPU of single requests: the median and the 99th of a hundred."""
    print("\nms CPU of one request   median     p99")
    for name, (kind, body) in BODIES.items():
        request = _Request(PANGuard(answer), kind, body)
        for _ in range(50):
            request()
        spent = sorted(_cpu_ms(request) for _ in range(requests))
        print(f"{name:22} {spent[len(spent) // 2]:8.3f} {spent[int(len(spent) * 0.99)]:8.3f}")


def hostile_bodies() -> None:
    """CPU and memory of each hostile body, the best of three, and what became of it."""
    print(f"\n{'hostile body':32} {'kB':>6} {'ms CPU':>8} {'MiB':>6}")
    for name, (kind, body) in hostile.bodies().items():
        spent = min(_cpu_ms(lambda: check_body(body, kind)) for _ in range(3))  # noqa: B023  (called at once)
        tracemalloc.start()
        hit = check_body(body, kind)
        peak = tracemalloc.get_traced_memory()[1] / (1 << 20)
        tracemalloc.stop()
        print(f"{name:32} {len(body) // 1000:6} {spent:8.1f} {peak:6.1f}  {hit.kind if hit else 'passes'}")


def traffic(count: int) -> None:
    """How many of so many ordinary requests are refused, or lose a cookie."""
    passages: list[Passage] = []
    guarded, refused = PANGuard(answer, on_passage=passages.append), 0
    for request in benign.requests(count):
        statuses: list[str] = []
        environ = benign.environ_of(request)
        list(guarded(environ, lambda status, _headers, _error=None: statuses.append(status)))  # type: ignore[arg-type]  # noqa: B023  (its answer has no writer; called at once)
        refused += not statuses[0].startswith("204")
    print(f"{count} requests of {len(benign.SHAPES)} shapes: {refused} refused, {len(passages)} passages")


def curve(save: Path) -> None:
    """The cost of forms and JSON over their size, as SVG."""
    points: dict[str, list[tuple[float, float]]] = {"form": [], "JSON": [], "random bytes": []}
    for kilobytes in (1, 32, 128, 256, 512, 1000):
        made = {
            "form": (
                BODIES["form"][0],
                urlencode({f"f{n}": _TEXT for n in range(kilobytes * 4)}).encode()[: kilobytes << 10],
            ),
            "JSON": (BODIES["JSON"][0], json.dumps({f"f{n}": _TEXT for n in range(kilobytes * 8)}).encode()),
            "random bytes": ("", os.urandom(kilobytes << 10)),
        }
        for name, (kind, body) in made.items():
            spent = min(_cpu_ms(lambda: check_body(body, kind)) for _ in range(3))  # noqa: B023  (called at once)
            points[name].append((len(body) / 1024, spent))
    save.mkdir(parents=True, exist_ok=True)
    (save / "guard-size.svg").write_text(
        lines("The guard's cost over the size of a body", "kB", "ms CPU", points)
    )


def _cpu_ms(work: Callable[[], object]) -> float:
    started = time.thread_time()
    work()
    return (time.thread_time() - started) * 1000


@click.command()
@click.option("--rounds", default=5, show_default=True)
@click.option("--requests", default=500, show_default=True, help="Requests a round.")
@click.option("--hostile", "with_hostile", is_flag=True, help="Measure the hostile bodies.")
@click.option("--traffic", "count", default=0, help="Send so many ordinary requests.")
@click.option("--json", "as_json", is_flag=True)
@click.option("--save", type=click.Path(path_type=Path), help="Folder for the charts and the figures.")
def main(
    rounds: int, requests: int, count: int, *, with_hostile: bool, as_json: bool, save: Path | None
) -> None:
    """Measure the guard."""
    if with_hostile:
        return hostile_bodies()
    if count:
        return traffic(count)
    table = Table("guard", "CPU of the guard, a request of 2 kB", "ms CPU")
    for name, cost in measure(rounds=rounds, requests=requests).items():
        table.add(name, cost)
    publish(table, as_json=as_json, save=save)
    if not as_json:
        percentiles(requests)
    if save:
        curve(save)
    return None


if __name__ == "__main__":
    main()
