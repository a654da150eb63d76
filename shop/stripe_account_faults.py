"""What can't be an account at the provider: a key where another kind belongs, an address that is more than one.

A secret key given as the publishable one would stand in every payment page. The addresses go into the
Content-Security-Policy, where a space or a semicolon begins something else (W3C CSP Level 3, 2.3). No value is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?"
_ORIGIN = re.compile(rf"https?://{_HOST}")
_FRAMES = re.compile(rf"https?://(?:\*\.)?{_HOST}")
_SCRIPT = re.compile(rf"https?://{_HOST}/[A-Za-z0-9._~/-]*")
_LIVE, _TEST = "_live_", "_test_"


class Account(Protocol):
    """What is looked at (`shop.settings.StripeAccount` is one)."""

    @property
    def name(self) -> str: ...
    @property
    def secret_key(self) -> str: ...
    @property
    def publishable_key(self) -> str: ...
    @property
    def webhook_secrets(self) -> tuple[str, ...]: ...
    @property
    def api_base(self) -> str: ...
    @property
    def js_url(self) -> str: ...
    @property
    def frame_origins(self) -> tuple[str, ...]: ...
    @property
    def checkout_origin(self) -> str: ...


def faults_of(accounts: Mapping[str, Account]) -> list[str]:
    """One sentence for each fault of the stores' accounts; of what is missing others tell."""
    each = {account.name: account for account in accounts.values()}.values()
    return list(
        dict.fromkeys(fault for account in each for fault in (*_of_keys(account), *_of_addresses(account)))
    )


def unused(raw: Callable[[str], str | None], store_ids: Iterable[str]) -> list[str]:
    """A store's own publishable key or webhook secret belongs to its own secret key: alone nobody would use it."""
    suffixes = [f"_{store_id.upper()}" for store_id in store_ids]
    return [
        f"{name}{suffix} is given without STRIPE_SECRET_KEY{suffix}"
        for suffix in suffixes
        for name in ("STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET")
        if raw(name + suffix) and not raw(f"STRIPE_SECRET_KEY{suffix}")
    ]


def _of_keys(account: Account) -> Iterator[str]:
    suffix = "" if account.name == "default" else f"_{account.name.upper()}"
    secret, publishable = account.secret_key, account.publishable_key
    if secret and not re.fullmatch(r"[sr]k_\w+", secret, re.ASCII):
        yield f"STRIPE_SECRET_KEY{suffix} is no secret key: one begins with sk_ or rk_"
    if publishable and not re.fullmatch(r"pk_\w+", publishable, re.ASCII):
        yield f"STRIPE_PUBLISHABLE_KEY{suffix} is no publishable key: one begins with pk_, and every page shows it"
    for mode, other in ((_LIVE, _TEST), (_TEST, _LIVE)):
        if mode in secret and other in publishable:
            yield f"STRIPE_PUBLISHABLE_KEY{suffix} is of the other mode than STRIPE_SECRET_KEY{suffix}"
    if not all(re.fullmatch(r"whsec_\S+", each) for each in account.webhook_secrets):
        yield f"STRIPE_WEBHOOK_SECRET{suffix} is no webhook secret: one begins with whsec_"


def _of_addresses(account: Account) -> Iterator[str]:
    if not _ORIGIN.fullmatch(account.api_base):
        yield "STRIPE_API_BASE must be one address like https://host, without a path"
    if not _SCRIPT.fullmatch(account.js_url):
        yield "STRIPE_JS_URL must be one address like https://host/stripe.js"
    if not all(map(_FRAMES.fullmatch, account.frame_origins)):
        yield "STRIPE_FRAME_ORIGINS must be addresses like https://host or https://*.host"
    if not _ORIGIN.fullmatch(account.checkout_origin):
        yield "STRIPE_CHECKOUT_ORIGIN must be one address like https://host, without a path"
