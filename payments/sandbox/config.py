"""The sandbox's settings, checked once at start. Imported by every part of the sandbox."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

LOOPBACK_NAMES = ("localhost", ".localhost")
LONGEST_S = 90 * 86_400
LAST_MOMENT = 4_102_444_800
"""1 January 2100: later dates, and those that follow from them, fit no clock of ours."""


def is_loopback(host: str) -> bool:
    """True for 127.0.0.0/8, ::1, `localhost` and every name below it, which browsers resolve to this
    machine."""
    if host == LOOPBACK_NAMES[0] or host.endswith(LOOPBACK_NAMES[1]):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, or an empty string when it has none that a page could be on."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # reading it is what checks it
    except ValueError:
        return ""
    plain = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


@dataclass(frozen=True)
class Config:
    """One sandbox process. Raises ValueError, with a sentence for the person who started it, on bad
    settings."""

    port: int = 8001
    host: str = "127.0.0.1"
    store: Path | None = None
    """File of the SQLite store; None keeps a temporary one for the life of the process."""
    public_url: str = ""
    """Base address that browsers use; default `http://pay.localhost:PORT`."""
    shop_origins: tuple[str, ...] = (
        "http://localhost:8000",
        "http://style.localhost:8000",
        "http://cocomo.localhost:8000",
    )
    """Origins whose pages may hold the card fields in a frame."""
    accounts: tuple[str, ...] = ()
    """Names of accounts beside the default one."""
    webhooks: tuple[str, ...] = ()
    """Endpoints to register for every account at start; an address already registered is kept."""
    rate_limit: float | None = 25.0
    """Calls a second for one endpoint and, as in Stripe's sandboxes, overall; None switches the limit off."""
    retry_schedule_s: tuple[float, ...] = (1.0, 5.0, 30.0)
    delivery_timeout_s: float = 10.0
    challenge_ttl_s: float = 600.0
    authorisation_s: float = 7 * 86_400.0
    """How long an issuer reserves an amount: until the charge's `capture_before`."""
    seed: int | None = None
    """The same ids and chances in every run; None draws them from the system."""
    frozen_at: float | None = None
    """Seconds since the epoch at which the clock stands still; None lets it run."""
    restricted_keys: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Restricted keys beside the fixed one, each with its permissions: `("rk_test_reports", ("charge_read",))`."""
    control_key: str = "ctl_hitsuka"
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        if not is_loopback(self.host):
            raise ValueError(f"the sandbox answers on loopback only; {self.host!r} is not a loopback address")
        self._check_addresses()
        for name in self.accounts:
            if not name.isalnum() or not name.isascii():
                raise ValueError(f"account name {name!r} must be letters and digits")
        if self.rate_limit is not None and not 0 < self.rate_limit < math.inf:
            raise ValueError("the rate limit must be above zero, or off")
        if any(not 0 <= wait <= LONGEST_S for wait in self.retry_schedule_s):
            raise ValueError("the retry schedule is seconds, parted by commas, up to ninety days each")
        if self.frozen_at is not None and not 0 <= self.frozen_at <= LAST_MOMENT:
            raise ValueError("the clock stands still between 1970 and 2100, in seconds since 1970")
        if not self.control_key.isascii() or not self.control_key.strip():
            raise ValueError(
                "the control key must be letters, digits and signs; without one anybody could change things"
            )
        if not 0 < self.authorisation_s <= LONGEST_S:
            raise ValueError("an authorisation lasts above zero and up to ninety days")

    def _check_addresses(self) -> None:
        for url in (*self.shop_origins, *self.webhooks, self.browser_url):
            if not origin_of(url):
                raise ValueError(f"{url!r} is not a http or https address")
        for url in self.webhooks:
            if not is_loopback(urlsplit(url).hostname or ""):
                raise ValueError(f"{url!r} is elsewhere; webhooks go to this machine only")
        for origin in self.shop_origins:
            if origin_of(origin) != origin.lower():
                raise ValueError(f"{origin!r} is not an origin; leave out path and trailing slash")

    @property
    def browser_url(self) -> str:
        return (self.public_url or f"http://pay.localhost:{self.port}").rstrip("/")

    @property
    def browser_origin(self) -> str:
        return origin_of(self.browser_url)
