"""Memory search: the whole tree is seen, and what cannot be read is never passed over."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from security.__main__ import main
from security.forms import forms_of
from security.scanner.memory import MemoryUnreadableError, process_tree, search_memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")

FORMS = forms_of("4556123400987654")
# Puts the number together at run time, so that it stands in memory and not on the command line.
HOLD = (
    "import sys; kept = ''.join(['4556', '1234', '0098', '7654']).encode() * {times};"
    "print('ready', flush=True); sys.stdin.read()"
)
# Starts a child in a session of its own, ends, and leaves it to the system.
ORPHAN = (
    "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', sys.argv[1]], start_new_session={apart});"
    "print(child.pid, flush=True); {end}"
)


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **environment},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_number_in_memory_is_found_with_its_form() -> None:
    with running(HOLD.format(times=1)) as process:
        first_line(process)

        hits = search_memory(process.pid, FORMS)

    assert {hit.found.form for hit in hits} == {"plain"}


def test_a_large_block_is_searched_to_its_end() -> None:
    with running(HOLD.format(times=200_000)) as process:
        first_line(process)

        hits = [hit for hit in search_memory(process.pid, FORMS) if hit.found.form == "plain"]

    assert len({hit.found.offset for hit in hits}) >= 200_000


def test_a_process_without_the_number_is_clean() -> None:
    with running("import sys; print('ready', flush=True); sys.stdin.read()") as process:
        first_line(process)

        assert search_memory(process.pid, FORMS) == []


def test_children_of_a_parent_that_ended_still_belong() -> None:
    end = "import os; os.waitpid(-1, 0)"
    with running(ORPHAN.format(apart=False, end=end), "import sys; sys.stdin.read()") as process:
        child = int(first_line(process))

        assert process_tree(process.pid) == sorted([process.pid, child])


def test_a_child_that_left_everything_is_found_by_the_marker() -> None:
    nested = ORPHAN.format(apart=True, end="sys.exit()")
    with running(
        "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]]); sys.stdin.read()",
        nested,
        "import sys, time; time.sleep(600)",
        EVIDENCE_RUN="abc123",
    ) as process:
        orphan = int(first_line(process))
        try:
            wait_until(lambda: orphan not in process_tree(process.pid))
            assert orphan in process_tree(process.pid, b"EVIDENCE_RUN=abc123")
        finally:
            os.kill(orphan, 9)


def test_the_searcher_itself_is_never_searched() -> None:
    assert os.getpid() not in process_tree(os.getppid())
    with pytest.raises(ValueError, match="its own needles"):
        search_memory(os.getpid(), FORMS)


def test_a_process_that_is_gone_is_an_error() -> None:
    with running("pass") as process:
        process.wait()
    for look in (lambda: process_tree(process.pid), lambda: search_memory(process.pid, FORMS)):
        with pytest.raises(MemoryUnreadableError):
            look()


def test_memory_that_cannot_be_read_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, size: int, offset: int) -> bytes:
        raise PermissionError(1, "Operation not permitted")

    with running("import sys; print('ready', flush=True); sys.stdin.read()") as process:
        first_line(process)
        monkeypatch.setattr(os, "pread", refuse)
        with pytest.raises(MemoryUnreadableError, match="could not be read"):
            search_memory(process.pid, FORMS)


def test_elsewhere_than_on_linux_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(MemoryUnreadableError, match="Linux"):
        search_memory(1, FORMS)


def test_the_command_reads_numbers_from_standard_input(tmp_path: Path) -> None:
    with running(HOLD.format(times=1)) as process:
        first_line(process)
        command = [sys.executable, "-m", "security", "memory", "--pid", str(process.pid)]
        found = subprocess.run(
            command, input="4556123400987654\n", text=True, capture_output=True, check=False
        )
        clean = subprocess.run(
            command, input="4556123400980006\n", text=True, capture_output=True, check=False
        )

    assert (found.returncode, clean.returncode) == (1, 0)
    assert "plain" in found.stdout
    assert "4556123400987654" not in found.stdout + found.stderr


def test_a_command_without_numbers_is_no_success(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty").touch()
    with (tmp_path / "empty").open() as empty:
        monkeypatch.setattr(sys, "stdin", empty)

        assert main(["memory", "--pid", str(os.getppid())]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_windows_known_to_be_clean_are_passed_over_and_others_are_not(tmp_path: Path) -> None:
    clean: set[bytes] = set()
    with (
        running("import sys; print('ready', flush=True); sys.stdin.read()") as empty,
        running(HOLD.format(times=1)) as holding,
    ):
        first_line(empty), first_line(holding)
        assert search_memory(empty.pid, FORMS, clean) == []
        kept = len(clean)
        hits = search_memory(holding.pid, FORMS, clean)

    assert "plain" in {hit.found.form for hit in hits}
    assert kept > 10
