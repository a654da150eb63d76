"""Who may reach the staff's host at all, by the address of the net (STAFF_NETWORKS)."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_networks(text: str) -> tuple[Network, ...]:
    """CIDR blocks of both kinds, parted by white space or commas. ValueError for anything else."""
    return tuple(ipaddress.ip_network(part) for part in text.replace(",", " ").split())


def is_allowed(address: str | None, networks: Sequence[Network]) -> bool:
    """Whether the address lies in one of the blocks; an unknown one does not. Without any block everyone is let in."""
    if not networks:
        return True
    known = _parsed(address)
    return known is not None and any(known in network for network in networks)


def neighbourhood(address: str | None) -> str:
    """What counts as one sender: an IPv4 address, or the /64 that an IPv6 customer gets."""
    known = _parsed(address)
    if known is None:
        return "unknown"
    if known.version == 6:
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)


def _parsed(address: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        known = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    # A server that listens on both kinds sees IPv4 clients as ::ffff:192.0.2.1.
    return getattr(known, "ipv4_mapped", None) or known
