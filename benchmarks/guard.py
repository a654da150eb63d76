"""What the guard adds to a request: a form and a JSON of 2 kB through it and past it, in process.

python -m benchmarks.guard
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import click

from benchmarks.meter import Cost, Meter, Target, in_turn
from benchmarks.report import Table, publish
from security.guard import PANGuard

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


@click.command()
@click.option("--rounds", default=5, show_default=True)
@click.option("--requests", default=500, show_default=True, help="Requests a round.")
@click.option("--json", "as_json", is_flag=True)
@click.option("--save", type=click.Path(path_type=Path), help="Folder for the chart and the figures.")
def main(rounds: int, requests: int, *, as_json: bool, save: Path | None) -> None:
    """Measure the guard."""
    table = Table("guard", "CPU of the guard, a request of 2 kB", "ms CPU")
    for name, cost in measure(rounds=rounds, requests=requests).items():
        table.add(name, cost)
    publish(table, as_json=as_json, save=save)


if __name__ == "__main__":
    main()
