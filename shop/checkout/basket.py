"""What every step of the checkout asks for, in one query: the basket, its draft, and whether the store takes cards."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from payments.columns import table_of, utcnow
from payments.models import CardSwitch
from payments.stop import state_as_read
from shop.cart.cart import BASKET, CartView, carts_of, opened_by
from shop.cart.models import Cart
from shop.checkout.models import Draft

_CART, _SWITCH = table_of(Cart), table_of(CardSwitch)
_WHOLE = (
    BASKET.add_columns(Draft, _SWITCH.c.state.label("card_state"), _SWITCH.c.until.label("card_until"))
    .outerjoin(Draft, (Draft.store_id == _CART.c.store_id) & (Draft.cart_id == _CART.c.id))
    .outerjoin(_SWITCH, _SWITCH.c.store_id == _CART.c.store_id)
)


@dataclass(frozen=True)
class Basket:
    """The basket of a browser with its draft."""

    cart: CartView
    cart_en: CartView
    """The same with English names: an order keeps both."""
    draft: Draft | None
    cards_closed: bool
    """Whether the store took no cards when this was read. What places an order asks again, under a lock."""


def load_basket(session: Session, store_id: str, token: str | None) -> Basket | None:
    """The basket that `token` opens; None when it is empty or unknown."""
    if not token:
        return None
    rows = session.execute(_WHOLE, opened_by(store_id, token)).all()
    if not rows or rows[0].sku is None:
        return None
    cart, cart_en = carts_of(rows, ("ja", "en"))
    cards = state_as_read(rows[0].card_state, rows[0].card_until, utcnow())
    return Basket(cart, cart_en, rows[0].Draft, cards.is_closed)
