"""Card testing: bots get almost nothing to the provider, honest buyers go on, and nobody is told why."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from payments.models import Attempt, Payment
from payments.provider import SessionRequest, ThreeDSecure
from payments.providers.stripe import StripeProvider
from payments.settle import settle
from payments.stop import CardState, state_of
from security.canary.numbers import fresh_number
from shop.app import create_app, create_shop
from shop.card_testing import rules
from shop.card_testing.gate import Gate, MailFirst, TooManyTries
from shop.card_testing.models import CardDecline
from shop.card_testing.who import Who, network_of
from shop.cards.alarm import PAUSE_FOR
from shop.catalog.models import Variant
from shop.context import Shop
from shop.jobs.worker import Worker
from shop.limits.redis import RedisLimits
from shop.orders.holds import UNITS_PER_CUSTOMER, UNITS_PER_NETWORK
from shop.orders.listener import OrderListener
from shop.orders.models import Hold, Order
from shop.settings import load
from tests.environment import make_environ
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer, plenty
from tests.shop.card_testers import DECLINE, Attack
from tests.shop.ordering import place_order
from tests.shop.strangers import others_paid

SKU = plenty("style")


def _stock(shop: Shop, on_hand: int) -> None:
    change = update(Variant).where(Variant.store_id == "style", Variant.sku == SKU)
    shop.db.write(lambda session: session.execute(change.values(on_hand=on_hand)))


def _number_of(shop: Shop, table: type[Order] | type[CardDecline]) -> int:
    with shop.db.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def _who(shop: Shop, network: str | None = "198.51.100.7", email: str = "one", cart: str = "cart") -> Who:
    network_hash = shop.vault.lookup("style", "network", network) if network else None
    return Who("style", network, network_hash, cart, shop.vault.lookup("style", "email", email))


def _declined(shop: Shop, count: int, who: Who | None = None) -> None:
    """So many declines a moment ago: of someone, or of as many strangers."""
    order_id = place_order(shop)

    def work(session: Session) -> None:
        session.execute(update(Attempt).values(state="expired"))  # nobody waits behind it
        for _one in range(count):
            mine = who or _who(shop, new_id(), new_id(), new_id())
            session.add(
                CardDecline(
                    store_id="style",
                    id=f"ch_{new_id()}",
                    order_id=order_id,
                    reason="issuer",
                    cart_id=mine.cart_id,
                    network_hash=mine.network_hash,
                    email_hash=mine.email_hash,
                )
            )

    shop.db.write(work)


def _passes(shop: Shop, who: Who, gate: Gate | None = None) -> str:
    with shop.db.read() as session:
        try:
            passed = (gate or shop.card_gate).pass_through(session, who, utcnow())
        except TooManyTries:
            return "refused"
        except MailFirst:
            return "mail"
        return "slowed" if passed.is_slowed else "passed"


def _from(buyer: Buyer, address: str) -> Buyer:
    buyer.client.environ_base["REMOTE_ADDR"] = address
    return buyer


@pytest.mark.parametrize(
    ("addresses", "browsers", "cards"),
    [
        pytest.param(1, 1, rules.DECLINES_OF_BROWSER, id="one address, one browser"),
        pytest.param(1, 40, rules.DECLINES_OF_NETWORK, id="one address, many customers"),
        pytest.param(40, 1, rules.DECLINES_OF_BROWSER, id="many addresses, one browser"),
        pytest.param(40, 40, rules.SLOW_FROM, id="many addresses, many customers"),
    ],
)
def test_an_attack_gets_a_handful_of_cards_through_and_honest_buyers_all_buy(
    paying_shop: Shop, sandbox: Sandbox, addresses: int, browsers: int, cards: int
) -> None:
    _stock(paying_shop, 1000)
    attack = Attack(paying_shop, sandbox, SKU, addresses=addresses, browsers=browsers)
    score = attack.run(40, honest=4)
    assert score.tried <= cards
    assert score.share_since <= 0.03
    assert (score.honest, score.paid) == (4, 4)


def test_bots_of_one_address_hold_no_more_than_its_limit_and_others_still_buy(
    paying_app: Flask, paying_shop: Shop
) -> None:
    _stock(paying_shop, 100)
    for number in range(12):
        bot = _from(Buyer(paying_app, "style"), "198.51.100.9")
        page = bot.final_page(
            SKU, UNITS_PER_CUSTOMER, email=f"bot{number}@example.jp", street=f"神南{number}-1"
        )
        bot.confirm(page)
    with paying_shop.db.read() as session:
        held = session.scalar(select(func.sum(Hold.quantity)).where(Hold.state == "active"))
    assert held == UNITS_PER_NETWORK
    assert _from(Buyer(paying_app, "style"), "203.0.113.5").buy(SKU)


def test_a_decline_is_counted_once_with_hashes_alone(
    style: Buyer, paying_shop: Shop, sandbox: Sandbox
) -> None:
    number = fresh_number()
    sandbox.control("cards", {"number": number, "outcome": DECLINE})
    _from(style, "198.51.100.7").buy()
    payment = _try(paying_shop, sandbox, number)
    for _again in range(3):
        settle(
            paying_shop.db, paying_shop.providers["style"], OrderListener(), "style", payment.id, cause="test"
        )
    with paying_shop.db.read() as session:
        [row] = session.scalars(select(CardDecline)).all()
    assert row.network_hash == paying_shop.vault.lookup("style", "network", "198.51.100.7")
    assert row.card_hash is not None
    assert len(row.card_hash) == 64
    _try(paying_shop, sandbox, number)
    with paying_shop.db.read() as session:
        assert {one.card_hash for one in session.scalars(select(CardDecline))} == {row.card_hash}


def _try(shop: Shop, sandbox: Sandbox, card: str) -> Payment:
    """Try a card in the newest session, and hear of it."""
    with shop.db.read() as session:
        attempt = session.scalars(select(Attempt).order_by(Attempt.created_at.desc())).first()
        assert attempt is not None
        payment = session.get_one(Payment, ("style", attempt.payment_id))
    sandbox.pay(attempt.session_id or "", card)
    settle(shop.db, shop.providers["style"], OrderListener(), "style", payment.id, cause="test")
    return payment


def test_after_too_many_declines_the_session_ends_and_a_new_one_is_refused_without_a_word_why(
    style: Buyer, paying_shop: Shop, paying_app: Flask, sandbox: Sandbox
) -> None:
    token = style.buy()
    for _card in range(rules.DECLINES_OF_ORDER):
        _try(paying_shop, sandbox, "decline:insufficient_funds")
    Worker(paying_app, paying_shop).turn()
    with paying_shop.db.read() as session:
        assert session.scalars(select(Attempt.state)).all() == ["expired"]
    answer = style.post(f"/orders/{token}/pay", {})
    assert answer.status_code == 429
    assert "60分ほど時間をおいて" in answer.text
    assert "限度額" not in answer.text


def test_one_card_that_many_browsers_try_is_given_up_everywhere(
    paying_app: Flask, paying_shop: Shop, sandbox: Sandbox
) -> None:
    number = fresh_number()
    sandbox.control("cards", {"number": number, "outcome": DECLINE})
    for browser in range(rules.DECLINES_OF_CARD):
        buyer = Buyer(paying_app, "style")
        buyer.confirm(buyer.final_page(email=f"b{browser}@example.jp", street=f"神南{browser}-1"))
        _try(paying_shop, sandbox, number)
        Worker(paying_app, paying_shop).turn()
    with paying_shop.db.read() as session:
        states = session.scalars(select(Attempt.state).order_by(Attempt.created_at)).all()
    assert states == ["open"] * (rules.DECLINES_OF_CARD - 1) + ["expired"]


def _by_network(shop: Shop, _buyer: Buyer) -> None:
    _declined(shop, rules.DECLINES_OF_NETWORK, _who(shop, "198.51.100.7", new_id(), new_id()))


def _by_customer(shop: Shop, _buyer: Buyer) -> None:
    _declined(shop, rules.DECLINES_OF_CUSTOMER, _who(shop, new_id(), "guest@example.jp", new_id()))


def _by_sessions(shop: Shop, _buyer: Buyer) -> None:
    for _use in range(rules.SESSIONS_OF_NETWORK.most):
        shop.limits.hit((rules.SESSIONS_OF_NETWORK, "198.51.100.7"))


@pytest.mark.parametrize("cause", [_by_network, _by_customer, _by_sessions])
def test_the_button_refuses_in_the_same_words_for_every_cause_and_places_nothing(
    style: Buyer, paying_shop: Shop, cause: Callable[[Shop, Buyer], None]
) -> None:
    page = _from(style, "198.51.100.7").final_page()
    cause(paying_shop, style)
    orders = _number_of(paying_shop, Order)
    answer = style.confirm(page)
    assert answer.status_code == 429
    assert re.sub(r"\d+", "n", _notice(answer.text)) == (
        "ただいまカードでのお支払いを受け付けられません "
        "n分ほど時間をおいて、もう一度お試しください。請求は発生していません。 別のお支払い方法を選ぶ"
    )
    assert _number_of(paying_shop, Order) == orders


def _notice(page: str) -> str:
    found = re.search(r'<div class="notice notice--warn" role="alert">(.*?)</div>', page, re.DOTALL)
    assert found is not None
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[1])).split())


def test_without_counters_no_card_is_tried_and_everything_else_goes_on(
    paying_shop: Shop, tmp_path: object
) -> None:
    down = RedisLimits(f"unix://{tmp_path}/nobody.sock", "a lookup key of enough characters")
    closed = dataclasses.replace(paying_shop, limits=down, card_gate=Gate(down))
    style = Buyer(create_app(shop=closed), "style")
    page = style.final_page()
    answer = style.confirm(page)
    assert answer.status_code == 429
    assert "10分ほど時間をおいて" in answer.text
    assert _number_of(paying_shop, Order) == 0
    for path in ("/", "/cart", "/checkout", "/checkout/confirm", "/search?q=器"):
        assert style.get(path).status_code == 200


def test_a_spoofed_address_counts_for_nothing_and_a_proxys_word_counts(
    sqlite_url: str, sandbox: Sandbox
) -> None:
    told = {0: "198.51.100.7", 1: "203.0.113.9"}
    for hops, counted in told.items():
        changes = sandbox.addresses | {"PROXY_HOPS": str(hops)}
        shop = create_shop(load(make_environ(sqlite_url, **changes)))
        buyer = _from(Buyer(create_app(shop=shop), "style"), "198.51.100.7")
        buyer.client.environ_base["HTTP_X_FORWARDED_FOR"] = "192.0.2.1, 203.0.113.9"
        buyer.confirm(buyer.final_page(email=f"hops{hops}@example.jp", street=f"神南{hops}"))
        with shop.db.read() as session:
            order = session.scalars(select(Order).order_by(Order.placed_at.desc())).first()
        assert order is not None
        assert order.network_hash == shop.vault.lookup("style", "network", counted)
        shop.db.dispose()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9%eth0", "2001:db8:1:2::/64"),
        ("127.0.0.1", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("", "elsewhere"),
        (None, "elsewhere"),
    ],
)
def test_what_counts_as_one_address(address: str | None, network: str | None) -> None:
    assert network_of(address) == network


def test_declines_of_a_quarter_of_all_tries_slow_nobody(paying_shop: Shop) -> None:
    _declined(paying_shop, rules.SLOW_FROM)
    assert _passes(paying_shop, _who(paying_shop)) == "slowed"

    paying_shop.db.write(lambda session: others_paid(session, 3 * rules.SLOW_FROM))
    assert _passes(paying_shop, _who(paying_shop, email="two", cart="other")) == "passed"


def test_who_has_paid_before_is_not_slowed(paying_shop: Shop) -> None:
    order_id = place_order(paying_shop)
    before = utcnow() - rules.PROVEN_AFTER - dt.timedelta(hours=1)
    paid = update(Order).where(Order.id == order_id).values(state="paid", placed_at=before)
    paying_shop.db.write(lambda session: session.execute(paid))
    _declined(paying_shop, rules.SLOW_FROM)
    assert _passes(paying_shop, _who(paying_shop, email="guest@example.jp")) == "passed"
    assert _passes(paying_shop, _who(paying_shop, email="new@example.jp")) == "slowed"


def test_a_pause_is_asked_for_once_and_not_before_it_is_sure(paying_shop: Shop) -> None:
    asked: list[str] = []
    gate = Gate(paying_shop.limits, lambda store_id, _reason: asked.append(store_id))
    _declined(paying_shop, rules.PAUSE_FROM - 1)
    assert _passes(paying_shop, _who(paying_shop), gate) == "mail"
    assert asked == []
    _declined(paying_shop, 1)
    for number in range(3):
        _passes(paying_shop, _who(paying_shop, email=f"e{number}", cart=f"c{number}"), gate)
    assert asked == ["style"]


def test_the_alarm_pauses_the_stores_cards_and_leaves_the_other_store_alone(paying_shop: Shop) -> None:
    _declined(paying_shop, rules.PAUSE_FROM)
    _passes(paying_shop, _who(paying_shop))
    with paying_shop.db.read() as session:
        assert state_of(session, "style") is CardState.PAUSED
        assert state_of(session, "cocomo") is CardState.OPEN
        over = utcnow() + PAUSE_FOR + dt.timedelta(seconds=1)
        assert state_of(session, "style", over) is CardState.OPEN, "a pause ends by itself"


def test_who_is_slowed_waits_presses_again_and_is_challenged(
    style: Buyer, paying_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[SessionRequest] = []
    real = StripeProvider.create_session

    def create(self: StripeProvider, request: SessionRequest) -> object:
        asked.append(request)
        return real(self, request)

    monkeypatch.setattr(StripeProvider, "create_session", create)
    _declined(paying_shop, rules.SLOW_FROM)
    answer = style.confirm(style.final_page(email="new@example.jp", street="神南9-9-9"))
    token = style.order_in(answer)
    slowed = f"/orders/{token}/slowed"
    assert answer.headers["Location"] == slowed
    assert "お支払いが混み合っています" in style.get(slowed).text
    assert style.post(f"/orders/{token}/pay", {}, form_on=slowed).headers["Location"] == slowed
    assert asked == []
    past = utcnow() - rules.SLOW_FOR
    paying_shop.db.write(lambda session: session.execute(update(Order).values(placed_at=past)))
    assert style.confirm().headers["Location"] == slowed, "the order button is no way round"
    assert asked == []
    answer = style.post(f"/orders/{token}/pay", {}, form_on=slowed)
    assert answer.headers["Location"] == f"/orders/{token}/pay"
    assert [request.three_d_secure for request in asked] == [ThreeDSecure.CHALLENGE]
    assert style.get(slowed).status_code == 303
