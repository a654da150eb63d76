"""What cannot be seen is status 2 and one line that says which evidence is missing; never green, never a traceback."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from security.__main__ import main
from security.canary import browser
from shop.scope.processes import free_port

ENTRY = """[[script]]
path = "a.js"
owner = "team"
reason = "does something"
pages = "all"
hash = "{digest}"
"""
DIGEST = "sha384-sL+2KnTvfGl5bd2oBDp8vvDo5PYdAdhkRejPFvjjdHl+lUhahxhKrEPBkEGHYs8z"
BASELINE = """[[accepted]]
path = "*.log"
rule = "card-number"
owner = "team"
reason = "old data"
expires = {day}
"""


def project(folder: Path, text: str = "") -> Path:
    """A small project that is well."""
    (folder / "app.py").write_text("app = 1\n")
    (folder / "static").mkdir()
    (folder / "static/a.js").write_text("1\n")
    (folder / "scope.toml").write_text(text)
    return folder / "scope.toml"


def _unreadable(folder: Path) -> None:
    (folder / "static/b.js").write_bytes(b"\xff\xfe\xfa")


def _broken_archive(folder: Path) -> None:
    (folder / "old.zip").write_bytes(b"PK\x03\x04 and nothing that follows")


def _refusing_database(folder: Path) -> None:
    address = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    (folder / "scope.toml").write_text(f'[scan]\npaths = [".", "{address}"]\n')


def _ended_baseline(folder: Path) -> None:
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=2)
    (folder / "accepted.toml").write_text(BASELINE.format(day=yesterday))
    (folder / "scope.toml").write_text('[scan]\nbaseline = "accepted.toml"\n')


def _unapproved(folder: Path) -> None:
    from security.scripts.inventory import integrity_of

    (folder / "scripts.toml").write_text(ENTRY.format(digest=integrity_of(b"1\n")))
    (folder / "scope.toml").write_text("[inventory]\n")


def _silent_site(folder: Path) -> None:
    (folder / "scope.toml").write_text(f'[site]\nurl = "http://127.0.0.1:{free_port()}"\n')


def _site_that_ends(folder: Path) -> None:
    site = (
        f'[site]\nurl = "http://127.0.0.1:{free_port()}"\nstart = ["python3", "-c", "raise SystemExit(3)"]\n'
    )
    (folder / "scope.toml").write_text(site)


def _site_that_cannot_start(folder: Path) -> None:
    site = f'[site]\nurl = "http://127.0.0.1:{free_port()}"\nstart = ["no-such-program"]\n'
    (folder / "scope.toml").write_text(site)


@pytest.mark.parametrize(
    ("make", "part", "says"),
    [
        (_unreadable, "rules", "b.js: no UTF-8 text"),
        (_broken_archive, "scan", "old.zip"),
        (_refusing_database, "scan", "database could not be read"),
        (_ended_baseline, "scan", "ended on"),
        (_unapproved, "inventory", "nobody has approved it"),
        (_silent_site, "guard", "does not answer"),
        (_site_that_ends, "guard", "ended by itself with status 3"),
        (_site_that_cannot_start, "guard", "no-such-program cannot be started"),
    ],
)
def test_missing_evidence_is_2_with_its_line(
    make: Callable[[Path], None], part: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = project(tmp_path)
    make(tmp_path)
    assert main(["verify", "--config", str(file), "--only", part]) == 2
    lines = [line for line in capsys.readouterr().out.splitlines() if "evidence missing" in line]
    assert len(lines) == 1
    assert says in lines[0]


def test_a_missing_browser(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_playwright: object) -> str:
        raise RuntimeError("no Chromium here: run tools/get_chromium.py, or set CHROMIUM_PATH")

    monkeypatch.setattr(browser, "chromium_path", none)
    port = free_port()
    command = f'["python3", "-m", "http.server", "{port}", "--bind", "127.0.0.1"]'
    file = project(tmp_path, f'[site]\nurl = "http://127.0.0.1:{port}"\nstart = {command}\n')
    assert main(["verify", "--config", str(file), "--only", "canary"]) == 2
    assert "canary: evidence missing: no browser: no Chromium here" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[scann]\n", "unknown table [scann]"),
        ("[scan]\npath = ['.']\n", "[scan]: unknown key path"),
        ("[scan]\npaths = '.'\n", "must be a list of texts"),
        ("[rules]\npathes = []\n", "unknown key pathes in [rules]"),
        ("[site]\n", "[site]: url is missing"),
        ("[site]\nurl = 'shop.example'\n", "url is scheme and host"),
        ("[site]\nurl = 'http://a.example'\npages = ['a']\n", "pages are paths that begin with /"),
        ("[site]\nurl = 'http://a.example'\nmost_pages = 'many'\n", "must be a whole number"),
        ("[site]\nurl = 'http://a.example'\n[[site.searched]]\npath = 'a'\n", "witness is missing"),
        ("[scan\n", "scope.toml:"),
    ],
)
def test_a_configuration_that_says_something_wrong(
    text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "--config", str(project(tmp_path, text))]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert says in told.err
    assert len(told.err.splitlines()) == 1


@pytest.mark.parametrize("command", ["verify", "canary", "watch", "scan", "rules", "inventory"])
def test_a_configuration_that_is_not_there(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--key", "k"] if command == "watch" else []
    assert main([command, "--config", str(tmp_path / "none.toml"), *more]) == 2
    told = capsys.readouterr()
    assert "none.toml" in told.err
    assert len(told.err.splitlines()) == 1


def test_a_file_that_is_not_there_is_told_without_the_system_s_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "--config", str(tmp_path / "none.toml")]) == 2
    assert capsys.readouterr().err.endswith("none.toml: No such file or directory\n")
