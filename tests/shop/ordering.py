"""Place an order without a browser: the same functions as the confirm button, for a made-up guest."""

from __future__ import annotations

from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from payments.money import Money
from shop.accounts.models import Letter
from shop.address.contact import Contact
from shop.card_testing.rules import LETTER, PROOF_LASTS
from shop.cart.models import Cart, CartLine
from shop.catalog.models import Product, Variant
from shop.checkout.models import Draft
from shop.checkout.payment import ui_mode_of
from shop.checkout.quote import Quote, QuoteLine, make_quote
from shop.checkout.service import Buyer, confirm
from shop.context import Shop
from shop.delivery.policy import policy_of
from shop.delivery.slots import Choice
from shop.stores import Store, all_stores
from shop.tax import TaxRate

GUEST = Contact(
    email="guest@example.jp",
    family_name="試験",
    given_name="花",
    postal_code="1500001",
    prefecture="東京都",
    city="渋谷区",
    street="神宮前1-2-3",
    building="",
    phone="+81312345678",
)


def a_variant(shop: Shop, store_id: str = "style") -> tuple[Variant, Product]:
    """Something that is in stock."""
    with shop.db.read() as session:
        in_stock = session.query(Variant).filter_by(store_id=store_id).filter(Variant.on_hand > 20)
        variant = in_stock.order_by(Variant.sku).first()
        assert variant is not None
        product = session.get_one(Product, (store_id, variant.product_slug))
        return variant, product


def a_quote(shop: Shop, store: Store, *, quantity: int = 1, contact: Contact = GUEST) -> Quote:
    """What the final page would show for one line."""
    variant, product = a_variant(shop, store.id)
    line = QuoteLine(
        sku=variant.sku,
        product_slug=product.slug,
        name_ja=product.name_ja,
        name_en=product.name_en,
        unit=Money(variant.price),
        quantity=quantity,
        tax_rate=TaxRate(product.tax_rate),
    )
    return make_quote(
        store, policy_of(store.id), [line], contact.prefecture, Choice(), contact.email, utcnow()
    )


def a_basket(shop: Shop, store_id: str, quote: Quote) -> str:
    """A basket with the quoted goods and a draft; its id."""
    cart_id = new_id()

    def work(session: Session) -> None:
        session.add(
            Cart(store_id=store_id, id=cart_id, token_hash=new_id().ljust(64, "0"), updated_at=utcnow())
        )
        session.flush()
        session.add(Draft(store_id=store_id, cart_id=cart_id))
        for place, line in enumerate(quote.lines):
            session.add(
                CartLine(
                    store_id=store_id,
                    cart_id=cart_id,
                    sku=line.sku,
                    place=place,
                    quantity=line.quantity,
                    seen_price=line.unit.minor,
                )
            )

    shop.db.write(work)
    return cart_id


def place_order(
    shop: Shop, store_id: str = "style", *, quantity: int = 1, locale: str = "ja", contact: Contact = GUEST
) -> str:
    """Confirm an order; its id. Nothing is asked of the provider."""
    store = all_stores()[store_id]
    quote = a_quote(shop, store, quantity=quantity, contact=contact)
    buyer = Buyer(a_basket(shop, store_id, quote), contact, locale, "req-test")
    return confirm(shop, store, quote, buyer, ui_mode_of(store), utcnow()).order_id


def prove_mailbox(shop: Shop, store_id: str, address: str) -> None:
    """Somebody has opened the link of the mail that went there."""
    letter = Letter(
        store_id=store_id,
        kind=LETTER,
        email_hash=shop.vault.lookup(store_id, "email", address),
        address=b"",
        ends_at=utcnow() + PROOF_LASTS,
        used_at=utcnow(),
    )
    shop.db.write(lambda session: session.add(letter))
