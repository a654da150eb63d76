"""Card payment paused and stopped, as shoppers meet it, and what was paid after a stop."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import select

from payments.columns import utcnow
from payments.models import Attempt, CardSwitchHistory, LedgerEntry, Refund
from payments.money import Money
from payments.stop import CardState, state_of
from shop.audit.actor import Actor
from shop.cards.after_stop import Decision, after_stop, decide
from shop.cards.service import LONGEST_PAUSE, NotTurned, Turn, end_due_pauses, end_pause
from shop.catalog.models import Variant
from shop.context import Shop
from shop.jobs.worker import Worker
from shop.orders.links import order_token
from shop.orders.models import Hold, Order
from tests.security.cards import luhn_digit
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer, hidden_field
from tests.shop.card_switch import (
    COMMAND,
    HOUR,
    STAFF,
    actions,
    paid_after_stop,
    pause,
    settled,
    start,
    state,
    stop,
    view_of,
)
from tests.shop.ordering import place_order

# --- What a shopper meets -------------------------------------------------------------------------------------


@pytest.mark.parametrize("close", [pause, stop])
@pytest.mark.parametrize(("root", "words"), [("", "一時お休み"), ("/en", "resting")])
def test_cards_cannot_be_chosen_and_the_rest_of_the_shop_works(
    paying_app: object, paying_shop: Shop, close: Callable[[Shop], object], root: str, words: str
) -> None:
    buyer = Buyer(paying_app, "style", root=root)  # type: ignore[arg-type]  # the application
    buyer.final_page()
    close(paying_shop)
    delivery = buyer.get("/checkout/delivery")
    assert words in delivery.text
    assert 'value="card"' not in delivery.text
    assert 'value="cod"' in delivery.text
    assert buyer.get("/checkout/confirm").headers["Location"].endswith("/checkout/delivery")
    assert words in buyer.get("/cart").text
    assert buyer.get("/").status_code == 200
    buyer.add(quantity=1)
    other = Buyer(paying_app, "cocomo", root=root)  # type: ignore[arg-type]  # the application
    other.add()
    assert words not in other.get("/cart").text


def test_a_final_page_that_was_open_places_nothing(style: Buyer, paying_shop: Shop) -> None:
    page = style.final_page()
    stop(paying_shop)
    fields = {name: hidden_field(page, name) for name in ("csrf_token", "digest", "total")}
    answer = style.post_bare("/checkout/confirm", fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/checkout/delivery")
    choice = {"csrf_token": fields["csrf_token"], "day": "", "slot": "any", "method": "card"}
    assert style.post_bare("/checkout/delivery", choice).status_code == 409
    with paying_shop.db.read() as session:
        assert session.scalars(select(Order)).all() == []
        assert session.scalars(select(Hold)).all() == []


@pytest.mark.parametrize("store_id", ["style", "cocomo"])
def test_the_pay_page_of_an_open_order_is_calm_and_without_a_form(
    paying_app: object, paying_shop: Shop, store_id: str
) -> None:
    order_id = place_order(paying_shop, store_id)
    assert start(paying_shop, order_id, store_id)
    token = order_token(paying_shop.settings.keys, store_id, order_id)
    buyer = Buyer(paying_app, store_id)  # type: ignore[arg-type]  # the application
    form = buyer.get(f"/orders/{token}/pay")
    assert "<form" in form.text.partition("<main")[2].partition("</main")[0]
    csrf = {"csrf_token": hidden_field(form.text, "csrf_token")}
    stop(paying_shop, store_id)
    page = buyer.get(f"/orders/{token}/pay?turn=1")
    inside = page.text.partition("<main")[2].partition("</main")[0]
    assert (page.status_code, "一時お休み" in inside) == (200, True)
    assert "<form" not in inside
    assert "stripe.js" not in page.text
    assert "data-secret" not in page.text
    for path in ("pay", "pay/page"):
        answer = buyer.post_bare(f"/orders/{token}/{path}", csrf)
        assert answer.headers["Location"].endswith(f"/orders/{token}/pay"), "and never to the provider's page"
    kept = buyer.post_bare(f"/orders/{token}/keep", csrf).json
    assert kept == {"kept": False, "closed": True, "state": "placed"}
    assert start(paying_shop, order_id, store_id) is None


def test_a_shopper_in_line_is_led_to_the_calm_page(style: Buyer, paying_shop: Shop) -> None:
    order_id = place_order(paying_shop)
    token = order_token(paying_shop.settings.keys, "style", order_id)
    assert style.get(f"/orders/{token}/state.json").json["waiting"] is True  # type: ignore[index]  # an object
    stop(paying_shop)
    assert style.get(f"/orders/{token}/state.json").json["waiting"] is False  # type: ignore[index]  # an object
    assert style.get(f"/orders/{token}/wait").status_code == 303


def test_the_worker_ends_open_sessions_and_the_order_ends_in_its_time(
    paying_app: object, paying_shop: Shop
) -> None:
    orders = [place_order(paying_shop) for _order in range(3)]
    opened = [start(paying_shop, one) for one in orders[:2]]
    stop(paying_shop)
    Worker(paying_app, paying_shop).turn()  # type: ignore[arg-type]  # the application
    provider = paying_shop.providers["style"]
    assert {provider.retrieve_session(str(one)).status.value for one in opened} == {"expired"}
    with paying_shop.db.read() as session:
        assert {one.state for one in session.scalars(select(Attempt))} == {"expired"}
        assert {one.state for one in session.scalars(select(Order))} == {"placed"}


# --- What was paid after a stop -------------------------------------------------------------------------------


def _decide(shop: Shop, order_id: str, decision: Decision, actor: Actor = STAFF) -> None:
    shop.db.write(lambda session: decide(session, shop, "style", order_id, decision, actor=actor))


def _held(shop: Shop, order_id: str) -> list[str]:
    with shop.db.read() as session:
        return list(session.scalars(select(Hold.state).where(Hold.order_id == order_id)))


def test_a_payment_after_a_stop_is_not_shipped_and_a_person_lets_it_go_on(
    paying_shop: Shop, sandbox: Sandbox
) -> None:
    order_id = paid_after_stop(paying_shop, sandbox)
    view = view_of(paying_shop, order_id)
    assert (view.order.state, view.payment.state, _held(paying_shop, order_id)) == (
        "review",
        "after_stop",
        ["active"],
    )
    with paying_shop.db.read() as session:
        assert [order.id for order, _payment in after_stop(session, "style")] == [order_id]
    with pytest.raises(NotTurned):
        _decide(paying_shop, order_id, Decision.RELEASE, COMMAND)
    _decide(paying_shop, order_id, Decision.RELEASE)
    view = view_of(paying_shop, order_id)
    assert (view.order.state, view.payment.state, _held(paying_shop, order_id)) == ("paid", "paid", ["taken"])
    with pytest.raises(NotTurned):
        _decide(paying_shop, order_id, Decision.GIVE_BACK)
    assert ("after_stop.release", "done") in actions(paying_shop)


def test_a_payment_after_a_stop_is_given_back_and_its_goods_are_free(
    paying_app: object, paying_shop: Shop, sandbox: Sandbox
) -> None:
    order_id = paid_after_stop(paying_shop, sandbox)
    _decide(paying_shop, order_id, Decision.GIVE_BACK, COMMAND)
    Worker(paying_app, paying_shop).turn()  # type: ignore[arg-type]  # the application
    view = view_of(paying_shop, order_id)
    assert (view.order.state, view.payment.state, _held(paying_shop, order_id)) == (
        "refunded",
        "refunded",
        ["released"],
    )
    with paying_shop.db.read() as session:
        assert {one.held for one in session.scalars(select(Variant).where(Variant.store_id == "style"))} == {
            0
        }


def _part_goes_back(shop: Shop, order_id: str, amount: Money, *, heard: bool = True) -> None:
    """By somebody on the provider's own screen."""
    payment = view_of(shop, order_id).payment
    provider, key = shop.providers["style"], f"screen-{order_id}"
    provider.refund(payment.provider_id or "", amount, idempotency_key=key, reference="by hand")
    if heard:
        settled(shop, order_id)


