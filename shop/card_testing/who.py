"""Who tries a card, as far as a request tells: where it comes from, in which browser, for whom."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True)
class Who:
    """Keys by which tries are counted. `network` is text of `network_of`, the others are ours or keyed hashes."""

    store_id: str
    network: str | None
    network_hash: str | None
    cart_id: str
    email_hash: str
    account_id: str | None = None
    """Of who is signed in: an account may type another mail address with every order."""


def network_of(address: str | None) -> str | None:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 subscriber has for himself.

    `address` is `request.remote_addr`, which behind `PROXY_HOPS` proxies is what the outermost of them saw. What is
    no address (a socket) counts as one. None for this machine itself: that is no shopper's address but a developer's,
    or that of a proxy which is not configured, and everybody would be counted as one.
    """
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "elsewhere"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return network_of(str(parsed.ipv4_mapped))
        return None if parsed.is_loopback else str(ipaddress.ip_network((parsed, 64), strict=False))
    return None if parsed.is_loopback else str(parsed)
