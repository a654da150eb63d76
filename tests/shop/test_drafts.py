"""A draft whose key is gone is no draft: the shopper types the address again, and no page breaks."""

from __future__ import annotations

import base64
import dataclasses

from payments.columns import new_id, utcnow
from payments.database import Database
from security.sealing import PrivateKey
from shop.address.contact import Contact
from shop.cart.models import Cart
from shop.checkout.drafts import contact_of, keep_choice, keep_contact
from shop.checkout.models import Draft
from shop.context import Shop
from shop.delivery.slots import Choice, Slot
from shop.stores import all_stores
from shop.vault import Vault
from tests.concurrency.together import together
from tests.shop.ordering import GUEST, a_basket, a_quote


def _draft(shop: Shop) -> Draft:
    cart_id = a_basket(shop, "style", a_quote(shop, all_stores()["style"]))
    shop.db.write(lambda session: keep_contact(session, shop.vault, "style", cart_id, GUEST))
    with shop.db.read() as session:
        return session.get_one(Draft, ("style", cart_id))


def _typed(vault: Vault, draft: Draft) -> Contact | None:
    return contact_of(vault, draft, "req-test")


def test_what_was_typed_is_there_again(shop: Shop) -> None:
    assert _typed(shop.vault, _draft(shop)) == GUEST


def test_a_draft_whose_key_is_gone_is_no_draft(shop: Shop) -> None:
    draft = _draft(shop)
    other = PrivateKey.parse("other", base64.urlsafe_b64encode(bytes([77]) * 32).decode())
    keys = dataclasses.replace(shop.settings.keys, data=dict.fromkeys(all_stores(), (other,)))
    assert _typed(Vault(keys), draft) is None


def test_two_tabs_keep_a_first_draft_at_one_moment_and_neither_loses_the_others_part(
    db: Database, shop: Shop
) -> None:
    cart_id = new_id()
    basket = Cart(store_id="style", id=cart_id, token_hash=new_id().ljust(64, "0"), updated_at=utcnow())
    db.write(lambda session: session.add(basket))
    evening = Choice(slot=Slot.FROM_19)
    together(
        [
            lambda: db.write(lambda session: keep_contact(session, shop.vault, "style", cart_id, GUEST)),
            lambda: db.write(lambda session: keep_choice(session, "style", cart_id, evening)),
        ]
        * 4
    )
    with db.read() as session:
        draft = session.get_one(Draft, ("style", cart_id))
    assert (_typed(shop.vault, draft), draft.delivery_slot) == (GUEST, "19-21")
    assert len(draft.attempt_key) == 26
