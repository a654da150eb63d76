"""Make and rotate the keys that personal data is sealed to. Row by row, so it can stop anywhere and go on."""

from __future__ import annotations

import base64
import os
import secrets
from dataclasses import dataclass
from functools import partial
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import shop.db.tables  # noqa: F401  # a row is written only when every table that it points at is known
from payments.database import Database
from security.sealing import CannotOpen, key_id_of
from shop.accounts.models import Account, AccountAddress, AccountSession, Letter
from shop.checkout.models import Draft
from shop.fulfilment.models import Shipment
from shop.orders.models import Order, OrderRefund
from shop.settings import STAFF, key_holders, load
from shop.staff.models import FormerPassword, Member, Notice, Step
from shop.vault import Place, Vault

BATCH = 200


@dataclass(frozen=True)
class SealedColumn:
    """A column that holds sealed values, and the column whose value names the row in their context."""

    model: type[Any]
    column: str
    row_id: str

    @property
    def is_store_owned(self) -> bool:
        """Whether a store owns the rows; the staff's belong to none."""
        return "store_id" in self.model.__table__.columns

    def holder(self, row: Any) -> str:
        """Whose key a row is sealed to."""
        return str(row.store_id) if self.is_store_owned else STAFF


SEALED_COLUMNS = (
    SealedColumn(Order, "contact", "id"),
    SealedColumn(Draft, "contact", "cart_id"),
    SealedColumn(OrderRefund, "note", "refund_id"),
    SealedColumn(Shipment, "tracking", "id"),
    SealedColumn(Account, "email", "id"),
    SealedColumn(Account, "profile", "id"),
    SealedColumn(Account, "password", "id"),
    SealedColumn(Account, "totp", "id"),
    SealedColumn(AccountSession, "totp", "id"),
    SealedColumn(AccountAddress, "contact", "id"),
    SealedColumn(Letter, "address", "id"),
    SealedColumn(Member, "name", "id"),
    SealedColumn(Member, "email", "id"),
    SealedColumn(Member, "password", "id"),
    SealedColumn(Member, "totp", "id"),
    SealedColumn(FormerPassword, "password", "id"),
    SealedColumn(Step, "totp", "id"),
    SealedColumn(Step, "password", "id"),
    SealedColumn(Notice, "link", "id"),
)
"""Every sealed column of the schema; a test compares this with the metadata."""


@dataclass
class Rotation:
    """What a run did."""

    resealed: int = 0
    already: int = 0
    unreadable: int = 0


def new_entry(store_id: str, key_id: str) -> str:
    """An entry for DATA_KEYS with a fresh private key."""
    if store_id not in key_holders():
        raise click.ClickException(f"no store {store_id!r}; there are {', '.join(key_holders())}")
    if not (key_id.isascii() and key_id.isalnum()) or len(key_id) > 20:
        raise click.ClickException("a key id is up to 20 letters (a to z) and digits")
    return f"{store_id}:{key_id}:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip('=')}"


def run_rotation() -> int:
    """The command. 0: everything is sealed to the newest keys; 1: some values could not be opened."""
    settings = load(os.environ)
    db, vault = Database(settings.database_url), Vault(settings.keys)
    console = Console(stderr=True)
    with Progress(console=console) as progress:
        rotation = rotate(db, vault, progress)
    click.echo(
        f"resealed {rotation.resealed}, already new {rotation.already}, unreadable {rotation.unreadable}"
    )
    if rotation.unreadable:
        click.echo(
            "a value sealed to a key that is not in DATA_KEYS stays as it is: put its key back", err=True
        )
    return 1 if rotation.unreadable else 0


def rotate(db: Database, vault: Vault, progress: Progress | None = None) -> Rotation:
    """Seal every value to its store's newest key, in short transactions."""
    rotation = Rotation()
    for sealed in SEALED_COLUMNS:
        _rotate_column(db, vault, sealed, rotation, progress)
    return rotation


def _rotate_column(
    db: Database, vault: Vault, sealed: SealedColumn, rotation: Rotation, progress: Progress | None
) -> None:
    with db.read() as session:
        total = session.scalar(select(func.count()).select_from(sealed.model)) or 0
    task = (
        progress.add_task(f"{sealed.model.__tablename__}.{sealed.column}", total=total) if progress else None
    )
    after: tuple[str, str] = ("", "")
    while True:
        seen = db.write(partial(_rotate_batch, vault=vault, sealed=sealed, after=after, rotation=rotation))
        if not seen:
            return
        after = seen[-1]
        if progress is not None and task is not None:
            progress.advance(task, len(seen))


def _rotate_batch(
    session: Session, vault: Vault, sealed: SealedColumn, after: tuple[str, str], rotation: Rotation
) -> list[tuple[str, str]]:
    model = sealed.model
    row_id = getattr(model, sealed.row_id)
    last_store, last_id = after
    query = select(model).limit(BATCH).with_for_update()
    if sealed.is_store_owned:
        after_last = (model.store_id > last_store) | ((model.store_id == last_store) & (row_id > last_id))
        query = query.where(after_last).order_by(model.store_id, row_id)
    else:
        query = query.where(row_id > last_id).order_by(row_id)
    rows = session.scalars(query).all()
    for row in rows:
        _rotate_row(vault, sealed, row, rotation)
    return [(sealed.holder(row), getattr(row, sealed.row_id)) for row in rows]


def _rotate_row(vault: Vault, sealed: SealedColumn, row: Any, rotation: Rotation) -> None:
    value = getattr(row, sealed.column)
    if value is None:
        return
    place = Place(sealed.holder(row), row.__tablename__, sealed.column, getattr(row, sealed.row_id))
    try:
        key_id_of(value)
        fresh = vault.reseal(place, value)
    except CannotOpen:
        rotation.unreadable += 1
        return
    if fresh is None:
        rotation.already += 1
    else:
        setattr(row, sealed.column, fresh)
        rotation.resealed += 1
