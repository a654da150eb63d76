"""The shop as several processes that may die at any moment: web nodes, workers, the sandbox beside them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from shop.app import create_shop
from shop.context import Shop
from shop.settings import load
from shop.stores import all_stores
from tests.environment import make_environ
from tests.servers.postgres import Cluster
from tests.servers.processes import Process, free_port, python
from tests.servers.sandbox import Sandbox, running_sandbox


@dataclass
class Node:
    """One process of ours that is started again after its death. `port` is 0 for a worker."""

    name: str
    command: list[str]
    port: int = 0
    process: Process | None = None
    lives: int = 0


@dataclass
class Fleet:
    """Handles on everything that runs. Threads of the storm share it."""

    folder: Path
    environ: dict[str, str]
    sandbox: Sandbox
    cluster: Cluster | None
    webs: list[Node] = field(default_factory=list)
    workers: list[Node] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    @property
    def ports(self) -> list[int]:
        """Where the shop answers."""
        return [node.port for node in self.webs]

    def origin(self, store_id: str) -> str:
        """The store's address for browsers, whichever node they reach."""
        return f"http://{store_id}.localhost:{self.webs[0].port}"

    def shop(self) -> Shop:
        """The parts of the shop in this process, on the same database."""
        return create_shop(load(self.environ))

    def start(self, node: Node) -> None:
        node.lives += 1
        node.process = Process(python(*node.command), self.folder / f"{node.name}.log", self.environ)

    def kill(self, node: Node) -> None:
        """kill -9, and start it again."""
        with self._lock:
            if node.process is not None:
                node.process.kill()
            self.start(node)

    def restart_database(self) -> None:
        """The database server ends without a word to anybody, and comes back."""
        if self.cluster is not None:
            with self._lock:
                self.cluster.end_at_once()
                self.cluster.start()

    def stop_workers(self) -> None:
        """Let each end after its turn."""
        for node in self.workers:
            if node.process is not None:
                node.process.stop()

    def start_workers(self) -> None:
        for node in self.workers:
            self.start(node)

    def stop(self) -> None:
        for node in (*self.webs, *self.workers):
            if node.process is not None:
                node.process.stop()

    def wait_ready(self) -> None:
        for node in self.webs:
            if node.process is not None:
                node.process.wait_ready(f"http://127.0.0.1:{node.port}/readyz")

    def tracebacks(self) -> int:
        """In the logs of our own processes."""
        nodes = (*self.webs, *self.workers)
        return sum(
            (self.folder / f"{node.name}.log").read_text(errors="replace").count("Traceback")
            for node in nodes
        )


@contextlib.contextmanager
def running_fleet(
    folder: Path,
    database_url: str,
    mail_url: str,
    *,
    webs: int,
    workers: int,
    seed: int,
    cluster: Cluster | None = None,
) -> Iterator[Fleet]:
    """Everything on a migrated database; ended after."""
    ports = [free_port() for _node in range(webs)]
    origins = {name: f"http://{name}.localhost:{ports[0]}" for name in [*all_stores(), "staff"]}
    options = [f"--shop-origin={origin}" for origin in origins.values()]
    # The provider's deliveries reach one node only, which dies like the others.
    options += [f"--webhook=http://127.0.0.1:{ports[-1]}/webhooks/stripe", f"--seed={seed}"]
    options += ["--retry-schedule=0.5,1,2,4,8,15"]
    with running_sandbox(folder, *options) as sandbox:
        (folder / "tmp").mkdir(exist_ok=True)
        changes = {
            "SHOP_URLS": " ".join(f"{name}={url}" for name, url in origins.items()),
            "MAIL_URL": mail_url,
            "TMPDIR": str(folder / "tmp"),
            **sandbox.addresses,
        }
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        fleet = Fleet(folder, kept | make_environ(database_url, **changes), sandbox, cluster)
        serve = ("-m", "shop.cli", "serve", "--workers=1")
        fleet.webs = [Node(f"web{n}", [*serve, f"--port={port}"], port) for n, port in enumerate(ports)]
        fleet.workers = [Node(f"worker{n}", ["-m", "shop.cli", "worker"]) for n in range(workers)]
        try:
            for node in (*fleet.webs, *fleet.workers):
                fleet.start(node)
            fleet.wait_ready()
            yield fleet
        finally:
            fleet.stop()
