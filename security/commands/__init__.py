"""The commands behind `python -m security`, one module for each or two. Standard library alone.

A module adds its own subcommand with `add(commands)`, where it also sets `run`, a function of the parsed options that
returns the exit status. To add a command, write the module and list it in `MODULES`.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from .shared import printable

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    from .shared import Commands

_ABOUT = "Exit status of each command: 0 clean, 1 found, 2 could not be done or read."
MODULES = {
    "scan": "scan",
    "inventory": "inventory",
    "record": "record",
    "memory": "memory",
    "rules": "rules",
    "refusals": "refusals",
    "verify": "verify",
    "canary": "verify",
    "watch": "watch",
    "keygen": "watch",
}
"""Each command and its module."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a command line in one line; `--help` says how to use it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, printable(f"{self.prog}: {message}\n"))

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """argparse's own says nothing when the help can't be written, and ends with 0. This raises OSError."""
        (file or sys.stdout).write(self.format_help())
        sys.stdout.flush()


def parser(chosen: str | None = None) -> argparse.ArgumentParser:
    """The whole command line, or where a command is `chosen` its module's alone; its function is in `run`.

    A hook before each commit scans a few files: to import all the others' modules would take longer than that.
    """
    whole = _Parser(prog="python -m security", description=_ABOUT)
    commands: Commands = whole.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    for module in [MODULES[chosen]] if chosen in MODULES else dict.fromkeys(MODULES.values()):
        import_module(f".{module}", __package__).add(commands)
    return whole
