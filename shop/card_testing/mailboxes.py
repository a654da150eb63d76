"""What a mail address costs its owner: a mailbox at a host where each is hard to come by, or a whole domain.

Whoever owns a domain has as many addresses in it as they like, and whoever has a mailbox writes it in many ways. So
limits by mail address count the one mailbox, or the one domain.
"""

from __future__ import annotations

HOSTS = frozenset(
    (
        "docomo.ne.jp",
        "ezweb.ne.jp",
        "au.com",
        "softbank.ne.jp",
        "i.softbank.jp",
        "ymobile.ne.jp",
        "ymobile1.ne.jp",
        "uqmobile.jp",
        "rakumail.jp",
        "yahoo.co.jp",
        "ybb.ne.jp",
        "gmail.com",
        "googlemail.com",
        "icloud.com",
        "me.com",
        "mac.com",
        "outlook.jp",
        "outlook.com",
        "hotmail.com",
        "hotmail.co.jp",
        "live.jp",
        "live.com",
        "msn.com",
        "yahoo.com",
        "nifty.com",
        "biglobe.ne.jp",
        "ocn.ne.jp",
        "so-net.ne.jp",
        "plala.or.jp",
        "dion.ne.jp",
        "excite.co.jp",
        "goo.jp",
        "infoseek.jp",
        "jcom.home.ne.jp",
        "jcom.zaq.ne.jp",
        "eonet.ne.jp",
        "commufa.jp",
        "asahi-net.or.jp",
        "proton.me",
        "protonmail.com",
        "aol.com",
    )
)
"""Where a mailbox belongs to one person who showed a telephone or pays for a line: carriers, providers, large hosts."""

_SAME = {"googlemail.com": "gmail.com", "me.com": "icloud.com", "mac.com": "icloud.com"}
_DOTS_SAY_NOTHING = frozenset({"gmail.com"})
_SECOND_LEVELS = frozenset(
    ("ac", "ad", "co", "com", "ed", "edu", "go", "gov", "gr", "lg", "mil", "ne", "net", "or", "org")
)


def mailbox_of(email: str) -> str:
    """What one address counts as, in small letters: `box@host` of a host in the list, else the domain that was bought.

    `email` is a clean address (`shop.address.normalise.email`).
    """
    local, _at, host = email.casefold().rpartition("@")
    if host not in HOSTS:
        return bought_domain(host)
    host, local = _SAME.get(host, host), local.partition("+")[0]
    return f"{local.replace('.', '') if host in _DOTS_SAY_NOTHING else local}@{host}"


def bought_domain(host: str) -> str:
    """The part of a host's name that somebody registered: sub-domains of it cost nothing.

    Two labels, or three under a country's `co`, `ne` and the like. Not the public suffix list: where it is too short,
    strangers share one limit for as long as an attack lasts.
    """
    labels = host.split(".")
    is_country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVELS
    return ".".join(labels[-3:] if is_country else labels[-2:])
