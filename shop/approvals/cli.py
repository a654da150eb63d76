"""`shop approvals …`: ask and look. Nothing here signs: a command line is nobody's hand."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from payments.columns import utcnow
from shop.app import create_shop
from shop.approvals.models import Approval
from shop.approvals.payload import LONGEST, BadPayload, parse
from shop.approvals.queries import newest_approvals, open_approvals, state_at
from shop.approvals.service import SIGNERS
from shop.audit.actor import Actor
from shop.settings import load


def run_request(kind: str, path: Path, *, as_json: bool) -> int:
    """Write the request. 0: asked; 2: the file or the kind is of no use."""
    shop = create_shop(load(os.environ))
    try:
        payload = parse(_read(path))
        approval = shop.db.write(
            lambda session: shop.approvals.request(
                session, kind, payload, actor=Actor.of_command(), now=utcnow()
            )
        )
    except BadPayload as error:
        click.echo(f"{path}: {error}", err=True)
        return 2
    finally:
        shop.db.dispose()
    if as_json:
        click.echo(json.dumps(_as_json(approval, 0, utcnow())))
    else:
        click.echo(
            f"{approval.id}: wants {SIGNERS} signatures until {approval.expires_at:%Y-%m-%d %H:%M} UTC"
        )
        click.echo(f"sha256 {approval.payload_sha256}")
    return 0


def run_list(*, every: bool, as_json: bool) -> int:
    """Print the open ones, or the newest."""
    shop, now = create_shop(load(os.environ)), utcnow()
    with shop.db.read() as session:
        approvals = newest_approvals(session) if every else open_approvals(session, now)
        rows = [_as_json(one, len(shop.approvals.signed_by(session, one)), now) for one in approvals]
    shop.db.dispose()
    if as_json:
        click.echo(json.dumps(rows))
        return 0
    table = Table("id", "kind", "state", "signed", "until (UTC)", box=None)
    for row in rows:
        table.add_row(*(str(row[name]) for name in ("id", "kind", "state", "signatures", "expires_at")))
    Console(width=120).print(table)
    return 0


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(LONGEST * 4)
    except OSError as error:
        raise BadPayload(f"can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadPayload("it is not UTF-8") from error


def _as_json(approval: Approval, signatures: int, now: dt.datetime) -> dict[str, object]:
    return {
        "id": approval.id,
        "kind": approval.kind,
        "state": state_at(approval, now).value,
        "signatures": signatures,
        "sha256": approval.payload_sha256,
        "requested_by": f"{approval.requested_by_kind}/{approval.requested_by_id}",
        "created_at": approval.created_at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        "expires_at": approval.expires_at.astimezone(dt.UTC).isoformat(timespec="seconds"),
    }
