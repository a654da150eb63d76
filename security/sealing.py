"""Seal personal data to a public key, so that writing it needs no power to read it.

HPKE (RFC 9180) base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. Every call makes a fresh
key pair, so every record has a key of its own. Anyone may import this module; it knows no table and no shop.

Layout of a sealed value: one byte length of the key id, the key id, the HPKE encapsulation and ciphertext.
The *context* (where the value lives: store, table, column, row) is authenticated but not stored: a value that
was moved to another column or row does not open.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class CannotOpen(Exception):
    """The value was not sealed for this place with a key we hold, or it was altered."""


@dataclass(frozen=True, repr=False)
class PrivateKey:
    """A named X25519 private key. `repr` shows the name alone."""

    key_id: str
    key: X25519PrivateKey

    def __repr__(self) -> str:
        return f"PrivateKey({self.key_id!r})"

    @classmethod
    def parse(cls, key_id: str, encoded: str) -> PrivateKey:
        """From 32 raw bytes in URL-safe base64. Raises ValueError when it is anything else."""
        raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        return cls(key_id, X25519PrivateKey.from_private_bytes(raw))

    def public(self) -> PublicKey:
        return PublicKey(self.key_id, self.key.public_key())


@dataclass(frozen=True)
class PublicKey:
    """A named X25519 public key: enough to seal, not to open."""

    key_id: str
    key: X25519PublicKey

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """`plaintext` sealed for `context`; some 60 bytes longer."""
        name = self.key_id.encode("ascii")
        info = _info(name, context)
        return bytes([len(name)]) + name + _SUITE.encrypt(plaintext, self.key, info)


class Opener:
    """Opens what was sealed for any of the keys that it holds."""

    def __init__(self, keys: Mapping[str, PrivateKey]) -> None:
        self._keys = keys

    def open(self, sealed: bytes, context: str) -> bytes:
        """The plaintext. Raises CannotOpen for a foreign key, another context or an altered value."""
        name = key_id_of(sealed)
        key = self._keys.get(name)
        if key is None:
            raise CannotOpen(f"no key {name!r} here")
        body = sealed[1 + len(name) :]
        try:
            return _SUITE.decrypt(body, key.key, _info(name.encode("ascii"), context))
        except (InvalidTag, ValueError) as error:
            raise CannotOpen("the value is altered or belongs elsewhere") from error


def key_id_of(sealed: bytes) -> str:
    """The id of the key that a value was sealed to. Raises CannotOpen when there is none."""
    try:
        return sealed[1 : 1 + sealed[0]].decode("ascii")
    except (IndexError, UnicodeDecodeError) as error:
        raise CannotOpen("not a sealed value") from error


def lookup_hash(key: bytes, *parts: str) -> str:
    """A keyed hash (HMAC-SHA256, 64 hex digits) by which a sealed value is found again without opening it.

    `parts` are a domain ("style", "email") and the canonical value, kept apart by their lengths.
    """
    mac = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        raw = part.encode()
        mac.update(len(raw).to_bytes(8, "big") + raw)
    return mac.hexdigest()


def _info(name: bytes, context: str) -> bytes:
    return b"hitsuka sealed value 1|" + name + b"|" + context.encode()
