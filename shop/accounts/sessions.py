"""Sessions as rows: begun, found, listed, ended. Functions with a session never commit."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from shop.accounts.models import Account, AccountDevice, AccountSession
from shop.identity.tokens import new_token, token_hash

IDLE = dt.timedelta(days=14)
LASTS = dt.timedelta(days=90)
FACTOR_LASTS = dt.timedelta(minutes=10)
"""So long may a person look for the second factor."""
PROOF_LASTS = dt.timedelta(minutes=15)
"""So long after proving who one is, the account may be changed."""
DEVICE_KEPT = dt.timedelta(days=400)
"""As long as browsers keep a cookie at most."""
SEEN_EVERY = dt.timedelta(minutes=5)
SESSIONS_MOST = 20
DEVICES_MOST = 20


@dataclass(frozen=True)
class Found:
    """A live session and its account, as they were read."""

    account: Account
    session: AccountSession


def begin(session: Session, account: Account, *, device: str, now: dt.datetime, stage: str = "full") -> str:
    """Begin a session; its token, which is kept nowhere. The oldest beyond SESSIONS_MOST ends."""
    token, hashed = new_token()
    is_full = stage == "full"
    session.add(
        AccountSession(
            store_id=account.store_id,
            account_id=account.id,
            token_hash=hashed,
            stage=stage,
            device=device,
            created_at=now,
            seen_at=now,
            ends_at=now + (LASTS if is_full else FACTOR_LASTS),
            proved_at=now if is_full else None,
        )
    )
    session.flush()
    _drop_oldest(session, AccountSession, account, SESSIONS_MOST)
    return token


def find(
    session: Session, store_id: str, token: str, now: dt.datetime, *, stage: str = "full"
) -> Found | None:
    """The live session of a token of this store, with its account; None for any other text."""
    query = (
        select(AccountSession, Account)
        .join(
            Account, (Account.store_id == AccountSession.store_id) & (Account.id == AccountSession.account_id)
        )
        .where(AccountSession.store_id == store_id, AccountSession.token_hash == token_hash(token))
    )
    row = session.execute(query).first()
    if row is None:
        return None
    kept, account = row
    if kept.stage != stage or now >= kept.ends_at or now - kept.seen_at >= IDLE:
        return None
    return Found(account, kept)


def touch(session: Session, store_id: str, session_id: str, now: dt.datetime) -> None:
    """Note that it is in use. One that was ended meanwhile stays ended."""
    at = (AccountSession.store_id == store_id) & (AccountSession.id == session_id)
    session.execute(update(AccountSession).where(at).values(seen_at=now))


def prove(session: Session, store_id: str, session_id: str, now: dt.datetime) -> None:
    """Note that the person has just proved who they are."""
    at = (AccountSession.store_id == store_id) & (AccountSession.id == session_id)
    session.execute(update(AccountSession).where(at).values(proved_at=now, seen_at=now))


def listed(session: Session, account: Account, now: dt.datetime) -> list[AccountSession]:
    """The account's live sessions, the last used first."""
    query = select(AccountSession).where(
        AccountSession.store_id == account.store_id,
        AccountSession.account_id == account.id,
        AccountSession.stage == "full",
        AccountSession.ends_at > now,
        AccountSession.seen_at > now - IDLE,
    )
    return list(session.scalars(query.order_by(AccountSession.seen_at.desc(), AccountSession.id.desc())))


def end(session: Session, store_id: str, account_id: str, session_id: str) -> bool:
    """End one session of this account. False when it has none of that id."""
    gone = delete(AccountSession).where(
        AccountSession.store_id == store_id,
        AccountSession.account_id == account_id,
        AccountSession.id == session_id,
    )
    return bool(session.execute(gone).rowcount)  # type: ignore[attr-defined]  # a DELETE's result has it


def end_all(session: Session, store_id: str, account_id: str, *, but: str | None = None) -> None:
    """End the account's sessions, all or all but one."""
    gone = delete(AccountSession).where(
        AccountSession.store_id == store_id, AccountSession.account_id == account_id
    )
    session.execute(gone.where(AccountSession.id != but) if but else gone)


# --- Browsers that have signed in before ---


def is_known_device(session: Session, store_id: str, email_hash: str, device_hash: str | None) -> bool:
    """Whether this browser has signed in to the account of that address before."""
    if device_hash is None:
        return False
    query = (
        select(AccountDevice.id)
        .join(
            Account, (Account.store_id == AccountDevice.store_id) & (Account.id == AccountDevice.account_id)
        )
        .where(
            Account.store_id == store_id,
            Account.email_hash == email_hash,
            AccountDevice.token_hash == device_hash,
        )
    )
    return session.scalar(query) is not None


def has_devices(session: Session, account: Account) -> bool:
    """Whether any browser has signed in to it yet."""
    query = select(AccountDevice.id).where(
        AccountDevice.store_id == account.store_id, AccountDevice.account_id == account.id
    )
    return session.scalar(query.limit(1)) is not None


def know_device(session: Session, account: Account, device_hash: str | None, now: dt.datetime) -> str | None:
    """Remember this browser. A new token for it when it was not known, else None: nobody can choose one."""
    at = (AccountDevice.store_id == account.store_id) & (AccountDevice.account_id == account.id)
    if device_hash is not None:
        known = session.scalar(select(AccountDevice).where(at, AccountDevice.token_hash == device_hash))
        if known is not None:
            known.seen_at = now
            return None
    token, hashed = new_token()
    session.add(
        AccountDevice(store_id=account.store_id, account_id=account.id, token_hash=hashed, seen_at=now)
    )
    session.flush()
    _drop_oldest(session, AccountDevice, account, DEVICES_MOST)
    return token


def forget_devices(session: Session, account: Account, *, but: str | None = None) -> None:
    """No browser is known any more, or this one alone: whoever took the old password may have used one."""
    at = (AccountDevice.store_id == account.store_id) & (AccountDevice.account_id == account.id)
    gone = delete(AccountDevice).where(at)
    session.execute(gone.where(AccountDevice.token_hash != but) if but else gone)


def sweep(session: Session, now: dt.datetime) -> int:
    """Delete what is over. How many sessions went."""
    over = (AccountSession.ends_at <= now) | (AccountSession.seen_at <= now - IDLE)
    gone = session.execute(delete(AccountSession).where(over))
    session.execute(delete(AccountDevice).where(AccountDevice.seen_at <= now - DEVICE_KEPT))
    return int(gone.rowcount)  # type: ignore[attr-defined]  # as above


def _drop_oldest(
    session: Session, table: type[AccountSession] | type[AccountDevice], account: Account, most: int
) -> None:
    owned = (table.store_id == account.store_id) & (table.account_id == account.id)
    query = select(table).where(owned).order_by(table.seen_at.desc(), table.id.desc()).offset(most)
    for row in session.scalars(query).all():
        session.delete(row)
