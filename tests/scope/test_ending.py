"""A verifier that is ended leaves nothing: no process, no temporary file, one line, and the signal's own status."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from security.ending import descendants
from tests.scope.test_missing_evidence import said
from tests.waiting import wait_until

STUBBORN = """
import signal, subprocess, sys, tempfile, threading
from security import ending
ending._ASKED_S = 0.3
send = ending._signal
ending._signal = lambda *signal: threading.Timer(0.2, send, signal).start()  # a busy machine: it arrives when it can
child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(400)"
with ending.clean_end("it"):
    tempfile.mkdtemp()
    held = subprocess.Popen([sys.executable, "-c", child], start_new_session=True, stdout=subprocess.PIPE)
    held.stdout.readline()
    print("ready", flush=True)
    threading.Event().wait()
"""


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short name: a browser puts a socket below it, whose path may not be long."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        yield Path(name)


@contextlib.contextmanager
def started(folder: Path, *command: str) -> Iterator[subprocess.Popen[str]]:
    """A process of its own, whose temporary files go below `folder`."""
    one = subprocess.Popen(
        [sys.executable, *command],
        env=os.environ | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_every_signal,
    )
    try:
        yield one
    finally:
        one.kill()  # of what did not end by itself nobody waits for the end
        one.communicate()


def _heed_every_signal() -> None:
    """A shell lets what it starts in the background ignore SIGINT, and that is handed down to all of a test run."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def names(pids: set[int]) -> dict[int, str]:
    """What still runs of these, by name; those that have ended and were not asked about do not."""
    found = {}
    for pid in pids:
        try:
            name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        if rest.split()[0] != "Z":
            found[pid] = name
    return found


def is_browser(name: str) -> bool:
    return name.startswith(("chrom", "google-chrome", "headless"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_child_that_does_not_want_to_end_is_ended(number: signal.Signals, tmp_path: Path) -> None:
    with started(tmp_path, "-c", STUBBORN) as one:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
        below = descendants(one.pid)
        assert len(below) == 1
        one.send_signal(number)
        _, errors = one.communicate(timeout=200)  # that a child still holds the other end of it is seen here
    assert one.returncode == -number
    assert errors == f"it: ended by {number.name} before it was done: nothing is shown by it\n"
    assert names(below) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_verifier_with_a_shop_and_a_browser_ends_whole(short: Path) -> None:
    with started(short, "-m", "shop.cli", "scope", "verify", "--only", "E1") as one:
        wait_until(
            lambda: any(map(is_browser, names(descendants(one.pid)).values())),
            "a browser beside the shop",
        )
        below = descendants(one.pid)
        one.terminate()
        _, errors = one.communicate(timeout=240)
    assert one.returncode == -signal.SIGTERM
    assert errors.splitlines() == [
        "verify: ended by SIGTERM before it was done: nothing is shown by it",
    ]
    assert names(below) == {}
    assert list(short.iterdir()) == []


USAGES = {
    ("watch",): "watch: give --url and --key",
    ("watch", "--url", "http://shop.example", "--key", "k", "--every", "soon"): "give a number and s, m, h",
    ("mutants", "--check", "E7"): "there is none",
    ("mutants", "--patch", "a.diff", "--running"): "choose from the catalogue",
    ("verify", "--nonsense"): "verify: No such option '--nonsense'",
    ("verify", "--only"): "requires an argument",
    ("check-report",): "Missing argument 'FILE'",
    ("nonsense",): "scope: No such command 'nonsense'",
}


@pytest.mark.parametrize("words", USAGES)
def test_a_mistyped_command_is_exit_2_with_one_line(words: tuple[str, ...]) -> None:
    assert USAGES[words] in said(*words[1:], command=words[0])


@pytest.mark.parametrize(
    "words", [[], ["nonsense"], ["watch", "--nonsense"], ["scan", "--format", "x"], ["canary", "--url"]]
)
def test_so_is_one_of_the_package_alone(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "security", *words], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done.stderr
