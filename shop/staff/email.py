"""One person's mail address, whatever it looks like: full width, capitals, look-alike letters of other scripts."""

from __future__ import annotations

from shop.address.normalise import BadEmail, lookup_key_email

# Letters of Cyrillic and Greek that a reader takes for Latin ones (a part of Unicode's confusables, UTS 39).
_LOOKS_LIKE = str.maketrans("аеорсухіјѕԁһӏԛԝкмнвтгпαορνικυτγ", "aeopcyxijsdhlqwkmhbtrnaopvikuty")
# fmt: off
GENERIC = frozenset({
    "accounting", "admin", "administrator", "contact", "finance", "guest", "help", "info", "manager",
    "no-reply", "noreply", "office", "operator", "owner", "postmaster", "root", "sales", "security",
    "shop", "staff", "store", "support", "system", "team", "test", "user", "warehouse", "webmaster",
})
# fmt: on
"""Names that are no person's (PCI DSS 4.0.1, 8.2.1 and 8.2.2: an id belongs to one person)."""


def canonical(text: str) -> str:
    """The form that is hashed: two addresses which a person can't tell apart have one. BadEmail for no address."""
    local, _, domain = lookup_key_email(text).rpartition("@")
    try:
        read = domain.encode("ascii").decode("idna")
    except UnicodeError:
        raise BadEmail from None
    return f"{local}@{read.translate(_LOOKS_LIKE)}"


def canonical_or_typed(text: str) -> str:
    """The canonical form, or what was typed where it is no address: it is looked up all the same, and not found."""
    try:
        return canonical(text)
    except BadEmail:
        return text[:254].casefold()


def is_generic(text: str) -> bool:
    """Whether an address names a desk instead of a person."""
    local = canonical_or_typed(text).partition("@")[0].partition("+")[0]
    return local.strip("0123456789._-") in GENERIC or local in GENERIC
