"""Positive controls: in a shop that lets a number leak, each instrument turns red; in one that does not, none."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from security.forms import forms_of, search_file
from security.recorder import Recorder
from security.scan import Scan
from security.scanner.memory import process_tree, search_memory

from .cards import luhn_digit

SHOP = Path(__file__).with_name("passthrough_app.py")


def fresh_number() -> str:
    """A number that exists nowhere else, so that a hit is a leak."""
    digits = "4000" + f"{int.from_bytes(os.urandom(8)) % 10**11:011}"
    return digits + luhn_digit(digits)


@contextmanager
def running(folder: Path, leak: str) -> Iterator[tuple[int, int]]:
    """The bad shop's port and process id."""
    process = subprocess.Popen([sys.executable, SHOP, folder, leak], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid
    finally:
        process.kill()
        process.communicate()


def pay(port: int, number: str) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/pay", f"number={number}".encode())
    with urllib.request.urlopen(request, timeout=240) as response:
        assert response.status == 200
        assert response.read()  # to its end: the answer comes in two parts


@pytest.mark.parametrize(
    ("leak", "file"),
    [("log", "access.log"), ("sqlite", "shop.db-wal"), ("mail", "order.eml"), ("file", "upload.tmp")],
)
def test_a_number_in_a_file_is_found_by_forms_and_by_the_scan(leak: str, file: str, tmp_path: Path) -> None:
    number = fresh_number()
    with running(tmp_path, leak) as (port, _):
        pay(port, number)

        hits = {path.name for path in tmp_path.iterdir() if search_file(path, forms_of(number))}
        scan = Scan()
        scan.run([str(tmp_path)])

    assert file in hits
    assert {Path(each.path.partition("!")[0]).name for each in scan.findings} >= {file}


def test_a_shop_that_keeps_nothing_is_green(tmp_path: Path) -> None:
    number = fresh_number()
    with running(tmp_path, "nothing") as (port, _):
        pay(port, number)
        scan = Scan()
        scan.run([str(tmp_path)])

    assert (scan.status, list(tmp_path.iterdir())) == (0, [])


@pytest.mark.skipif(sys.platform != "linux", reason="memory can be searched on Linux alone")
def test_a_number_kept_in_memory_is_found(tmp_path: Path) -> None:
    number = fresh_number()
    with running(tmp_path, "memory") as (port, pid):
        before = [hit for each in process_tree(pid) for hit in search_memory(each, forms_of(number))]
        pay(port, number)
        after = [hit for each in process_tree(pid) for hit in search_memory(each, forms_of(number))]

    assert before == []
    assert "plain" in {hit.found.form for hit in after}


@pytest.mark.parametrize(("leak", "form"), [("response", "reversed"), ("nothing", None)])
def test_the_recorder_keeps_what_went_in_and_came_out(leak: str, form: str | None, tmp_path: Path) -> None:
    number, tape = fresh_number(), tmp_path / "tape"
    with (
        running(tmp_path, leak) as (port, _),
        Recorder(("127.0.0.1", 0), ("127.0.0.1", port), tape) as recorder,
    ):
        pay(recorder.port, number)

    forms = forms_of(number)
    requests = [hit.form for path in tape.glob("*.request") for hit in search_file(path, forms)]
    responses = [hit.form for path in tape.glob("*.response") for hit in search_file(path, forms)]
    assert requests == ["plain"]
    assert responses == ([form] if form else [])
