"""The outbox and its worker: a job is done once, failed ones wait and are parked, mails are whole in both languages."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.models import Payment
from shop.app import create_app, create_shop
from shop.context import Shop
from shop.jobs.models import Job
from shop.jobs.outbox import MAX_TRIES, enqueue_mail
from shop.jobs.worker import Worker
from shop.mailbox import Keeper
from shop.orders.models import Order
from shop.settings import load
from tests.environment import make_environ
from tests.servers.processes import free_port
from tests.servers.sandbox import Sandbox
from tests.shop.ordering import GUEST, place_order

TEMPLATES = ("order_paid", "order_expired", "order_apology", "order_refunded")


@pytest.fixture
def mails(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A real SMTP server that keeps every mail as a file."""
    folder, port = tmp_path / "mail", free_port()
    folder.mkdir()
    controller = Controller(Keeper(folder), hostname="127.0.0.1", port=port)
    controller.start()
    yield folder, port
    controller.stop()


@pytest.fixture
def shop(database_url: str, mails: tuple[Path, int], sandbox: Sandbox) -> Iterator[Shop]:
    environ = make_environ(database_url, MAIL_URL=f"smtp://127.0.0.1:{mails[1]}", STRIPE_API_BASE=sandbox.url)
    parts = create_shop(load(environ))
    yield parts
    parts.db.dispose()


@pytest.fixture
def worker(shop: Shop) -> Worker:
    app: Flask = create_app(shop=shop)
    return Worker(app, shop)


def _want_mail(shop: Shop, order_id: str, template: str, locale: str) -> None:
    shop.db.write(lambda session: enqueue_mail(session, "style", order_id, template, locale))


def _jobs(shop: Shop) -> list[Job]:
    with shop.db.read() as session:
        return list(session.scalars(select(Job)))


def _read(folder: Path) -> list[EmailMessage]:
    return [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in sorted(folder.iterdir())
    ]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("locale", ["ja", "en"])
def test_every_mail_is_whole_in_text_and_html(
    shop: Shop, worker: Worker, mails: tuple[Path, int], template: str, locale: str
) -> None:
    order_id = place_order(shop, locale=locale)
    _want_mail(shop, order_id, template, locale)
    worker.turn()
    [message] = _read(mails[0])
    with shop.db.read() as session:
        order = session.get_one(Order, ("style", order_id))
    assert message["To"] == GUEST.email
    assert order.number in message["Subject"]
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert part is not None
        text = part.get_content()
        assert order.number in text
        assert GUEST.family_name in text
        assert "{" not in text.replace("{color", "")
        assert ("Dear" in text) == (locale == "en")
        greeting = f"Dear {GUEST.name}," if locale == "en" else f"{GUEST.name} 様"
        assert kind == "html" or text.splitlines()[:2] == [greeting, ""]


def test_a_mail_names_the_brand_of_the_card(shop: Shop, worker: Worker, mails: tuple[Path, int]) -> None:
    order_id = place_order(shop)
    paid_with = update(Payment).values(card_brand="amex", card_last4="0005")
    shop.db.write(lambda session: session.execute(paid_with))
    _want_mail(shop, order_id, "order_paid", "en")
    worker.turn()
    [message] = _read(mails[0])
    for kind, dots in (("plain", "****"), ("html", "••••")):
        part = message.get_body((kind,))
        assert part is not None
        assert f"American Express {dots} 0005" in part.get_content()


def test_the_same_mail_is_wanted_and_sent_once(shop: Shop, worker: Worker, mails: tuple[Path, int]) -> None:
    order_id = place_order(shop)
    for _time in range(3):
        _want_mail(shop, order_id, "order_paid", "ja")
        worker.turn()
    assert len(_read(mails[0])) == 1


def test_a_job_row_holds_nothing_personal(shop: Shop) -> None:
    _want_mail(shop, place_order(shop), "order_paid", "ja")
    row = repr(vars(_jobs(shop)[0]))
    assert all(value not in row for value in (GUEST.email, GUEST.family_name, GUEST.street, GUEST.phone))


def test_a_mail_that_nobody_takes_waits_longer_each_time_and_is_parked_at_last(
    shop: Shop, worker: Worker, database_url: str, sandbox: Sandbox
) -> None:
    environ = make_environ(database_url, MAIL_URL="smtp://127.0.0.1:9", STRIPE_API_BASE=sandbox.url)
    away = create_shop(load(environ))
    deaf = Worker(create_app(shop=away), away)
    _want_mail(shop, place_order(shop), "order_paid", "ja")
    pauses: list[dt.timedelta] = []
    for _try in range(MAX_TRIES):
        before = utcnow()
        deaf.turn()
        [job] = _jobs(shop)
        pauses.append(job.run_at - before)
        shop.db.write(lambda session: session.execute(update(Job).values(run_at=utcnow())))
    assert job.state == "parked"
    assert job.tries == MAX_TRIES
    assert pauses[0] < pauses[2] < pauses[4]
    assert GUEST.email not in (job.reason or "")
    away.db.dispose()


def test_a_job_that_a_dead_worker_held_comes_back_with_the_same_message_id(
    shop: Shop, worker: Worker, mails: tuple[Path, int]
) -> None:
    order_id = place_order(shop)
    _want_mail(shop, order_id, "order_paid", "ja")
    worker.turn()

    def as_if_it_had_died_before_marking(session: Session) -> None:
        session.execute(update(Job).values(state="waiting", run_at=utcnow()))

    shop.db.write(as_if_it_had_died_before_marking)
    worker.turn()
    first, second = _read(mails[0])
    assert first["Message-ID"] == second["Message-ID"]


def test_a_claimed_job_is_not_given_to_a_second_worker(
    shop: Shop, worker: Worker, mails: tuple[Path, int]
) -> None:
    _want_mail(shop, place_order(shop), "order_paid", "ja")
    shop.db.write(
        lambda session: session.execute(update(Job).values(run_at=utcnow() + dt.timedelta(seconds=60)))
    )
    worker.turn()
    assert _read(mails[0]) == []


def test_a_waiting_session_is_made_by_the_worker(shop: Shop, worker: Worker) -> None:
    from payments.models import Attempt

    place_order(shop)
    worker.turn()
    with shop.db.read() as session:
        [attempt] = session.scalars(select(Attempt)).all()
    assert attempt.state == "open"
    assert attempt.session_id is not None


def test_an_order_not_paid_in_time_ends_and_its_goods_are_free(
    shop: Shop, worker: Worker, mails: tuple[Path, int], sandbox: Sandbox
) -> None:
    from payments.models import Attempt
    from shop.catalog.models import Variant
    from shop.orders.models import Hold

    order_id = place_order(shop, quantity=3)
    worker.turn()
    shop.db.write(lambda session: session.execute(update(Order).values(held_until=utcnow())))
    shop.db.write(lambda session: session.execute(update(_schedule()).values(next_at=utcnow())))
    worker.turn()
    worker.turn()
    with shop.db.read() as session:
        assert session.get_one(Order, ("style", order_id)).state == "expired"
        [hold] = session.scalars(select(Hold)).all()
        [attempt] = session.scalars(select(Attempt)).all()
        assert (hold.state, attempt.state) == ("released", "expired")
        assert session.get_one(Variant, ("style", hold.sku)).held == 0
    assert "取り消され" in _read(mails[0])[0]["Subject"]


def _schedule() -> type:
    from shop.jobs.models import Schedule

    return Schedule
