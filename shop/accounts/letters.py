"""Mails to a person and the links in them. The row says what and to whom; the mail is rendered when it is sent.

A link's token is the row's id, signed. So the database holds no token, and a dump opens nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib

from itsdangerous import BadSignature, Signer
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from payments.columns import new_id
from shop.accounts.models import Account, Letter
from shop.card_testing.rules import LETTER, PROOF_LASTS
from shop.context import Shop
from shop.jobs.outbox import enqueue
from shop.settings import Keys
from shop.vault import Place, Purpose, Vault

JOIN, EXISTS, NOBODY, RESET, EMAIL, CLAIM = "join", "exists", "nobody", "reset", "email", "claim"
"""What a letter is for. A notice has the name of what was changed, `notice_…`."""
JOIN_LASTS = dt.timedelta(hours=24)
RESET_LASTS = dt.timedelta(minutes=30)
EMAIL_LASTS = dt.timedelta(hours=2)
KEPT = dt.timedelta(days=7)
_LASTS = {LETTER: PROOF_LASTS, JOIN: JOIN_LASTS, RESET: RESET_LASTS, EMAIL: EMAIL_LASTS, CLAIM: JOIN_LASTS}
_MAIL_PREFIX = "account_"


def write(
    session: Session,
    vault: Vault,
    store_id: str,
    kind: str,
    *,
    to: str,
    to_hash: str,
    locale: str,
    now: dt.datetime,
    account_id: str | None = None,
    order_id: str | None = None,
) -> str:
    """Want one mail sent to a clean address; the letter's id. Never commits."""
    letter_id = new_id()
    session.add(
        Letter(
            store_id=store_id,
            id=letter_id,
            kind=kind,
            account_id=account_id,
            order_id=order_id,
            email_hash=to_hash,
            address=vault.seal(_place(store_id, letter_id), to),
            created_at=now,
            ends_at=now + _LASTS.get(kind, KEPT),
        )
    )
    session.flush()
    enqueue(session, "mail", store_id, letter_id, detail=_MAIL_PREFIX + kind, locale=locale)
    return letter_id


def is_letter(template: str) -> bool:
    """Whether a mail job is one of ours."""
    return template.startswith(_MAIL_PREFIX)


def address_of(vault: Vault, letter: Letter, request_id: str) -> str:
    """Where it goes. Raises CannotOpen."""
    place = _place(letter.store_id, letter.id)
    return vault.open_personal(place, letter.address, purpose=Purpose.ACCOUNT_MAIL, request_id=request_id)


def account_asked_for(session: Session, letter: Letter) -> Account | None:
    """The account that somebody asked a letter for by typing its address; None for letters that the owner asked for."""
    if letter.kind not in {RESET, EXISTS} or letter.account_id is None:
        return None
    account = session.get(Account, (letter.store_id, letter.account_id))
    return account if account and account.email_hash == letter.email_hash else None


def open_letter(
    session: Session,
    keys: Keys,
    store_id: str,
    token: str,
    kind: str,
    now: dt.datetime,
    *,
    lock: bool = False,
) -> Letter | None:
    """The letter of a token, if its link still works. None, whatever the reason, else."""
    letter_id = _letter_of(keys, store_id, token)
    if letter_id is None:
        return None
    at = (Letter.store_id == store_id) & (Letter.id == letter_id) & (Letter.kind == kind)
    query = select(Letter).where(at)
    letter = session.scalar(query.with_for_update() if lock else query)
    if letter is None or letter.used_at is not None or now >= letter.ends_at:
        return None
    return letter


class LinkOver(Exception):
    """The link was used, ran out, or something was changed since: the page says nothing more."""


def living(shop: Shop, store_id: str, token: str, kind: str, now: dt.datetime) -> Letter:
    """The letter of a link that still works. Raises LinkOver."""
    with shop.db.read() as session:
        letter = open_letter(session, shop.settings.keys, store_id, token, kind, now)
    if letter is None:
        raise LinkOver
    return letter


def token_of(keys: Keys, letter: Letter) -> str:
    """The last part of the link's address."""
    return _signer(keys, letter.store_id).sign(letter.id).decode()


def void(session: Session, account: Account, now: dt.datetime) -> None:
    """Links that could change this account work no more: something was changed meanwhile."""
    live = (
        (Letter.store_id == account.store_id)
        & (Letter.account_id == account.id)
        & Letter.kind.in_((RESET, EMAIL, CLAIM))
        & Letter.used_at.is_(None)
    )
    session.execute(update(Letter).where(live).values(used_at=now))


def notify(
    session: Session,
    vault: Vault,
    account: Account,
    what: str,
    *,
    to: str,
    now: dt.datetime,
    outlives: bool = False,
) -> None:
    """Tell the person that something was changed. `outlives`: also when the account goes in this transaction."""
    write(
        session,
        vault,
        account.store_id,
        f"notice_{what}",
        to=to,
        to_hash=account.email_hash,
        locale=account.locale,
        now=now,
        account_id=None if outlives else account.id,
    )


def sweep(session: Session, now: dt.datetime) -> int:
    """Delete letters that are long over, with the addresses in them. How many went."""
    gone = session.execute(delete(Letter).where(Letter.ends_at <= now, Letter.created_at <= now - KEPT))
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE's result has it


def _letter_of(keys: Keys, store_id: str, token: str) -> str | None:
    try:
        return _signer(keys, store_id).unsign(token).decode()
    except (BadSignature, UnicodeError):
        return None


def _signer(keys: Keys, store_id: str) -> Signer:
    newest_last = [*reversed(keys.secret_key_fallbacks), keys.secret_key]
    return Signer(newest_last, salt=f"account letter {store_id}", sep="~", digest_method=hashlib.sha256)


def _place(store_id: str, letter_id: str) -> Place:
    return Place(store_id, "account_letter", "address", letter_id)
