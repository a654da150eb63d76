"""The only way to and from personal data: sealing is easy, opening names its purpose and is recorded.

`open_personal` is the one function that opens. It takes plain values and returns plain values, so that it can
move into a process of its own with a budget per purpose; then no web process holds a private key.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from security.sealing import Opener, PublicKey, key_id_of, lookup_hash
from shop.settings import Keys

_audit = logging.getLogger("hitsuka.audit")


class Purpose(StrEnum):
    """Why someone opens personal data. A new reason is a new word here, seen in review."""

    OWN_DRAFT = "own_draft"
    """The shopper goes on with a checkout of this browser."""
    ORDER_MAIL = "order_mail"
    CHECKOUT_SESSION = "checkout_session"
    """The provider's page gets the mail address."""
    KEY_ROTATION = "key_rotation"


@dataclass(frozen=True)
class Place:
    """Where a sealed value lives: a store's table, column and row. Part of what is authenticated."""

    store_id: str
    table: str
    column: str
    row_id: str

    def __str__(self) -> str:
        return f"{self.store_id}|{self.table}.{self.column}|{self.row_id}"


class Vault:
    """Seals to each store's public key; opens with its private keys; makes keyed look-up hashes."""

    def __init__(self, keys: Keys) -> None:
        self._public: Mapping[str, PublicKey] = {store: held[0].public() for store, held in keys.data.items()}
        self._openers = {
            store: Opener({key.key_id: key for key in held}) for store, held in keys.data.items()
        }
        self._lookup_key = keys.lookup.encode()

    def seal(self, place: Place, text: str) -> bytes:
        """`text` sealed for `place`, to the store's newest key."""
        return self._public[place.store_id].seal(text.encode(), str(place))

    def open_personal(self, place: Place, sealed: bytes, *, purpose: Purpose, request_id: str = "-") -> str:
        """What was sealed. Each call is recorded with its purpose and subject, never with a value.

        Raises `security.sealing.CannotOpen` for an altered or moved value or a key that is gone.
        """
        subject = f"{place.store_id}/{place.table}/{place.row_id}"
        _audit.info("opened", extra={"purpose": purpose.value, "subject": subject, "request_id": request_id})
        return self._openers[place.store_id].open(sealed, str(place)).decode()

    def reseal(self, place: Place, sealed: bytes) -> bytes | None:
        """The same value sealed to the newest key, or None when it already is."""
        if key_id_of(sealed) == self._public[place.store_id].key_id:
            return None
        return self.seal(place, self.open_personal(place, sealed, purpose=Purpose.KEY_ROTATION))

    def lookup(self, store_id: str, kind: str, canonical: str) -> str:
        """The keyed hash under which a canonical value (an e-mail, say) of one store is found."""
        return lookup_hash(self._lookup_key, store_id, kind, canonical)
