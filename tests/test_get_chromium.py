"""tools/get_chromium.py: which ways it tries on which machine, and what it says when one of them, or all, fail."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import get_chromium
from tools.get_chromium import tried, ways

ROOT, SOMEBODY = 0, 1000
LIGHT, WHOLE = "/usr/bin/chromium-headless-shell", "/usr/bin/chromium"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, bool], None]:
    """A machine of one kind: who runs this, and whether it has apt."""
    monkeypatch.delenv("CHROMIUM_PATH", raising=False)

    def become(user: int, has_apt: bool) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: user)
        here = "/usr/bin/apt-get" if has_apt else None
        monkeypatch.setattr(shutil, "which", lambda name: here if name == "apt-get" else None)

    return become


@pytest.mark.parametrize(
    ("user", "has_apt", "expected"),
    [
        (ROOT, True, ["-m playwright install", "apt-get update", "apt-get install chromium"]),
        (
            SOMEBODY,
            True,
            ["-m playwright install", "sudo -n apt-get update", "sudo -n apt-get install chromium"],
        ),
        (ROOT, False, ["-m playwright install"]),
        (SOMEBODY, False, ["-m playwright install"]),
    ],
)
def test_without_a_browser_playwright_is_asked_first_then_the_system(
    machine: Callable[[int, bool], None], user: int, has_apt: bool, expected: list[str]
) -> None:
    machine(user, has_apt)
    got = [" ".join(way).removeprefix(f"{sys.executable} ") for way in ways(None)]
    assert len(got) == len(expected)
    assert all(way.startswith(start) for way, start in zip(got, expected, strict=True))


@pytest.mark.parametrize("name", ["chromium-headless-shell", "chrome-headless-shell"])
def test_with_a_light_browser_nothing_is_installed(machine: Callable[[int, bool], None], name: str) -> None:
    machine(ROOT, True)
    assert ways(f"/opt/{name}") == []


def test_a_whole_browser_is_given_a_light_one_where_root_has_apt_and_nowhere_else(
    machine: Callable[[int, bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(ROOT, True)
    assert [way[:3] for way in ways(WHOLE)][-1] == ("apt-get", "install", "chromium-headless-shell")
    for user, has_apt in ((SOMEBODY, True), (ROOT, False), (SOMEBODY, False)):
        machine(user, has_apt)
        assert ways(WHOLE) == []
    machine(ROOT, True)
    monkeypatch.setenv("CHROMIUM_PATH", WHOLE)
    assert ways(WHOLE) == []


def test_no_way_waits_for_a_password_or_an_answer(machine: Callable[[int, bool], None]) -> None:
    machine(SOMEBODY, True)
    for way in ways(None)[1:]:
        assert way[:2] == ("sudo", "-n")
        assert "--yes" in way


def _program(folder: Path, text: str) -> str:
    path = folder / "installer"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_an_installer_that_fails_is_told_by_its_last_line(tmp_path: Path) -> None:
    failing = _program(tmp_path, "echo 'W: a warning' >&2; echo 'E: Unable to locate package' >&2; exit 100")
    assert tried(failing, "install", "chromium").endswith("failed: E: Unable to locate package")
    assert tried(_program(tmp_path, "exit 7")).endswith("failed: exit status 7")
    assert tried(_program(tmp_path, "echo fine")) == ""
    assert tried(str(tmp_path / "nowhere")).endswith("is not here")


def test_an_installer_that_never_ends_is_a_reason_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_chromium, "PATIENCE_S", 0.2)
    assert "did not end" in tried(_program(tmp_path, "exec sleep 20"))


def test_an_installer_that_cannot_be_started_is_a_reason_too(tmp_path: Path) -> None:
    path = tmp_path / "installer"
    path.write_bytes(b"\x7fELF, but no more than that")
    path.chmod(0o755)
    assert "failed:" in tried(str(path))


def _main(
    monkeypatch: pytest.MonkeyPatch, seen: list[str | None], failing: tuple[str, ...]
) -> tuple[int, list[str]]:
    """The exit status, and what was run, where each look finds the next of `seen` and ways that name `failing` fail."""
    looks, ran = iter(seen), list[str]()

    def installer(*command: str) -> str:
        ran.append(" ".join(command[:3]))
        return f"{command[0]} failed." if any(word in command for word in failing) else ""

    monkeypatch.setattr(get_chromium, "found", lambda: next(looks))
    monkeypatch.setattr(get_chromium, "tried", installer)
    return get_chromium.main(), ran


def test_when_apt_fails_too_every_reason_is_told_and_the_exit_status_is_1(
    machine: Callable[[int, bool], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine(ROOT, True)
    status, ran = _main(monkeypatch, [None] * 4, ("playwright", "update", "install"))
    told = capsys.readouterr()
    assert (status, len(ran)) == (1, 3)
    assert told.err.count("apt-get failed.") == 2
    assert f"{sys.executable} failed." in told.err
    assert "CHROMIUM_PATH" in told.err


def test_lists_that_can_not_be_renewed_do_not_keep_a_package_away(
    machine: Callable[[int, bool], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine(ROOT, True)
    status, ran = _main(monkeypatch, [None, None, None, WHOLE], ("playwright", "update"))
    assert status == 0
    assert ran[-1] == "apt-get install chromium"
    assert capsys.readouterr().out.splitlines()[-1] == WHOLE


def test_what_was_found_ends_the_search(
    machine: Callable[[int, bool], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine(ROOT, True)
    status, ran = _main(monkeypatch, [None, "/cache/chrome"], ())
    assert (status, len(ran)) == (0, 1)
    assert capsys.readouterr().out.splitlines()[-1] == "/cache/chrome"


def test_a_light_one_that_can_not_be_had_leaves_the_whole_one(
    machine: Callable[[int, bool], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine(ROOT, True)
    status, _ = _main(monkeypatch, [WHOLE] * 3, ("update", "install"))
    assert status == 0
    assert capsys.readouterr().out.splitlines()[-1] == WHOLE
