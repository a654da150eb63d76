"""How often a sign-in may be tried. Counted by what was typed, so an address with an account and one without are
treated alike; a browser that signed in before is counted by itself, so no stranger can lock its owner out."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from shop.accounts.models import Account
from shop.limits import Limits, Refused, Rule, Verdict

_QUARTER = dt.timedelta(minutes=15)

BY_ADDRESS = Rule("account sign-in address", 60, _QUARTER)
BY_PAIR = Rule("account sign-in pair", 8, _QUARTER)
BY_ACCOUNT = Rule("account sign-in account", 60, dt.timedelta(days=1))
"""From all unknown browsers together. Its owner still comes in: known browser, passkey, or the link of a reset."""
BY_DEVICE = Rule("account sign-in device", 10, _QUARTER)
BY_BROWSER = Rule("account browser", 30, _QUARTER)
"""Whatever one known browser tries, at whichever accounts: it is not counted by its address."""
FACTOR = Rule("account factor", 6, _QUARTER)
FACTOR_ALL = Rule("account factor all", 30, dt.timedelta(days=1))
"""From all unknown browsers together, wherever they are: a code has six digits. Counted for one password."""
STEP = Rule("account step", 60, _QUARTER)
"""Second factors that one address sends, right or wrong, to whichever account."""
PROVE = Rule("account prove", 8, _QUARTER)
LETTERS_TO = Rule("account letters to", 4, dt.timedelta(hours=1))
"""To one address, whoever asks; more are answered alike and not sent."""
LETTERS_FROM = Rule("account letters from", 20, dt.timedelta(hours=1))
CHALLENGES = Rule("account challenges", 60, _QUARTER)
ONCE = Rule("account challenge", 1, _QUARTER)
"""A challenge counts once, and its life is shorter than the window."""

_FORGIVEN = frozenset({BY_PAIR.name, BY_ACCOUNT.name, BY_DEVICE.name, FACTOR.name, FACTOR_ALL.name})
"""Counts of one account, which end when its owner has proved who they are."""
_A_WHILE = dt.timedelta(minutes=1)
"""What another process may have forgiven is asked for again after that."""


class TooOften(Exception):
    """Refused before anything was looked at. `wait_s` at the latest."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__("too often")
        self.verdict = verdict
        self.wait_s = max(1, int(verdict.wait.total_seconds()))


@dataclass(frozen=True)
class Browser:
    """What is known of who asks, before they proved anything."""

    address: str
    """Of the network: an IPv4 address or an IPv6 /64, as one household has it."""
    device: str
    """Words for the kind of browser."""
    device_hash: str | None
    """Of the cookie that a browser gets when it signs in. One that we did not sign is none."""
    locale: str
    request_id: str


def network_of(remote: str | None) -> str:
    """What counts as one place: anyone with IPv6 has 2^64 addresses."""
    try:
        address = ipaddress.ip_address(remote or "")
    except ValueError:
        return "-"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def hit(limits: Limits, *uses: tuple[Rule, str]) -> None:
    """Count one use of each. Raises TooOften, and LimitsDown: nobody proves anything uncounted."""
    verdict = limits.hit(*uses)
    if not verdict.allowed:
        raise TooOften(verdict)


def hit_noted(limits: Limits, refused: Refused, uses: Sequence[tuple[Rule, str]]) -> None:
    """`hit`, and remember in this process who was refused."""
    try:
        hit(limits, *uses)
    except TooOften as error:
        is_forgiven = error.verdict.rule in _FORGIVEN
        refused.note(error.verdict, uses, longest=_A_WHILE if is_forgiven else error.verdict.wait)
        raise


def is_forgiven(rule: Rule) -> bool:
    """Whether a count ends when the owner of an account has proved who they are. The count of a whole network or of
    a browser stays: one account would open it for tries at all others."""
    return rule.name in _FORGIVEN


def sign_in_uses(
    store_id: str, email_hash: str, browser: Browser, *, is_known: bool
) -> list[tuple[Rule, str]]:
    """What one attempt counts under."""
    anywhere = [(BY_BROWSER, browser.device_hash)] if browser.device_hash else []
    if is_known:
        return [*anywhere, (BY_DEVICE, f"{store_id} {email_hash} {browser.device_hash}")]
    return [
        *anywhere,
        (BY_ADDRESS, browser.address),
        (BY_PAIR, f"{store_id} {email_hash} {browser.address}"),
        (BY_ACCOUNT, f"{store_id} {email_hash}"),
    ]


def step_uses(rule: Rule, address: str, device_hash: str | None) -> list[tuple[Rule, str]]:
    """What a step counts under that names no account: the known browser, else the address."""
    return [(BY_BROWSER, device_hash)] if device_hash else [(rule, address)]


def factor_uses(account: Account, browser: Browser, *, is_known: bool) -> list[tuple[Rule, str]]:
    """What one code counts under. A browser is known by the database's word, never by its own."""
    one = f"{account.store_id} {account.id}"
    if is_known:
        return [(FACTOR, f"{one} {browser.device_hash}")]
    return [
        (FACTOR, f"{one} {browser.address}"),
        (FACTOR_ALL, f"{one} {account.password_at.timestamp():.6f}"),
    ]
