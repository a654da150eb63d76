"""Bad input under the verifier: exit status 2 and one line that names the evidence that is missing, never green."""

from __future__ import annotations

import datetime as dt
import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from security.canary import browser
from security.canary.evidence import gather
from security.canary.numbers import fresh_number
from security.canary.sinks import Files
from security.scripts import inventory
from security.signatures import SigningKey
from security.watch import state
from security.watch.sighting import Sighting
from shop.cli import main
from shop.scope import lab, mutants_running
from shop.scope.checks import canary, integrity, rules
from shop.scope.checks.walk import look_at_deployed
from shop.scope.lab import Lab
from shop.scope.patches import MutantError
from shop.scope.registry import Check, Group
from shop.scope.result import Notes, Result, exit_status
from shop.scope.running import run_one


@dataclass
class Asked:
    """What a case may use."""

    folder: Path
    patch: pytest.MonkeyPatch
    here: Lab


Case = Callable[[Asked], Result]


def looked(here: Lab, look: Callable[[Lab, Notes], None], patch: pytest.MonkeyPatch) -> Result:
    """The result of one function as the runner makes it."""
    check = Check("E0", "t", "t", Group.STATIC, "a:b")
    patch.setattr(Check, "look", lambda _self, given, notes: look(given, notes))
    return run_one(check, here)


def no_browser(asked: Asked) -> Result:
    asked.patch.setenv("PATH", "/nowhere")
    asked.patch.setenv("PLAYWRIGHT_BROWSERS_PATH", "/nowhere")
    asked.patch.delenv("CHROMIUM_PATH", raising=False)

    def look(_here: Lab, _notes: Notes) -> None:
        with browser.opened():
            pass

    return looked(asked.here, look, asked.patch)


def unreadable_file(asked: Asked) -> Result:
    for part in rules.PATHS:
        (asked.folder / part).parent.mkdir(parents=True, exist_ok=True)
        if part.endswith(".py"):
            (asked.folder / part).write_text("x = 1\n")
        else:
            (asked.folder / part).mkdir()
    (asked.folder / "shop" / "page.html").write_bytes(b"\xff\xfe\x00 no text")
    return looked(replace(asked.here, root=asked.folder), rules.look, asked.patch)


def broken_archive(asked: Asked) -> Result:
    (asked.folder / "a.log").write_text("witness")
    (asked.folder / "old.zip").write_bytes(b"PK\x03\x04 cut off")

    def look(_here: Lab, notes: Notes) -> None:
        evidence = gather([Files("logs", asked.folder, b"witness")], {"n": fresh_number()})
        canary._judge(evidence, notes)

    return looked(asked.here, look, asked.patch)


def refusing_database(asked: Asked) -> Result:
    url = "postgresql+psycopg://nobody@127.0.0.1:9/none"
    return looked(asked.here, lambda _here, _notes: lab.fill(url), asked.patch)


