"""Clean text of names, addresses, mail addresses and telephone numbers. All of `shop` may import it.

What a person types is mended silently where its meaning is plain (width, hyphens, spaces) and otherwise kept.
NFKC is only for text of the keyboard's characters (numbers, mail): in a name it would turn U+FA19 into its
commoner twin U+795E and ㈱ into (株), and a parcel with somebody else's spelling is a complaint.
"""

from __future__ import annotations

import re
import unicodedata

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from .joiners import JOINERS, only_needed
from .messages import N_

_HALF_WIDTH_ASCII = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5E)}  # not ～, which joins words too
_HALF_WIDTH_KANA = re.compile(r"[\uff61-\uff9f]+")
# Even NFC replaces compatibility ideographs by another form, so composing leaves them out.
_COMPOSABLE = re.compile(r"[^\uf900-\ufaff\U0002f800-\U0002fa1f]+")
_HYPHENS = "‐‑‒–—―−ー─━-"
_HYPHEN_OF_NUMBERS = re.compile(
    rf"(?<=[0-9A-Za-z]) ?[{_HYPHENS}]+ ?(?=[0-9])|(?<=[0-9])[{_HYPHENS}]+(?=[A-Za-z])"
)
_INVISIBLE = ("Cc", "Cf", "Zl", "Zp")
_TELEPHONE = re.compile(rf"[0-9+(). /{_HYPHENS}]+")


class BadEmail(ValueError):
    """What was typed is no mail address; the text tells the person what to do (a message id)."""

    def __init__(self) -> None:
        super().__init__(
            N_("メールアドレスを半角で、@の前後を確かめて入力してください（例：hanako@example.jp）。")
        )


class BadPhone(ValueError):
    """What was typed is no telephone number; the text tells the person what to do (a message id)."""

    def __init__(self) -> None:
        super().__init__(N_("電話番号を市外局番から入力してください（例：03-1234-5678）。"))


def clean(text: str) -> str:
    """Return `text` as one line: no control or invisible characters, single spaces, none at the ends.

    Line breaks and tabs become a space, so that no value can start another line of a mail or a file.
    Variation selectors, which choose the form of a kanji, stay.
    """
    return _one_line(_visible(text))


def _visible(text: str, besides: str = "") -> str:
    spaced = "".join(" " if c.isspace() else c for c in text)
    return "".join(c for c in spaced if c in besides or unicodedata.category(c) not in _INVISIBLE)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def name(text: str) -> str:
    """Return a person's or a company's name, clean, with whole kana and the joiners that its script needs; no kanji
    is changed."""
    plain = _one_line(only_needed(_visible(text, JOINERS)))
    whole_kana = _HALF_WIDTH_KANA.sub(lambda kana: unicodedata.normalize("NFKC", kana[0]), plain)
    return _COMPOSABLE.sub(lambda run: unicodedata.normalize("NFC", run[0]), whole_kana)


def address(text: str) -> str:
    """Return a line of an address: a clean name whose letters and digits are half width, hyphens plain.

    １ー２−３号 becomes 1-2-3号; the long vowel of センター or ハイツー2 stays, as no digit stands before it.
    """
    return _HYPHEN_OF_NUMBERS.sub("-", name(text).translate(_HALF_WIDTH_ASCII))


def email(text: str) -> str:
    """Return a mail address to write to: half width, the domain in small ASCII letters (IDNA).

    The local part stays as typed. Raises `BadEmail`, also where it is not ASCII: not every server takes that.
    Looks nothing up.
    """
    try:
        valid = validate_email(
            unicodedata.normalize("NFKC", clean(text)), check_deliverability=False, allow_smtputf8=False
        )
    except EmailNotValidError:
        # Not chained: the library's text repeats what was typed, and logs must not.
        raise BadEmail from None
    return f"{valid.local_part}@{valid.ascii_domain}"


def lookup_key_email(text: str) -> str:
    """Return the form under which a mail address is found again, whatever its capitals; not to be written to.

    Raises `BadEmail`.
    """
    return email(text).casefold()


def phone(text: str) -> str:
    """Return a telephone number as E.164 (+81312345678); one without a country's number is of Japan.

    Raises `BadPhone` for a number that no network has, an extension and letters.
    """
    typed = unicodedata.normalize("NFKC", clean(text))
    if not _TELEPHONE.fullmatch(typed):
        raise BadPhone
    try:
        number = phonenumbers.parse(re.sub(f"[{_HYPHENS}]", "-", typed), "JP")
    except phonenumbers.NumberParseException:
        raise BadPhone from None
    if not phonenumbers.is_valid_number(number):
        raise BadPhone
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def national_phone(e164: str) -> str:
    """Return a number of `phone` for a reader: 03-1234-5678, one of another country with its number."""
    number = phonenumbers.parse(e164)
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(
        number, style.NATIONAL if number.country_code == 81 else style.INTERNATIONAL
    )
