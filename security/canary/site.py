"""A shop as a process of its own, for the time of a look: started, waited for, ended. Standard library alone."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from email.message import Message
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from .sinks import MissingEvidence

READY_S = 60.0
_ANSWER_S = 20.0


class Answer(NamedTuple):
    """What came back, without its body."""

    status: int
    headers: Message


def ask(
    url: str, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None
) -> Answer:
    """One request as it is given, redirects not followed; what came back. Raises MissingEvidence without an answer."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_ANSWER_S)
    try:
        connection.request(method, path, body=body, headers={"Host": parts.netloc, **(headers or {})})
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException) as error:
        raise MissingEvidence(f"{url} does not answer: {type(error).__name__}") from error
    finally:
        connection.close()
    return Answer(response.status, response.headers)


@contextlib.contextmanager
def running(command: Sequence[str], url: str, folder: Path, output: Path) -> Iterator[None]:
    """Start `command` in `folder` with its output in a file, wait until `url` answers, end it and its children.

    Without a command the shop is somebody else's, and must answer at once. Raises MissingEvidence when it does not.
    """
    if not command:
        ask(url, "GET", "/")
        yield
        return
    with output.open("ab") as log:
        try:
            child = subprocess.Popen(  # nosec B603  # the project's own command, from its own file
                list(command),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        except OSError as error:
            raise MissingEvidence(f"{command[0]} cannot be started: {error.strerror}") from error
    try:
        _wait(child, url)
        yield
    finally:
        _end(child)


def _wait(child: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + READY_S
    while True:
        if child.poll() is not None:
            raise MissingEvidence(f"the shop ended by itself with status {child.returncode}")
        try:
            ask(url, "GET", "/")
        except MissingEvidence:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _end(child: subprocess.Popen[bytes]) -> None:
    """The whole group, whether or not its leader still lives."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(5)
