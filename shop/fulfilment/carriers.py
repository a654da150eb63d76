"""Who carries parcels, how their numbers look, and where their way is shown."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import LazyString, lazy_gettext


class Carrier(StrEnum):
    """Who takes the parcel. The words are kept in the database."""

    YAMATO = "yamato"
    SAGAWA = "sagawa"
    POST = "post"
    OWN = "own"
    """Brought by the shop itself, or fetched: no number."""


@dataclass(frozen=True)
class _Way:
    label: LazyString
    form: re.Pattern[str]
    url: str
    """Where the shopper types the number in. The number itself is not put into an address."""


_TWELVE = re.compile(r"[0-9]{12}")
_WAYS: dict[Carrier, _Way] = {
    Carrier.YAMATO: _Way(
        lazy_gettext("ヤマト運輸"), _TWELVE, "https://toi.kuronekoyamato.co.jp/cgi-bin/tneko"
    ),
    Carrier.SAGAWA: _Way(lazy_gettext("佐川急便"), _TWELVE, "https://k2k.sagawa-exp.co.jp/"),
    Carrier.POST: _Way(
        lazy_gettext("日本郵便"),
        re.compile(r"[0-9]{11,12}|[A-Z]{2}[0-9]{9}[A-Z]{2}"),
        "https://trackings.post.japanpost.jp/services/srv/search/",
    ),
    Carrier.OWN: _Way(lazy_gettext("当店がお届け・お渡し"), re.compile(""), ""),
}


class BadTracking(ValueError):
    """Not a number that this carrier gives out."""


def label(carrier: Carrier) -> LazyString:
    return _WAYS[carrier].label


def tracking_url(carrier: Carrier) -> str:
    return _WAYS[carrier].url


def tracking_number(carrier: Carrier, typed: str) -> str:
    """As the carrier writes it: １２３４-５６７８-９０１２ becomes twelve digits. Raises BadTracking."""
    plain = re.sub(r"[\s\-‐‑–−ー]", "", unicodedata.normalize("NFKC", typed)).upper()
    if not (plain.isascii() and _WAYS[carrier].form.fullmatch(plain)):
        raise BadTracking(carrier.value)
    return plain
