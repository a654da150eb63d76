"""What the checkout's address page begins with for who is signed in. It is asked only where nothing was typed yet."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from flask import Request, g

from shop.accounts import addresses, people
from shop.accounts.addresses import Entry
from shop.accounts.current import account_of
from shop.address.forms import AddressForm
from shop.address.postcode import hyphenated
from shop.context import the_shop


@dataclass(frozen=True)
class Prefill:
    """A form to begin with, and the book to choose from."""

    form: AddressForm
    book: list[Entry]


def prefill(request: Request) -> Prefill | None:
    """The form with the default address, or the one chosen by `?address=`. None for a guest."""
    who = account_of(request)
    if who is None:
        return None
    shop = the_shop()
    book = addresses.book(shop, who.account, g.request_id)
    chosen = next((one for one in book if one.id == request.args.get("address")), book[0] if book else None)
    email = people.email_of(shop.vault, who.account, g.request_id)
    data = _of_entry(chosen) if chosen else _own(people.profile_of(shop.vault, who.account, g.request_id))
    return Prefill(AddressForm(data=data | {"email": email}), book)


def _of_entry(entry: Entry) -> dict[str, str]:
    contact = entry.contact
    written = {"postal_code": hyphenated(contact.postal_code), "phone": contact.phone_text}
    return asdict(contact) | written


def _own(profile: people.Profile) -> dict[str, str]:
    """With an empty book: who it is, at least."""
    return {
        "family_name": profile.family_name,
        "given_name": profile.given_name,
        "phone": people.phone_text(profile),
    }
