"""While cards are being tested in spite of waiting, who is new proves a mail address before anything is placed."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from payments.models import Attempt, Payment
from payments.settle import settle
from shop.accounts.models import Account, Letter
from shop.card_testing import rules
from shop.card_testing.gate import Gate, MailFirst, Passed, TooManyTries
from shop.card_testing.level import Level, level_of
from shop.card_testing.mailboxes import mailbox_of
from shop.card_testing.models import CardDecline
from shop.card_testing.who import Who
from shop.catalog.models import Variant
from shop.context import Shop
from shop.jobs.models import Job
from shop.jobs.worker import Worker
from shop.limits import Rule
from shop.limits.redis import RedisLimits
from shop.orders.links import order_token
from shop.orders.listener import OrderListener
from shop.orders.models import Hold, Order
from tests.servers.letters import Letters
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer, plenty
from tests.shop.card_testers import DECLINE, Attack
from tests.shop.crowd import Mailboxes
from tests.shop.ordering import GUEST, place_order, prove_mailbox
from tests.shop.strangers import others_paid

SKU = plenty("style")


@pytest.fixture
def mail(post: Letters) -> dict[str, str]:
    """It is read here."""
    return {"MAIL_URL": post.url}


def attacked(shop: Shop, declines: int = rules.MAIL_FROM) -> str:
    """So many strangers' declines a moment ago; the order that they are booked on."""
    order_id = place_order(shop)

    def work(session: Session) -> None:
        session.execute(update(Attempt).where(Attempt.state == "waiting").values(state="expired"))
        for _one in range(declines):
            session.add(
                CardDecline(
                    store_id="style",
                    id=new_id(),
                    order_id=order_id,
                    reason="issuer",
                    cart_id=new_id(),
                    email_hash=shop.vault.lookup("style", "email", new_id()),
                )
            )

    shop.db.write(work)
    return order_id


def prove(app: Flask, shop: Shop, post: Letters, address: str) -> int:
    """Open the link of the newest mail in another browser, and press the button there; the answer's status."""
    while Worker(app, shop).turn():
        pass
    link = post.link_to(address)
    assert link is not None
    elsewhere = Buyer(app, "style")
    assert "このアドレスを確認する" in elsewhere.get(link).text
    return elsewhere.post(link, {}).status_code


def orders_of(shop: Shop) -> int:
    with shop.db.read() as session:
        return session.scalar(select(func.count()).select_from(Order)) or 0


def test_nothing_is_placed_or_held_before_the_link_is_opened_and_then_the_order_goes_on(
    style: Buyer, paying_app: Flask, paying_shop: Shop, post: Letters
) -> None:
    attacked(paying_shop)
    before, address = orders_of(paying_shop), "hanako@one.example"
    page = style.final_page(email=address, street="神南1-1")
    for _press in range(2):
        assert style.confirm(page).headers["Location"] == "/checkout/mail"
    assert "メールをご確認ください" in style.get("/checkout/mail").text
    with paying_shop.db.read() as session:
        [letter] = session.scalars(select(Letter)).all()
        assert address.encode() not in letter.address
        mine = (Hold.email_hash == letter.email_hash) & (Hold.state == "active")
        assert session.scalar(select(func.count()).where(mine)) == 0
    assert orders_of(paying_shop) == before

    assert prove(paying_app, paying_shop, post, address) == 303
    link = post.link_to(address)
    assert link is not None
    assert style.get(link).status_code == 404, "a link is used once"
    answer = style.confirm(page)
    assert answer.headers["Location"].endswith("/slowed")
    assert orders_of(paying_shop) == before + 1


def test_looking_at_the_link_proves_nothing_and_another_stores_link_is_none(
    style: Buyer, cocomo: Buyer, paying_app: Flask, paying_shop: Shop, post: Letters
) -> None:
    attacked(paying_shop)
    address = "taro@two.example"
    page = style.final_page(email=address, street="神南2-1")
    style.confirm(page)
    while Worker(paying_app, paying_shop).turn():
        pass
    link = post.link_to(address)
    assert link is not None
    for _scanner in range(3):
        assert style.get(link).status_code == 200
    assert cocomo.get(link).status_code == 404
    assert style.get(link + "x").status_code == 404
    assert style.confirm(page).headers["Location"] == "/checkout/mail"


