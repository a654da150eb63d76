"""A press whose answer is lost because the web process dies, and what of its attempt is written down by then."""

from __future__ import annotations

import contextlib
import http.client

from sqlalchemy import select

from payments.models import Attempt
from shop.context import Shop
from tests.concurrency.buyer import Buyer


def press_and_lose_connection(buyer: Buyer) -> None:
    """Press the order button; that no answer comes is what is wanted."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        buyer.press()


def the_attempt(shop: Shop) -> Attempt:
    """The only one."""
    with shop.db.read() as session:
        return session.scalars(select(Attempt)).one()


def tries_of_the_attempt(shop: Shop) -> int:
    """How often it was tried; 0 while it is not written down."""
    with shop.db.read() as session:
        attempt = session.scalars(select(Attempt)).one_or_none()
        return attempt.tries if attempt else 0
