"""`inventory`: compare the script inventory with the files."""

# ruff: noqa: TID252  (this package may be taken elsewhere under another name)

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..scripts import inventory
from .shared import fail

if TYPE_CHECKING:
    from .shared import Commands


def add(commands: Commands) -> None:
    """Add the subcommand."""
    scripts = commands.add_parser("inventory", help="compare the script inventory with the files")
    scripts.add_argument("--static", type=Path, default=Path("static"), metavar="DIR")
    scripts.add_argument("--file", type=Path, default=inventory.DEFAULT)
    action = scripts.add_mutually_exclusive_group()
    action.add_argument("--check", action="store_true", help="compare (what it does anyway)")
    action.add_argument("--update", action="store_true", help="first write changed hashes, without approval")
    scripts.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare, after updating if told to; the exit status."""
    try:
        scripts = inventory.load(options.file)
        if options.update:
            scripts = inventory.updated(options.static, scripts)
            inventory.save(scripts, options.file)
        findings = inventory.check(options.static, scripts)
    except (inventory.InventoryError, OSError) as error:
        return fail("inventory", error)
    for finding in findings:
        print(f"{finding.script}: {finding.rule}: {finding.message}")
    return 1 if findings else 0
