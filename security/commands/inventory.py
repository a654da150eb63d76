"""`inventory`: compare the script inventory with the files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .. import config
from ..scripts import inventory
from .shared import fail

if TYPE_CHECKING:
    from .shared import Commands


def add(commands: Commands) -> None:
    """Add the subcommand."""
    scripts = commands.add_parser("inventory", help="compare the script inventory with the files")
    scripts.add_argument("--static", type=Path, metavar="DIR", help="the scripts; else static")
    scripts.add_argument(
        "--file", type=Path, help="the inventory; else that of this package, or scripts.toml"
    )
    scripts.add_argument("--config", type=Path, metavar="FILE", help="take both from its table [inventory]")
    action = scripts.add_mutually_exclusive_group()
    action.add_argument("--check", action="store_true", help="compare (what it does anyway)")
    action.add_argument("--update", action="store_true", help="first write changed hashes, without approval")
    scripts.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare, after updating if told to; the exit status."""
    try:
        file, static = _places(options)
        scripts = inventory.load(file)
        if options.update:
            scripts = inventory.updated(static, scripts)
            inventory.save(scripts, file)
        findings = inventory.check(static, scripts)
    except (inventory.InventoryError, config.ConfigError, OSError) as error:
        return fail("inventory", error)
    for finding in findings:
        print(f"{finding.script}: {finding.rule}: {finding.message}")
    return 1 if findings else 0


def _places(options: argparse.Namespace) -> tuple[Path, Path]:
    """The inventory and the folder of scripts: as told, else as configured, else as usual."""
    usual = inventory.DEFAULT if inventory.DEFAULT.is_file() else Path("scripts.toml")
    file, static = usual, Path("static")
    if options.config is not None:
        table = config.load(options.config).inventory or config.InventoryTable()
        file, static = options.config.parent / table.file, options.config.parent / table.static
    return options.file or file, options.static or static
