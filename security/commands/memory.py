"""`memory`: look for numbers, read from standard input, in a tree of processes."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from .. import forms
from ..scanner import memory
from .shared import fail

if TYPE_CHECKING:
    from .shared import Commands


def add(commands: Commands) -> None:
    """Add the subcommand."""
    search = commands.add_parser("memory", help="look for numbers, read from standard input, in processes")
    search.add_argument("--pid", type=int, required=True)
    search.add_argument("--marker", metavar="NAME=VALUE")
    search.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Search; the exit status."""
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
        return fail("memory", error)
    if not needles:
        return fail("memory", "no number was given on standard input")
    return status
