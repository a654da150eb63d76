"""`scan`: look for card numbers in files."""

# ruff: noqa: TID252  (this package may be taken elsewhere under another name)

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from .. import scan_report
from ..scan import Scan
from .shared import printable

if TYPE_CHECKING:
    from .shared import Commands

_REPORTS: dict[str, Callable[[Scan], str]] = {
    "text": scan_report.as_text,
    "json": scan_report.as_json,
    "sarif": scan_report.as_sarif,
}


def add(commands: Commands) -> None:
    """Add the subcommand."""
    scan = commands.add_parser("scan", help="look for card numbers in files")
    scan.add_argument("paths", nargs="+", metavar="PATH")
    scan.add_argument("--format", choices=sorted(_REPORTS), default="text")
    scan.add_argument("--allow-test-numbers", action="append", default=[], metavar="GLOB")
    scan.add_argument("--exclude", action="append", default=[], metavar="GLOB")
    scan.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Scan and report; the exit status."""
    progress = _show_progress if sys.stderr.isatty() else None
    scan = Scan(options.allow_test_numbers, options.exclude, progress)
    scan.run(options.paths)
    if progress:
        print("\r\033[K", end="", file=sys.stderr)
    for line in scan.unreadable:
        print(printable(f"could not be read: {line}"), file=sys.stderr)
    print(printable(_REPORTS[options.format](scan)))
    return scan.status


def _show_progress(files: int) -> None:
    if files % 50 == 0:
        print(f"\r{files} files", end="", file=sys.stderr, flush=True)
