"""`shop approvals …`: ask and look. Nothing here signs: a command line is nobody's hand."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import click
from rich.table import Table
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.app import create_shop
from shop.approvals.models import Approval
from shop.approvals.payload import LONGEST, BadPayload, matter, parse
from shop.approvals.queries import newest_approvals, open_approvals, state_at
from shop.approvals.service import SIGNERS
from shop.audit.actor import Actor
from shop.cards import gate
from shop.cards.gate import GateShut
from shop.cards.green import green_report
from shop.cards.records import BadRecord
from shop.context import Shop
from shop.screen import Screen
from shop.settings import load
from shop.stores import all_stores


def run_request(kind: str, path: Path, *, as_json: bool) -> int:
    """Write the request. 0: asked; 2: the file or the kind is of no use, or is not what could be done now."""
    shop = create_shop(load(os.environ))

    def ask(session: Session) -> Approval:
        payload = parse(_read(path))
        matter(kind, payload)  # a kind that is not known has no check either
        CHECKS[kind](session, shop, payload)
        return shop.approvals.request(session, kind, payload, actor=Actor.of_command(), now=utcnow())

    try:
        approval = shop.db.write(ask)
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
    Screen(width=120).print(table)
    return 0


def _check_resume(session: Session, shop: Shop, payload: Mapping[str, object]) -> None:
    """Two people are asked only for exactly what shows the gate's conditions now. Raises BadPayload."""
    store_id = payload.get("store")
    if store_id not in all_stores():
        raise BadPayload("it names no store of ours")
    try:
        now = gate.payload(session, shop, str(store_id), green_report(shop.settings))
    except GateShut as shut:
        raise BadPayload(f"the gate is shut: {shut}") from shut
    except BadRecord as error:
        raise BadPayload(str(error)) from error
    if payload != now:
        raise BadPayload(
            f"it is not what shows the conditions now (shop payments gate show {store_id} --json)"
        )


CHECKS: dict[str, Callable[[Session, Shop, Mapping[str, object]], None]] = {gate.KIND: _check_resume}
"""For every kind of `payload.KINDS`: whether it fits. A kind without one can't be asked for here."""


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
