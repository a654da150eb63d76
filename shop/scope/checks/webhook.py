"""E8: events that nobody signed, old ones, repeated ones, and true-looking ones about altered money."""

from __future__ import annotations

import functools
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, cast

from payments.inbox import RELEVANT, apply_events
from payments.money import Money
from payments.provider import BadSignature, Charge, Provider, Session
from payments.providers.stripe import StripeProvider
from payments.settle import settle
from shop.orders.listener import OrderListener
from shop.scope.checks.money import OrderState, count_events, count_jobs, order_of
from shop.scope.lab import Desk, Lab
from shop.scope.result import Notes
from shop.stores import all_stores

PATH = "/webhooks/stripe"
HERE = "http://127.0.0.1:8000"
AT_ONCE = 8

_PAID_TYPES = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "payment_intent.created",
    "payment_intent.succeeded",
    "charge.succeeded",
)


def look(lab: Lab, notes: Notes) -> None:
    """At the door, then of what comes through it, then of what the provider itself would say."""
    desk = lab.desk
    _door(desk, notes)
    for store_id in all_stores():
        _claims(desk, store_id, notes)
        _altered(desk, store_id, notes)
    _at_once(desk, notes)


def event(order: OrderState, store_id: str, kind: str = _PAID_TYPES[0], **changes: Any) -> bytes:
    """An event whose body claims that an order is paid."""
    thing = {
        "id": order.session_id,
        "object": "checkout.session",
        "payment_status": "paid",
        "status": "complete",
        "amount_total": order.amount,
        "currency": "jpy",
        "client_reference_id": f"{store_id}.{order.payment_id}",
        "payment_intent": "pi_" + secrets.token_hex(12),
        "metadata": {"payment": f"{store_id}.{order.payment_id}"},
    }
    whole = {
        "id": "evt_" + secrets.token_hex(12),
        "object": "event",
        "type": kind,
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": thing},
    }
    return json.dumps(whole | changes).encode()


def sign(body: bytes, secret: str, *, age_s: int = 0) -> str:
    """The header that Stripe sends (docs.stripe.com/webhooks/signature)."""
    moment = int(time.time()) - age_s
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac}"


def send(desk: Desk, body: bytes, signature: str | None) -> int:
    """What the route answers."""
    headers = {"Content-Type": "application/json"}
    if signature is not None:
        headers["Stripe-Signature"] = signature
    return desk.app.test_client().post(PATH, data=body, headers=headers, base_url=HERE).status_code


def secret_of(desk: Desk, store_id: str) -> str:
    """The secret that an account's events are signed with."""
    return str(desk.shop.settings.accounts[store_id].webhook_secrets[0])


def _door(desk: Desk, notes: Notes) -> None:
    order = order_of(desk, "style", desk.guest().order(desk.sku()))
    secret = secret_of(desk, "style")
    body = event(order, "style")
    forged: dict[str, str | None] = {
        "no signature": None,
        "an empty signature": "",
        "an empty MAC": f"t={int(time.time())},v1=",
        "another scheme": sign(body, secret).replace("v1=", "v0="),
        "another account's secret": sign(body, "whsec_" + secrets.token_hex(12)),
        "an empty secret": sign(body, ""),
        "another body's signature": sign(body + b" ", secret),
        "a signature ten minutes old": sign(body, secret, age_s=600),
        "a MAC over the body alone": f"t={int(time.time())},v1={hmac.new(secret.encode(), body, 'sha256').hexdigest()}",
        "a signature without its time": sign(body, secret).partition(",")[2],
    }
    without = StripeProvider("none", "sk_test_hitsuka", (), HERE, livemode=False)
    try:
        without.parse_event(body, {"Stripe-Signature": sign(body, secret)})
        notes.found(PATH, "webhook-signature", "an account without any secret takes every event")
    except BadSignature:
        notes.add("looks")
    before = count_events(desk)
    for what, signature in forged.items():
        status = send(desk, body, signature)
        notes.expect(400 <= status < 500, PATH, "webhook-signature", f"{what} is answered with {status}")
    notes.expect(count_events(desk) == before, PATH, "webhook-signature", "what nobody signed is kept")
    notes.control(send(desk, body, sign(body, secret)) < 300, "a signed event is not taken")
    notes.control(count_events(desk) == before + 1, "a signed event is not kept")
    for _time in range(3):
        notes.expect(
            send(desk, body, sign(body, secret)) < 300, PATH, "webhook-replay", "a repetition is an error"
        )
    notes.expect(count_events(desk) == before + 1, PATH, "webhook-replay", "a repeated event is kept twice")
    notes.expect(
        desk.app.test_client().get(PATH, base_url=HERE).status_code in {404, 405},
        PATH,
        "webhook-method",
        "the route answers GET",
    )


