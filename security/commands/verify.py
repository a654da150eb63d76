"""`verify` and `canary`: gather the evidence on a project that `scope.toml` describes."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .. import config
from ..ending import clean_end
from ..result import Result, Status, exit_status
from ..result_sarif import sarif
from .shared import fail, printable

if TYPE_CHECKING:
    from .shared import Commands

_FORMATS = ("text", "json", "sarif")


def add(commands: Commands) -> None:
    """Add both subcommands."""
    from ..parts import PARTS

    verify = commands.add_parser("verify", help="all of it: files, code, script inventory, guard, pages")
    verify.add_argument("--only", action="append", default=[], choices=list(PARTS), help="repeatable")
    _common(verify)
    canary = commands.add_parser("canary", help="a running shop alone: its door, and its pages in a browser")
    canary.set_defaults(only=["guard", "canary"])
    _common(canary)


def _common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--config", type=Path, default=Path("scope.toml"), metavar="FILE")
    command.add_argument("--url", default="", help="of a shop that runs already, instead of [site] url")
    command.add_argument("--format", choices=_FORMATS, default="text")
    command.add_argument("--report", type=Path, metavar="DIR", help="also write verify.json and verify.sarif")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Look and report; the exit status: 0 nothing found, 1 found, 2 evidence is missing."""
    with clean_end("verify"):
        return _verify(options)


def _verify(options: argparse.Namespace) -> int:
    from .. import parts

    try:
        settings = config.load(options.config)
        if options.url:
            settings = parts.at(settings, options.url.rstrip("/"))
    except config.ConfigError as error:
        return fail("verify", error)
    results = parts.run(parts.Project(settings, options.config.name), tuple(options.only))
    texts = {
        "text": _as_text(results),
        "json": json.dumps(_document(results), ensure_ascii=False, indent=1),
        "sarif": json.dumps(sarif(results, "hitsuka-security"), ensure_ascii=False, indent=1),
    }
    if options.report is not None:
        try:
            options.report.mkdir(parents=True, exist_ok=True)
            for kind in ("json", "sarif"):
                (options.report / f"verify.{kind}").write_text(printable(texts[kind]), "utf-8")
        except OSError as error:
            return fail("verify", f"the report cannot be written: {error.strerror}")
    for line in _missing(results) if options.format != "text" else []:
        print(printable(line), file=sys.stderr)
    print(printable(texts[options.format]))
    return exit_status(results)


def _missing(results: list[Result]) -> list[str]:
    return [
        f"{result.id}: evidence missing: {line}"
        for result in results
        if result.status is Status.MISSING or result.notes.missing
        for line in result.notes.missing or ["it looked at nothing"]
    ]


def _as_text(results: list[Result]) -> str:
    lines = [f"{result.id}: {finding}" for result in results for finding in result.notes.findings]
    lines += _missing(results)
    lines += [f"{result.id}: {result.status}: {result.line}" for result in results]
    green = sum(result.status is Status.GREEN for result in results)
    looked = sum(result.status is not Status.NOT_EXERCISED for result in results)
    return "\n".join([*lines, f"{green} of {looked} parts without finding"])


def _document(results: list[Result]) -> dict[str, object]:
    return {"status": exit_status(results), "parts": [result.document() for result in results]}
