"""A process that writes audit rows as fast as it can: python -m tests.concurrency.auditor URL ROWS."""

from __future__ import annotations

import sys

from payments.database import Database
from shop.audit.actor import Actor
from shop.audit.log import Audit
from tests.environment import make_environ


def main(url: str, rows: int) -> None:
    """Each row in a transaction of its own."""
    db, audit = Database(url), Audit([make_environ(url)["AUDIT_KEY"]])
    for _row in range(rows):
        db.write(lambda session: audit.record(session, actor=Actor("system", "test"), action="test.row"))
    db.dispose()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
