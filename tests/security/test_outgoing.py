"""The guards before the ways out: mail, HTTP, reports of errors, databases."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import sqlite3
import threading
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import psycopg.sql
import pytest
from sqlalchemy import create_engine, text

from security import database
from security.database import GuardedConnection, guard_engine, require_clean_statement
from security.outgoing import before_send, guarded_http, require_clean_message, require_clean_request
from security.refused import CardNumberRefused, require_clean

from .cards import grouped, in_base64

CARD = "4242424242424242"
JAN = "4901234567894"


def mail(subject: str = "Thanks", body: str = f"JAN {JAN}", attached: bytes = b"a") -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["To"] = subject, "a@example.jp"
    message.set_content(body)
    message.add_attachment(attached, maintype="text", subtype="csv", filename="a.csv")
    return message


def test_a_mail_without_a_card_passes() -> None:
    require_clean_message(mail())


@pytest.mark.parametrize(
    ("message", "place"),
    [
        (mail(subject=f"order {CARD}"), "mail header Subject"),
        (mail(body=f"カード {grouped(CARD, ' ')}"), "mail, text/plain"),
        (mail(attached=f"1,{CARD}".encode()), "mail, text/csv"),
    ],
)
def test_a_mail_with_a_card_is_refused_and_the_error_holds_nothing(message: EmailMessage, place: str) -> None:
    with pytest.raises(CardNumberRefused) as caught:
        require_clean_message(message)

    assert caught.value.place == place
    assert CARD not in str(caught.value) + repr(caught.value.args)


@pytest.mark.parametrize(
    ("target", "headers", "body"),
    [
        (f"/?n={CARD}", {}, None),
        ("/", {"X-Note": in_base64(f"n={CARD}")}, None),
        ("/", {"Content-Type": "application/json"}, json.dumps({"n": int(CARD)}).encode()),
    ],
)
def test_a_request_with_a_card_is_refused(
    target: str, headers: dict[str, object], body: bytes | None
) -> None:
    with pytest.raises(CardNumberRefused):
        require_clean_request("other.example", target, headers, body)


class Receiver(BaseHTTPRequestHandler):
    bodies: list[bytes] = []  # noqa: RUF012  (one server, one list)

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's name)
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    Receiver.bodies.clear()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def post(port: int, path: str, body: bytes, host: str = "127.0.0.1") -> None:
    urllib.request.urlopen(
        urllib.request.Request(f"http://{host}:{port}{path}", data=body), timeout=240
    ).close()


def test_no_card_leaves_by_http_but_to_the_provider(port: int) -> None:
    with guarded_http(frozenset(["localhost"])):
        post(port, "/", b"fine")
        for path, body in ((f"/{CARD}", b"x"), ("/", CARD.encode()), ("/", in_base64(f"n {CARD}").encode())):
            with pytest.raises(CardNumberRefused):
                post(port, path, body)
        post(port, "/", CARD.encode(), host="localhost")
    original = http.client.HTTPConnection.send

    # Of a request that was refused the head may have left already, of its body nothing.
    assert [body for body in Receiver.bodies if body] == [b"fine", CARD.encode()]
    assert original.__name__ == "send"


def test_a_body_sent_in_pieces_hides_no_number(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=240)
    pieces = iter([CARD[:7].encode(), CARD[7:].encode()])
    with guarded_http(frozenset()), closing(connection), pytest.raises(CardNumberRefused):
        connection.request("POST", "/", body=pieces, headers={"Content-Length": "16"})

    assert CARD[7:].encode() not in b"".join(Receiver.bodies)


def test_a_report_is_cleaned_and_nothing_else_of_it_changed() -> None:
    event = {
        "exception": {"values": [{"value": f"bad {CARD}", "vars": {"number": int(CARD), "n": 3}}]},
        "request": {"data": {"card_number": "x", "cvc": "123", "note": grouped(CARD, "-")}, CARD: 1.5},
        "extra": [b"a", None, True, in_base64(f"n {CARD} n")],
    }

    cleaned = before_send(event)

    shown = json.dumps(cleaned)
    assert CARD not in shown
    assert grouped(CARD, "-") not in shown
    assert in_base64(f"n {CARD} n") not in shown
    assert cleaned["request"]["data"]["cvc"] == cleaned["request"]["data"]["card_number"] == "[withheld]"
    assert cleaned["exception"]["values"][0]["vars"]["n"] == 3
    assert event["request"]["data"]["cvc"] == "123"  # type: ignore[index]  # what came in stays


def test_a_report_that_holds_itself_ends() -> None:
    event: dict[str, Any] = {}
    event["self"] = event

    assert "withheld" in json.dumps(before_send(event))


def test_sqlalchemy_writes_no_card() -> None:
    engine = create_engine("sqlite://")
    release = guard_engine(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a TEXT, n INTEGER)"))
        connection.execute(text("INSERT INTO t VALUES (:a, :n)"), [{"a": JAN, "n": 1}, {"a": "x", "n": 2}])
        for sql, values in (
            ("INSERT INTO t VALUES (:a, 1)", {"a": grouped(CARD, " ")}),
            ("INSERT INTO t VALUES ('x', :n)", {"n": int(CARD)}),
            (f"INSERT INTO t VALUES ('{CARD}', 1)", {}),
        ):
            with pytest.raises(CardNumberRefused):
                connection.execute(text(sql), values)
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 2
    release()
    with engine.begin() as connection:
        connection.execute(text("SELECT :a"), {"a": CARD})
    engine.dispose()


def test_a_guarded_connection_writes_no_card() -> None:
    with closing(sqlite3.connect(":memory:")) as raw:
        connection = GuardedConnection(raw)
        connection.execute("CREATE TABLE t (a)")
        cursor = connection.cursor()
        cursor.executemany("INSERT INTO t VALUES (?)", [("a",), (5,)])
        with pytest.raises(CardNumberRefused):
            cursor.executemany("INSERT INTO t VALUES (?)", [("b",), (CARD,)])
        with pytest.raises(CardNumberRefused):
            cursor.execute("INSERT INTO t VALUES (?)", (CARD.encode(),))
        with pytest.raises(CardNumberRefused):
            connection.execute("SELECT ?", (CARD,))
        cursor.execute("SELECT a FROM t")

        assert [row[0] for row in cursor] == ["a", 5]
        assert connection.in_transaction is True


WRITES: dict[str, Callable[[GuardedConnection], object]] = {
    "connection, many": lambda it: it.executemany("INSERT INTO t VALUES (?)", [("b",), (CARD,)]),
    "connection, script": lambda it: it.executescript(f"INSERT INTO t VALUES ('{CARD}');"),
    "cursor, script": lambda it: it.cursor().executescript(f"INSERT INTO t VALUES ('{CARD}');"),
    "cursor that a statement gave": lambda it: it.execute("SELECT 1").execute(
        "INSERT INTO t VALUES (?)", (CARD,)
    ),
    "cursor that its own gave": lambda it: (
        it.cursor().execute("SELECT 1").execute("INSERT INTO t VALUES (?)", (CARD,))
    ),
    "by name": lambda it: it.execute("INSERT INTO t VALUES (:a)", {"a": CARD}),
    "in a block": lambda it: entered(it).execute("INSERT INTO t VALUES (?)", (CARD,)),
    "procedure": lambda it: it.cursor().callproc("note", (CARD,)),
    "row by row": lambda it: it.cursor().stream("INSERT INTO t VALUES (%s) RETURNING a", (CARD,)),
    "named argument": lambda it: it.cursor().execute("INSERT INTO t VALUES (%s)", params=[CARD]),
    "composed": lambda it: it.execute(psycopg.sql.SQL("INSERT INTO t VALUES ({})").format(CARD)),
}


def entered(connection: GuardedConnection) -> GuardedConnection:
    with connection as same:
        return same


@pytest.mark.parametrize("name", WRITES)
def test_no_way_of_a_guarded_connection_writes_a_card(name: str) -> None:
    with closing(sqlite3.connect(":memory:")) as raw:
        raw.execute("CREATE TABLE t (a)")
        with pytest.raises(CardNumberRefused):
            WRITES[name](GuardedConnection(raw))

        assert raw.execute("SELECT count(*) FROM t").fetchone() == (0,)


@pytest.mark.parametrize("way", ["blobopen", "copy", "copy_expert", "copy_from", "lobject"])
def test_a_way_that_nobody_judges_is_closed(way: str) -> None:
    with closing(sqlite3.connect(":memory:")) as raw:
        for guarded in (GuardedConnection(raw), GuardedConnection(raw).cursor()):
            with pytest.raises(NotImplementedError, match=way):
                getattr(guarded, way)


def test_all_else_is_the_connection_s_own() -> None:
    with closing(sqlite3.connect(":memory:")) as raw:
        connection = GuardedConnection(raw)
        connection.row_factory = sqlite3.Row
        with connection:
            connection.executescript("CREATE TABLE t (a); INSERT INTO t VALUES ('50%');")
        cursor = connection.execute("SELECT a FROM t WHERE a LIKE '5%'")

        assert raw.row_factory is sqlite3.Row
        assert next(cursor)["a"] == "50%"
        assert list(cursor) == []
        with pytest.raises(sqlite3.OperationalError):
            connection.execute("SELECT nothing FROM t")


def test_a_driver_gets_no_arguments_that_were_not_given() -> None:
    given: list[object] = []

    class Driver:
        def execute(self, *arguments: object) -> None:
            given.append(arguments)

    GuardedConnection(Driver()).execute(
        "SELECT 'a%'"
    )  # with an empty tuple psycopg would read a placeholder here

    assert given == [("SELECT 'a%'",)]


def test_what_was_refused_is_refused_again_and_what_was_clean_is_judged_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged: list[object] = []

    def judge(value: object, place: str, content_type: str = "") -> None:
        judged.append(value)
        require_clean(value, place, content_type)

    monkeypatch.setattr(database, "require_clean", judge)
    at, own = dt.datetime(2026, 11, 26, tzinfo=dt.UTC), f"an id {uuid.uuid4().hex[:8]}x"
    for _ in range(2):
        require_clean_statement("INSERT INTO u VALUES (?, ?)", (own, at))
        with pytest.raises(CardNumberRefused):
            require_clean_statement("INSERT INTO u VALUES (?)", (CARD,))

    assert [judged.count(value) for value in (own, at, CARD)] == [1, 0, 2]
