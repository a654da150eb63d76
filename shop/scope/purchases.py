"""What the canary does in the shop: in both types a success, a decline, and a 3-D Secure challenge that is passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from security.canary.numbers import fresh_number
from security.canary.watched import Watched
from shop.scope.pages import known_of
from shop.scope.recorded import Recorded
from shop.scope.shopper import Shopper
from shop.stores import PaymentType, all_stores

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OUTCOMES = {
    "success": ("4", "success"),
    "decline": ("51", "decline:insufficient_funds"),
    "3-D Secure": ("3528", "three_d_secure"),
}
DESKTOP = {"width": 1280, "height": 900}


def fresh_numbers(given: tuple[str, ...]) -> dict[str, str]:
    """A number for each outcome: an assessor's, as far as they were given, else one made now."""
    numbers = {label: fresh_number(prefix) for label, (prefix, _outcome) in OUTCOMES.items()}
    return (
        numbers
        | dict(zip(OUTCOMES, given, strict=False))
        | {f"given {at}": number for at, number in enumerate(given[len(OUTCOMES) :], len(OUTCOMES) + 1)}
    )


def outcome_of(label: str) -> str:
    """What the provider makes of a number."""
    return OUTCOMES.get(label, OUTCOMES["success"])[1]


def buy_in_both_types(recorded: Recorded, browser: Browser, numbers: dict[str, str]) -> int:
    """Make every purchase, each as another person; returns how many were made.

    Raises where the page does not show what it should.
    """
    for label, number in numbers.items():
        recorded.system.sandbox.control("cards", {"number": number, "outcome": outcome_of(label)})
    purchases = [(store_id, label) for store_id in all_stores() for label in numbers]
    for at, (store_id, label) in enumerate(purchases):
        context = browser.new_context(viewport=DESKTOP, locale="ja-JP")  # type: ignore[arg-type]  # a size is a dict
        try:
            watched = Watched(context.new_page())
            _buy(recorded, watched, store_id, label, numbers[label], at)
            recorded.sent += watched.sent
        finally:
            context.close()
    return len(purchases)


def shopper_of(recorded: Recorded, watched: Watched, store_id: str, locale: str = "ja") -> Shopper:
    """A shopper on a store of the running system."""
    is_token = all_stores()[store_id].payment_type is PaymentType.TOKEN
    return Shopper(watched.page, recorded.system.origins[store_id], locale=locale, is_token=is_token)


def _buy(recorded: Recorded, watched: Watched, store_id: str, label: str, number: str, at: int) -> None:
    shopper = shopper_of(recorded, watched, store_id)
    database = recorded.system.database()
    shopper.add(known_of(database, store_id).slug)
    database.dispose()
    shopper.to_final_page(email=f"guest{at}@example.jp", street=f"神宮前{at + 1}-2-3")
    shopper.confirm()
    shopper.pay(number)
    if label == "3-D Secure":
        shopper.pass_challenge()
    if label == "decline":
        shopper.is_declined()
        return
    recorded.order_token, recorded.order_number = shopper.is_paid()
