"""`python -m security`: scan files, check the script inventory, record a connection, search memory.

Exit status of each: 0 clean, 1 found, 2 could not be done or read.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from . import forms, memory, scan_report
from .recorder import Recorder
from .scan import Scan
from .scripts import inventory

_REPORTS: dict[str, Callable[[Scan], str]] = {
    "text": scan_report.as_text,
    "json": scan_report.as_json,
    "sarif": scan_report.as_sarif,
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except KeyboardInterrupt:
        return 2


def _scan(options: argparse.Namespace) -> int:
    progress = _show_progress if sys.stderr.isatty() else None
    scan = Scan(options.allow_test_numbers, options.exclude, progress)
    scan.run(options.paths)
    if progress:
        print("\r\033[K", end="", file=sys.stderr)
    for line in scan.unreadable:
        print(_printable(f"could not be read: {line}"), file=sys.stderr)
    print(_printable(_REPORTS[options.format](scan)))
    return scan.status


def _show_progress(files: int) -> None:
    if files % 50 == 0:
        print(f"\r{files} files", end="", file=sys.stderr, flush=True)


def _printable(text: str) -> str:
    """File names may hold bytes that are no text."""
    return text.encode("utf-8", "backslashreplace").decode()


def _inventory(options: argparse.Namespace) -> int:
    try:
        scripts = inventory.load(options.file)
        if options.update:
            scripts = inventory.updated(options.static, scripts)
            inventory.save(scripts, options.file)
        findings = inventory.check(options.static, scripts)
    except (inventory.InventoryError, OSError) as error:
        print(f"inventory: {error}", file=sys.stderr)
        return 2
    for finding in findings:
        print(f"{finding.script}: {finding.rule}: {finding.message}")
    return 1 if findings else 0


def _record(options: argparse.Namespace) -> int:
    host, _, port = options.to.rpartition(":")
    try:
        with Recorder(("127.0.0.1", options.listen), (host, int(port)), options.dir) as recorder:
            print(f"recording 127.0.0.1:{recorder.port} to {options.to}", flush=True)
            threading.Event().wait()
    except (OSError, ValueError) as error:
        print(f"record: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


def _memory(options: argparse.Namespace) -> int:
    status = 0
    try:
        needles = [forms.forms_of(line.strip()) for line in sys.stdin if line.strip()]
        marker = options.marker.encode() if options.marker else None
        for pid in memory.process_tree(options.pid, marker):
            for needle in needles:
                for hit in memory.search_memory(pid, needle):
                    print(f"process {pid}: {hit.found.form} at {hit.found.offset:#x} {hit.region}".rstrip())
                    status = 1
    except (memory.MemoryUnreadableError, ValueError) as error:
        print(f"memory: {error}", file=sys.stderr)
        return 2
    if not needles:
        print("memory: no number was given on standard input", file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m security", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    scan = commands.add_parser("scan", help="look for card numbers in files")
    scan.add_argument("paths", nargs="+", metavar="PATH")
    scan.add_argument("--format", choices=sorted(_REPORTS), default="text")
    scan.add_argument("--allow-test-numbers", action="append", default=[], metavar="GLOB")
    scan.add_argument("--exclude", action="append", default=[], metavar="GLOB")
    scan.set_defaults(run=_scan)

    scripts = commands.add_parser("inventory", help="compare the script inventory with the files")
    scripts.add_argument("--static", type=Path, default=Path("static"), metavar="DIR")
    scripts.add_argument("--file", type=Path, default=inventory.DEFAULT)
    action = scripts.add_mutually_exclusive_group()
    action.add_argument("--check", action="store_true", help="compare (what it does anyway)")
    action.add_argument("--update", action="store_true", help="first write changed hashes, without approval")
    scripts.set_defaults(run=_inventory)

    record = commands.add_parser("record", help="keep every byte of each connection to a server")
    record.add_argument("--listen", type=int, required=True, metavar="PORT")
    record.add_argument("--to", required=True, metavar="HOST:PORT")
    record.add_argument("--dir", type=Path, required=True)
    record.set_defaults(run=_record)

    search = commands.add_parser("memory", help="look for numbers, read from standard input, in processes")
    search.add_argument("--pid", type=int, required=True)
    search.add_argument("--marker", metavar="NAME=VALUE")
    search.set_defaults(run=_memory)
    return parser


if __name__ == "__main__":
    sys.exit(main())
