"""`shop audit …`: verify the chain, print its signed head."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy.exc import SQLAlchemyError

from payments.database import Database
from security.audit import AuditKey, ChainedRow, DamagedHead, Head, Verdict, read_head, verify
from shop.audit.log import BATCH, Audit, count_rows, read_rows
from shop.cards.agreement import Mismatch, mismatches
from shop.settings import Settings, load

HOLDS, FOUND, UNPROVED = 0, 1, 2
"""Exit statuses: the heads agree; something is wrong; nothing is wrong that can be seen, and nothing proves it."""


@dataclass
class Heads:
    """The heads that a file holds, and what is wrong with the file."""

    heads: list[Head] = field(default_factory=list)
    trouble: str = ""


def run_head() -> int:
    """Print the signed head of the chain as it is now. 2 when the table can't be read."""
    settings = load(os.environ)
    try:
        with _opened(settings) as db, db.read() as session:
            head = Audit(settings.keys.audit).head(session)
    except SQLAlchemyError as error:
        return _unreadable(error)
    click.echo(head.line())
    return 0


def run_verify(heads_file: Path | None, *, as_json: bool) -> int:
    """The command; its exit status."""
    settings = load(os.environ)
    kept = _read_heads(heads_file) if heads_file is not None else Heads()
    try:
        with _opened(settings) as db:
            verdict = _verified(db, Audit(settings.keys.audit).keys, kept.heads)
            turned = _turned(db, kept)
    except SQLAlchemyError as error:
        return _unreadable(error)
    status, summary = _judge(verdict, kept, heads_file, turned)
    if as_json:
        click.echo(json.dumps(_as_json(verdict, status, summary, turned)))
    else:
        click.echo(summary)
    return status


@contextlib.contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    db = Database(settings.database_url)
    try:
        yield db
    finally:
        db.dispose()


def _unreadable(error: SQLAlchemyError) -> int:
    click.echo(f"the audit table can't be read ({type(error).__name__}); nothing is proved", err=True)
    return UNPROVED


def _read_heads(path: Path) -> Heads:
    """Every head in a text. What can't be read is said, and is never the same as no fault."""
    kept = Heads()
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                _take_head(kept, number, line)
    except OSError as error:
        return Heads(trouble=f"{path} can't be read: {error.strerror}")
    if not kept.heads and not kept.trouble:
        kept.trouble = f"{path} holds no head"
    return kept


def _take_head(kept: Heads, number: int, line: str) -> None:
    try:
        head = read_head(line)
    except DamagedHead:
        kept.trouble = kept.trouble or f"line {number} of the heads is damaged"
        return
    if head is not None:
        kept.heads.append(head)


def _verified(db: Database, keys: Sequence[AuditKey], heads: list[Head]) -> Verdict:
    console, speed = Console(stderr=True), TextColumn("{task.fields[speed]} rows/s")
    columns = (BarColumn(), MofNCompleteColumn(), speed)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        return verify(_counted(read_rows(db), progress, count_rows(db)), keys, heads)


def _counted(rows: Iterable[ChainedRow], progress: Progress, total: int) -> Iterator[ChainedRow]:
    task = progress.add_task("", total=total, speed="")
    for count, row in enumerate(rows, 1):
        yield row
        if count % BATCH == 0 or count == total:
            progress.update(task, completed=count, speed=f"{progress.tasks[task].speed or 0:,.0f}")


def _turned(db: Database, kept: Heads) -> list[Mismatch]:
    """Card switches that stand elsewhere than the chain says. A table that can't be read proves nothing."""
    try:
        with db.read() as session:
            return mismatches(session)
    except SQLAlchemyError as error:
        kept.trouble = kept.trouble or f"the card switches can't be read ({type(error).__name__})"
        return []


def _judge(verdict: Verdict, kept: Heads, heads_file: Path | None, turned: list[Mismatch]) -> tuple[int, str]:
    """Exit status and the sentence for it. A finding comes before everything else."""
    if found := [*filter(None, [verdict.fault]), *turned]:
        return FOUND, "; ".join(str(one) for one in found)
    whole = f"{verdict.rows} rows are internally consistent only"
    if kept.trouble:
        return UNPROVED, f"{whole}: {kept.trouble}"
    if heads_file is None:
        return UNPROVED, f"{whole}: without heads that were kept elsewhere a new chain would look the same"
    last = verdict.last_head
    if last is None or (last.number == 0 and verdict.rows > 0):
        return UNPROVED, f"{whole}: no head vouches for any of them"
    after = verdict.rows - last.number
    tail = f"; the {after} rows after it are internally consistent" if after else ""
    return HOLDS, f"{verdict.rows} rows agree with {verdict.heads} heads, the newest of {last.at}{tail}"


def _as_json(verdict: Verdict, status: int, summary: str, turned: list[Mismatch]) -> dict[str, object]:
    return {
        "status": ("agrees", "finding", "not proved")[status],
        "summary": summary,
        "rows": verdict.rows,
        "last_mac": verdict.last_mac,
        "heads": verdict.heads,
        "last_head": verdict.last_head.number if verdict.last_head else None,
        "fault": asdict(verdict.fault) if verdict.fault else None,
        "switches": [asdict(one) for one in turned],
    }
