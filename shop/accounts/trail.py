"""What accounts leave behind for those who look later: one function for changes, one for attempts."""

from __future__ import annotations

import logging
from collections.abc import Collection

from sqlalchemy.orm import Session

from shop.audit.actor import Actor
from shop.context import Shop

_log = logging.getLogger("hitsuka.account")


def record(
    shop: Shop,
    session: Session,
    store_id: str,
    account_id: str,
    action: str,
    *,
    fields: Collection[str] = (),
    request_id: str = "-",
) -> None:
    """Write a change of an account into the audit chain, in its transaction: names of fields, never values.

    Call it last: it holds the end of the chain until the transaction ends.
    """
    shop.audit.record(
        session,
        actor=Actor("shopper", account_id),
        action=action,
        subject=f"account/{store_id}/{account_id}",
        store_id=store_id,
        fields=fields,
        request_id=request_id,
    )


def attempt(
    what: str, outcome: str, *, store_id: str, request_id: str, account_id: str | None = None
) -> None:
    """Note an attempt to prove who one is, and what came of it. No address and no name."""
    extra = {"what": what, "outcome": outcome, "store": store_id, "request_id": request_id}
    _log.info("attempt", extra=extra | ({"account": account_id} if account_id else {}))
