"""A command that is ended by a signal leaves nothing behind: no child, no temporary file, and one line that says so.

Standard library alone. What a check starts (a shop, a provider, a browser) runs in sessions of its own, so nothing
ends it by itself; and a check that waits in a thread can't be asked to clean up.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

_ASKED_S = 5.0
"""How long children may take to end by themselves, a browser and its profile among them."""
_KILLED_S = 5.0
"""How long the system may take to end what was killed, on a machine that has other things to do."""
_LONGEST = 50
"""A browser puts a socket below TMPDIR, whose whole path may have about a hundred characters."""
_ENDS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGINT") if hasattr(signal, name))


@contextlib.contextmanager
def clean_end(command: str) -> Iterator[None]:
    """Until the block ends, a signal ends this process and all that came from it; the status is the signal's own.

    Every temporary file of the block, and of the processes started in it, lies in one folder that goes with it. A
    signal that was ignored before (nohup) stays so. Outside of the main thread nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = tempfile.tempdir, os.environ.get("TMPDIR")
    folder = tempfile.mkdtemp(prefix="hitsuka-")
    handlers = {number: signal.getsignal(number) for number in _ENDS}

    def end(number: int, _frame: FrameType | None) -> None:
        _end(command, number, folder)

    try:
        for number, handler in handlers.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, end)
        tempfile.tempdir = folder
        if len(folder) <= _LONGEST:
            os.environ["TMPDIR"] = folder
        yield
    finally:
        _restore_folder(*before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        shutil.rmtree(folder, ignore_errors=True)


def _restore_folder(tempdir: str | None, environ: str | None) -> None:
    tempfile.tempdir = tempdir
    if environ is None:
        os.environ.pop("TMPDIR", None)
    else:
        os.environ["TMPDIR"] = environ


def _end(command: str, number: int, folder: str) -> None:
    """Never returns. What threads still say of their children's end is nobody's news."""
    for each in _ENDS:
        signal.signal(each, signal.SIG_IGN)
    said = _silenced()
    _end_children()
    for _try in range(5):  # threads of ours may still put something into it
        shutil.rmtree(folder, ignore_errors=True)
        if not Path(folder).exists():
            break
    line = f"{command}: ended by {signal.Signals(number).name} before it was done: nothing is shown by it\n"
    with contextlib.suppress(OSError):
        os.write(said, line.encode())
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)  # so that whoever started us sees by what it ended
    os._exit(128 + number)  # the first process of a container isn't ended by its own signal


def _silenced() -> int:
    """Close this process's output; where its errors went, for the one line that is left to say."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with contextlib.suppress(OSError):
        said = os.dup(2)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        return said
    return nowhere


def _end_children() -> None:
    """Ask all descendants to end, then insist. Those whose parent ended meanwhile are still known."""
    known: set[int] = set()
    if not _ended(known, signal.SIGTERM, _ASKED_S):
        for pid in known:
            _signal(pid, signal.SIGKILL)
        _ended(known, signal.SIGKILL, _KILLED_S)  # a signal that is sent has not arrived yet


def _ended(known: set[int], number: int, seconds: float) -> bool:
    """Send the signal to every descendant that is not known yet; whether in so many seconds all of them had ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for pid in descendants(os.getpid()) - known:
            known.add(pid)
            _signal(pid, number)
        _reap()
        if not any(map(_is_alive, known)):
            return True
        time.sleep(0.02)
    return False


def descendants(root: int) -> set[int]:
    """Children of a process, and theirs."""
    children = defaultdict(list)
    for pid, parent in _processes():
        children[parent].append(pid)
    found: set[int] = set()
    waiting = [root]
    while waiting:
        for pid in children[waiting.pop()]:
            if pid not in found:
                found.add(pid)
                waiting.append(pid)
    return found


def _processes() -> Iterator[tuple[int, int]]:
    """Every process with its parent, but for those that have ended and only wait to be asked about."""
    if Path("/proc/self/stat").exists():
        for entry in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError, ValueError):
                state, parent = entry.read_text("utf-8", "replace").rpartition(")")[2].split()[:2]
                if state != "Z":
                    yield int(entry.parent.name), int(parent)
        return
    done = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=False)  # nosec B607  # a fixed list of arguments
    for line in done.stdout.splitlines():
        pid, parent = line.split()
        yield int(pid), int(parent)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _reap() -> None:
    """Ask about children that have ended, so that they are gone for everybody."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
