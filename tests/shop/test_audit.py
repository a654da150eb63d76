"""The audit table on each database: what may be written, and what `shop audit verify` says of a stranger's work."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from payments.database import Database
from security.audit import AuditKey, AuditRecord
from shop.app import create_shop
from shop.audit.actor import Actor
from shop.audit.log import Audit, KeyReplaced, read_rows
from shop.audit.words import NotForTheAudit, check_words
from shop.cli import main
from shop.context import Shop
from shop.settings import load
from shop.vault import Place, Purpose, UnnamedReader
from tests.environment import make_environ
from tests.security.cards import luhn_digit

STAFF = Actor("staff", "01kb3x9w2c8m5q7r4t6v0y1z3a")
ROWS = 12
KEY = make_environ("")["AUDIT_KEY"]
NEW_KEY = "another-audit-key-of-the-tests".ljust(40, "y")


@pytest.fixture
def shop(db: Database, database_url: str) -> Iterator[Shop]:
    parts = create_shop(load(make_environ(database_url)))
    yield parts
    parts.db.dispose()


@pytest.fixture
def rows(shop: Shop) -> Shop:
    """A shop whose chain has some rows."""
    write(shop.db, shop.audit, ROWS)
    return shop


def write(db: Database, audit: Audit, count: int, outcome: str = "done") -> None:
    for number in range(count):
        db.write(
            lambda session, number=number: audit.record(  # type: ignore[misc]  # bound for this round
                session,
                actor=STAFF,
                action="order.refund",
                subject=f"order/style/{number}",
                store_id="style",
                fields=("amount", "reason"),
                request_id=f"request-{number}",
                outcome=outcome,
            )
        )


def verify(url: str, *words: str, key: str = KEY) -> Result:
    result = CliRunner(env=make_environ(url, AUDIT_KEY=key)).invoke(main, ["audit", "verify", *words])
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def keep_head(url: str, path: Path, key: str = KEY) -> Path:
    """Add the present head to a file that stands for another host."""
    result = CliRunner(env=make_environ(url, AUDIT_KEY=key)).invoke(main, ["audit", "head"])
    assert result.exit_code == 0
    with path.open("a") as file:
        file.write(result.stdout)
    return path


def as_owner(db: Database, *statements: str) -> None:
    """What someone does who has every right on the database: first away with the triggers."""
    with db.migration_connection() as connection:
        _drop_triggers(connection)
        for statement in statements:
            connection.execute(text(statement))


def _drop_triggers(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("DROP FUNCTION IF EXISTS audit_entry_only_grows CASCADE"))
    else:
        for name in ("update", "delete"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS audit_entry_no_{name}"))


def test_a_row_keeps_what_was_said_and_the_next_follows_it(rows: Shop) -> None:
    kept = list(read_rows(rows.db))
    assert [row.record.number for row in kept] == list(range(1, ROWS + 1))
    record = kept[4].record
    assert (record.actor_kind, record.actor_id, record.action) == ("staff", STAFF.id, "order.refund")
    assert (record.subject, record.store_id, record.fields) == (
        "order/style/4",
        "style",
        ("amount", "reason"),
    )
    assert (record.request_id, record.outcome) == ("request-4", "done")
    assert abs((utcnow() - record.at).total_seconds()) < 60


def test_a_row_goes_with_its_transaction(rows: Shop) -> None:
    def work(session: Session) -> None:
        rows.audit.record(session, actor=STAFF, action="order.refund")
        raise RuntimeError("the business change failed")

    with pytest.raises(RuntimeError):
        rows.db.write(work)
    write(rows.db, rows.audit, 1)
    assert [row.record.number for row in read_rows(rows.db)] == list(range(1, ROWS + 2))


def test_the_database_itself_refuses_to_change_a_row(rows: Shop) -> None:
    statements = ["UPDATE audit_entry SET outcome = 'x'", "DELETE FROM audit_entry WHERE number = 3"]
    if not rows.db.is_sqlite:
        statements.append("TRUNCATE audit_entry")
    for statement in statements:
        with pytest.raises(DBAPIError, match="only grows"), rows.db.migration_connection() as connection:
            connection.execute(text(statement))
    assert len(list(read_rows(rows.db))) == ROWS


def test_whole_with_heads_is_0_and_without_them_2(rows: Shop, database_url: str, tmp_path: Path) -> None:
    alone = verify(database_url)
    assert alone.exit_code == 2
    assert "internally consistent only" in alone.stdout
    heads = keep_head(database_url, tmp_path / "heads")
    write(rows.db, rows.audit, 2)
    result = verify(database_url, "--heads", str(heads))
    assert (result.exit_code, "the 2 rows after it" in result.stdout) == (0, True)
    told = json.loads(verify(database_url, "--heads", str(heads), "--json").stdout)
    assert (told["status"], told["rows"], told["last_head"], told["fault"]) == (
        "agrees",
        ROWS + 2,
        ROWS,
        None,
    )


COPY = (
    "INSERT INTO audit_entry SELECT {}, at, actor_kind, actor_id, action, subject, store_id, fields,"
    " request_id, outcome, key_id, mac FROM audit_entry WHERE number = {}"
)
UPDATES = {
    "time": ("UPDATE audit_entry SET at = '2020-01-01 00:00:00.000000' WHERE number = 5", 5),
    "actor": ("UPDATE audit_entry SET actor_id = 'someone-else' WHERE number = 1", 1),
    "kind": ("UPDATE audit_entry SET actor_kind = 'system' WHERE number = 12", 12),
    "action": ("UPDATE audit_entry SET action = 'order.show' WHERE number = 7", 7),
    "subject": ("UPDATE audit_entry SET subject = 'order/style/x' WHERE number = 7", 7),
    "store": ("UPDATE audit_entry SET store_id = NULL WHERE number = 7", 7),
    "fields": ("UPDATE audit_entry SET fields = 'amount' WHERE number = 7", 7),
    "spaces": ("UPDATE audit_entry SET fields = 'amount  reason' WHERE number = 7", 7),
    "request": ("UPDATE audit_entry SET request_id = '-' WHERE number = 7", 7),
    "outcome": ("UPDATE audit_entry SET outcome = 'refused' WHERE number IN (7, 9)", 7),
    "mac": ("UPDATE audit_entry SET mac = replace(mac, substr(mac, 1, 1), 'g') WHERE number = 3", 3),
    "key": ("UPDATE audit_entry SET key_id = 'feedbeef' WHERE number = 4", 4),
    "middle": ("DELETE FROM audit_entry WHERE number BETWEEN 5 AND 6", 5),
    "first": ("DELETE FROM audit_entry WHERE number = 1", 1),
    "before the first": (COPY.format(0, 1), 0),
    "one more": (COPY.format(13, 12), 13),
}


@pytest.mark.parametrize("kind", UPDATES)
def test_whoever_has_every_right_on_the_database_but_no_key_is_found(
    rows: Shop, database_url: str, tmp_path: Path, kind: str
) -> None:
    heads = keep_head(database_url, tmp_path / "heads")
    statement, first = UPDATES[kind]
    as_owner(rows.db, statement)
    for words in ((), ("--heads", str(heads))):
        told = json.loads(verify(database_url, "--json", *words).stdout)
        assert (told["status"], told["fault"]["number"]) == ("finding", first)
    assert verify(database_url).exit_code == 1
    assert f"row {first}:" in verify(database_url).stdout


def test_two_rows_that_changed_places_are_found(rows: Shop, database_url: str) -> None:
    swap = "UPDATE audit_entry SET number = {} WHERE number = {}"
    as_owner(rows.db, swap.format(99, 4), swap.format(4, 8), swap.format(8, 99))
    assert "row 4:" in verify(database_url).stdout


def test_a_row_that_cannot_even_be_read_is_found(rows: Shop, database_url: str) -> None:
    value = "infinity" if not rows.db.is_sqlite else "yesterday"
    as_owner(rows.db, f"UPDATE audit_entry SET at = '{value}' WHERE number = 6")
    result = verify(database_url)
    assert result.exit_code == 1
    assert "row 6:" in result.stdout


@pytest.mark.parametrize("left", [0, 5])
def test_an_end_cut_off_is_found_by_a_head_that_was_kept(
    rows: Shop, database_url: str, tmp_path: Path, left: int
) -> None:
    heads = keep_head(database_url, tmp_path / "heads")
    as_owner(rows.db, f"DELETE FROM audit_entry WHERE number > {left}")
    assert verify(database_url).exit_code == 2, "without a head nothing shows, and nothing is called good"
    result = verify(database_url, "--heads", str(heads))
    assert (result.exit_code, f"row {left + 1}: missing" in result.stdout) == (1, True)


def rechain(db: Database, secret: str, change: Callable[[AuditRecord], AuditRecord]) -> None:
    """Write the whole chain anew with a key of one's own choice."""
    key, previous = AuditKey.of(secret), "0" * 64
    rows = list(read_rows(db))
    as_owner(db)
    for row in rows:
        record = change(row.record)
        previous = key.mac(record, previous)
        values = {"id": record.number, "actor": record.actor_id, "key": key.name, "mac": previous}
        with db.migration_connection() as connection:
            connection.execute(
                text(
                    "UPDATE audit_entry SET actor_id = :actor, key_id = :key, mac = :mac WHERE number = :id"
                ),
                values,
            )


