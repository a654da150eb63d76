"""docs/adopt.md is true: its files written into an empty folder, its commands run one after the other."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from shop.scope.processes import free_port
from tests.adopt.environment import Environment

ROOT = Path(__file__).parents[2]
DOC = ROOT / "docs/adopt.md"
BAD = Path(__file__).parent / "passthrough"


class Block(NamedTuple):
    """A fenced block: the file that it is, or none for commands."""

    file: str
    text: str


def blocks() -> Iterator[Block]:
    port = str(free_port())
    for kind, file, text in re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```", DOC.read_text(), re.M | re.S):
        if file or kind == "sh":
            yield Block(file, text.replace("8123", port))


@pytest.mark.browser
def test_every_step_does_what_the_page_says(shops: Environment, tmp_path: Path) -> None:
    commands = 0
    for block in blocks():
        if block.file:
            path = tmp_path / block.file
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text)
            continue
        for line in block.text.splitlines():
            command, _, remark = line.partition("  #")
            done = shops.run(tmp_path, *command.split()[1:])
            wanted = int(remark.rpartition(" ")[2]) if "exit status" in remark else 0
            assert done.returncode == wanted, f"{command}\n{done.stdout}{done.stderr}"
            commands += 1
    assert commands == 7
    found = json.loads((tmp_path / "evidence/verify.json").read_text())
    reasons = {(part["id"], each["rule"]) for part in found["parts"] for each in part["findings"]}
    assert reasons == {("rules", "HK105"), ("canary", "card-field")}
    assert json.loads((tmp_path / "evidence/verify.sarif").read_text())["version"] == "2.1.0"


@pytest.mark.browser
def test_a_passthrough_shop_is_red_for_each_of_its_reasons(shops: Environment, tmp_path: Path) -> None:
    port = str(free_port())
    for path in BAD.rglob("*.*"):
        if path.suffix in {".py", ".html", ".toml"}:
            target = tmp_path / path.relative_to(BAD)
            target.parent.mkdir(exist_ok=True)
            target.write_text(path.read_text().replace("PORT", port).replace("PYTHON", str(shops.python)))
    done = shops.run(tmp_path, "-m", "security", "verify", "--format", "json")
    assert done.returncode == 1, done.stderr
    parts = {part["id"]: part for part in json.loads(done.stdout)["parts"]}
    rules = {name: {each["rule"] for each in part["findings"]} for name, part in parts.items()}
    assert {"HK105", "HK107", "HK201"} <= rules["rules"]
    assert {"no-guard", "number-kept"} <= rules["guard"]
    assert {"card-field", "takes-number", "number-kept", "header-csp"} <= rules["canary"]
    assert parts["inventory"]["status"] == "not exercised"


@pytest.mark.browser
def test_the_watcher_approves_alarms_and_is_missed(shops: Environment, tmp_path: Path) -> None:
    for block in list(blocks())[:6]:
        if block.file:
            (tmp_path / block.file).parent.mkdir(exist_ok=True)
            (tmp_path / block.file).write_text(block.text)
    port = re.findall(r"127\.0\.0\.1:(\d+)", (tmp_path / "scope.toml").read_text())[0]
    public = shops.run(tmp_path, "-m", "security", "keygen", "watch.key").stdout.strip()
    watch = ["-m", "security", "watch", "--key", "watch.key"]
    assert shops.run(tmp_path, *watch, "--once").returncode == 2, "nothing is approved yet"
    assert shops.run(tmp_path, "-m", "security", "watch", "--check", "--public", public).returncode == 1
    with subprocess.Popen([str(shops.python), "app.py", port], cwd=tmp_path) as shop:
        try:
            _wait(shops, tmp_path)
            accepted = shops.run(tmp_path, *watch, "--accept")
            assert accepted.returncode == 0, accepted.stdout + accepted.stderr
            assert shops.run(tmp_path, *watch, "--once").returncode == 0
            assert (
                shops.run(tmp_path, "-m", "security", "watch", "--check", "--public", public).returncode == 0
            )
            page = tmp_path / "templates/home.html"
            page.write_text(page.read_text() + '<script src="https://elsewhere.example/a.js"></script>')
        finally:
            shop.terminate()
    with subprocess.Popen([str(shops.python), "app.py", port], cwd=tmp_path) as shop:
        try:
            _wait(shops, tmp_path)
            altered = shops.run(tmp_path, *watch, "--once")
        finally:
            shop.terminate()
    assert altered.returncode == 1
    rules = {alarm["rule"] for alarm in json.loads(altered.stdout)["alarms"]}
    assert {"third-party", "watch-loads"} <= rules
    assert shops.run(tmp_path, "-m", "security", "watch", "--check", "--public", public).returncode == 1


@pytest.mark.browser
def test_the_watcher_s_lines_do_what_the_page_says(shops: Environment, tmp_path: Path) -> None:
    for block in list(blocks())[:6]:
        if block.file:
            (tmp_path / block.file).parent.mkdir(exist_ok=True)
            (tmp_path / block.file).write_text(block.text)
    port = re.findall(r"127\.0\.0\.1:(\d+)", (tmp_path / "scope.toml").read_text())[0]
    section = DOC.read_text().partition("## Watch the live pages")[2].partition("\n## ")[0]
    lines = [line.strip() for line in section.splitlines() if line.startswith("    ")]
    assert len(lines) == 4
    path = f"{shops.python.parent}:{os.environ['PATH']}"
    with subprocess.Popen([str(shops.python), "app.py", port], cwd=tmp_path) as shop:
        try:
            _wait(shops, tmp_path)
            done = subprocess.run(
                ["bash", "-ec", "\n".join(lines)],
                cwd=tmp_path,
                env=os.environ | {"PATH": path},
                capture_output=True,
                text=True,
                timeout=600,
                check=False,
            )
        finally:
            shop.terminate()
    assert done.returncode == 0, done.stdout + done.stderr


def _wait(shops: Environment, folder: Path) -> None:
    """Return when the shop answers."""
    script = "import sys; from security.canary.site import ask; ask(sys.argv[1], 'GET', '/')"
    url = re.findall(r'url = "(.*?)"', (folder / "scope.toml").read_text())[0]
    for _attempt in range(100):
        if shops.run(folder, "-c", script, url).returncode == 0:
            return
    raise AssertionError("the shop does not answer")


def test_the_hooks_stop_a_commit(shops: Environment, tmp_path: Path) -> None:
    """Real git, real pre-commit, this project's own hooks file."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    (ours / ".pre-commit-hooks.yaml").write_text((ROOT / ".pre-commit-hooks.yaml").read_text())
    _git(ours, shops, "init", "-q")
    _git(ours, shops, "add", ".")
    _git(ours, shops, "commit", "-qm", "hooks")
    rev = _git(ours, shops, "rev-parse", "HEAD").stdout.strip()
    (theirs / ".pre-commit-config.yaml").write_text(
        f"repos: [{{repo: '{ours}', rev: {rev}, hooks: [{{id: hitsuka-rules}}, {{id: hitsuka-scan}}]}}]\n"
    )
    _git(theirs, shops, "init", "-q")
    installed = subprocess.run(
        ["pre-commit", "install"],
        cwd=theirs,
        env=_environ(shops, tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert installed.returncode == 0, installed.stdout + installed.stderr
    (theirs / "page.html").write_text('<form method="post"><input name="note"></form>\n')
    _git(theirs, shops, "add", ".")
    clean = _git(theirs, shops, "commit", "-m", "clean")
    assert clean.returncode == 0, clean.stderr
    (theirs / "page.html").write_text('<form method="post"><input name="card_number"></form>\n')
    _git(theirs, shops, "add", ".")
    stopped = _git(theirs, shops, "commit", "-m", "a card field")
    assert stopped.returncode == 1
    assert "HK105" in stopped.stderr + stopped.stdout


def _environ(shops: Environment, home: Path) -> dict[str, str]:
    path = f"{shops.root / 'bin'}:{ROOT / '.venv/bin'}:{os.environ['PATH']}"
    who = {
        f"GIT_{role}_{what}": "a@b.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    return {
        **os.environ,
        **who,
        "PATH": path,
        "PRE_COMMIT_HOME": str(home.parent / "pre-commit"),
        "GIT_CONFIG_GLOBAL": os.devnull,
    }


def _git(folder: Path, shops: Environment, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *words], cwd=folder, env=_environ(shops, folder), capture_output=True, text=True, check=False
    )
