"""`rules`: what must not stand in the code of a shop that never touches a card number."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..rules import config, report
from ..rules.run import Result, run
from .shared import fail, printable

if TYPE_CHECKING:
    from .shared import Commands

_REPORTS: dict[str, Callable[[Result], str]] = {
    "text": report.as_text,
    "json": report.as_json,
    "sarif": report.as_sarif,
}


def add(commands: Commands) -> None:
    """Add the subcommand."""
    rules = commands.add_parser(
        "rules", help="check code, templates and scripts for ways card data could take"
    )
    rules.add_argument("paths", nargs="*", metavar="PATH", help="else those of [rules] in the configuration")
    rules.add_argument("--format", choices=sorted(_REPORTS), default="text")
    rules.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=f"its table [rules]; {config.DEFAULT_FILE} where there is one",
    )
    rules.set_defaults(run=check)


def check(options: argparse.Namespace) -> int:
    """Check and report; the exit status."""
    try:
        settings = config.load(options.config)
    except config.ConfigError as error:
        return fail("rules", error)
    paths = options.paths or settings.paths
    if not paths:
        return fail("rules", "nothing to look at: give a path, or paths in [rules] of the configuration")
    result = run(paths, settings)
    for line in result.unreadable:
        print(printable(f"could not be read: {line}"), file=sys.stderr)
    if not result.files and not result.unreadable:
        print("rules: nothing to look at", file=sys.stderr)
    print(printable(_REPORTS[options.format](result)))
    return result.status
