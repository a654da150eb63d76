"""Proving a mail address before an order is placed, while a store's cards are under attack.

The final page's button leads here instead of placing anything. A letter with a link goes to the typed address; who
opens it and presses the button there, in whichever browser, may go on where they ordered.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts import letters
from shop.accounts.models import Letter
from shop.address.contact import Contact
from shop.card_testing.mailboxes import mailbox_of
from shop.card_testing.rules import LETTER
from shop.card_testing.who import Who
from shop.context import Shop

AGAIN_AFTER = dt.timedelta(minutes=2)
"""Pressed again sooner, no second letter is sent."""


def ask(shop: Shop, who: Who, contact: Contact, locale: str, now: dt.datetime) -> None:
    """Send a letter to the address that was typed, unless one is on its way. Raises TooManyTries."""
    with shop.db.read() as session:
        is_sent = _was_sent(session, who, now - AGAIN_AFTER)
    if is_sent:
        return
    shop.card_gate.take_letter(who, mailbox_of(contact.email))

    def work(session: Session) -> None:
        letters.write(
            session,
            shop.vault,
            who.store_id,
            LETTER,
            to=contact.email,
            to_hash=who.email_hash,
            locale=locale,
            now=now,
        )

    shop.db.write(work)


def take(shop: Shop, store_id: str, token: str, request_id: str, now: dt.datetime) -> None:
    """The link was opened and its button pressed: the address is proved. Pressed again, nothing changes.

    Raises LinkOver, or TooManyTries when that mailbox, or that domain, was proved a moment ago.
    """
    letter = letters.living(shop, store_id, token, LETTER, now)
    shop.card_gate.take_proof(store_id, mailbox_of(letters.address_of(shop.vault, letter, request_id)))

    def work(session: Session) -> None:
        kept = letters.open_letter(session, shop.settings.keys, store_id, token, LETTER, now, lock=True)
        if kept is not None:
            kept.used_at = now

    shop.db.write(work)


def _was_sent(session: Session, who: Who, since: dt.datetime) -> bool:
    letter = select(Letter.id).where(
        Letter.store_id == who.store_id,
        Letter.kind == LETTER,
        Letter.email_hash == who.email_hash,
        Letter.used_at.is_(None),
        Letter.created_at > since,
    )
    return session.scalar(letter.limit(1)) is not None
