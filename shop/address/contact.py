"""Who receives a parcel and where: the value that an address form gives. All of `shop` may import it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields

from .normalise import national_phone
from .postcode import hyphenated, lookup


@dataclass(frozen=True, slots=True, repr=False)
class Contact:
    """A clean contact. `postal_code` is seven digits, `prefecture` its Japanese name, `phone` E.164.

    It is personal through and through: stored sealed only, and never shown by a log or a stack trace.
    """

    email: str
    family_name: str
    given_name: str
    postal_code: str
    prefecture: str
    city: str
    street: str
    building: str
    phone: str

    def __repr__(self) -> str:
        return "Contact(…)"

    @property
    def name(self) -> str:
        """The full name, family name first."""
        return f"{self.family_name} {self.given_name}"

    @property
    def address_lines(self) -> list[str]:
        """The address as it is written on a parcel, in two to three lines without the name."""
        lines = [
            f"〒{hyphenated(self.postal_code)}",
            self.prefecture + self.city + self.street,
            self.building,
        ]
        return [line for line in lines if line]

    @property
    def phone_text(self) -> str:
        """The telephone number for a reader, 03-1234-5678."""
        return national_phone(self.phone)

    @property
    def has_odd_prefecture(self) -> bool:
        """Whether the postcode, as far as our data know it, lies in other prefectures. A hint, never a reason to
        refuse: data go stale."""
        places = lookup(self.postal_code)
        return bool(places) and self.prefecture not in {place.prefecture for place in places}

    def to_json(self) -> str:
        """Return the contact as one JSON object of nine strings; `from_json` reads it."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> Contact:
        """Return the contact in `text`; ValueError, without any of its values, where it is not one.

        Keys it does not know are passed over, so that a node of an older version reads a newer one's contact.
        """
        try:
            found = json.loads(text)
        except ValueError:
            raise ValueError("a contact is a JSON object") from None
        names = [field.name for field in fields(cls)]
        if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in names):
            raise ValueError(f"a contact has the texts {', '.join(names)}")
        return cls(**{name: found[name] for name in names})
