"""What an assessor asks of one run, so that its answer cannot have been prepared: a nonce, numbers, entry points.

A challenge is a text, or a TOML or JSON file:

    nonce = "any text"                        # bound into the signature
    numbers = ["…", "…", "…"]                 # used as canaries in success, decline and 3-D Secure, in this order
    entry_points = ["/search?q={canary}"]     # further places into which a canary is sent by request
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from security.pan import is_luhn_valid
from security.published import is_test_number

_KEYS = {"nonce", "numbers", "entry_points"}


class BadChallenge(Exception):
    """The challenge cannot be used; the message is one line and holds no number."""


@dataclass(frozen=True)
class Challenge:
    """The assessor's wishes. `digest` goes into the report, the numbers never do."""

    nonce: str = ""
    numbers: tuple[str, ...] = ()
    entry_points: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over everything in it; empty when nothing was asked."""
        if not (self.nonce or self.numbers or self.entry_points):
            return ""
        whole = json.dumps([self.nonce, self.numbers, self.entry_points], ensure_ascii=False)
        return hashlib.sha256(whole.encode()).hexdigest()


def read(given: str) -> Challenge:
    """The challenge in a file of that name, else the text itself as the nonce. Raises BadChallenge."""
    path = Path(given)
    if not given or len(given) > 200 or not path.is_file():
        return Challenge(nonce=given)
    try:
        text = path.read_text("utf-8")
        document = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise BadChallenge(f"{path.name} cannot be read: {type(error).__name__}") from error
    return _checked(document)


def _checked(document: object) -> Challenge:
    if not isinstance(document, dict) or not document.keys() <= _KEYS:
        raise BadChallenge("a challenge has nonce, numbers and entry_points, nothing else")
    lists = [document.get(name, []) for name in ("numbers", "entry_points")]
    if not all(isinstance(one, list) and all(isinstance(each, str) for each in one) for one in lists):
        raise BadChallenge("numbers and entry_points are lists of texts")
    numbers, entry_points = (tuple(one) for one in lists)
    for at, number in enumerate(numbers, 1):
        if not (number.isascii() and number.isdigit() and 13 <= len(number) <= 19 and is_luhn_valid(number)):
            raise BadChallenge(f"number {at} is no card number: 13 to 19 digits with a right check digit")
        if is_test_number(number):
            raise BadChallenge(f"number {at} is published: it may lie anywhere and would prove nothing")
    if any(not each.startswith("/") or "{canary}" not in each for each in entry_points):
        raise BadChallenge("an entry point is a path with {canary} in it")
    return Challenge(str(document.get("nonce", "")), numbers, entry_points)
