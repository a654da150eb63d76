"""What an account knows of its person, sealed on the way in and opened for a purpose on the way out."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from shop.accounts.lookup import email_hash, kana_hash, phone_hash
from shop.accounts.models import Account
from shop.address import normalise
from shop.vault import Place, Purpose, Vault


@dataclass(frozen=True, slots=True, repr=False)
class Profile:
    """Name, reading (katakana or empty) and telephone (E.164 or empty)."""

    family_name: str
    given_name: str
    kana: str = ""
    phone: str = ""

    def __repr__(self) -> str:
        return "Profile(…)"

    @property
    def name(self) -> str:
        return f"{self.family_name} {self.given_name}"


def place_of(account: Account, column: str) -> Place:
    """Where a sealed value of an account lives."""
    return Place(account.store_id, "account", column, account.id)


def write_email(vault: Vault, account: Account, email: str) -> None:
    """Seal a clean mail address into the account, and make it findable."""
    account.email = vault.seal(place_of(account, "email"), email)
    account.email_hash = email_hash(vault, account.store_id, email)


def write_profile(vault: Vault, account: Account, profile: Profile) -> None:
    """Seal the profile into the account, and make it findable."""
    text = json.dumps(asdict(profile), ensure_ascii=False)
    account.profile = vault.seal(place_of(account, "profile"), text)
    account.kana_hash = kana_hash(vault, account.store_id, profile.kana)
    account.phone_hash = phone_hash(vault, account.store_id, profile.phone) if profile.phone else None


def write_password(vault: Vault, account: Account, hashed: str) -> None:
    """Seal a password's hash into the account."""
    account.password = vault.seal(place_of(account, "password"), hashed)


def email_of(vault: Vault, account: Account, request_id: str, purpose: Purpose = Purpose.OWN_ACCOUNT) -> str:
    """The mail address. Raises CannotOpen."""
    return vault.open_personal(
        place_of(account, "email"), account.email, purpose=purpose, request_id=request_id
    )


def profile_of(vault: Vault, account: Account, request_id: str) -> Profile:
    """The profile, for the account's own pages. Raises CannotOpen."""
    text = vault.open_personal(
        place_of(account, "profile"), account.profile, purpose=Purpose.OWN_ACCOUNT, request_id=request_id
    )
    kept = json.loads(text)
    return Profile(**{name: str(kept.get(name, "")) for name in Profile.__slots__})


def password_of(vault: Vault, account: Account, request_id: str) -> str:
    """The password's hash, for comparing. Raises CannotOpen."""
    return vault.open_personal(
        place_of(account, "password"), account.password, purpose=Purpose.SIGN_IN, request_id=request_id
    )


def phone_text(profile: Profile) -> str:
    """The telephone as people write it."""
    return normalise.national_phone(profile.phone) if profile.phone else ""
