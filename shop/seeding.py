"""Fill the database with the written goods, and with made-up goods and orders in any number."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from payments.database import Database
from payments.models import LedgerEntry, Payment
from shop.accounts.lookup import email_hash
from shop.accounts.models import Account, AccountAddress
from shop.accounts.people import Profile, write_email, write_password, write_profile
from shop.address.contact import Contact
from shop.catalog.models import Product, Variant
from shop.catalog.seed import seed_generated, seed_store
from shop.identity.passwords import Passwords
from shop.orders.models import Order, OrderLine, OrderPayment
from shop.settings import Settings
from shop.stores import Store, all_stores
from shop.stores.rows import ensure_stores
from shop.vault import Place, Vault

_BATCH = 500
SEEDED_PASSWORD = "demo-customer-phrase"  # noqa: S105  (made-up people of demo and test databases)
_FAMILY = (
    "青木",
    "石田",
    "上野",
    "岡本",
    "川口",
    "木村",
    "小林",
    "佐野",
    "高橋",
    "中島",
    "西村",
    "原田",
    "松田",
    "山口",
)
_GIVEN = ("葵", "樹", "結", "蓮", "紬", "湊", "澪", "蒼", "凛", "陽", "楓", "律", "杏", "岳")
_PLACES = (
    ("1500001", "東京都", "渋谷区", "神宮前"),
    ("5300001", "大阪府", "大阪市北区", "梅田"),
    ("0600001", "北海道", "札幌市中央区", "北一条西"),
    ("8100001", "福岡県", "福岡市中央区", "天神"),
)


def seed_written(db: Database, say: Callable[[str], None]) -> None:
    """The goods that people wrote, once; a store that has goods stays as it is."""
    for store_id, store in all_stores().items():
        with db.read() as session:
            if session.scalar(select(Product.slug).where(Product.store_id == store_id).limit(1)) is not None:
                continue
        say(f"filling the shelves of {store.name} …")
        seed_store(db, store_id)


def seed(settings: Settings, *, products: int, orders: int, customers: int) -> None:
    """The written goods and so many made-up ones a store, with progress on the terminal.

    `customers` is how many accounts; the orders are spread over as many people, who so have a history.
    """
    db = Database(settings.database_url)
    ensure_stores(db)
    seed_written(db, print)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        for store in all_stores().values():
            if products:
                task = progress.add_task(f"{store.id}: products", total=products)
                seed_generated(db, store.id, products, _completes(progress, task))
            if customers:
                task = progress.add_task(f"{store.id}: customers", total=customers)
                seed_customers(db, Vault(settings.keys), store, customers, _completes(progress, task))
            if orders:
                task = progress.add_task(f"{store.id}: orders", total=orders)
                seed_orders(db, Vault(settings.keys), store, orders, customers, _completes(progress, task))


def seed_customers(db: Database, vault: Vault, store: Store, count: int, tell: Callable[[int], None]) -> None:
    """Accounts with an address each, guest0@example.jp and on, all with the password SEEDED_PASSWORD.

    One hash serves all, so that a million take minutes: for demo and test databases alone. Those that are there stay.
    """
    hashed = Passwords().hash(SEEDED_PASSWORD)
    for start in range(0, count, _BATCH):
        people = [made_up_contact(number) for number in range(start, min(start + _BATCH, count))]
        db.write(partial(_insert_customers, vault=vault, store=store, people=people, hashed=hashed))
        tell(min(start + _BATCH, count))


def _insert_customers(
    session: Session, *, vault: Vault, store: Store, people: list[Contact], hashed: str
) -> None:
    hashes = {email_hash(vault, store.id, person.email): person for person in people}
    known = select(Account.email_hash).where(
        Account.store_id == store.id, Account.email_hash.in_(list(hashes))
    )
    for there in session.scalars(known).all():
        del hashes[there]
    for person in hashes.values():
        account = Account(store_id=store.id, id=new_id(), locale="ja")
        write_email(vault, account, person.email)
        write_profile(vault, account, Profile(person.family_name, person.given_name, phone=person.phone))
        write_password(vault, account, hashed)
        address_id = new_id()
        sealed = vault.seal(
            Place(store.id, "account_address", "contact", address_id), replace(person, email="").to_json()
        )
        address = AccountAddress(
            store_id=store.id, id=address_id, account_id=account.id, contact=sealed, is_default=True
        )
        session.add(account)
        session.add(address)


def _accounts(db: Database, store_id: str) -> dict[str, str]:
    """Account ids by mail hash: of the seeded people, an order finds its account."""
    with db.read() as session:
        rows = session.execute(select(Account.email_hash, Account.id).where(Account.store_id == store_id))
        return {row.email_hash: row.id for row in rows}


def seed_orders(
    db: Database, vault: Vault, store: Store, count: int, customers: int, tell: Callable[[int], None]
) -> None:
    """Paid orders of the last two years, one to three lines each, sealed like real ones. Stock stays as it is."""
    with db.read() as session:
        goods = session.execute(
            select(
                Variant.sku, Variant.price, Product.slug, Product.name_ja, Product.name_en, Product.tax_rate
            )
            .join(Product, (Product.store_id == Variant.store_id) & (Product.slug == Variant.product_slug))
            .where(Variant.store_id == store.id)
            .limit(2000)
        ).all()
    maker = _OrderMaker(vault, store, goods, max(1, customers or count // 3), _accounts(db, store.id))
    for start in range(0, count, _BATCH):
        rows = [maker.make() for _number in range(min(_BATCH, count - start))]
        db.write(lambda session, batch=rows: _insert(session, batch))  # type: ignore[misc]  # bound for this batch
        tell(min(start + _BATCH, count))


Rows = dict[type[Any], list[dict[str, Any]]]


class _OrderMaker:
    """Makes one order after another, from a fixed seed."""

    def __init__(
        self, vault: Vault, store: Store, goods: Any, customers: int, accounts: dict[str, str]
    ) -> None:
        self._accounts = accounts
        self._vault, self._store, self._goods, self._customers = vault, store, goods, customers
        self._random = random.Random(f"orders of {store.id}")  # noqa: S311  (made-up people, not secrets)

    def make(self) -> Rows:
        """The rows of one paid order, by table."""
        chance, store_id = self._random, self._store.id
        order_id, payment_id = new_id(), new_id()
        placed_at = utcnow() - dt.timedelta(seconds=chance.randrange(730 * 86400))
        lines = list(self._lines(order_id))
        total = sum(line["unit_minor"] * line["quantity"] for line in lines) + 700
        contact = made_up_contact(chance.randrange(self._customers))
        mail_hash = self._vault.lookup(store_id, "email", contact.email)
        both = {"store_id": store_id, "currency": "JPY"}
        order = both | {
            "id": order_id,
            "number": f"{self._store.order_prefix}-{order_id[-8:-4]}-{order_id[-4:]}".upper(),
            "attempt_key": new_id(),
            "cart_id": new_id(),
            "state": "paid",
            "locale": "ja",
            "request_id": "seed",
            "placed_at": placed_at,
            "total_minor": total,
            "snapshot": {
                "goods": total - 700,
                "delivery_fee": 700,
                "total": total,
                "tax": [],
                "delivery": {"ja": "", "en": ""},
            },
            "contact": self._vault.seal(Place(store_id, "order", "contact", order_id), contact.to_json()),
            "email_hash": mail_hash,
            "phone_hash": self._vault.lookup(store_id, "phone", contact.phone),
            "account_id": self._accounts.get(mail_hash),
            "address_hash": self._vault.lookup(store_id, "address", contact.street),
            "held_until": placed_at,
            "hold_prolonged": False,
        }
        payment = both | {
            "id": payment_id,
            "reference": order_id,
            "amount_minor": total,
            "method": "card",
            "state": "paid",
            "provider": "seed",
            "account": "seed",
            "provider_id": f"pi_seed_{payment_id}",
            "created_at": placed_at,
        }
        entry = both | {
            "payment_id": payment_id,
            "kind": "captured",
            "amount_minor": total,
            "account": "seed",
            "provider_object": f"ch_seed_{payment_id}",
            "at": placed_at,
        }
        link = {"store_id": store_id, "order_id": order_id, "payment_id": payment_id}
        return {
            Order: [order],
            OrderLine: lines,
            Payment: [payment],
            OrderPayment: [link],
            LedgerEntry: [entry],
        }

    def _lines(self, order_id: str) -> Iterator[dict[str, Any]]:
        for position, good in enumerate(self._random.sample(self._goods, k=self._random.randint(1, 3))):
            yield {
                "store_id": self._store.id,
                "order_id": order_id,
                "sku": good.sku,
                "position": position,
                "product_slug": good.slug,
                "name_ja": good.name_ja,
                "name_en": good.name_en,
                "quantity": self._random.randint(1, 3),
                "unit_minor": good.price,
                "tax_rate": good.tax_rate,
            }


def made_up_contact(number: int) -> Contact:
    """The made-up person of a number: the same each time."""
    postal_code, prefecture, city, town = _PLACES[number % len(_PLACES)]
    return Contact(
        email=f"guest{number}@example.jp",
        family_name=_FAMILY[number % len(_FAMILY)],
        given_name=_GIVEN[number // len(_FAMILY) % len(_GIVEN)],
        postal_code=postal_code,
        prefecture=prefecture,
        city=city,
        street=f"{town}{number % 9 + 1}-{number // 9 % 20 + 1}-{number // 180 + 1}",
        building="",
        phone=f"+8190{10_000_000 + number % 90_000_000}",
    )


def _insert(session: Session, orders: list[Rows]) -> None:
    for table in (Order, OrderLine, Payment, OrderPayment, LedgerEntry):
        session.execute(insert(table), [row for order in orders for row in order[table]])


def _completes(progress: Progress, task: Any) -> Callable[[int], None]:
    return lambda done: progress.update(task, completed=done)
