"""The whole system with recorders on both of its sides, and every place in it where a number could stay."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, make_url

from security.canary.sinks import Files, MissingEvidence, Process, Recording, Sink, Values
from security.canary.watched import Sent
from security.recorder import Recorder
from security.scanner.memory import process_tree
from shop.scope.databases import database_files, postgres_processes, rows_of
from shop.scope.processes import free_port
from shop.scope.system import System, running_system
from shop.scope.waiting import wait_until

WORKERS = 2
WITNESS_FILE = "witness.txt"
LOGS = "web.log", "worker.log", "mailbox.log"


@dataclass
class Recorded:
    """A running system whose bytes are kept. `marker` stands in the environment of each of its processes."""

    system: System
    folder: Path
    front: Path
    back: Path
    marker: str
    database_url: URL
    order_token: str = ""
    """Of an order that was placed: the witness of what a purchase leaves behind."""
    order_number: str = ""
    sent: list[Sent] = field(default_factory=list)
    """Every request that the purchases' browsers made."""

    def pids(self) -> dict[str, list[int]]:
        """The shop's processes by name, children with their parents; found by the marker, so that none escapes."""
        trees = {name: process_tree(process.pid) for name, process in self.system.processes.items()}
        roots = [process.pid for process in self.system.processes.values()]
        marked = {pid for root in roots for pid in process_tree(root, self.marker.encode())}
        known = {pid for tree in trees.values() for pid in tree}
        if marked != known:
            raise MissingEvidence(f"processes that belong to no part: {sorted(marked ^ known)}")
        return trees

    def processes(self) -> list[Process]:
        """Every process of the shop and of its database, as a sink."""
        marker = self.marker.partition("=")[2].encode()
        clean: dict[frozenset[bytes], set[bytes]] = {}
        shops = [Process(name, pid, marker, clean) for name, pids in self.pids().items() for pid in pids]
        # PostgreSQL was not started with our environment; each of its processes knows the database's folder.
        return shops + postgres_processes(self.database_url, clean)

    def sinks(self) -> list[Sink]:
        """Everything that is searched."""
        token, number = self.order_token.encode(), self.order_number.encode()
        everything: list[Sink] = [
            Recording("recorded bytes, browsers and shop", self.front, token),
            Recording(
                "recorded bytes, shop and provider", self.back, self.order_token.partition("~")[0].encode()
            ),
            database_files(self.database_url, number),
            Values("database rows", lambda: rows_of(self.database_url), number),
            Files("mails", self.folder / "mail", number, "*.eml"),
            Files("temporary files", self.folder / "tmp", self.marker.encode(), required=(WITNESS_FILE,)),
            Files("logs", self.folder, b"hitsuka.access", "*.log", LOGS),
            # Once more by no name, so that no file escapes; the provider's own store is among them.
            Files("every file", self.folder, self.marker.encode()),
        ]
        return everything + list(self.processes())


@contextlib.contextmanager
def recorded_system(folder: Path, tapes: Path, database_url: str) -> Iterator[Recorded]:
    """Start everything between two recorders whose tapes lie outside of the searched folder."""
    front_port, api_port = free_port(), free_port()
    here, secret = "127.0.0.1", secrets.token_hex(16)
    marker = f"EVIDENCE_RUN={secret}"
    with (
        running_system(
            folder,
            database_url,
            workers=WORKERS,
            front_port=front_port,
            EVIDENCE_RUN=secret,
            STRIPE_API_BASE=f"http://{here}:{api_port}",
        ) as system,
        Recorder((here, front_port), (here, system.port), tapes / "front"),
        Recorder((here, api_port), (here, system.sandbox.port), tapes / "back"),
    ):
        (folder / "tmp" / WITNESS_FILE).write_text(marker)
        wait_for_workers(system)
        yield Recorded(system, folder, tapes / "front", tapes / "back", marker, make_url(database_url))


def wait_for_workers(system: System) -> None:
    """Return when the web server has all of its processes: it answers as soon as it has one."""
    wait_until(lambda: len(process_tree(system.web.pid)) == 1 + WORKERS, "the web server's workers")
