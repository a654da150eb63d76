"""Sign documents with Ed25519, by a key that no shop host holds; check them with its public half. Needs cryptography.

A private key is one line `hitsuka-private:ID:base64`, a public one `ID:base64`; ID is the beginning of the public
key's SHA-256. A signed file is JSON: `{"payload": …, "signature": {"key": ID, "ed25519": base64}}`, signed over the
payload in canonical form (RFC 8785's for what is in it: sorted keys, no spaces, UTF-8; no fractions).
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

_PRIVATE = "hitsuka-private"


class BadKey(ValueError):
    """It is no key; the message does not repeat it."""


class BadSignature(ValueError):
    """The document is not signed by a key that we know; the message says why."""


class SigningKey:
    """A private key. Its `repr` shows the id alone."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = _id(self._raw)

    def __repr__(self) -> str:
        return f"SigningKey({self.id})"

    @classmethod
    def new(cls) -> SigningKey:
        """A fresh one."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, path: Path) -> SigningKey:
        """The key in a file. Raises BadKey when there is none, OSError when it cannot be read."""
        kind, _, rest = path.read_text("utf-8").strip().partition(":")
        try:
            raw = base64.b64decode(rest.partition(":")[2], validate=True)
            key = cls(Ed25519PrivateKey.from_private_bytes(raw))
        except ValueError:
            raise BadKey(f"{path.name} holds no private key") from None
        if kind != _PRIVATE or key.id != rest.partition(":")[0]:
            raise BadKey(f"{path.name} holds no private key, or a damaged one")
        return key

    def write(self, path: Path) -> None:
        """Into a new file that only its owner can read. Raises FileExistsError rather than lose another key."""
        raw = self._key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(f"{_PRIVATE}:{self.id}:{base64.b64encode(raw).decode()}\n")

    @property
    def public(self) -> str:
        """The public half, for VERIFY_KEYS."""
        return f"{self.id}:{base64.b64encode(self._raw).decode()}"

    def sign(self, payload: Any) -> dict[str, Any]:
        """The payload with its signature."""
        signature = base64.b64encode(self._key.sign(canonical(payload))).decode()
        return {"payload": payload, "signature": {"key": self.id, "ed25519": signature}}


def opened(document: Any, public_keys: Iterable[str]) -> Any:
    """The payload of a signed document. Raises BadSignature, or BadKey for a public key that is none."""
    known = {_id(raw): raw for raw in map(_public, public_keys)}
    try:
        key_id, text = document["signature"]["key"], document["signature"]["ed25519"]
        payload, signature = document["payload"], base64.b64decode(text, validate=True)
    except (KeyError, TypeError, ValueError):
        raise BadSignature("it is not signed") from None
    if not isinstance(key_id, str) or key_id not in known:
        raise BadSignature(
            f"it is signed by {str(key_id)[:16]}, which is not among the {len(known)} known keys"
        )
    try:
        Ed25519PublicKey.from_public_bytes(known[key_id]).verify(signature, canonical(payload))
    except (InvalidSignature, ValueError):
        raise BadSignature("it was changed after it was signed") from None
    return payload


def canonical(payload: Any) -> bytes:
    """The bytes that are signed. Raises ValueError for what has no one form (NaN)."""
    return json.dumps(
        payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode("utf-8", "surrogatepass")


def _id(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16]


def _public(text: str) -> bytes:
    given, _, encoded = text.partition(":")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 32 or _id(raw) != given:
        raise BadKey("a public key is ID:base64 of 32 bytes")
    return raw