def test_other_ways_to_pay_ask_for_no_proof(style: Buyer, paying_shop: Shop) -> None:
    attacked(paying_shop)
    answer = style.confirm(style.final_page(method="konbini", email="k@three.example", street="神南3-1"))
    assert "/orders/" in answer.headers["Location"]
    assert not answer.headers["Location"].endswith("/slowed")


def test_a_domain_and_a_mailbox_are_proved_once_in_a_while_and_refused_in_the_usual_words(
    paying_app: Flask, paying_shop: Shop, post: Letters
) -> None:
    attacked(paying_shop)
    statuses = []
    for number, address in enumerate(
        ("a@x.four.example", "b@y.four.example", "box@gmail.com", "b.ox+2@gmail.com")
    ):
        bot = Buyer(paying_app, "style")
        bot.confirm(bot.final_page(email=address, street=f"神南4-{number}"))
        statuses.append(prove(paying_app, paying_shop, post, address))
    assert statuses == [303, 429, 303, 429]


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("Hanako+shop@docomo.ne.jp", "hanako@docomo.ne.jp"),
        ("h.a.nako@googlemail.com", "hanako@gmail.com"),
        ("h.a@docomo.ne.jp", "h.a@docomo.ne.jp"),
        ("any@shop.example.co.jp", "example.co.jp"),
        ("any@a.b.c.example.com", "example.com"),
        ("any@co.jp", "co.jp"),
        ("any@mail.docomo.ne.jp.example.net", "example.net"),
    ],
)
def test_what_counts_as_one_mailbox(address: str, counts_as: str) -> None:
    assert mailbox_of(address) == counts_as


def passes(shop: Shop, who: Who, gate: Gate | None = None) -> Passed:
    with shop.db.read() as session:
        return (gate or shop.card_gate).pass_through(session, who, utcnow())


def test_a_signed_in_customer_who_has_bought_before_goes_on_and_a_guest_who_types_their_address_does_not(
    paying_shop: Shop,
) -> None:
    order_id, account_id = attacked(paying_shop), new_id()

    def bought(session: Session) -> str:
        order = session.get_one(Order, ("style", order_id))
        session.add(
            Account(
                store_id="style",
                id=account_id,
                email=b"",
                email_hash=order.email_hash,
                profile=b"",
                password=b"",
            )
        )
        order.state, order.account_id = "paid", account_id
        order.placed_at -= rules.PROVEN_AFTER * 2
        return order.email_hash

    email_hash = paying_shop.db.write(bought)
    guest = Who("style", None, None, "cart", email_hash)
    with pytest.raises(MailFirst):
        passes(paying_shop, guest)
    assert passes(paying_shop, dataclasses.replace(guest, account_id=account_id)) == Passed(is_slowed=False)
    with pytest.raises(MailFirst):
        passes(paying_shop, dataclasses.replace(guest, account_id=new_id()))


def test_two_declines_are_enough_while_it_lasts_and_five_else(paying_shop: Shop) -> None:
    attacked(paying_shop)
    who = Who("style", None, None, new_id(), paying_shop.vault.lookup("style", "email", "me"))

    def declined(session: Session) -> None:
        row = session.scalars(select(CardDecline)).first()
        assert row is not None
        for _one in range(rules.DECLINES_IN_ATTACK):
            session.add(
                CardDecline(
                    store_id="style",
                    id=new_id(),
                    order_id=row.order_id,
                    reason="issuer",
                    cart_id=who.cart_id,
                    email_hash=who.email_hash,
                )
            )

    paying_shop.db.write(declined)
    with pytest.raises(TooManyTries):
        passes(paying_shop, who)

    def calm(session: Session) -> None:
        for row in session.scalars(
            select(CardDecline).where(CardDecline.cart_id != who.cart_id).limit(rules.MAIL_FROM)
        ):
            session.delete(row)

    paying_shop.db.write(calm)
    assert passes(paying_shop, who) == Passed(is_slowed=False)


