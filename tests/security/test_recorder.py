"""The recording proxy: passes everything on as it came, and keeps it."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest

from security.recorder import Recorder

LOOPBACK = "127.0.0.1"


class _Digest(StreamRequestHandler):
    """Reads until the client has ended its side, and only then answers: the digest and the data itself."""

    def handle(self) -> None:
        data = self.rfile.read()
        self.wfile.write(hashlib.sha256(data).hexdigest().encode() + data)


class _Lines(StreamRequestHandler):
    """Answers each line at once, as a kept-alive connection does."""

    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line.upper())


class _Server(ThreadingTCPServer):
    request_queue_size = 256
    daemon_threads = True


@contextlib.contextmanager
def serving(handler: type[StreamRequestHandler]) -> Iterator[tuple[str, int]]:
    with _Server((LOOPBACK, 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield LOOPBACK, server.server_address[1]
        server.shutdown()
        thread.join()


def exchange(port: int, data: bytes) -> bytes:
    with socket.create_connection((LOOPBACK, port), timeout=240) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_large_body_passes_a_half_closed_connection(tmp_path: Path) -> None:
    data = os.urandom(4 << 20)

    with serving(_Digest) as upstream, Recorder((LOOPBACK, 0), upstream, tmp_path) as recorder:
        answer = exchange(recorder.port, data)

    assert answer == hashlib.sha256(data).hexdigest().encode() + data
    assert (tmp_path / "000001.request").read_bytes() == data
    assert (tmp_path / "000001.response").read_bytes() == answer


def test_a_kept_connection_carries_many_requests(tmp_path: Path) -> None:
    with (
        serving(_Lines) as upstream,
        Recorder((LOOPBACK, 0), upstream, tmp_path) as recorder,
        socket.create_connection((LOOPBACK, recorder.port), timeout=240) as connection,
        connection.makefile("rb") as answers,
    ):
        for line in (b"one\n", b"two\n", b"three\n"):
            connection.sendall(line)
            assert answers.readline() == line.upper()

    assert (tmp_path / "000001.request").read_bytes() == b"one\ntwo\nthree\n"
    assert (tmp_path / "000001.response").read_bytes() == b"ONE\nTWO\nTHREE\n"


def test_two_hundred_connections_at_once(tmp_path: Path) -> None:
    bodies = [f"connection {number}".encode() * 1000 for number in range(200)]

    with (
        serving(_Digest) as upstream,
        Recorder((LOOPBACK, 0), upstream, tmp_path) as recorder,
        ThreadPoolExecutor(200) as pool,
    ):
        answers = list(pool.map(lambda body: exchange(recorder.port, body), bodies))

    assert [answer[64:] for answer in answers] == bodies
    assert sorted(path.read_bytes() for path in tmp_path.glob("*.request")) == sorted(bodies)


def test_what_was_sent_to_a_dead_server_ends_cleanly(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as unused:
        dead = unused.getsockname()

    with Recorder((LOOPBACK, 0), dead, tmp_path) as recorder, _hung_up():
        assert exchange(recorder.port, b"hello") == b""


@contextlib.contextmanager
def _hung_up() -> Iterator[None]:
    """It may have hung up before all was said; a silence is no end, and is raised."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ECONNRESET, errno.ENOTCONN, errno.EPIPE}:
            raise


def test_a_taken_port_is_an_error(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"), Recorder((LOOPBACK, port), (LOOPBACK, 1), tmp_path):
            pass


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_command_records_until_it_is_interrupted_or_ended(tmp_path: Path, how: signal.Signals) -> None:
    with serving(_Digest) as (host, port):
        command = [sys.executable, "-m", "security", "record", "--listen", "0", "--to", f"{host}:{port}"]
        process = subprocess.Popen([*command, "--dir", str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        listening = int(process.stdout.readline().split()[1].rpartition(":")[2])
        exchange(listening, b"hello")
        process.send_signal(how)
        process.communicate(timeout=240)

    assert process.returncode == 0
    assert (tmp_path / "000001.request").read_bytes() == b"hello"


def test_what_was_said_on_a_connection_still_open_is_already_kept(tmp_path: Path) -> None:
    with (
        serving(_Lines) as upstream,
        Recorder((LOOPBACK, 0), upstream, tmp_path) as recorder,
        socket.create_connection((LOOPBACK, recorder.port), timeout=240) as connection,
    ):
        connection.sendall(b"one line\n")
        assert connection.recv(100) == b"ONE LINE\n"
        kept = [(tmp_path / f"000001.{kind}").read_bytes() for kind in ("request", "response")]

    assert kept == [b"one line\n", b"ONE LINE\n"]
