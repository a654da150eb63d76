"""A draft whose key is gone is no draft: the shopper types the address again, and no page breaks."""

from __future__ import annotations

import base64
import dataclasses

from security.sealing import PrivateKey
from shop.address.contact import Contact
from shop.checkout.drafts import contact_of, keep_contact
from shop.checkout.models import Draft
from shop.context import Shop
from shop.stores import all_stores
from shop.vault import Vault
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
