"""Whether a mail address was proved lately: its owner opened the link of a letter and pressed the button there."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.models import Letter
from shop.card_testing import rules


def has_proved(session: Session, store_id: str, email_hash: str, now: dt.datetime) -> bool:
    """By the keyed hash of the address. It lasts an hour from the mail on, whichever browser asks: what it lets
    through is counted by mailbox, customer and browser besides."""
    letter = select(Letter.id).where(
        Letter.store_id == store_id,
        Letter.kind == rules.LETTER,
        Letter.email_hash == email_hash,
        Letter.used_at.is_not(None),
        Letter.ends_at > now,
    )
    return session.scalar(letter.limit(1)) is not None