def _claims(desk: Desk, store_id: str, notes: Notes) -> None:
    """Signed events that claim payment of an order that nobody paid."""
    token = desk.guest(store_id).order(desk.sku(store_id))
    order = order_of(desk, store_id, token)
    for kind in (*_PAID_TYPES, *(prefix + "made_up" for prefix in RELEVANT)):
        body = event(order, store_id, kind)
        status = send(desk, body, sign(body, secret_of(desk, store_id)))
        notes.control(status < 300, f"a signed {kind} is answered with {status}")
        _apply(desk, desk.shop.providers[store_id])
        now = order_of(desk, store_id, token)
        notes.expect(
            now.state == "placed" and now.captured == 0,
            PATH,
            "webhook-believed",
            f"{store_id}: the body of {kind} made an unpaid order '{now.state}'",
        )
    live = event(order, store_id, livemode=True)
    send(desk, live, sign(live, secret_of(desk, store_id)))
    _apply(desk, desk.shop.providers[store_id])
    state = order_of(desk, store_id, token).state
    notes.expect(
        state == "placed", PATH, "webhook-livemode", f"a live event in test mode made the order '{state}'"
    )


def _apply(desk: Desk, provider: Provider) -> None:
    while apply_events(desk.shop.db, provider, OrderListener()):
        pass


@dataclass
class Lying:
    """The provider, but for what `alter` makes of a session that it tells of."""

    true: Provider
    alter: Callable[[Session], Session]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.true, name)

    def retrieve_session(self, session_id: str) -> Session:
        return self.alter(self.true.retrieve_session(session_id))


def _charged(told: Session, **changes: Any) -> Session:
    charge = cast(Charge, told.charge)
    return replace(told, charge=replace(charge, **changes))


ALTERED: Mapping[str, Callable[[Session], Session]] = {
    "one yen less": lambda told: replace(told, amount=Money(told.amount.minor - 1, told.amount.currency)),
    "one yen more": lambda told: replace(told, amount=Money(told.amount.minor + 1, told.amount.currency)),
    "another currency": lambda told: replace(told, amount=Money(told.amount.minor, "USD")),
    "a charge of one yen": lambda told: _charged(told, amount=Money(1)),
    "a charge in another currency": lambda told: _charged(told, amount=Money(told.amount.minor, "USD")),
    "a charge that was not captured": lambda told: _charged(told, captured=False),
    "a charge that was not paid": lambda told: _charged(told, paid=False),
    "no charge": lambda told: replace(told, charge=None),
    "another order's reference": lambda told: replace(told, reference="style.01aaaaaaaaaaaaaaaaaaaaaaaa"),
    "no reference": lambda told: replace(told, reference=None),
    "live money in test mode": lambda told: replace(told, livemode=True),
    "another method": lambda told: replace(told, methods=("konbini",)),
    "a charge by another method": lambda told: _charged(told, method="konbini"),
}


def _altered(desk: Desk, store_id: str, notes: Notes) -> None:
    """Sessions that were paid, with one fact of them altered: none may pay an order."""
    true = desk.shop.providers[store_id]
    for what, alter in {"nothing altered": lambda told: told, **ALTERED}.items():
        token = desk.guest(store_id).order(desk.sku(store_id))
        order = order_of(desk, store_id, token)
        desk.sandbox.pay(order.session_id)
        lying = cast(Provider, Lying(true, alter))
        settle(desk.shop.db, lying, OrderListener(), store_id, order.payment_id, cause="scope")
        state = order_of(desk, store_id, token).state
        if what == "nothing altered":
            notes.control(state == "paid", "an honest payment does not pay the order")
        else:
            notes.expect(state != "paid", f"{store_id} settle", "altered-money", f"{what}: the order is paid")


def _at_once(desk: Desk, notes: Notes) -> None:
    """One event many times at the same moment, applied by many at the same moment."""
    token = desk.guest().order(desk.sku())
    order = order_of(desk, "style", token)
    desk.sandbox.pay(order.session_id)
    body = event(order, "style")
    before, secret = count_events(desk), secret_of(desk, "style")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda _n: send(desk, body, sign(body, secret)), range(AT_ONCE)))
        applying = functools.partial(
            apply_events, desk.shop.db, desk.shop.providers["style"], OrderListener()
        )
        list(pool.map(lambda _n: applying(), range(AT_ONCE)))
    now = order_of(desk, "style", token)
    notes.expect(max(answers) < 300, PATH, "webhook-at-once", "a duplicate at the same moment is an error")
    notes.expect(
        count_events(desk) == before + 1, PATH, "webhook-at-once", "one event is kept more than once"
    )
    notes.expect(
        now.captured == now.total, PATH, "webhook-at-once", "one payment is booked more or less than once"
    )
    notes.expect(
        count_jobs(desk, order.id) <= 1, PATH, "webhook-at-once", "one payment sends more than one mail"
    )
    notes.control(now.state == "paid", "a payment that came by many events at once does not pay the order")
