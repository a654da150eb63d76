"""What an audit row may say. It is kept for ever and read by many, so nothing about a person may slip into it."""

from __future__ import annotations

import re
from collections.abc import Collection

from security import pan
from shop.audit.actor import Actor
from shop.audit.models import FIELDS_LENGTH, SUBJECT_LENGTH

_ACTION = re.compile(r"(?=.{3,40}\Z)[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,39}")
_SUBJECT = re.compile(rf"(?=.{{0,{SUBJECT_LENGTH}}}\Z)([A-Za-z0-9_.:-]+(/[A-Za-z0-9_.:-]+)*)?")
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39})?")
_WORD = re.compile(r"[a-z][a-z_]{0,19}")
_REQUEST = re.compile(r"[A-Za-z0-9-]{1,40}")
_NUMBER = re.compile(r"(?:[.-]*[0-9]){9,}[.-]*")
"""Ids of ours mix letters and digits; so many digits alone are a phone number, an address of the net, a card."""
_RANDOM = re.compile(r"[0-9a-hjkmnp-tv-z]{26}|[0-9a-f]{64}")
"""Row ids and hashes: by chance some hold what looks like a card number."""


class NotForTheAudit(ValueError):
    """A fault of ours: a row would say what it must not. The text names the part, never its value."""


def check_words(
    *, actor: Actor, action: str, subject: str, fields: Collection[str], outcome: str, store_id: str | None
) -> None:
    """Raise NotForTheAudit unless every part has the form of a name or an id and none looks like personal data."""
    parts = (
        ("actor", actor.id, _ID),
        ("action", action, _ACTION),
        ("subject", subject, _SUBJECT),
        ("outcome", outcome, _WORD),
        ("store_id", store_id or "none", _WORD),
        *(("fields", name, _FIELD) for name in fields),
    )
    for part, text, form in parts:
        if not form.fullmatch(text):
            raise NotForTheAudit(f"{part} has not the form of a name or an id")
        if any(_looks_personal(piece) for piece in re.split(r"[/:_]", text)):
            raise NotForTheAudit(f"{part} looks like a number of a person or a card")
    if len(" ".join(fields)) > FIELDS_LENGTH:
        raise NotForTheAudit("too many fields")


def safe_request_id(text: str) -> str:
    """The request id, or "-" for one that can't be kept: the browser may have made it up, and the row matters more."""
    return text if _REQUEST.fullmatch(text) and not _looks_personal(text) else "-"


def _looks_personal(text: str) -> bool:
    if _NUMBER.fullmatch(text):
        return True
    return not _RANDOM.fullmatch(text) and bool(pan.find(text))
