"""Bots that try cards, honest buyers in between, and the count of what reaches the provider. No browser, no waiting.

One attempt is a bot's wish to know of one card whether it is alive. Where it has a session that can be paid, it tries
the card there; else it presses the order button for one. `benchmarks.card_testing` runs thousands of them.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import urllib.error
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update

from payments.provider import PaymentError
from security.canary.numbers import fresh_number
from shop.card_testing.rules import SLOW_FOR
from shop.cards.closed import cards_closed
from shop.context import Shop
from shop.orders.links import order_of_token
from shop.orders.models import Order
from tests.servers.letters import Letters
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer
from tests.shop.crowd import SEVEN, STORE, Crowd, Mailboxes, honest_address

DECLINE = "decline:generic_decline"


class Counted:
    """A provider that counts its calls while `counts` says so."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider
        self.calls: Counter[str] = Counter()
        self.counts = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._provider, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **named: Any) -> Any:
            self.calls[name] += self.counts
            return found(*arguments, **named)

        return call


@dataclass
class Score:
    """What an attack got, and what it cost the others."""

    attempts: int = 0
    tried: int = 0
    """Cards that reached the provider."""
    calls: int = 0
    """Of ours to the provider, for bots."""
    first_refused: int | None = None
    """The attempt at which limits began to act: the first that came to nothing, or that had to prove an address."""
    calls_since: int = 0
    honest: int = 0
    paid: int = 0
    slowed: int = 0
    """Honest buyers who had to wait and press once more."""
    mailed: int = 0
    """Honest buyers who had to open a link in a mail first."""
    proofs: int = 0
    """Mail addresses that bots proved."""
    paused: bool = False
    """Whether the store's cards were paused on the way."""
    refusals: set[str] = field(default_factory=set)
    """The words of the refusals."""

    @property
    def share_since(self) -> float:
        """Provider calls for one attempt, once limits act."""
        since = self.attempts - (self.first_refused or 0)
        return self.calls_since / since if since else 0.0


@dataclass
class Bot:
    """One browser profile of the attacker's."""

    buyer: Buyer
    email: str
    page: str | None = None
    session: str | None = None
    order: str | None = None


