"""What of a member is sealed, and the reasons to open it."""

from __future__ import annotations

from shop.staff.models import FormerPassword, Member, Notice, Step
from shop.vault import Place, Purpose, Vault


def place(row: Member | FormerPassword | Step | Notice, column: str) -> Place:
    """Where a sealed value of staff lives."""
    return Place("staff", row.__tablename__, column, row.id)


def email_hash(vault: Vault, canonical: str) -> str:
    """Under which a member is found."""
    return vault.lookup("staff", "email", canonical)


def name_of(vault: Vault, member: Member, purpose: Purpose, request_id: str = "-") -> str:
    return vault.open_personal(place(member, "name"), member.name, purpose=purpose, request_id=request_id)


def email_of(vault: Vault, member: Member, purpose: Purpose, request_id: str = "-") -> str:
    return vault.open_personal(place(member, "email"), member.email, purpose=purpose, request_id=request_id)


def password_of(vault: Vault, row: Member | FormerPassword | Step) -> str | None:
    """The hash of a password; None where there is none."""
    return _secret(vault, row, "password", row.password)


def totp_of(vault: Vault, row: Member | Step) -> str | None:
    """The secret of one-time codes; None where there is none."""
    return _secret(vault, row, "totp", row.totp)


def _secret(
    vault: Vault, row: Member | FormerPassword | Step, column: str, sealed: bytes | None
) -> str | None:
    if sealed is None:
        return None
    return vault.open_personal(place(row, column), sealed, purpose=Purpose.STAFF_SIGN_IN)
