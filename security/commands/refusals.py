"""`refusals`: the list of what the functions of a project refuse, compared with the code, and written anew."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..rules import config
from ..rules.project import Project
from ..rules.refusals import listed, making
from ..rules.run import Result, parsed
from .shared import fail, printable

if TYPE_CHECKING:
    from .shared import Commands


def add(commands: Commands) -> None:
    """Add the subcommand."""
    refusals = commands.add_parser(
        "refusals", help="list what each function of the project refuses, to be kept"
    )
    refusals.add_argument("--write", action="store_true", help="write the list anew, after reading")
    refusals.add_argument("--config", type=Path, metavar="FILE", help="its table [rules] names the list")
    refusals.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Say each line that comes or goes; 1 where one does and nothing is written."""
    try:
        settings = config.load(options.config)
        known = [(Path(each), listed.listed(each)) for each in settings.refusals]
    except (config.ConfigError, listed.BadListError) as error:
        return fail("refusals", error)
    if not known:
        return fail("refusals", "refusals in [rules] of the configuration names no list")
    result = Result()
    project = Project()
    for module in parsed(settings.paths, settings, result):
        project.add(module)
    for line in result.unreadable:
        print(printable(f"could not be read: {line}"), file=sys.stderr)
    differs = [_renewed(path, each, project, is_written=options.write) for path, each in known]
    if any(differs) and not options.write:
        print("The list is not as the code is: read these lines, then add --write.", file=sys.stderr)
    return 2 if result.unreadable else int(any(differs) and not options.write)


def _renewed(path: Path, known: listed.Listed, project: Project, *, is_written: bool) -> bool:
    now = making.made(project, known.files, known.without)
    before, after = set(_lines(known)), set(_lines(now))
    for sign, each in sorted([("-", one) for one in before - after] + [("+", one) for one in after - before]):
        print(printable(f"{sign} {each}"))
    if is_written:
        path.write_text(listed.write(now), "utf-8")
        listed.listed.cache_clear()
    return before != after


def _lines(known: listed.Listed) -> list[str]:
    return [
        f"{file}: {name}: {line}"
        for file, table in known.functions.items()
        for name, lines in table.items()
        for line in lines
    ]