def _blame(record: AuditRecord) -> AuditRecord:
    return replace(record, actor_id="another") if record.number == 8 else record


def test_a_chain_written_anew_with_a_wrong_key_is_found_alone(rows: Shop, database_url: str) -> None:
    rechain(rows.db, "a guess".ljust(40, "."), _blame)
    assert verify(database_url).exit_code == 1


def test_a_chain_written_anew_with_the_key_is_found_by_heads_alone(
    rows: Shop, database_url: str, tmp_path: Path
) -> None:
    heads = keep_head(database_url, tmp_path / "heads")
    rechain(rows.db, KEY, _blame)
    assert verify(database_url).exit_code == 2
    assert verify(database_url, "--heads", str(heads)).exit_code == 1
    forged = keep_head(database_url, tmp_path / "forged")
    assert verify(database_url, "--heads", str(forged)).exit_code == 0, "whoever holds heads decides"
    forged.write_text(heads.read_text() + forged.read_text())
    assert verify(database_url, "--heads", str(forged)).exit_code == 1


def test_a_forged_head_is_a_finding(rows: Shop, database_url: str, tmp_path: Path) -> None:
    heads = keep_head(database_url, tmp_path / "heads")
    heads.write_text(heads.read_text() + heads.read_text().replace('"number":12', '"number":11'))
    result = verify(database_url, "--heads", str(heads))
    assert (result.exit_code, "forged" in result.stdout) == (1, True)


