"""`shop scope verify`: run what was chosen, say what came of it, write and sign the report."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import click

from security.result_sarif import sarif
from security.signatures import SigningKey
from shop.scope import challenge, lab, running
from shop.scope.registry import CHECKS, UnknownCheck, chosen
from shop.scope.report.document import Run, document
from shop.scope.report.page import page
from shop.scope.result import Result, Status, exit_status
from shop.scope.signing import key_in
from shop.scope.verdict import headline, store_lines
from shop.scope.wish import Wish, fault_of

__all__ = ["Wish", "list_checks", "run_verify"]


def list_checks() -> None:
    """One line a check."""
    for check in CHECKS:
        state = "" if check.is_built else " (not built)"
        click.echo(f"{check.id:4} {check.group:8} {check.title} / {check.title_ja}{state}")


def run_verify(wish: Wish, words: tuple[str, ...]) -> int:
    """The exit status. Faults of the wish itself are one line and status 2."""
    try:
        checks = chosen(wish.names)
        asked = challenge.read(wish.challenge)
        chosen(asked.checks)
    except (UnknownCheck, challenge.BadChallenge) as error:
        click.echo(str(error), err=True)
        return 2
    key = key_in(wish.key_file) if wish.key_file else None
    fault = key if isinstance(key, str) else fault_of(wish, {check.id for check in checks})
    if fault or isinstance(key, str):
        click.echo(fault, err=True)
        return 2
    started = dt.datetime.now(dt.UTC)
    with lab.opened(
        challenge=asked,
        database_url=wish.database_url,
        url=wish.url,
        provider=wish.provider,
        orders=wish.orders,
    ) as here:
        results = running.run(checks, here, lambda line: click.echo(line, err=True))
        run = Run(started, dt.datetime.now(dt.UTC), ("shop", *words))
        whole = document(results, here, run)
    if wish.report_dir is not None:
        try:
            write(wish.report_dir, whole, results, key)
        except OSError as error:
            click.echo(f"the report cannot be written: {error.strerror}", err=True)
            return 2
    if wish.as_json:
        click.echo(json.dumps(whole, ensure_ascii=False, indent=1))
    else:
        _tell(results, whole)
    return exit_status(results)


def _tell(results: list[Result], whole: dict[str, Any]) -> None:
    for result in results:
        for finding in result.notes.findings:
            click.echo(f"{result.id} finding: {finding}")
        for line in result.notes.missing or (
            ["it looked at nothing"] if result.status is Status.MISSING else []
        ):
            click.echo(f"{result.id} evidence missing: {line}")
    for line in whole["about"]["not_exercised"]:
        click.echo(f"not exercised: {line}")
    for leg in whole["legs"]:
        click.echo(f"{leg['leg']}: {leg['state']}")
    click.echo(headline(results))
    for line in store_lines(results):
        click.echo(line)


def write(folder: Path, whole: dict[str, Any], results: list[Result], key: SigningKey | None = None) -> None:
    """The report's files. What checks added is named in report.json by its hash, so that its signature covers it."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: text for result in results for name, text in result.notes.files.items()}
    page_text = page(whole, results, key.id if key else "")
    hashes = {
        name: hashlib.sha256(text.encode()).hexdigest()
        for name, text in {**files, "report.html": page_text}.items()
    }
    whole = whole | {"files": hashes}
    signed = key.sign(whole) if key else whole
    (folder / "report.html").write_text(page_text, "utf-8")
    (folder / "report.json").write_text(json.dumps(signed, ensure_ascii=False, indent=1), "utf-8")
    log = sarif(results, "hitsuka scope verify")
    (folder / "report.sarif").write_text(json.dumps(log, ensure_ascii=False, indent=1), "utf-8")
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