class Attack(Crowd):
    """Attempts from so many addresses, by so many browsers with a customer each.

    Patient bots do all that a person does: wait, press again, and read the mail that came to the mailboxes they have.
    """

    def __init__(
        self,
        shop: Shop,
        sandbox: Sandbox,
        sku: str,
        *,
        addresses: int,
        browsers: int,
        patient: bool = False,
        letters: Letters | None = None,
        mailboxes: Mailboxes = SEVEN,
    ) -> None:
        self.provider = Counted(shop.providers[STORE])
        providers = dict.fromkeys(shop.providers, self.provider)
        super().__init__(dataclasses.replace(shop, providers=providers), sandbox, letters)
        self._sku = sku
        self._addresses, self._patient = addresses, patient
        self._bots = [
            Bot(Buyer(self._app, STORE), mailboxes.address(number) if patient else f"bot{number}@example.jp")
            for number in range(browsers)
        ]
        self.score = Score()

    def run(self, attempts: int, *, honest: int) -> Score:
        """So many attempts, with honest buyers spread evenly among them."""
        for number in range(attempts):
            self._attempt(number)
            if (number + 1) * honest // attempts > self.score.honest:
                self._buy_honestly()
        return self.score

    def _attempt(self, number: int) -> None:
        bot = self._bots[number % len(self._bots)]
        at = number % self._addresses
        bot.buyer.client.environ_base["REMOTE_ADDR"] = f"198.51.{at // 250}.{at % 250 + 1}"
        before, self.provider.counts = self.provider.calls.total(), True
        if bot.session is None:
            self._press(bot, number)
        reached = bot.session is not None and self._try_card(bot)
        self.provider.counts = False
        calls = self.provider.calls.total() - before
        self._count(reached=reached, calls=calls)

    def _count(self, *, reached: bool, calls: int) -> None:
        score = self.score
        score.tried += reached
        score.calls += calls
        if not reached:
            self._limits_act()
        if score.first_refused is not None:
            score.calls_since += calls
        score.attempts += 1

    def _limits_act(self) -> None:
        if self.score.first_refused is None:
            self.score.first_refused = self.score.attempts

    def _press(self, bot: Bot, number: int) -> None:
        """Press the order button, as often as it likes, for a session in which cards can be tried."""
        if bot.page is None:
            if self._are_closed():
                return  # the store takes no cards now: there is no way to the order button
            bot.page = bot.buyer.final_page(self._sku, email=bot.email, street=f"神南{number}-1")
        answer = bot.buyer.confirm(bot.page)
        if self._wants_mail(answer):
            self._limits_act()
            if self._patient and self._prove(bot.buyer, bot.email):
                self.score.proofs += 1
                answer = bot.buyer.confirm()
        order_id = self._order_in(bot.buyer, answer)
        if order_id is not None:
            bot.order = order_id
            if self._patient and answer.headers["Location"].endswith("/slowed"):
                self._wait_and_press(bot.buyer, bot.buyer.order_in(answer))
            bot.session = self._session_of(bot.order)
        elif answer.status_code == 429:
            self.score.refusals.add(answer.text.split('notice__title">')[1].split("<")[0])

    def _are_closed(self) -> bool:
        closed = cards_closed(self.shop, STORE)
        self.score.paused = self.score.paused or closed
        return closed

    def _try_card(self, bot: Bot) -> bool:
        try:
            self._sandbox.pay(bot.session or "", self._declined_card())
        except urllib.error.HTTPError:
            bot.session = None  # it was ended
            return False
        self._hear_of(bot.order)
        return True

    def _declined_card(self) -> str:
        number = fresh_number()
        self._sandbox.control("cards", {"number": number, "outcome": DECLINE})
        return number

    def _wait_and_press(self, buyer: Buyer, token: str) -> None:
        """What a person does on the page that asks to wait; time passes at once."""
        order_id = order_of_token(self.shop.settings.keys, STORE, token)
        past = dt.timedelta(seconds=1) + SLOW_FOR
        with self.shop.db.read() as session:
            placed_at = session.scalars(select(Order.placed_at).where(Order.id == order_id)).one()
        self.shop.db.write(
            lambda session: session.execute(
                update(Order).where(Order.id == order_id).values(placed_at=placed_at - past)
            )
        )
        buyer.post(f"/orders/{token}/pay", {}, form_on=f"/orders/{token}/slowed")

    def _buy_honestly(self) -> None:
        """A new customer from an address of their own. Every tenth one's first card is declined."""
        self.score.honest += 1
        if self._are_closed():
            return
        number = self.score.honest
        address = honest_address(number)
        buyer = self._buyer(f"203.0.113.{number % 250 + 1}")
        answer = buyer.confirm(buyer.final_page(self._sku, email=address, street=f"千駄ヶ谷{number}-2"))
        if self._wants_mail(answer):
            self.score.mailed += 1
            if not self._prove(buyer, address):
                return
            answer = buyer.confirm()
        order_id = self._order_in(buyer, answer)
        if order_id is None:
            return
        if answer.headers["Location"].endswith("/slowed"):
            self.score.slowed += 1
            self._wait_and_press(buyer, buyer.order_in(answer))
        session_id = self._session_of(order_id)
        if session_id is None:
            return
        if number % 10 == 0:
            self._sandbox.pay(session_id, self._declined_card())
            self._hear_of(order_id)
        self._sandbox.pay(session_id)
        try:
            self._hear_of(order_id)
        except PaymentError:
            return
        with self.shop.db.read() as session:
            self.score.paid += session.get_one(Order, (STORE, order_id)).state == "paid"
