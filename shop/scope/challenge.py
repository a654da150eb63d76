"""What an assessor asks of one run, so that its answer cannot have been prepared: nonce, numbers, places, patches.

A challenge is a text, or a TOML or JSON file:

    nonce = "any text"                        # bound into the signature
    numbers = ["…", "…", "…"]                 # used as canaries in success, decline and 3-D Secure, in this order
    entry_points = ["/search?q={canary}"]     # further places into which a canary is sent by request
    patches = ["leak.diff"]                   # harmful changes, files beside this one, that E25 must see on copies
    checks = ["E7"]                           # checks that look at each patched copy besides the rules; E5 needs none
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from security.finder.issuers import issuer_of
from security.finder.published import is_test_number
from security.pan import is_luhn_valid

_LISTS = ("numbers", "entry_points", "patches", "checks")
_KEYS = {"nonce", *_LISTS}
_LONGEST_PATCH = 1 << 20
_LENGTHS = {
    "amex": frozenset({15}),
    "diners": frozenset({14, 16}),
    "unionpay": frozenset({16, 17, 18, 19}),
    "visa": frozenset({13, 16, 19}),
}
"""How long a number may be that the provider's fields take, by network; of any other 16 digits."""


class BadChallenge(Exception):
    """The challenge cannot be used; the message is one line and holds no number."""


@dataclass(frozen=True)
class Patch:
    """A change of the assessor's, as `git diff` writes it."""

    name: str
    text: str


@dataclass(frozen=True)
class Challenge:
    """The assessor's wishes. `digest` goes into the report, the numbers never do."""

    nonce: str = ""
    numbers: tuple[str, ...] = ()
    entry_points: tuple[str, ...] = ()
    patches: tuple[Patch, ...] = ()
    checks: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over everything in it; empty when nothing was asked."""
        parts: list[object] = [self.nonce, self.numbers, self.entry_points]
        if self.patches:
            parts += [[each.text for each in self.patches], self.checks]
        if not any(parts):
            return ""
        whole = json.dumps(parts, ensure_ascii=False)
        return hashlib.sha256(whole.encode()).hexdigest()


def read(given: str) -> Challenge:
    """The challenge in a file of that name, else the text itself as the nonce. Raises BadChallenge."""
    path = Path(given)
    if not given or not (_is_there(path) or _names_a_file(given)):
        return Challenge(nonce=given)
    try:
        text = path.read_text("utf-8")
        document = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise BadChallenge(f"the challenge {path.name} cannot be read: {reason}") from error
    return _checked(document, path.parent)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False  # too long for a name, or with a NUL: a text


def _names_a_file(given: str) -> bool:
    """A name that was mistyped must not become a nonce, and the run one without a challenge."""
    return "\n" not in given and Path(given).suffix in {".toml", ".json"}


def _checked(document: object, folder: Path) -> Challenge:
    if not isinstance(document, dict) or not document.keys() <= _KEYS:
        raise BadChallenge(f"a challenge has nonce, {', '.join(_LISTS)}, nothing else")
    nonce, lists = document.get("nonce", ""), [document.get(name, []) for name in _LISTS]
    if not isinstance(nonce, str) or not all(map(_is_list_of_texts, lists)):
        raise BadChallenge(f"{', '.join(_LISTS)} are lists of texts, nonce is one text")
    numbers, entry_points, patches, checks = (tuple(one) for one in lists)
    _check_numbers(numbers)
    if any(
        not each.startswith("/") or "{canary}" not in each or each.split() != [each] for each in entry_points
    ):
        raise BadChallenge("an entry point is a path with {canary} in it, and without spaces")
    if checks and not patches:
        raise BadChallenge("checks are those that look at patches, and there is none")
    if not (nonce or numbers or entry_points or patches):
        raise BadChallenge("the challenge asks for nothing")
    return Challenge(nonce, numbers, entry_points, tuple(_patch(folder, name) for name in patches), checks)


def _is_list_of_texts(given: object) -> bool:
    return isinstance(given, list) and all(isinstance(each, str) for each in given)


def _check_numbers(numbers: tuple[str, ...]) -> None:
    if len(set(numbers)) < len(numbers):
        raise BadChallenge("a number stands twice: what is found could not be told apart")
    for at, number in enumerate(numbers, 1):
        if not (number.isascii() and number.isdigit() and 13 <= len(number) <= 19 and is_luhn_valid(number)):
            raise BadChallenge(f"number {at} is no card number: 13 to 19 digits with a right check digit")
        issuer = issuer_of(number)
        if len(number) not in _LENGTHS.get(issuer.issuer if issuer else "", frozenset({16})):
            raise BadChallenge(f"number {at} has {len(number)} digits: the provider takes no such card")
        if is_test_number(number):
            raise BadChallenge(f"number {at} is published: it may lie anywhere and would prove nothing")


def _patch(folder: Path, name: str) -> Patch:
    """One file beside the challenge."""
    try:
        text = (folder / name).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise BadChallenge(f"the patch {name} cannot be read: {type(error).__name__}") from error
    if not text.strip() or len(text) > _LONGEST_PATCH or "\n@@ " not in f"\n{text}":
        raise BadChallenge(f"{name} is no change as `git diff` writes it")
    return Patch(name, text)
