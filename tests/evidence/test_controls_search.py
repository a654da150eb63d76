"""Positive controls of the search itself: every form in every kind of sink is seen, and a fault is never green."""

from __future__ import annotations

import base64
import email.message
import gzip
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from security.canary.evidence import gather
from security.canary.numbers import fresh_number
from security.canary.sinks import Files, Process, Recording, Sink, Values
from security.forms import forms_of

WITNESS = b"the witness"
FORM_NAMES = sorted(forms_of(fresh_number()))


def in_file(data: bytes, folder: Path) -> Sink:
    (folder / "app.log").write_bytes(b"before " + data + b" after")
    return Files("files", folder, WITNESS)


def in_recording(data: bytes, folder: Path) -> Sink:
    (folder / "000001.request").write_bytes(b"POST / HTTP/1.1\r\n\r\n" + data)
    (folder / "000001.response").write_bytes(b"HTTP/1.1 200 OK\r\n\r\n" + WITNESS)
    return Recording("recording", folder, WITNESS)


def in_attachment(data: bytes, folder: Path) -> Sink:
    mail = email.message.EmailMessage()
    mail["Subject"] = "order"
    # Long enough that base64 is folded, at a place that may lie within the number.
    mail.add_attachment(b"." * 40 + data, maintype="application", subtype="octet-stream")
    (folder / "1.eml").write_bytes(bytes(mail))
    return Files("mails", folder, WITNESS)


def in_blob(data: bytes, folder: Path) -> Sink:
    with closing(sqlite3.connect(folder / "shop.db")) as database, database:
        database.execute("CREATE TABLE event (body BLOB)")
        # Larger than a page, so that the number may be split over two.
        database.execute("INSERT INTO event VALUES (?)", (b"." * 5000 + data,))
    return Files("database", folder, WITNESS)


def in_archive(data: bytes, folder: Path) -> Sink:
    (folder / "old.log.gz").write_bytes(gzip.compress(data))
    return Files("archive", folder, WITNESS)


def in_row(data: bytes, folder: Path) -> Sink:
    return Values(
        "rows", lambda: [("a.b, row 1", data.decode("latin-1")), ("a.c", WITNESS.decode())], WITNESS
    )


PLACES: list[Callable[[bytes, Path], Sink]] = [
    in_file,
    in_recording,
    in_attachment,
    in_blob,
    in_archive,
]


@pytest.mark.parametrize("plant", PLACES)
@pytest.mark.parametrize("form", FORM_NAMES)
def test_every_form_is_seen_in_every_kind_of_file(
    form: str, plant: Callable[[bytes, Path], Sink], tmp_path: Path
) -> None:
    number = fresh_number()
    (tmp_path / "witness").write_bytes(WITNESS)
    evidence = gather([plant(forms_of(number)[form], tmp_path)], {"canary": number})
    assert evidence.status == 1, str(evidence)


@pytest.mark.parametrize("plant", [*PLACES, in_row])
def test_the_same_place_without_the_number_is_green(
    plant: Callable[[bytes, Path], Sink], tmp_path: Path
) -> None:
    (tmp_path / "witness").write_bytes(WITNESS)
    evidence = gather([plant(fresh_number().encode(), tmp_path)], {"canary": fresh_number()})
    assert (evidence.status, str(evidence)) == (0, "nothing found in 1 place")


@pytest.mark.parametrize("form", ["plain", "spaced", "base64 at 1", "last twelve"])
def test_a_text_in_a_row_is_seen(form: str, tmp_path: Path) -> None:
    number = fresh_number()
    assert gather([in_row(forms_of(number)[form], tmp_path)], {"canary": number}).status == 1


def test_folded_base64_is_seen_wherever_the_fold_falls(tmp_path: Path) -> None:
    number = fresh_number()
    for at in range(60):
        (tmp_path / "trace.log").write_bytes(
            WITNESS + base64.encodebytes(b"." * at + number.encode() + b"...")
        )
        assert gather([Files("logs", tmp_path, WITNESS)], {"canary": number}).status == 1, at


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    """A process that holds the file named on its standard input open, without a name, and otherwise waits."""
    code = (
        "import os, sys, tempfile; print('ready', flush=True); text = sys.stdin.readline();"
        "kept = tempfile.TemporaryFile(); kept.write(text.strip().encode()); kept.flush();"
        "del text; print('kept', flush=True); sys.stdin.read()"
    )
    environ = {"PATH": os.environ["PATH"], "WITNESS": WITNESS.decode()}
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.communicate()


def test_a_file_without_a_name_is_seen_through_the_process_that_holds_it(
    child: subprocess.Popen[str],
) -> None:
    number = fresh_number()
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(number + "\n")
    child.stdin.flush()
    assert child.stdout.readline() == "kept\n"

    evidence = gather([Process("process", child.pid, WITNESS)], {"canary": number})

    assert [hit for hit in evidence.hits if "held open" in hit.place.where] != []


def test_a_process_that_is_not_there_is_missing_evidence(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.wait()
    evidence = gather([Process("worker", child.pid, WITNESS)], {"canary": fresh_number()})
    assert evidence.status == 2
    assert "could not be read" in evidence.faults[0]


def test_a_process_without_its_witness_is_missing_evidence(child: subprocess.Popen[str]) -> None:
    evidence = gather([Process("worker", child.pid, b"another witness")], {"canary": fresh_number()})
    assert evidence.status == 2


def test_a_missing_log_is_missing_evidence(tmp_path: Path) -> None:
    (tmp_path / "web.log").write_bytes(WITNESS)
    sink = Files("logs", tmp_path, WITNESS, "*.log", ("web.log", "worker.log"))
    evidence = gather([sink], {"canary": fresh_number()})
    assert (evidence.status, evidence.faults) == (2, ["logs: worker.log is not there"])


@pytest.mark.parametrize(
    "head", ["Content-Encoding: gzip", "transfer-encoding: chunked", "Upgrade: websocket"]
)
def test_a_recording_that_could_hide_a_number_is_missing_evidence(head: str, tmp_path: Path) -> None:
    in_recording(b"nothing", tmp_path)
    (tmp_path / "000002.request").write_bytes(b"")
    (tmp_path / "000002.response").write_bytes(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n...".encode())
    evidence = gather([Recording("recording", tmp_path, WITNESS)], {"canary": fresh_number()})
    assert evidence.status == 2
    assert head in evidence.faults[0]


def test_an_empty_recording_an_empty_folder_and_no_sink_are_missing_evidence(tmp_path: Path) -> None:
    number = {"canary": fresh_number()}
    (tmp_path / "000001.request").touch()
    assert gather([Recording("recording", tmp_path, WITNESS)], number).status == 2
    assert gather([Files("mails", tmp_path / "none", WITNESS)], number).status == 2
    assert gather([Files("mails", tmp_path, b"")], number).status == 2
    assert gather([], number).status == 2
    assert gather([Values("rows", list, WITNESS)], number).status == 2


def test_no_number_is_missing_evidence(tmp_path: Path) -> None:
    assert gather([in_file(WITNESS, tmp_path)], {}).status == 2


def test_an_unreadable_file_is_missing_evidence(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(WITNESS)
    (tmp_path / "broken.gz").write_bytes(b"\x1f\x8b\x08 no archive")
    evidence = gather([Files("files", tmp_path, WITNESS)], {"canary": fresh_number()})
    assert evidence.status == 2
    assert "archive could not be read" in evidence.faults[0]
