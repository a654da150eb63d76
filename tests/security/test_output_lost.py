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
    done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, text=True, timeout=240, check=False)
    return done.returncode, done.stderr.splitlines()


HELP = [("--help",), ("scan", "--help"), ("keygen", "--help")]
A_FULL_DEVICE = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="Linux alone has a device that is always full"
)


def _help(words: tuple[str, ...], output: int, *, buffered: bool) -> tuple[int, list[str]]:
    command = [sys.executable, *([] if buffered else ["-u"]), "-m", "security", *words]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        command, env=kept, stdout=output, stderr=subprocess.PIPE, text=True, timeout=240, check=False
    )
    return done.returncode, done.stderr.splitlines()


@A_FULL_DEVICE
@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("words", HELP, ids=" ".join)
def test_help_that_can_not_be_written_is_told_in_a_line(words: tuple[str, ...], buffered: bool) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        assert _help(words, full, buffered=buffered) == (2, ["security: No space left on device"])
    finally:
        os.close(full)


@pytest.mark.parametrize("words", HELP, ids=" ".join)
def test_help_whose_reader_left_ends_without_a_word(words: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        assert _help(words, write, buffered=True) == (2, [])
    finally:
        os.close(write)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_reader_who_left_is_no_finding_and_no_traceback(tmp_path: Path, words: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        assert _run(words, tmp_path, write) == (2, [])
    finally:
        os.close(write)


@A_FULL_DEVICE
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_full_disk_is_told_in_a_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        assert _run(words, tmp_path, full) == (2, ["security: No space left on device"])
    finally:
        os.close(full)


@pytest.mark.parametrize("words", [*COMMANDS, ("scan", "--format", "sarif")], ids=" ".join)
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-"])
def test_an_output_that_is_closed_leaves_the_status(
    tmp_path: Path, words: tuple[str, ...], closed: str
) -> None:
    (tmp_path / "clean.py").write_text("total = 1\n")
    command = f'"{sys.executable}" -m security {words[0]} "{tmp_path}" {" ".join(words[1:])} {closed}'
    done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("words", [("scan",), ("scan", "--format", "json"), ("scan", "--format", "sarif")])
def test_a_terminal_without_the_letters_of_a_name_is_told_them_escaped(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "注文.txt").write_text("4242 4242 4242 4242\n", "utf-8")
    command = [sys.executable, "-m", "security", words[0], str(tmp_path), *words[1:]]
    environ = dict(os.environ) | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "\\u6ce8" in done.stdout


def test_an_empty_path_is_not_the_folder_one_stands_in(tmp_path: Path) -> None:
    (tmp_path / "clean.py").write_text("total = 1\n")
    command = [sys.executable, "-m", "security", "scan", ""]
    environ = dict(os.environ) | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == ['could not be read: "": names nothing']
