"""The configured stores as rows, so that foreign keys can point at them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from payments.database import Database
from shop.db.base import StoreRow
from shop.stores import all_stores


def ensure_stores(db: Database) -> None:
    """Write the rows that are missing."""

    def work(session: Session) -> None:
        for store_id in all_stores():
            if session.get(StoreRow, store_id) is None:
                session.add(StoreRow(id=store_id))

    db.write(work)