UNREADABLE: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "a folder": lambda path: path.mkdir(),
    "empty": lambda path: path.write_text(""),
    "without a head": lambda path: path.write_bytes(b"nothing\n\xff\xfe here"),
    "half a head": lambda path: path.write_text('{"audit_head":1,"at":"2026'),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_heads_that_cannot_be_read_prove_nothing_and_say_so_in_one_line(
    rows: Shop, database_url: str, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "heads"
    UNREADABLE[kind](path)
    result = verify(database_url, "--heads", str(path))
    assert result.exit_code == 2
    assert len(result.stdout.splitlines()) == 1


def test_a_damaged_head_beside_good_ones_leaves_it_unproved(
    rows: Shop, database_url: str, tmp_path: Path
) -> None:
    heads = keep_head(database_url, tmp_path / "heads")
    heads.write_text(heads.read_text() + heads.read_text()[:100])
    assert verify(database_url, "--heads", str(heads)).exit_code == 2


def test_a_head_of_the_empty_chain_vouches_for_nothing(shop: Shop, database_url: str, tmp_path: Path) -> None:
    heads = keep_head(database_url, tmp_path / "heads")
    assert verify(database_url, "--heads", str(heads)).exit_code == 0
    write(shop.db, shop.audit, 1)
    assert verify(database_url, "--heads", str(heads)).exit_code == 2


def test_no_table_or_no_server_is_2_in_one_line(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path / 'empty.sqlite'}", "postgresql://127.0.0.1:9/none"):
        for command in ("verify", "head"):
            result = CliRunner(env=make_environ(url)).invoke(main, ["audit", command])
            assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)


def test_a_key_is_replaced_node_by_node_and_never_comes_back(
    rows: Shop, database_url: str, tmp_path: Path
) -> None:
    heads = keep_head(database_url, tmp_path / "heads")
    told, told_later, never_told = Audit([NEW_KEY, KEY]), Audit([KEY, NEW_KEY]), Audit([KEY])
    for audit in (told, told_later, told):
        write(rows.db, audit, 1)
    used = [row.key for row in read_rows(rows.db)][ROWS:]
    assert used == [AuditKey.of(NEW_KEY).name] * 3
    keep_head(database_url, heads, f"{NEW_KEY} {KEY}")
    assert verify(database_url, "--heads", str(heads), key=f"{NEW_KEY} {KEY}").exit_code == 0
    with pytest.raises(KeyReplaced):
        write(rows.db, never_told, 1)


def test_whoever_has_the_old_key_alone_adds_no_row(rows: Shop, database_url: str) -> None:
    write(rows.db, Audit([NEW_KEY, KEY]), 1)
    old = AuditKey.of(KEY)
    *_others, last = read_rows(rows.db)
    record = AuditRecord(**(vars(last.record) | {"number": ROWS + 2}))
    values = {"mac": old.mac(record, last.mac), "key": old.name}

    def forge(session: Session) -> None:
        columns = "at, actor_kind, actor_id, action, subject, store_id, fields, request_id, outcome"
        session.execute(
            text(
                f"INSERT INTO audit_entry (number, {columns}, key_id, mac)"
                f" SELECT number + 1, {columns}, :key, :mac FROM audit_entry WHERE number = {ROWS + 1}"
            ),
            values,
        )

    rows.db.write(forge)
    result = verify(database_url, key=f"{NEW_KEY} {KEY}")
    assert (result.exit_code, "replaced" in result.stdout) == (1, True)


