"""The keyed hashes by which a person is found without opening anything: e-mail, telephone, kana. All of `shop` may
import it; staff search by the same."""

from __future__ import annotations

import unicodedata

from shop.address import normalise
from shop.vault import Vault

_HIRAGANA = range(0x3041, 0x3097)


def email_hash(vault: Vault, store_id: str, email: str) -> str:
    """The hash of a mail address, whatever its capitals or width. Raises `normalise.BadEmail`."""
    return vault.lookup(store_id, "email", normalise.lookup_key_email(email))


def phone_hash(vault: Vault, store_id: str, phone: str) -> str:
    """The hash of a telephone number as anyone writes it. Raises `normalise.BadPhone`."""
    return vault.lookup(store_id, "phone", normalise.phone(phone))


def kana_hash(vault: Vault, store_id: str, kana: str) -> str | None:
    """The hash of a reading, in hiragana or katakana, with or without a space. None for an empty one."""
    folded = katakana(kana).replace(" ", "").replace("・", "")
    return vault.lookup(store_id, "kana", folded) if folded else None


def katakana(text: str) -> str:
    """The reading in whole katakana, single spaces."""
    whole = " ".join(unicodedata.normalize("NFKC", normalise.clean(text)).split())
    return "".join(chr(ord(char) + 0x60) if ord(char) in _HIRAGANA else char for char in whole)