class _CutOff(http.server.BaseHTTPRequestHandler):
    """Promises more than it sends."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "9000")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>x</title><p>cut o")

    def log_message(self, *_about: object) -> None:
        """Quiet."""


@contextmanager
def cut_off_shop() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _CutOff)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://style.localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def truncated_page(asked: Asked) -> Result:
    with cut_off_shop() as url, lab.opened(url=url) as here:
        result = looked(here, look_at_deployed, asked.patch)
        here.close_browser()
    return result


def no_approval(asked: Asked) -> Result:
    scripts = inventory.load()
    asked.patch.setattr(inventory, "load", lambda: [replace(scripts[0], approved=None), *scripts[1:]])
    return looked(asked.here, integrity.look, asked.patch)


CASES: dict[str, tuple[Case, str]] = {
    "a missing browser": (no_browser, "no browser"),
    "an unreadable file": (unreadable_file, "page.html"),
    "a broken archive": (broken_archive, "old.zip"),
    "a refusing database": (refusing_database, "the database refuses"),
    "a truncated page": (truncated_page, "gave no answer"),
    "an entry without approval": (no_approval, "nobody has approved it"),
}


@pytest.mark.parametrize("what", CASES)
def test_it_is_exit_2_with_one_line_that_names_the_evidence(
    what: str, here: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, words = CASES[what]
    result = case(Asked(tmp_path, monkeypatch, here))
    assert exit_status([result]) == 2, result.notes
    assert len(result.notes.missing) == 1, result.notes.missing
    assert words in result.notes.missing[0]
    assert "\n" not in result.notes.missing[0]


def test_an_expired_baseline_is_exit_2_with_one_line(tmp_path: Path) -> None:
    key, long_ago = SigningKey.new(), dt.datetime.now(dt.UTC) - dt.timedelta(days=93)
    key.write(tmp_path / "key")
    state.approve(tmp_path / "state", state.Round(long_ago, (), [Sighting("/", "a", 200)], []), key)
    words = ["scope", "watch", "--url", "http://shop.localhost:9", "--state", str(tmp_path / "state")]
    result = CliRunner().invoke(main, [*words, "--key", str(tmp_path / "key"), "--once"])
    assert result.exit_code == 2
    assert len(result.output.splitlines()) == 1
    assert "expired" in result.output


CHALLENGES = {
    'patches = ["none.diff"]': "cannot be read",
    'patches = ["empty.diff"]': "no change",
    'patches = ["bytes.diff"]': "cannot be read",
    'patches = [1]': "lists of texts",
    'checks = ["E7"]': "there is none",
    'patches = ["leak.diff"]\nchecks = ["E99"]': "no check is called E99",
    'entry_points = ["/search?q=x"]': "{canary}",
    'entry_points = ["/search?q={canary} and more"]': "without spaces",
    "nonce = [": "cannot be read",
    "nonce = 3": "one text",
    "numbers = []": "asks for nothing",
    'number = ["one"]': "nothing else",
    "": "asks for nothing",
    "\x00\x01": "cannot be read",
}  # fmt: skip


@pytest.mark.parametrize("text", CHALLENGES)
def test_a_mistake_in_a_challenge_is_exit_2_with_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(text)
    (tmp_path / "empty.diff").write_text("nothing\n")
    (tmp_path / "bytes.diff").write_bytes(b"\xff\xfe\n@@ ")
    (tmp_path / "leak.diff").write_text("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")
    assert CHALLENGES[text] in said("--only", "E25", "--challenge", str(tmp_path / "c.toml"))


def said(*words: str, command: str = "verify") -> str:
    """The one line with which a command ends at status 2."""
    result = CliRunner().invoke(main, ["scope", command, *words])
    assert result.exit_code == 2, result.output
    assert len(result.output.splitlines()) == 1, result.output
    assert "Traceback" not in result.output
    return result.output.strip()


WISHES = {
    ("--challenge", "none.toml"): "none.toml cannot be read: No such file",
    ("--challenge", "folder"): "folder cannot be read: Is a directory",
    ("--challenge", "deep.json"): "deep.json cannot be read: RecursionError",
    ("--sign", "none.key"): "none.key cannot be read",
    ("--sign", "folder"): "folder cannot be read",
    ("--sign", "nonsense"): "nonsense",
    ("--report", "nonsense"): "the report cannot be written: File exists",
    ("--report", "nonsense/below"): "the report cannot be written: Not a directory",
    ("--url", "shop"): "--url is no address",
    ("--url", "ftp://shop.example"): "--url is no address",
    ("--url", "https://"): "--url is no address",
    ("--url", "http://shop.example:port"): "--url is no address",
    ("--url", "https://shop.example", "--only", "E4"): "E6 looks at --url, and it was not chosen",
    ("--url", "https://shop.example", "--provider", "pay"): "--provider is no origin",
    ("--order",): "for a shop at --url",
    ("--provider", "https://pay.example"): "for a shop at --url",
    ("--database", "nonsense"): "--database is no address",
    ("--database", "sqlite:///x"): "--database is no address",
    ("--only", "E99"): "no check is called E99",
}  # fmt: skip


@pytest.mark.parametrize("words", WISHES)
def test_what_cannot_be_met_is_exit_2_with_one_line_before_anything_is_looked_at(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "nonsense").write_text("nonsense\n")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    assert WISHES[words] in said(*words)


PATCHES = {
    "none": (None, "there is no such file"),
    "empty": ("", "No valid patches"),
    "no patch": ("hello\n", "No valid patches"),
    "cut off": ("--- a/wsgi.py\n+++ b/wsgi.py\n@@ -1,9 +1,9 @@\n-a\n", "corrupt patch"),
    "does not fit": ("--- a/wsgi.py\n+++ b/wsgi.py\n@@ -1 +1 @@\n-never there\n+b\n", "does not apply"),
    "another tree": ("--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\n", "x.py is outside of what is looked at"),
    "leads out": ("--- /dev/null\n+++ b/../out.py\n@@ -0,0 +1 @@\n+b\n", "../out.py"),
    "leads out later": ("--- /dev/null\n+++ b/shop/../../out.py\n@@ -0,0 +1 @@\n+b\n", "out.py"),
    "a test": ("--- /dev/null\n+++ b/tests/x.py\n@@ -0,0 +1 @@\n+b\n", "tests/x.py is outside"),
}  # fmt: skip


@pytest.mark.parametrize("what", PATCHES)
def test_a_patch_that_cannot_be_tried_is_exit_2_with_one_line(what: str, tmp_path: Path) -> None:
    text, words = PATCHES[what]
    if text is not None:
        (tmp_path / "his.diff").write_text(text)
    line = said("--patch", str(tmp_path / "his.diff"), command="mutants")
    assert words in line
    assert "his.diff" in line
    assert str(tmp_path) not in line


def test_a_patch_where_there_is_no_git_is_exit_2_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "his.diff").write_text("--- /dev/null\n+++ b/shop/x.py\n@@ -0,0 +1 @@\n+b\n")
    monkeypatch.setenv("PATH", "/nowhere")
    assert "git" in said("--patch", str(tmp_path / "his.diff"), command="mutants")
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert "no checkout" in said("--patch", str(tmp_path / "his.diff"), command="mutants")


def test_a_verifier_that_does_not_end_in_the_changed_tree_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutants_running, "TIMEOUT_S", 0.01)
    with pytest.raises(MutantError, match=r"not done in the changed tree in 0\.01 s"):
        mutants_running.verified(Path.cwd(), ("E4",))


def test_a_mutant_that_nobody_knows_is_exit_2_with_one_line() -> None:
    assert "no mutant is called Z99" in said("--only", "Z99", command="mutants")


def test_a_patch_that_does_not_fit_is_missing_evidence_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('patches = ["old.diff"]')
    (tmp_path / "old.diff").write_text("--- a/wsgi.py\n+++ b/wsgi.py\n@@ -1 +1 @@\n-never there\n+b\n")
    result = CliRunner().invoke(
        main, ["scope", "verify", "--only", "E25", "--challenge", str(tmp_path / "c.toml")]
    )
    assert result.exit_code == 2
    missing = [line for line in result.stdout.splitlines() if "evidence missing" in line]
    assert len(missing) == 1
    assert "old.diff" in missing[0]
    assert str(tmp_path) not in missing[0]
