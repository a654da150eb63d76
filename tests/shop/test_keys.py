"""Key rotation: everything is sealed anew, it can stop anywhere, what can't be opened stays; a dump shows no person."""

from __future__ import annotations

import base64
import dataclasses
import os
import subprocess
import sys

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.database import Database
from security.sealing import PrivateKey, key_id_of
from shop import keys
from shop.address.contact import Contact
from shop.cart.models import Cart
from shop.checkout.models import Draft
from shop.db.tables import metadata
from shop.keys import Rotation, rotate
from shop.orders.models import Order
from shop.seeding import seed_orders
from shop.settings import Keys, load
from shop.stores import all_stores
from shop.vault import Place, Purpose, Vault
from tests.environment import make_environ

ORDERS = 7


@pytest.fixture
def old_keys(database_url: str) -> Keys:
    return load(make_environ(database_url)).keys


@pytest.fixture
def new_keys(old_keys: Keys) -> Keys:
    """The same keys with a fresh one in front of each store's."""
    fresh = {
        store_id: (PrivateKey.parse("new", base64.urlsafe_b64encode(bytes([90 + n]) * 32).decode()), *held)
        for n, (store_id, held) in enumerate(old_keys.data.items())
    }
    return dataclasses.replace(old_keys, data=fresh)


@pytest.fixture(autouse=True)
def orders(db: Database, old_keys: Keys) -> None:
    for store in all_stores().values():
        seed_orders(db, Vault(old_keys), store, ORDERS, 3, lambda _done: None)


def _orders(db: Database) -> list[Order]:
    with db.read() as session:
        return list(session.scalars(select(Order)))


def _contact(vault: Vault, order: Order) -> Contact:
    place = Place(order.store_id, "order", "contact", order.id)
    return Contact.from_json(vault.open_personal(place, order.contact, purpose=Purpose.ORDER_MAIL))


def test_rotated_values_open_with_the_new_keys_alone(db: Database, old_keys: Keys, new_keys: Keys) -> None:
    before = {order.id: _contact(Vault(old_keys), order) for order in _orders(db)}
    assert rotate(db, Vault(new_keys)) == Rotation(resealed=2 * ORDERS)
    only_new = dataclasses.replace(new_keys, data={store: held[:1] for store, held in new_keys.data.items()})
    assert {order.id: _contact(Vault(only_new), order) for order in _orders(db)} == before


def test_a_second_run_finds_nothing_to_do(db: Database, new_keys: Keys) -> None:
    rotate(db, Vault(new_keys))
    assert rotate(db, Vault(new_keys)) == Rotation(already=2 * ORDERS)


def test_the_command_knows_every_table_that_its_rows_point_at(
    db: Database, database_url: str, old_keys: Keys
) -> None:
    """In a process of its own, as by hand: here every table has been imported already."""
    basket = Cart(store_id="style", token_hash="f" * 64, updated_at=utcnow())
    typed = Vault(old_keys).seal(Place("style", "draft", "contact", "typed"), "{}")
    basket.id = "typed"
    db.write(lambda session: session.add(basket))
    db.write(lambda session: session.add(Draft(store_id="style", cart_id="typed", contact=typed)))
    environ = make_environ(database_url)
    environ["DATA_KEYS"] = f"{keys.new_entry('style', 'new')} {environ['DATA_KEYS']}"
    command = [sys.executable, "-c", "from shop.cli import main; main()", "keys", "rotate"]
    result = subprocess.run(command, env=os.environ | environ, capture_output=True, text=True, check=False)
    told = result.stdout.split(",")[0]
    assert (result.returncode, told) == (0, f"resealed {ORDERS + 1}"), result.stderr[-500:]


def test_a_run_that_died_goes_on_where_it_stopped(
    db: Database, new_keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "BATCH", 2)
    vault, reseal, calls = Vault(new_keys), Vault.reseal, []

    def die_at_the_fifth(self: Vault, place: Place, sealed: bytes) -> bytes | None:
        calls.append(place)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return reseal(self, place, sealed)

    monkeypatch.setattr(Vault, "reseal", die_at_the_fifth)
    with pytest.raises(KeyboardInterrupt):
        rotate(db, vault)
    monkeypatch.setattr(Vault, "reseal", reseal)
    rotation = rotate(db, vault)
    assert (rotation.already, rotation.resealed) == (4, 2 * ORDERS - 4)


def test_a_value_whose_key_is_gone_is_counted_and_stays_as_it_is(db: Database, new_keys: Keys) -> None:
    only_new = dataclasses.replace(new_keys, data={store: held[:1] for store, held in new_keys.data.items()})
    before = {order.id: order.contact for order in _orders(db)}
    assert rotate(db, Vault(only_new)) == Rotation(unreadable=2 * ORDERS)
    assert {order.id: order.contact for order in _orders(db)} == before


def test_a_contact_moved_to_another_order_does_not_open(db: Database, old_keys: Keys) -> None:
    from security.sealing import CannotOpen

    first, second = _orders(db)[:2]

    def swap(session: Session) -> None:
        session.get_one(Order, (first.store_id, first.id)).contact = second.contact

    db.write(swap)
    moved = next(order for order in _orders(db) if order.id == first.id)
    with pytest.raises(CannotOpen):
        _contact(Vault(old_keys), moved)


def test_a_dump_of_every_table_shows_nobody(db: Database, old_keys: Keys) -> None:
    people = [_contact(Vault(old_keys), order) for order in _orders(db)]
    with db.read() as session:
        dump = "\n".join(
            repr(row)
            for table in metadata.sorted_tables
            for row in session.execute(text(f'SELECT * FROM "{table.name}"'))
        )
    assert len(dump) > 10_000
    for person in people:
        for value in (person.email, person.family_name + person.given_name, person.street, person.phone):
            assert value not in dump
            assert value.encode().hex() not in dump


def test_the_key_id_in_a_row_names_its_key(db: Database) -> None:
    assert {key_id_of(order.contact) for order in _orders(db)} == {"test1"}
