"""`shop scope reports`: what browsers said was stopped, the newest first. For people; nothing acts on it."""

from __future__ import annotations

import json
import os

import click
from sqlalchemy import select

from payments.database import Database
from shop.csp_reports.models import CSPReport
from shop.settings import load

MOST = 200


def run_listing(*, as_json: bool) -> int:
    """Print them. Always 0: a report is a hint from a stranger, not a finding."""
    database = Database(load(os.environ).database_url)
    with database.read() as session:
        rows = session.scalars(select(CSPReport).order_by(CSPReport.last_at.desc()).limit(MOST)).all()
    database.dispose()
    if as_json:
        names = ("host", "page", "directive", "blocked", "source", "seen")
        click.echo(json.dumps([_document(row, names) for row in rows], indent=1))
        return 0
    for row in rows:
        click.echo(
            f"{row.last_at:%Y-%m-%d %H:%M} {row.seen:6} x {row.host}:{row.page} {row.directive} "
            f"stopped {row.blocked} asked for by {row.source}"
        )
    click.echo(f"{len(rows)} kinds of reports. Extensions of browsers cause most of them.")
    return 0


def _document(row: CSPReport, names: tuple[str, ...]) -> dict[str, object]:
    times = {"first_at": row.first_at.isoformat(), "last_at": row.last_at.isoformat()}
    return {name: getattr(row, name) for name in names} | times
