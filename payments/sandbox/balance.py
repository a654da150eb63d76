"""The merchant's balance and its movements as they stand now. Imported by `operations`."""

from __future__ import annotations

from .context import Sandbox
from .fields import Json, build


def retrieve(sandbox: Sandbox, account: str) -> Json:
    """What has become available, and what will: the sums of all movements' net amounts."""
    rows = sandbox.store.rows(
        "SELECT SUM(CASE WHEN json_extract(body, '$.available_on') <= ? THEN json_extract(body, '$.net') END)"
        " AS available, SUM(CASE WHEN json_extract(body, '$.available_on') > ? THEN"
        " json_extract(body, '$.net') END) AS pending FROM objects WHERE account = ? AND"
        " kind = 'balance_transaction'",
        (sandbox.now(), sandbox.now(), account),
    )
    available, pending = rows[0]["available"] or 0, rows[0]["pending"] or 0
    return build(
        "balance",
        available=[{"amount": available, "currency": "jpy", "source_types": {"card": available}}],
        pending=[{"amount": pending, "currency": "jpy", "source_types": {"card": pending}}],
        livemode=False,
    )


def as_of_now(sandbox: Sandbox, movement: Json) -> Json:
    """A movement with the status that the clock gives it."""
    available = movement["available_on"] <= sandbox.now()
    return movement | {"status": "available" if available else "pending"}