def test_sessions_in_which_cards_were_declined_end_when_a_proof_is_asked_for_and_no_others(
    paying_app: Flask, paying_shop: Shop, sandbox: Sandbox
) -> None:
    buyers = [Buyer(paying_app, "style") for _one in range(3)]
    for number, buyer in enumerate(buyers):
        buyer.confirm(buyer.final_page(email=f"b{number}@five.example", street=f"神南5-{number}"))
    with paying_shop.db.read() as session:
        first, second, other = session.scalars(select(Attempt).order_by(Attempt.created_at)).all()
    _decline(paying_shop, sandbox, first)
    attacked(paying_shop, rules.MAIL_FROM - 2)
    Worker(paying_app, paying_shop).turn()
    assert _states(paying_shop, first, second, other) == ["open"] * 3
    _decline(paying_shop, sandbox, second)
    Worker(paying_app, paying_shop).turn()
    assert _states(paying_shop, first, second, other) == ["expired", "expired", "open"]
    with paying_shop.db.read() as session:
        details = session.scalars(select(Job.detail).where(Job.kind == "end_sessions")).all()
    assert max(len(detail) for detail in details) <= 40, "PostgreSQL takes no more"
    # "Pay again" of who has proved nothing leads to the final page, whose button asks for the proof.
    token = order_token(paying_shop.settings.keys, "style", _order_of(paying_shop, second))
    assert buyers[1].post(f"/orders/{token}/pay", {}).headers["Location"] == "/checkout/confirm"
    assert buyers[1].confirm().headers["Location"] == "/checkout/mail"


def _decline(shop: Shop, sandbox: Sandbox, attempt: Attempt) -> None:
    sandbox.pay(attempt.session_id or "", DECLINE)
    settle(shop.db, shop.providers["style"], OrderListener(), "style", attempt.payment_id, cause="test")


def _states(shop: Shop, *attempts: Attempt) -> list[str]:
    with shop.db.read() as session:
        return [session.get_one(Attempt, ("style", one.id)).state for one in attempts]


def _order_of(shop: Shop, attempt: Attempt) -> str:
    with shop.db.read() as session:
        return session.get_one(Payment, ("style", attempt.payment_id)).reference


def test_what_a_proof_let_through_does_not_end_the_attack(paying_shop: Shop) -> None:
    attacked(paying_shop)

    def pay(session: Session) -> None:
        mine = session.scalars(select(Payment)).one()
        mine.state = "paid"
        others_paid(session, round(rules.MAIL_FROM * (1 / rules.MAIL_SHARE - 1)))

    paying_shop.db.write(pay)
    with paying_shop.db.read() as session:
        assert level_of(session, "style", utcnow()) is Level.SLOW

    prove_mailbox(paying_shop, "style", GUEST.email)
    with paying_shop.db.read() as session:
        assert level_of(session, "style", utcnow()) is Level.MAIL


@pytest.mark.parametrize("rule", [rules.LETTERS_TO, rules.LETTERS_FROM_NETWORK, rules.LETTERS_FROM_BROWSER])
def test_letters_are_few_to_one_mailbox_from_one_network_and_for_one_basket(
    paying_shop: Shop, rule: Rule
) -> None:
    def ask(number: int) -> None:
        mailbox = "family.example" if rule is rules.LETTERS_TO else f"family{number}.example"
        network = "198.51.100.7" if rule is rules.LETTERS_FROM_NETWORK else f"203.0.113.{number}"
        cart = "cart" if rule is rules.LETTERS_FROM_BROWSER else f"cart{number}"
        paying_shop.card_gate.take_letter(Who("style", network, "n", cart, f"mail{number}"), mailbox)

    for number in range(rule.most):
        ask(number)
    with pytest.raises(TooManyTries):
        ask(rule.most)


def test_without_counters_no_letter_is_sent_and_no_address_proved(tmp_path: Path) -> None:
    down = Gate(RedisLimits(f"unix://{tmp_path}/nobody.sock", "a lookup key of enough characters"))
    with pytest.raises(TooManyTries):
        down.take_letter(Who("style", None, None, "cart", "mail"), "family.example")
    with pytest.raises(TooManyTries):
        down.take_proof("style", "a@b.example")


def test_patient_bots_get_two_tries_for_each_mailbox_they_have_and_honest_buyers_all_buy(
    paying_shop: Shop, sandbox: Sandbox, post: Letters
) -> None:
    plenty_of_it = update(Variant).where(Variant.sku == SKU).values(on_hand=1000)
    paying_shop.db.write(lambda session: session.execute(plenty_of_it))
    attack = Attack(
        paying_shop,
        sandbox,
        SKU,
        addresses=60,
        browsers=60,
        patient=True,
        letters=post,
        mailboxes=Mailboxes(domains=1, boxes=1),
    )
    score = attack.run(120, honest=10)
    assert score.proofs == 2
    assert score.tried <= rules.MAIL_FROM + 2 * rules.DECLINES_IN_ATTACK
    assert (score.honest, score.paid, score.paused) == (10, 10, False)
    assert score.mailed > 0
