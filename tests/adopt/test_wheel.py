"""The wheel alone in an empty environment: what is in it, and that it guards and scans what is not ours."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest

from security.canary.numbers import fresh_number
from shop.scope.processes import free_port
from tests.adopt.environment import Environment, make_environment
from tools.build_wheel import build

ROOT = Path(__file__).parents[2]
APPS = Path(__file__).parent / "apps"


def test_it_holds_the_package_whole_and_nothing_else(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "security").rglob("*.py")}
    assert packed == ours | {"security/py.typed"}


def test_with_the_compiled_look_it_fits_this_kind_of_machine(tmp_path: Path) -> None:
    built = build(tmp_path, compiled=True)
    assert "-none-any" not in built.name
    assert any(name.startswith("security/scanner/_runs.") for name in zipfile.ZipFile(built).namelist())
    made = make_environment(tmp_path / "venv", built)
    told = made.run(
        tmp_path,
        "-c",
        "from security.scanner.compiled import runs; print(runs().digits(b'4242 4242 4242 4242'))",
    )
    assert told.stdout.strip() == "[19]", told.stderr


def test_both_projects_name_the_same_rules_for_bandit() -> None:
    whole, alone = (
        tomllib.loads((ROOT / name).read_text())["project"]["entry-points"]["bandit.plugins"]
        for name in ("pyproject.toml", "security/pyproject.toml")
    )
    assert whole == alone


def test_nothing_of_ours_and_no_other_package_is_needed(empty: Environment, tmp_path: Path) -> None:
    number = fresh_number()
    (tmp_path / "shop.log").write_text(f"paid with {number}\n")
    (tmp_path / "form.html").write_text('<form method="post"><input name="card_number"></form>')
    looked = empty.run(
        tmp_path,
        "-c",
        "import sys, importlib.util as u, security.guard, security.asgi, security.logs, security.pan, security.parts\n"
        "print([name for name in ('shop', 'payments', 'flask', 'cryptography', 'sqlalchemy') if u.find_spec(name)])\n"
        "print(security.guard.__file__)",
    )
    assert looked.stdout.splitlines()[0] == "[]", looked.stderr
    assert str(empty.root) in looked.stdout
    scanned = empty.run(tmp_path, "-m", "security", "scan", "--format", "json", "shop.log")
    assert scanned.returncode == 1
    assert json.loads(scanned.stdout)["findings"][0]["last4"] == number[-4:]
    assert number not in scanned.stdout + scanned.stderr
    ruled = empty.run(tmp_path, "-m", "security", "rules", "form.html")
    assert ruled.returncode == 1
    assert "HK105" in ruled.stdout
    masked = empty.run(
        tmp_path,
        "-c",
        "import logging, sys; from security.logs import PANFilter\n"
        "handler = logging.StreamHandler(sys.stdout); handler.addFilter(PANFilter())\n"
        "logging.getLogger().addHandler(handler); logging.warning('paid with %s', sys.stdin.read())",
        given=number,
    )
    assert "paid with" in masked.stdout
    assert number not in masked.stdout


def test_a_browser_that_is_not_here_is_missing_evidence(empty: Environment, tmp_path: Path) -> None:
    (tmp_path / "scope.toml").write_text(
        f'[site]\nurl = "http://127.0.0.1:{free_port()}"\nstart = ["{empty.python}", "-m", "http.server", "PORT"]\n'
    )
    text = (tmp_path / "scope.toml").read_text()
    (tmp_path / "scope.toml").write_text(text.replace("PORT", text.split(":")[2].split('"')[0]))
    done = empty.run(tmp_path, "-m", "security", "verify", "--only", "canary")
    assert done.returncode == 2
    assert "canary: evidence missing: Playwright is not installed" in done.stdout


@pytest.mark.parametrize("name", ["flask_shop", "django_shop", "starlette_shop"])
def test_a_plain_shop_is_guarded_and_scanned(name: str, shops: Environment, tmp_path: Path) -> None:
    guarded = _verified(name, shops, tmp_path)
    assert guarded.returncode == 0, guarded.stdout
    open_door = _verified(name, shops, tmp_path, "unguarded")
    assert open_door.returncode == 1, open_door.stdout + open_door.stderr
    parts = {part["id"]: part for part in json.loads(open_door.stdout)["parts"]}
    messages = {finding["message"] for finding in parts["guard"]["findings"]}
    assert len(messages) == 13, "each way in is told"
    assert {parts[part]["status"] for part in ("scan", "rules")} == {"green"}


def _verified(name: str, shops: Environment, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(APPS / f"{name}.py", folder)
    port = str(free_port())
    start = json.dumps([str(shops.python), f"{name}.py", port, *words])
    (folder / "scope.toml").write_text(f'[site]\nurl = "http://127.0.0.1:{port}"\nstart = {start}\n')
    parts = [word for part in ("scan", "rules", "guard") for word in ("--only", part)]
    return shops.run(folder, "-m", "security", "verify", "--format", "json", *parts)
