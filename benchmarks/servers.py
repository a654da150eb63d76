"""The servers that a benchmark compares, on free ports and one database."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from benchmarks.meter import Meter, process_at
from shop.stores import all_stores
from tests.environment import make_environ
from tests.servers.processes import Process, free_port, python

ROOT = Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def shop_server(
    folder: Path, database_url: str, *, tree: Path = ROOT, **changes: str
) -> Iterator[tuple[int, Process]]:
    """The shop's web server as in production, one process; its port. `tree` is another version's source."""
    port = free_port()
    urls = " ".join(f"{name}=http://{name}.localhost:{port}" for name in [*all_stores(), "staff"])
    environ = _environ(tree) | make_environ(database_url, SHOP_URLS=urls, **changes)
    # -P: not the code of the folder that we stand in. Alive is enough: an older version calls a newer schema unready.
    command = python("-P", "-m", "shop.cli", "serve", f"--port={port}", "--workers=1")
    with _running(
        command, folder / f"shop-{port}.log", environ, f"http://127.0.0.1:{port}/healthz"
    ) as process:
        yield port, process


@contextlib.contextmanager
def bare_server(folder: Path, database_url: str, path: str) -> Iterator[tuple[int, Process]]:
    """The bare page on the same server and database; its port. Ready when `path` answers."""
    port = free_port()
    environ = _environ() | {"DATABASE_URL": database_url}
    command = python("-m", "benchmarks.bare", f"--port={port}")
    with _running(command, folder / "bare.log", environ, f"http://127.0.0.1:{port}{path}") as process:
        yield port, process


def meter_of(process: Process, database_url: str) -> Meter:
    """Counts a web server and, where it is a server too, the database."""
    url = make_url(database_url)
    database = [process_at(url.port)] if url.port else []
    return Meter([process.pid, *database])


@contextlib.contextmanager
def _running(command: list[str], log: Path, environ: dict[str, str], ready: str) -> Iterator[Process]:
    process = Process(command, log, environ)
    try:
        process.wait_ready(ready)
        yield process
    finally:
        process.stop()


def _environ(tree: Path = ROOT) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"PYTHONPATH": str(tree)}