@dataclass(frozen=True)
class Words:
    """What someone would like to have written down."""

    actor: Actor = STAFF
    action: str = "order.refund"
    subject: str = "order/style/1"
    fields: tuple[str, ...] = ()
    outcome: str = "done"
    store_id: str | None = None


PERSONAL = {
    "a mail address": Words(subject="customer/someone@example.jp"),
    "a name": Words(subject="customer/試験"),
    "a phone number": Words(subject="customer/0312345678"),
    "a phone number with dashes": Words(subject="customer/03-1234-5678"),
    "an address of the net": Words(subject="from/203.0.113.100"),
    "a phone number as an actor": Words(actor=Actor("shopper", "0312345678")),
    "a value in a field's place": Words(fields=("reason", "Not as ordered")),
    "a capital in an action": Words(action="Order.refund"),
    "an action without a dot": Words(action="refund"),
    "a sentence as an outcome": Words(outcome="it did not work"),
    "an over-long subject": Words(subject="a/" * 60 + "b"),
    "too many fields": Words(fields=tuple(f"field_{number}" for number in range(80))),
    "a line of its own": Words(subject="order/style/1\n"),
    "a store that is a sentence": Words(store_id="style and more"),
}


@pytest.mark.parametrize("kind", PERSONAL)
def test_what_looks_like_a_person_is_refused_without_repeating_it(kind: str) -> None:
    with pytest.raises(NotForTheAudit) as refused:
        check_words(**vars(PERSONAL[kind]))
    assert not any(word in str(refused.value) for word in ("0312345678", "example", "試験", "ordered"))


def test_a_card_number_never_gets_in(shop: Shop) -> None:
    body = "4" + "".join(secrets.choice("0123456789") for _digit in range(14))
    number = body + luhn_digit(body)
    dashed = "-".join((number[:4], number[4:8], number[8:12], number[12:]))
    for subject in (f"order/style/{number}", f"card:{number}", f"card_{number}", f"x.{dashed}", dashed):
        with pytest.raises(NotForTheAudit):
            check_words(**vars(Words(subject=subject)))
    with pytest.raises(NotForTheAudit):
        check_words(**vars(Words(actor=Actor("shopper", number))))
    shop.db.write(
        lambda session: shop.audit.record(session, actor=STAFF, action="order.show", request_id=number)
    )
    [row] = read_rows(shop.db)
    assert row.record.request_id == "-"


def test_ids_and_hashes_of_ours_are_never_refused() -> None:
    hashes = (f"{number:064x}" for number in range(10**63, 10**63 + 2000))
    for one in (*(new_id() for _ in range(2000)), *hashes):
        check_words(**vars(Words(subject=f"order/style/{one}", actor=Actor("staff", one[:40]))))


def test_staff_who_open_personal_data_are_written_down_before_they_see_it(shop: Shop) -> None:
    place = Place("style", "order", "contact", new_id())
    sealed = shop.vault.seal(place, "someone")
    seen = shop.vault.open_personal(
        place, sealed, purpose=Purpose.ORDER_DESK, request_id="request-1", reader=STAFF
    )
    assert seen == "someone"
    [row] = read_rows(shop.db)
    record = row.record
    assert (record.actor_id, record.action, record.fields) == (
        STAFF.id,
        "open.order_desk",
        ("order.contact",),
    )
    assert record.subject == f"order/style/{place.row_id}"
    shop.vault.open_personal(place, sealed, purpose=Purpose.ORDER_MAIL)
    assert len(list(read_rows(shop.db))) == 1, "what the system opens stays in the log"


def test_staff_without_a_name_or_with_a_purpose_of_others_see_nothing(shop: Shop) -> None:
    place = Place("style", "order", "contact", new_id())
    sealed = shop.vault.seal(place, "someone")
    for purpose, reader in (
        (Purpose.ORDER_DESK, None),
        (Purpose.ORDER_DESK, Actor("system", "worker")),
        (Purpose.ORDER_MAIL, STAFF),
    ):
        with pytest.raises(UnnamedReader):
            shop.vault.open_personal(place, sealed, purpose=purpose, reader=reader)


def test_nothing_is_seen_when_it_cannot_be_written_down(shop: Shop) -> None:
    place = Place("style", "order", "contact", new_id())
    sealed = shop.vault.seal(place, "someone")
    as_owner(shop.db, "DROP TABLE audit_entry")
    with pytest.raises(DBAPIError):
        shop.vault.open_personal(place, sealed, purpose=Purpose.ORDER_DESK, reader=STAFF)
