"""The command line of the package: each command is there, and one that is chosen brings no other's code along."""

from __future__ import annotations

import subprocess
import sys

import pytest

from security import commands
from security.__main__ import main

LOADED = """
import sys
from security import commands
commands.parser("scan").parse_args(["scan", "x"])
print(*(name for name in sys.modules if name.startswith("security.commands.")))
"""


@pytest.mark.parametrize("name", commands.MODULES)
def test_each_command_says_how_it_is_used(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"python -m security {name}" in capsys.readouterr().out


def test_without_one_all_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert all(f"\n    {name}" in said for name in commands.MODULES)


def test_a_hook_that_scans_a_file_loads_no_other_command() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    others = {f"security.commands.{module}" for module in commands.MODULES.values() if module != "scan"}
    assert "security.commands.scan" in done.stdout.split()
    assert others.isdisjoint(done.stdout.split())
