"""Accounts and API keys, and what a restricted key may do. Imported by `api` and `elements`."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import ApiError

RESTRICTED_PERMISSIONS = frozenset(
    {
        "checkout_session_write",
        "payment_intent_write",
        "setup_intent_write",
        "payment_method_write",
        "refund_write",
        "customer_write",
        "charge_read",
        "dispute_write",
        "file_write",
        "balance_transaction_read",
        "early_fraud_warning_read",
        "event_read",
        "account_read",
    }
)
"""What a shop needs and no more; `write` includes `read`. Real keys are cut to size in Stripe's dashboard."""
PERMISSIONS = frozenset(
    f"{noun}_{right}"
    for noun in (
        "account",
        "balance",
        "balance_transaction",
        "charge",
        "checkout_session",
        "customer",
        "dispute",
        "early_fraud_warning",
        "event",
        "file",
        "payment_intent",
        "payment_method",
        "refund",
        "setup_intent",
        "test_helper",
        "webhook",
    )
    for right in ("read", "write")
)
"""Every permission that an operation of this sandbox asks for."""


@dataclass(frozen=True)
class Account:
    """One merchant. Its objects are invisible to every other account."""

    name: str

    @property
    def id(self) -> str:
        return "acct_1" + hashlib.sha256(f"sandbox account {self.name}".encode()).hexdigest()[:15]

    def key(self, prefix: str) -> str:
        return prefix + "hitsuka" + (f"_{self.name}" if self.name else "")

    @property
    def webhook_secret(self) -> str:
        return self.key("whsec_")


class KeyRing:
    """Finds the account of a key. Keys are fixed, so that a shop's configuration needs no set-up step."""

    def __init__(
        self, names: tuple[str, ...], restricted: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ) -> None:
        self.accounts = [Account(""), *(Account(name) for name in names)]
        self._started_with = restricted
        self.forget_restricted()

    def forget_restricted(self) -> None:
        """Back to the restricted keys of the start."""
        self._restricted: dict[str, tuple[Account, frozenset[str]]] = {}
        for account in self.accounts:
            self._restricted[account.key("rk_test_")] = (account, RESTRICTED_PERMISSIONS)
        for key, permissions in self._started_with:
            self.restrict(key, permissions, self.accounts[0])

    def restrict(self, key: str, permissions: Iterable[str], account: Account) -> None:
        """Adds or changes a restricted key. Raises ValueError for a name that is no permission or no such key."""
        granted = frozenset(permissions)
        unknown = granted - PERMISSIONS
        if unknown:
            raise ValueError(
                f"there is no permission {min(unknown)!r}; known: {', '.join(sorted(PERMISSIONS))}"
            )
        if not key.startswith("rk_test_") or not key.isascii() or len(key) > 100:
            raise ValueError("a restricted key begins with rk_test_")
        self._restricted[key] = (account, granted)

    def by_id(self, account_id: str) -> Account:
        """Raises ApiError 404 for an account that this process was not started with; a kept store may have it."""
        account = next((account for account in self.accounts if account.id == account_id), None)
        if account is None:
            raise ApiError(404, "The account is not in this sandbox.")
        return account

    def publishable(self, key: str) -> Account | None:
        return self._match(key, "pk_test_")

    def authorise(self, key: str, permission: str) -> Account:
        """The account that the key opens. Raises ApiError: 401 for no, a wrong or a publishable key, 403
        for a restricted key without the permission."""
        if not key:
            raise ApiError(401, "You did not provide an API key. Send it as a Bearer token.")
        if self.publishable(key):
            raise ApiError(
                401, "This API call cannot be made with a publishable API key.", code="secret_key_required"
            )
        account = self._match(key, "sk_test_")
        if account is None:
            found = self._find_restricted(key)
            if found is None:
                raise ApiError(401, f"Invalid API Key provided: {_masked(key)}")
            account, granted = found
            _require(permission, key, account, granted)
        return account

    def _find_restricted(self, key: str) -> tuple[Account, frozenset[str]] | None:
        given = key.encode()
        return next((v for k, v in self._restricted.items() if hmac.compare_digest(k.encode(), given)), None)

    def _match(self, key: str, prefix: str) -> Account | None:
        given = key.encode()
        return next((a for a in self.accounts if hmac.compare_digest(a.key(prefix).encode(), given)), None)


def _masked(key: str) -> str:
    return f"{key[:8]}****{key[-4:]}" if len(key) > 16 else "****"


def _require(permission: str, key: str, account: Account, granted: frozenset[str]) -> None:
    if permission in granted or (permission.endswith("_read") and permission[:-5] + "_write" in granted):
        return
    raise ApiError(
        403,
        f"The provided key '{_masked(key)}' does not have the required permissions for this"
        " endpoint on account "
        f"'{account.id}'. Having the 'rak_{permission}' permission would allow this request to continue.",
        code="more_permissions_required_for_application",
    )