def test_what_is_left_of_a_payment_after_a_stop_is_given_back(
    paying_app: object, paying_shop: Shop, sandbox: Sandbox
) -> None:
    order_id = paid_after_stop(paying_shop, sandbox)
    total = view_of(paying_shop, order_id).payment.amount
    _part_goes_back(paying_shop, order_id, Money(300))
    assert view_of(paying_shop, order_id).payment.state == "after_stop"
    _decide(paying_shop, order_id, Decision.GIVE_BACK, COMMAND)
    with paying_shop.db.read() as session:
        assert [row.amount_minor for row in session.scalars(select(Refund))] == [total.minor - 300]
    Worker(paying_app, paying_shop).turn()  # type: ignore[arg-type]  # the application
    view = view_of(paying_shop, order_id)
    assert (view.order.state, view.payment.state) == ("refunded", "refunded")


def test_a_part_that_went_back_unheard_of_does_not_hold_up_the_rest(
    paying_app: object, paying_shop: Shop, sandbox: Sandbox
) -> None:
    order_id = paid_after_stop(paying_shop, sandbox)
    _part_goes_back(paying_shop, order_id, Money(300), heard=False)
    _decide(paying_shop, order_id, Decision.GIVE_BACK, COMMAND)
    for _turn in range(2):
        Worker(paying_app, paying_shop).turn()  # type: ignore[arg-type]  # the application
    view = view_of(paying_shop, order_id)
    assert (view.order.state, view.payment.state) == ("refunded", "refunded")


