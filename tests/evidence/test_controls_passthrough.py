"""Positive controls: a shop that takes the number itself, behind the same recorder, bought in by the same browser.

Each place where it lets the number lie turns red, by the same search that finds nothing in ours.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from security.canary.evidence import Evidence, gather
from security.canary.numbers import fresh_number
from security.canary.sinks import Files, Process, Recording, Sink
from security.recorder import Recorder
from security.scanner.memory import process_tree
from tests.security import passthrough_app

pytestmark = pytest.mark.browser

WITNESS = b"an earlier order"
PLACES = {
    "log": "log",
    "sqlite": "write-ahead log",
    "sqlite-main": "database",
    "mail": "mails",
    "file": "temporary files",
}


@contextlib.contextmanager
def passthrough(folder: Path, leak: str) -> Iterator[tuple[int, int, bytes]]:
    """The bad shop's port, its process, and what stands in its environment."""
    marker = secrets.token_hex(16)
    process = subprocess.Popen(
        [sys.executable, passthrough_app.__file__, folder, leak],
        env={"EVIDENCE_RUN": marker},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid, marker.encode()
    finally:
        process.kill()
        process.communicate()


def open_for_business(folder: Path) -> contextlib.closing[sqlite3.Connection]:
    """What a shop has before the purchase, in each place: the witnesses. The database stays open while used."""
    (folder / "access.log").write_bytes(WITNESS + b"\n")
    (folder / "old.eml").write_bytes(b"Subject: order\n\n" + WITNESS)
    (folder / "old.tmp").write_bytes(WITNESS)
    database = sqlite3.connect(folder / "shop.db")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE orders (note TEXT)")
    with database:
        database.execute("INSERT INTO orders VALUES (?)", (WITNESS.decode(),))
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with database:
        database.execute("INSERT INTO orders VALUES (?)", (WITNESS.decode(),))
    return contextlib.closing(database)


def buy(context: BrowserContext, tmp_path: Path, leak: str) -> Evidence:
    """One purchase in the bad shop, and the search of all its places."""
    folder, number = tmp_path / "shop", fresh_number()
    folder.mkdir()
    with (
        open_for_business(folder),
        passthrough(folder, leak) as (port, pid, marker),
        Recorder(("127.0.0.1", 0), ("127.0.0.1", port), tmp_path / "tape") as recorder,
    ):
        page = context.new_page()
        page.goto(f"http://style.localhost:{recorder.port}/")
        page.locator('input[name="number"]').fill(number)
        with page.expect_navigation(url="**/pay"):
            page.locator("button").click()
        sinks: list[Sink] = [
            Recording("recorded bytes", tmp_path / "tape", b"POST /pay"),
            Files("log", folder, WITNESS, "*.log"),
            Files("write-ahead log", folder, WITNESS, "shop.db-wal"),
            Files("database", folder, WITNESS, "shop.db"),
            Files("mails", folder, WITNESS, "*.eml"),
            Files("temporary files", folder, WITNESS, "*.tmp"),
            *(Process("memory", each, marker) for each in process_tree(pid)),
        ]
        return gather(sinks, {"canary": number})


@pytest.mark.parametrize(("leak", "sink"), PLACES.items())
def test_a_number_that_stays_in_one_place_turns_that_place_red(
    leak: str, sink: str, context: BrowserContext, tmp_path: Path
) -> None:
    evidence = buy(context, tmp_path, leak)

    assert evidence.status == 1
    assert {"recorded bytes", sink} <= set(evidence.red)
    stored = set(PLACES.values()) & set(evidence.red)
    # What lies in the write-ahead log is a row of the database too, and is found by reading its tables.
    assert stored == ({sink, "database"} if leak == "sqlite" else {sink})


def test_a_number_kept_in_memory_turns_the_process_red(context: BrowserContext, tmp_path: Path) -> None:
    evidence = buy(context, tmp_path, "memory")
    assert {"recorded bytes", "memory"} <= set(evidence.red)
    assert not set(PLACES.values()) & set(evidence.red)


def test_a_number_in_the_answer_is_seen_on_its_way_out(context: BrowserContext, tmp_path: Path) -> None:
    evidence = buy(context, tmp_path, "response")
    outgoing = [hit for hit in evidence.hits if ".response" in hit.place.where]
    assert {hit.place.form for hit in outgoing} == {"reversed"}
