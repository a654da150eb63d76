"""The only way to and from personal data: sealing is easy, opening names its purpose and is recorded.

`open_personal` is the one function that opens. It takes plain values and returns plain values, so that it can
move into a process of its own with a budget per purpose; then no web process holds a private key.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from security.refused import require_clean
from security.sealing import Opener, PublicKey, key_id_of, lookup_hash
from shop.audit.actor import Actor
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
    ORDER_DESK = "order_desk"
    """A member of staff looks at who ordered."""
    OWN_ACCOUNT = "own_account"
    """A signed-in shopper sees their own name, addresses and orders."""
    OWN_EXPORT = "own_export"
    """A signed-in shopper takes their data with them."""
    SIGN_IN = "sign_in"
    """A password's hash or a second factor's secret is compared with what was typed."""
    ACCOUNT_MAIL = "account_mail"
    CLAIM_ORDER = "claim_order"
    """Whoever holds an order's link wants it in an account: the mail goes to the order's own address."""
    PHONE_HASH = "phone_hash"
    """Orders from before they could be found by telephone."""

    OWN_MEMBER = "own_member"
    """A member of staff sees their own name and address."""
    STAFF_SIGN_IN = "staff_sign_in"
    """A password's hash or a second factor's secret is compared with what was typed."""
    STAFF_DESK = "staff_desk"
    """Whoever manages the staff, or a command on this machine, sees who works here."""
    STAFF_MAIL = "staff_mail"


BY_STAFF = frozenset({Purpose.ORDER_DESK})
"""Purposes for which a person reads: they name the reader, and the audit chain has a row before anything is seen."""


@dataclass(frozen=True)
class Place:
    """Where a sealed value lives: a store's table, column and row. Part of what is authenticated."""

    store_id: str
    table: str
    column: str
    row_id: str

    def __str__(self) -> str:
        return f"{self.store_id}|{self.table}.{self.column}|{self.row_id}"


@dataclass(frozen=True)
class Opening:
    """That a member of staff is about to read something."""

    reader: Actor
    purpose: Purpose
    place: Place
    request_id: str

    @property
    def subject(self) -> str:
        return f"{self.place.table}/{self.place.store_id}/{self.place.row_id}"


class UnnamedReader(Exception):
    """A fault of ours: staff would read without a name, or without a place to write it down."""


class Vault:
    """Seals to each store's public key; opens with its private keys; makes keyed look-up hashes."""

    def __init__(self, keys: Keys, write_down: Callable[[Opening], object] | None = None) -> None:
        """`write_down` puts an opening by staff into the audit chain, in a transaction of its own."""
        self._write_down = write_down
        self._public: Mapping[str, PublicKey] = {store: held[0].public() for store, held in keys.data.items()}
        self._openers = {
            store: Opener({key.key_id: key for key in held}) for store, held in keys.data.items()
        }
        self._lookup_key = keys.lookup.encode()

    def seal(self, place: Place, text: str) -> bytes:
        """`text` sealed for `place`, to the store's newest key. Raises CardNumberRefused for a card number."""
        require_clean(text, f"{place.table}.{place.column}")
        return self._public[place.store_id].seal(text.encode(), str(place))

    def open_personal(
        self,
        place: Place,
        sealed: bytes,
        *,
        purpose: Purpose,
        request_id: str = "-",
        reader: Actor | None = None,
    ) -> str:
        """What was sealed. Each call is recorded with its purpose and subject, never with a value.

        A purpose of BY_STAFF needs its `reader`, and commits a row of the audit chain first: never call it inside a
        write transaction. Raises `security.sealing.CannotOpen` for an altered or moved value or a key that is gone,
        UnnamedReader when the opening could not be written down.
        """
        if (purpose in BY_STAFF) != (reader is not None and reader.kind == "staff"):
            raise UnnamedReader(f"{purpose.value} and its reader do not fit together")
        if reader is not None:
            if self._write_down is None:
                raise UnnamedReader("no audit chain here")
            self._write_down(Opening(reader, purpose, place, request_id))
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
