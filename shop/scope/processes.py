"""Start and end the system's own processes: each with its log, each ended by its process group."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

READY_S = 180


class Process:
    """A child process in a group of its own, with its output in a file."""

    def __init__(self, command: Sequence[str], log: Path, environ: Mapping[str, str] | None = None) -> None:
        self.log = log
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                list(command),
                env=dict(environ) if environ is not None else None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    def wait_ready(self, url: str) -> None:
        """Return when `url` answers 2xx. Raises with the end of the log when it does not."""
        deadline = time.monotonic() + READY_S
        while True:
            if self._child.poll() is not None:
                raise RuntimeError(f"ended with {self._child.returncode}:\n{self.tail()}")
            try:
                with urllib.request.urlopen(url, timeout=10):  # noqa: S310  # nosec B310  # the child's own address
                    return
            except (urllib.error.URLError, OSError):
                if time.monotonic() > deadline:
                    raise RuntimeError(f"not ready in {READY_S} s:\n{self.tail()}") from None
                time.sleep(0.05)

    def tail(self) -> str:
        """The last lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])

    def kill(self) -> None:
        """kill -9 of the process and its children."""
        _signal_group(self._child.pid, signal.SIGKILL)
        self._child.wait()

    def stop(self) -> None:
        """Ask to end, then insist."""
        if self._child.poll() is None:
            self._child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(5)
        _signal_group(self._child.pid, signal.SIGKILL)
        self._child.wait()


def python(*arguments: str) -> list[str]:
    """A command line for this interpreter."""
    return [sys.executable, *arguments]


def free_port() -> int:
    """A port that nobody has now, and that nobody else is given while the server that it is for starts.

    A connection that was closed on it keeps it for a minute (TIME-WAIT, RFC 9293 3.6): from those who ask for any port
    and from outgoing connections, but not from a server, which asks for it by its number with SO_REUSEADDR.
    """
    with socket.socket() as listening, socket.socket() as caller:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        caller.connect(listening.getsockname())
        listening.accept()[0].close()  # who closes first is who keeps it
        return int(listening.getsockname()[1])


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)
