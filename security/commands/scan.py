"""`scan`: look for card numbers in files, archives, mailboxes, databases, a process, a repository's history."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from .. import config
from ..scan import Scan
from ..scanner import baseline, scan_report
from .progress import Progress
from .shared import fail, printable

if TYPE_CHECKING:
    from .shared import Commands

_REPORTS: dict[str, Callable[[Scan], str]] = {
    "text": scan_report.as_text,
    "json": scan_report.as_json,
    "sarif": scan_report.as_sarif,
}


def add(commands: Commands) -> None:
    """Add the subcommand."""
    scan = commands.add_parser("scan", help="look for card numbers in files, databases, a process, git")
    scan.add_argument(
        "paths", nargs="*", metavar="PATH", help="file, folder, - (standard input) or postgresql://…"
    )
    scan.add_argument(
        "--pid", type=int, action="append", default=[], help="a process, whose memory is read (Linux)"
    )
    scan.add_argument(
        "--git", action="append", default=[], metavar="DIR", help="a repository, with all its history"
    )
    scan.add_argument("--format", choices=sorted(_REPORTS), default="text")
    scan.add_argument("--allow-test-numbers", action="append", default=[], metavar="GLOB")
    scan.add_argument("--exclude", action="append", default=[], metavar="GLOB")
    scan.add_argument("--new-only", action="store_true", help="leave out what the baseline accepts")
    scan.add_argument("--baseline", type=Path, default=Path("pan-baseline.toml"), metavar="FILE")
    scan.add_argument(
        "--config", type=Path, metavar="FILE", help="take paths and globs from its table [scan] too"
    )
    scan.add_argument("--engine", choices=["fast", "plain"], help="fast needs hyperscan; both find the same")
    scan.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Scan and report; the exit status."""
    try:
        _configure(options)
    except config.ConfigError as error:
        return fail("scan", error)
    if not (options.paths or options.pid or options.git):
        return fail("scan", "nothing to scan: give a path, --pid or --git")
    try:
        accepted = baseline.load(options.baseline, date.today()) if options.new_only else []  # noqa: DTZ011  (the day where the reader is)
    except baseline.BaselineError as error:
        return fail("scan", error)
    scan = Scan(options.allow_test_numbers, options.exclude, engine_name=options.engine)
    progress = Progress(lambda: scan.bytes, _bytes_of(scan, options.paths) if sys.stderr.isatty() else 0)
    scan.progress = progress
    try:
        _scan(scan, options)
    except ImportError:
        return fail("scan", "the fast engine needs hyperscan (pip install hitsuka-security[fast])")
    progress.end()
    scan.findings = baseline.new_of(scan.findings, accepted)
    for line in scan.unreadable:
        print(printable(f"could not be read: {line}"), file=sys.stderr)
    print(printable(_REPORTS[options.format](scan)))
    return scan.status


def _configure(options: argparse.Namespace) -> None:
    """Add what the configuration says to what the command line says; its paths only where that names none."""
    if options.config is None:
        return
    table = config.load(options.config).scan
    if not (options.paths or options.pid or options.git):
        options.paths = [
            path if "://" in path else (options.config.parent / path).as_posix() for path in table.paths
        ]
    options.exclude += table.exclude
    options.allow_test_numbers += table.allow_test_numbers
    if table.baseline:
        options.new_only, options.baseline = True, options.config.parent / table.baseline


def _scan(scan: Scan, options: argparse.Namespace) -> None:
    scan.run(options.paths)
    for pid in options.pid:
        scan.process(pid)
    for repository in options.git:
        scan.history(repository)


def _bytes_of(scan: Scan, paths: list[str]) -> int:
    """How much there is to read, to tell the time left; what cannot be asked counts nothing and is told later."""
    sizes = Scan(exclude=scan.exclude)
    total = 0
    for path in paths:
        for file in sizes.walk(Path(path)):
            try:
                total += file.stat().st_size
            except OSError:
                continue
    return total