def test_nothing_is_asked_back_of_what_a_dispute_has_taken(paying_shop: Shop, sandbox: Sandbox) -> None:
    order_id = paid_after_stop(paying_shop, sandbox)
    payment = view_of(paying_shop, order_id).payment
    taken = LedgerEntry(
        store_id="style",
        payment_id=payment.id,
        kind="disputed",
        amount_minor=-payment.amount_minor,
        currency="JPY",
        account=payment.account,
        provider_object=f"dp_{order_id}",
    )
    paying_shop.db.write(lambda session: session.add(taken))
    with pytest.raises(NotTurned, match=Turn.NOTHING_LEFT):
        _decide(paying_shop, order_id, Decision.GIVE_BACK)
    assert view_of(paying_shop, order_id).payment.state == "after_stop"


# --- Pause ------------------------------------------------------------------------------------------------------


def test_a_pause_is_ended_by_one_member_of_staff_or_by_time_and_never_by_a_command(shop: Shop) -> None:
    assert pause(shop) is CardState.PAUSED

    def end(actor: Actor) -> CardState:
        return shop.db.write(lambda session: end_pause(session, shop, "style", actor=actor, now=utcnow()))

    for other in (COMMAND, Actor("system", "rules"), Actor("shopper", "x1")):
        with pytest.raises(NotTurned):
            end(other)
    assert end(STAFF) is CardState.OPEN
    pause(shop)
    assert shop.db.write(lambda session: end_due_pauses(session, shop, utcnow())) == 0
    assert shop.db.write(lambda session: end_due_pauses(session, shop, utcnow() + HOUR)) == 1
    assert [one[0] for one in actions(shop)] == ["cards.pause", "cards.open", "cards.pause", "cards.open"]


def test_a_shorter_pause_does_not_end_a_longer_one_and_none_ends_a_stop(shop: Shop) -> None:
    pause(shop)
    pause(shop, length=dt.timedelta(minutes=1))
    with shop.db.read() as session:
        assert state_of(session, "style", utcnow() + dt.timedelta(minutes=30)) is CardState.PAUSED
    stop(shop)
    assert pause(shop) is CardState.STOPPED
    with pytest.raises(NotTurned):
        shop.db.write(lambda session: end_pause(session, shop, "style", actor=STAFF, now=utcnow()))


def test_a_pause_lasts_a_day_at_most(shop: Shop) -> None:
    for length in (LONGEST_PAUSE + dt.timedelta(seconds=1), dt.timedelta(), -HOUR):
        with pytest.raises(NotTurned):
            pause(shop, length=length)
    assert state(shop) is CardState.OPEN
    assert pause(shop, length=LONGEST_PAUSE) is CardState.PAUSED


def test_a_stopped_store_stopped_again_keeps_the_first_stop(shop: Shop) -> None:
    stop(shop)
    stop(shop)
    with shop.db.read() as session:
        assert len(session.scalars(select(CardSwitchHistory)).all()) == 1
    assert [one[0] for one in actions(shop)] == ["cards.record.before", "cards.stop"]


def test_a_reason_is_one_short_line_without_a_card_number(shop: Shop) -> None:
    body = "4" + "".join(str(number % 10) for number in range(3, 17))
    for reason in ("", " \n ", "x" * 201, f"card {body}{luhn_digit(body)} was seen"):
        with pytest.raises(NotTurned):
            pause(shop, reason=reason)
    for length in (dt.timedelta(), -HOUR, 25 * HOUR):
        with pytest.raises(NotTurned):
            pause(shop, length=length)
    assert (state(shop), actions(shop)) == (CardState.OPEN, [])
