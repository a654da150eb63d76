"""What one running shop consists of, and how a view reaches it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from flask import current_app, g

from payments.database import Database
from payments.provider import Provider
from shop.approvals.service import Desk
from shop.audit.log import Audit
from shop.card_testing.gate import Gate
from shop.identity.passwords import Passwords
from shop.limits import Limits, Refused
from shop.settings import Settings
from shop.stores import Store
from shop.vault import Vault


@dataclass(frozen=True)
class Shop:
    """The parts, wired once in `shop.app`."""

    settings: Settings
    db: Database
    vault: Vault
    audit: Audit
    approvals: Desk
    providers: Mapping[str, Provider]
    """By store id; stores that share an account share the provider."""
    limits: Limits
    """How often something may happen, counted once for all processes."""
    card_gate: Gate
    """Asked before every new card attempt."""
    passwords: Passwords
    """Checks and makes password hashes, few at a time."""
    refused: Refused = field(default_factory=Refused)
    """Who was refused a sign-in a moment ago, in this process."""


def the_shop() -> Shop:
    """The running shop of the current request or command."""
    return cast(Shop, current_app.extensions["hitsuka"])


def the_store() -> Store:
    """The store whose host was asked. Only inside a request to a store's host."""
    return cast(Store, g.store)


def the_host() -> str:
    """Whose host was asked: a store's id, or "staff"."""
    return cast(str, g.host_name)


def the_locale() -> str:
    """ "ja" or "en": the language of this request's page, given by its path (`/en/…`)."""
    return cast(str, g.get("locale", "ja"))
