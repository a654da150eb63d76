"""What must not move money: each is refused with a reason, written down, and changes nothing."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import func, select

from payments.capture import NotCapturable, want_capture
from payments.columns import new_id, utcnow
from payments.disputes import book_dispute
from payments.inbox import apply_events, store_event
from payments.models import Attempt, Capture, LedgerEntry, Payment, ProviderEvent
from payments.models import Refund as RefundRow
from payments.money import Money
from payments.provider import DisputeTold, Event
from payments.providers.stripe import StripeProvider
from payments.settle import apply_session, settle
from shop.app import create_app, create_shop
from shop.audit.models import AuditEntry
from shop.context import Shop
from shop.jobs.worker import Worker
from shop.orders.listener import OrderListener
from shop.orders.models import Order, OrderLine, OrderPayment
from shop.settings import load
from shop.staff.rights import Role
from tests.environment import make_environ
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer
from tests.staff.desk import Desk, signed_in


@dataclass
class Books:
    """A shop with one order in each state that matters, and what can be done to them."""

    shop: Shop
    app: Flask
    desk: Desk
    sandbox: Sandbox
    orders: dict[str, str]

    def payment(self, name: str) -> Payment:
        with self.shop.db.read() as session:
            link = session.get_one(OrderPayment, ("style", self.orders[name]))
            return session.get_one(Payment, ("style", link.payment_id))

    def session_of(self, name: str) -> str:
        with self.shop.db.read() as session:
            found = session.scalar(
                select(Attempt.session_id).where(Attempt.payment_id == self.payment(name).id)
            )
        return found or ""

    def post(self, name: str, what: str, **fields: str) -> int:
        order_id = self.orders.get(name, name)
        return self.desk.post(f"/orders/style/{order_id}/{what}", fields, form_on="/").status_code

    def ship(self, name: str) -> int:
        return self.post(name, "ship", key=new_id(), mode="all", carrier="own", tracking="")

    def after_stop(self, order_id: str) -> int:
        path = f"/cards/style/after-stop/{order_id}"
        return self.desk.post(path, {"decision": "release"}, form_on="/").status_code

    def refund(self, name: str, **fields: str) -> int:
        return self.post(name, "refund", **({"key": new_id(), "mode": "all", "reason": "late"} | fields))

    def pieces(self, number: str) -> dict[str, str]:
        """So many of what the paid order holds."""
        with self.shop.db.read() as session:
            sku = session.scalar(select(OrderLine.sku).where(OrderLine.order_id == self.orders["paid"]))
        return {f"pieces-{sku}": number}

    def state(self) -> object:
        """Everything that money is."""
        with self.shop.db.read() as session:
            payments = session.execute(select(Payment.id, Payment.state).order_by(Payment.id)).all()
            orders = session.execute(select(Order.id, Order.state).order_by(Order.id)).all()
            ledger = session.scalar(select(func.sum(LedgerEntry.amount_minor)))
            counts = [session.scalar(select(func.count()).select_from(each)) for each in _ROWS]
        return payments, orders, ledger, counts

    def refusals(self) -> int:
        with self.shop.db.read() as session:
            return session.scalar(select(func.count()).where(AuditEntry.outcome == "refused")) or 0


_ROWS = (RefundRow, Capture, LedgerEntry)


@pytest.fixture(scope="module")
def books(
    sqlite_template: object, tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox
) -> Iterator[Books]:
    path = tmp_path_factory.mktemp("books") / "shop.sqlite"
    shutil.copy(str(sqlite_template), path)
    shop = create_shop(load(make_environ(f"sqlite:///{path}", CARD_CAPTURE="shipment", **sandbox.addresses)))
    app = create_app(shop=shop)
    desk = signed_in(app, shop, Role.FULFILMENT, Role.FINANCE)
    made = Books(shop, app, desk, sandbox, {})
    for name in ("promised", "paid", "refunded", "voided"):
        made.orders[name] = _bought(made)
    assert [made.ship("paid"), made.ship("refunded")] == [303, 303]
    assert made.refund("refunded") == 303
    assert made.post("voided", "call-off", reason="customer") == 303
    Worker(app, shop).turn()
    made.orders["unpaid"] = _ordered(made)
    assert [made.payment(name).state for name in made.orders] == [
        "authorised",
        "paid",
        "refunded",
        "voided",
        "pending",
    ]
    yield made
    shop.db.dispose()


def _ordered(books: Books) -> str:
    """An order that nobody has paid."""
    buyer = Buyer(books.app, "style")
    number = new_id()
    page = buyer.final_page(quantity=2, email=f"guest{number}@example.jp", street=f"神宮前 {number}")
    assert buyer.confirm(page).status_code == 303
    with books.shop.db.read() as session:
        return session.scalars(select(Order.id).order_by(Order.id.desc())).first() or ""


def _bought(books: Books) -> str:
    books.orders["newest"] = order_id = _ordered(books)
    books.sandbox.pay(books.session_of("newest"))
    provider, payment = books.shop.providers["style"], books.payment("newest")
    settle(books.shop.db, provider, OrderListener(), "style", payment.id, cause="test")
    del books.orders["newest"]
    return order_id


BY_STAFF: dict[str, tuple[Callable[[Books], int], int]] = {
    "refund over what was taken": (lambda b: b.refund("paid", mode="amount", amount="9999999"), 409),
    "refund of a refunded order": (lambda b: b.refund("refunded"), 409),
    "refund of what is only promised": (lambda b: b.refund("promised"), 409),
    "refund of a voided order": (lambda b: b.refund("voided"), 409),
    "shipped and charged twice": (lambda b: b.ship("paid"), 409),
    "charged after it was let go": (lambda b: b.ship("voided"), 409),
    "shipped after the money went back": (lambda b: b.ship("refunded"), 409),
    "let go after it was taken": (lambda b: b.post("paid", "call-off", reason="customer"), 409),
    "let go twice": (lambda b: b.post("voided", "call-off", reason="customer"), 409),
    "a review that is none": (lambda b: b.post("paid", "review", verdict="good"), 409),
    "refund of nothing": (lambda b: b.refund("paid", mode="amount", amount="0"), 409),
    "refund below nothing": (lambda b: b.refund("paid", mode="amount", amount="-5"), 400),
    "refund in another currency": (lambda b: b.refund("paid", mode="amount", amount="$5"), 400),
    "refund of a part of a yen": (lambda b: b.refund("paid", mode="amount", amount="1.5"), 400),
    "refund of goods of nobody": (lambda b: b.refund("paid", mode="lines", **{"pieces-NONE": "1"}), 409),
    "refund of more pieces than were bought": (
        lambda b: b.refund("paid", mode="lines", **b.pieces("3")),
        409,
    ),
    "refund of what nobody has paid": (lambda b: b.refund("unpaid"), 409),
    "charged before it is promised": (lambda b: b.ship("unpaid"), 409),
    "a balance that a card has not": (lambda b: b.post("paid", "balance"), 409),
    "collected at the door for a card": (lambda b: b.post("paid", "cod/collected"), 409),
    "judged as after a stop without one": (lambda b: b.after_stop(b.orders["paid"]), 409),
    "judged as after a stop, of nobody": (lambda b: b.after_stop("of nobody"), 409),
}


@pytest.mark.parametrize("what", BY_STAFF)
def test_staff_are_refused_and_it_is_written_down(books: Books, what: str) -> None:
    act, status = BY_STAFF[what]
    before, refused = books.state(), books.refusals()
    assert act(books) == status
    assert books.refusals() == refused + 1
    assert books.state() == before


@pytest.mark.parametrize("order_id", ["unknown", "0" * 26, "..%2fx"])
@pytest.mark.parametrize("what", ["ship", "refund", "call-off", "review"])
def test_ids_of_nobody_are_not_there(books: Books, order_id: str, what: str) -> None:
    before = books.state()
    fields = {"key": new_id(), "mode": "all", "carrier": "own", "reason": "late", "verdict": "good"}
    assert books.post(order_id, what, **fields) == 404
    own = books.orders["paid"]
    assert books.desk.post(f"/orders/cocomo/{own}/{what}", fields, form_on="/").status_code == 404
    assert books.state() == before


@pytest.mark.parametrize(
    ("amount", "why"), [(Money(1, "USD"), "currency"), (Money(9_999_999), "amount"), (Money(0), "amount")]
)
def test_what_was_not_promised_is_not_wanted(books: Books, amount: Money, why: str) -> None:
    before = books.state()
    with pytest.raises(NotCapturable, match=why):
        books.shop.db.write(
            lambda session: want_capture(
                session, session.get_one(Payment, ("style", books.payment("promised").id)), amount, reason="x"
            )
        )
    assert books.state() == before


def _event(books: Books, **changes: object) -> Event:
    payment = books.payment("promised")
    event = Event(
        id=f"evt_{new_id()}",
        type="payment_intent.succeeded",
        created=utcnow(),
        livemode=False,
        object_type="payment_intent",
        object_id=payment.provider_id or "",
        reference=f"style.{payment.id}",
        payment_id=payment.provider_id,
    )
    return dataclasses.replace(event, **changes)  # type: ignore[arg-type]  # fields by name


_WHY = {"another account": "not ours", "no such order": "not ours", "livemode": "not of this mode"}
"""The note that stays with an event which nothing came of."""


@pytest.mark.parametrize("odd", ["another account", "livemode", "metadata of another order", "no such order"])
def test_events_that_are_not_ours_change_nothing(books: Books, odd: str) -> None:
    before, provider = books.state(), books.shop.providers["style"]
    if odd == "another account":
        url = books.sandbox.url
        provider = StripeProvider("other", "sk_test_hitsuka", ("whsec_hitsuka",), url, livemode=False)
    every: dict[str, dict[str, object]] = {
        "another account": {},
        "livemode": {"livemode": True},
        "metadata of another order": {"reference": f"style.{books.payment('paid').id}"},
        "no such order": {"reference": f"style.{new_id()}", "payment_id": None, "object_id": "pi_nobody"},
    }
    event = _event(books, **every[odd])
    books.shop.db.write(lambda session: store_event(session, provider, event, b"{}"))
    apply_events(books.shop.db, provider, OrderListener())
    with books.shop.db.read() as session:
        kept = session.get_one(ProviderEvent, ("stripe", provider.account, event.id))
    is_asked = (
        odd == "metadata of another order"
    )  # the provider is, of the order that it names: nothing new there
    assert kept.state == ("applied" if is_asked else "ignored")
    assert kept.note == (None if is_asked else _WHY[odd])
    assert books.state() == before


def test_another_orders_session_pays_nothing_here(books: Books) -> None:
    """The session of one order, told of for another: its reference gives it away."""
    provider = books.shop.providers["style"]
    told = provider.retrieve_session(books.session_of("paid"))
    before = books.state()
    for name in ("promised", "voided"):
        apply_session(
            books.shop.db,
            OrderListener(),
            "style",
            books.payment(name).id,
            dataclasses.replace(told, paid=False, payment_status="canceled"),
            provider,
            cause="test",
        )
    assert books.state() == before


@pytest.mark.parametrize("odd", ["currency", "livemode", "status"])
def test_a_dispute_that_cannot_be_its_is_not_booked(books: Books, odd: str) -> None:
    before, provider = books.state(), books.shop.providers["style"]
    told = DisputeTold(
        id=f"du_{new_id()}",
        payment_id=books.payment("paid").provider_id or "",
        amount=Money(100, "USD" if odd == "currency" else "JPY"),
        reason="fraudulent",
        status="of_another_age" if odd == "status" else "needs_response",
        due_by=utcnow() + dt.timedelta(days=7),
        submissions=0,
        livemode=odd == "livemode",
        created=utcnow(),
        movements=(),
    )
    books.shop.db.write(
        lambda session: book_dispute(
            session,
            session.get_one(Payment, ("style", books.payment("paid").id)),
            told,
            provider,
            OrderListener(),
            cause="test",
        )
    )
    assert books.state() == before
    page = books.desk.get(f"/disputes/style/{told.id}")
    assert page.status_code == 404
