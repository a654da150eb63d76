"""`python -m security` when its report can not be written: status 2 and at most one line, for 1 says "found"."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = [("scan",), ("scan", "--format", "json"), ("rules",), ("rules", "--format", "sarif")]


def _run(words: tuple[str, ...], folder: Path, output: int) -> tuple[int, list[str]]:
    (folder / "clean.py").write_text("total = 1\n")
    command = [sys.executable, "-m", "security", words[0], str(folder), *words[1:]]
    done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    return done.returncode, done.stderr.splitlines()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_reader_who_left_is_no_finding_and_no_traceback(tmp_path: Path, words: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        assert _run(words, tmp_path, write) == (2, [])
    finally:
        os.close(write)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux alone has a device that is always full")
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_full_disk_is_told_in_a_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        assert _run(words, tmp_path, full) == (2, ["security: No space left on device"])
    finally:
        os.close(full)
