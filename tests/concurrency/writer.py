"""A process that writes again and again: python -m tests.concurrency.writer URL TIMES. Prints its longest wait in s."""

from __future__ import annotations

import sys
import time

from sqlalchemy import update
from sqlalchemy.orm import Session

from payments.database import Database
from payments.models import TokenBucket


def main(url: str, times: int) -> None:
    """Raise one number by one, so many times, each in a transaction of its own that reads before it writes."""
    db = Database(url)

    def work(session: Session) -> None:
        bucket = session.get_one(TokenBucket, "counter", with_for_update=True)
        session.execute(
            update(TokenBucket)
            .where(TokenBucket.name == "counter")
            .values(tokens_milli=bucket.tokens_milli + 1)
        )

    longest = 0.0
    for _time in range(times):
        began = time.monotonic()
        db.write(work)
        longest = max(longest, time.monotonic() - began)
    sys.stdout.write(f"{longest:.3f}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
