"""What is approved, in the one form that is shown, hashed and compared. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from security import pan

KINDS = {
    "payments.resume": "Card payments of a store go on after a stop",
}
"""What can be approved. A new kind is a new line here, seen in review."""
LONGEST = 20_000
"""Characters: what two people approve they must be able to read."""
DEEPEST = 20


class BadPayload(ValueError):
    """It can't be approved as it stands; the text says why to whoever asked."""


@dataclass(frozen=True)
class Matter:
    """One thing to approve: its kind and the canonical JSON of what exactly."""

    kind: str
    payload: str

    @property
    def sha256(self) -> str:
        """The hash that signatures are bound to."""
        return hashlib.sha256(f"{self.kind}\n{self.payload}".encode("utf-8", "surrogatepass")).hexdigest()


def matter(kind: str, payload: Mapping[str, object]) -> Matter:
    """The canonical form: keys in order, no spaces, ASCII. BadPayload for what has none or must not be kept."""
    if kind not in KINDS:
        raise BadPayload(f"no kind {kind!r}; there are {', '.join(sorted(KINDS))}")
    _check(payload)
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), allow_nan=False)
    if len(text) > LONGEST:
        raise BadPayload(f"longer than {LONGEST} characters")
    if pan.find(json.dumps(payload, ensure_ascii=False)):
        raise BadPayload("it holds what looks like a card number")
    return Matter(kind, text)


def parse(text: str) -> dict[str, object]:
    """An object from JSON text. BadPayload for anything else, a name that comes twice included."""
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except BadPayload:
        raise
    except (ValueError, RecursionError) as error:
        raise BadPayload("it is not JSON") from error
    if not isinstance(value, dict):
        raise BadPayload("it is not a JSON object")
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Two readers might each take another of two values with one name."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadPayload("a name comes twice in one object")
    return found


def _check(value: object, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise BadPayload(f"nested more than {DEEPEST} deep")
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            raise BadPayload("a name is not text")
        for inner in value.values():
            _check(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth + 1)
    elif value is not None and not isinstance(value, str | int):
        raise BadPayload("numbers are whole, everything else is text, list or object")
