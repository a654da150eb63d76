"""The commands behind `python -m security`, one module for each or two. Standard library alone.

A module adds its own subcommand with `add(commands)`, where it also sets `run`, a function of the parsed options that
returns the exit status. To add a command, write the module and list it in `COMMANDS`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from . import inventory, memory, record, rules, scan, verify, watch
from .shared import printable

if TYPE_CHECKING:
    from .shared import Commands

_ABOUT = "Exit status of each command: 0 clean, 1 found, 2 could not be done or read."
COMMANDS: tuple[Callable[[Commands], None], ...] = (
    scan.add,
    inventory.add,
    record.add,
    memory.add,
    rules.add,
    verify.add,
    watch.add,
)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a command line in one line; `--help` says how to use it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, printable(f"{self.prog}: {message}\n"))


def parser() -> argparse.ArgumentParser:
    """The whole command line; the chosen command's function is in `run`."""
    whole = _Parser(prog="python -m security", description=_ABOUT)
    commands: Commands = whole.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    for add in COMMANDS:
        add(commands)
    return whole
