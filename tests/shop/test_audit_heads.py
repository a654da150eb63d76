"""Signed heads leave the host: by mail, to a file, to syslog; a place that is away is said and holds nothing up."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from security.audit import Head, read_head
from shop.app import create_shop
from shop.audit.actor import Actor
from shop.audit.cli import run_verify
from shop.audit.send import send_head
from shop.context import Shop
from shop.jobs import schedules
from shop.mailbox import Keeper
from shop.settings import SettingsError, load
from tests.environment import make_environ
from tests.servers.processes import free_port


@pytest.fixture
def mails(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A real SMTP server that keeps every mail as a file."""
    folder, port = tmp_path / "mail", free_port()
    folder.mkdir()
    controller = Controller(Keeper(folder), hostname="127.0.0.1", port=port)
    controller.start()
    yield folder, port
    controller.stop()


def make_shop(url: str, **places: str) -> Shop:
    shop = create_shop(load(make_environ(url, **places)))
    for number in range(3):
        shop.db.write(
            lambda session, number=number: shop.audit.record(  # type: ignore[misc]  # bound for this round
                session, actor=Actor("system", "test"), action="test.row", subject=f"row/{number}"
            )
        )
    return shop


def head_of(shop: Shop) -> Head:
    with shop.db.read() as session:
        return shop.audit.head(session)


def test_the_worker_sends_the_head_to_every_place_and_each_can_be_verified_with_as_it_is(
    sqlite_url: str, tmp_path: Path, mails: tuple[Path, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "heads"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as syslog:
        syslog.bind(("127.0.0.1", 0))
        syslog.settimeout(240)
        places = {
            "MAIL_URL": f"smtp://127.0.0.1:{mails[1]}",
            "AUDIT_HEADS_MAIL": "auditor@example.jp",
            "AUDIT_HEADS_FILE": str(file),
            "AUDIT_HEADS_SYSLOG": f"127.0.0.1:{syslog.getsockname()[1]}",
            "STRIPE_API_BASE": "http://127.0.0.1:9",
        }
        shop = make_shop(sqlite_url, **places)
        schedules.keep(shop)
        datagram = syslog.recv(4096)
    (tmp_path / "syslog").write_bytes(datagram)
    [mail] = mails[0].iterdir()
    for name, value in make_environ(sqlite_url, **places).items():
        monkeypatch.setenv(name, value)
    for kept in (file, mail, tmp_path / "syslog"):
        assert run_verify(kept, as_json=False) == 0
    assert datagram.startswith(b"<110>1 20")
    shop.db.dispose()


def test_a_head_over_tcp_comes_with_its_length_in_front(sqlite_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        shop = make_shop(sqlite_url, AUDIT_HEADS_SYSLOG=f"tcp://127.0.0.1:{server.getsockname()[1]}")
        taken: list[bytes] = []
        taker = threading.Thread(target=lambda: taken.append(_all_of(server)))
        taker.start()
        head = head_of(shop)
        assert send_head(shop.settings, head) == {"syslog": "sent"}
        taker.join(240)
    length, _space, message = taken[0].partition(b" ")
    assert int(length) == len(message)
    assert read_head(message.decode()) == head
    shop.db.dispose()


def _all_of(server: socket.socket) -> bytes:
    connection, _address = server.accept()
    with connection:
        return b"".join(iter(lambda: connection.recv(4096), b""))


def test_a_file_grows_by_a_line_each_time_and_only_its_owner_reads_it(
    sqlite_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "heads"
    shop = make_shop(sqlite_url, AUDIT_HEADS_FILE=str(file))
    heads = [head_of(shop), head_of(shop)]
    for head in heads:
        assert send_head(shop.settings, head) == {"file": "sent"}
    assert [read_head(line) for line in file.read_text().splitlines()] == heads
    assert file.stat().st_mode & 0o777 == 0o600
    shop.db.dispose()


def test_a_place_that_is_away_is_said_and_the_others_have_it_all_the_same(
    sqlite_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "heads"
    shop = make_shop(
        sqlite_url,
        MAIL_URL="smtp://127.0.0.1:9",
        AUDIT_HEADS_MAIL="auditor@example.jp",
        AUDIT_HEADS_FILE=str(file),
        AUDIT_HEADS_SYSLOG=f"tcp://127.0.0.1:{free_port()}",
        STRIPE_API_BASE="http://127.0.0.1:9",
    )
    with caplog.at_level(logging.ERROR):
        schedules.keep(shop)
    said = [vars(record)["place"] for record in caplog.records if "did not leave" in record.message]
    assert said == ["mail", "syslog"]
    assert "auditor" not in caplog.text
    assert read_head(file.read_text()) is not None
    shop.db.dispose()


BAD_PLACES = {
    "two addresses": {"AUDIT_HEADS_MAIL": "a@example.jp, b@example.jp"},
    "no address": {"AUDIT_HEADS_MAIL": "auditor"},
    "a header of its own": {"AUDIT_HEADS_MAIL": "a@example.jp\r\nBcc:b@example.jp"},
    "no such folder": {"AUDIT_HEADS_FILE": "/nowhere/heads"},
    "a folder": {"AUDIT_HEADS_FILE": "/"},
    "no port": {"AUDIT_HEADS_SYSLOG": "log.example"},
    "port zero": {"AUDIT_HEADS_SYSLOG": "log.example:0"},
    "port too high": {"AUDIT_HEADS_SYSLOG": "log.example:70000"},
    "another protocol": {"AUDIT_HEADS_SYSLOG": "http://log.example:514"},
    "a path": {"AUDIT_HEADS_SYSLOG": "udp://log.example:514/x"},
}


@pytest.mark.parametrize("kind", BAD_PLACES)
def test_a_place_that_cannot_be_one_stops_the_start(kind: str) -> None:
    [name] = BAD_PLACES[kind]
    with pytest.raises(SettingsError) as refused:
        load(make_environ("sqlite:///x", **BAD_PLACES[kind]))
    assert [fault.partition(" ")[0] for fault in refused.value.faults] == [name]


def test_several_audit_keys_are_newest_first_and_each_is_long_enough() -> None:
    first, second = "a" * 40, "b" * 40
    assert load(make_environ("sqlite:///x", AUDIT_KEY=f"{first}\n{second}")).keys.audit == (first, second)
    for bad in (f"{first} short", f"{first} {first}"):
        with pytest.raises(SettingsError):
            load(make_environ("sqlite:///x", AUDIT_KEY=bad))
