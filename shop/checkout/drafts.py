"""Keep and restore what was typed in the checkout, sealed, under the basket. Functions with a session never commit."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from payments.columns import table_of, utcnow
from payments.methods import Method
from security.sealing import CannotOpen
from shop.address.contact import Contact
from shop.checkout.models import Draft
from shop.delivery.slots import Choice
from shop.vault import Place, Purpose, Vault


def draft_of(session: Session, store_id: str, cart_id: str) -> Draft | None:
    """The draft of a basket."""
    return session.get(Draft, (store_id, cart_id))


def keep_contact(session: Session, vault: Vault, store_id: str, cart_id: str, contact: Contact) -> None:
    """Seal the address into the basket's draft."""
    _keep(session, store_id, cart_id, contact=vault.seal(_place(store_id, cart_id), contact.to_json()))


def keep_choice(
    session: Session, store_id: str, cart_id: str, choice: Choice, method: Method = Method.CARD
) -> None:
    """Note the wished day and slot, and how it shall be paid."""
    wished = {"delivery_day": choice.day, "delivery_slot": choice.slot.value}
    _keep(session, store_id, cart_id, method=method.value, **wished)


def contact_of(vault: Vault, draft: Draft | None, request_id: str) -> Contact | None:
    """The address that this browser typed before; None when it has not, or when its key is gone."""
    if draft is None or draft.contact is None:
        return None
    place = _place(draft.store_id, draft.cart_id)
    try:
        opened = vault.open_personal(place, draft.contact, purpose=Purpose.OWN_DRAFT, request_id=request_id)
    except CannotOpen:
        return None
    return Contact.from_json(opened)


def _keep(session: Session, store_id: str, cart_id: str, **values: object) -> None:
    """Write these columns of a basket's draft, making it where there is none: two tabs may do so at one moment."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite.insert if is_sqlite else postgresql.insert)(table_of(Draft))
    key = {"store_id": store_id, "cart_id": cart_id}
    session.execute(
        insert.values(key | values).on_conflict_do_update(
            index_elements=list(key), set_=values | {"updated_at": utcnow()}
        )
    )


def _place(store_id: str, cart_id: str) -> Place:
    return Place(store_id, "draft", "contact", cart_id)
