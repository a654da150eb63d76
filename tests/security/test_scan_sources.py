"""The scanner of other things than files: standard input, a process, a history, a database server."""

from __future__ import annotations

import gzip
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from security.scan import Scan

from .cards import grouped
from .scanned import CARD


def test_standard_input_is_read(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "security", "scan", "-"],
        input=gzip.compress(f"a {CARD}".encode()),
        capture_output=True,
        check=False,
    )

    assert done.returncode == 1
    assert b"-!gunzipped:1:3: card-number: visa, 16 digits, ends 7657" in done.stdout


def test_a_running_process_is_searched(tmp_path: Path) -> None:
    holds = "import sys; kept = sys.stdin.readline() * 2; print('ready', flush=True); sys.stdin.readline()"
    with subprocess.Popen(
        [sys.executable, "-c", holds], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"n={CARD}\n")
        process.stdin.flush()
        process.stdout.readline()
        scan = Scan()
        scan.process(process.pid)
        process.stdin.write("\n")
        process.stdin.close()

    assert CARD[-4:] in {each.last4 for each in scan.findings}
    assert scan.unreadable == []
    gone = Scan()
    gone.process(process.pid)
    assert gone.status == 2


def git(folder: Path, *arguments: str) -> None:
    named = ["-c", "user.name=t", "-c", "user.email=t@example.jp", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *named, "-C", str(folder), *arguments], check=True, capture_output=True)


def test_a_number_taken_out_again_is_still_in_the_history(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.txt").write_text(f"x {CARD}\n")
    git(tmp_path, "add", "a.txt")
    git(tmp_path, "commit", "-qm", "one")
    (tmp_path / "a.txt").write_text("x\n")
    git(tmp_path, "commit", "-qam", f"took {grouped(CARD, '-')} out")

    scan = Scan()
    scan.history(str(tmp_path))

    assert sorted(each.path.rpartition(":")[2] for each in scan.findings) == ["a.txt", "commit"]
    nothing = Scan()
    nothing.history(str(tmp_path / "nowhere"))
    assert nothing.status == 2


def test_so_is_one_in_a_name(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / f"card {CARD}").mkdir()
    (tmp_path / f"card {CARD}/a.txt").write_text("x\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")

    scan = Scan()
    scan.history(str(tmp_path))

    assert [(each.place, each.last4) for each in scan.findings] == [("name", CARD[-4:])]
    assert CARD not in scan.findings[0].path


@pytest.mark.postgres
def test_postgresql_is_read_by_a_cursor_of_the_server(postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA scanned")
        connection.execute("CREATE TABLE scanned.orders (id int, note text, number bigint, extra jsonb)")
        connection.execute(
            "INSERT INTO scanned.orders VALUES (1, 'x', 5, '{}'), (2, %s, %s, %s)",
            (grouped(CARD, " "), int(CARD), json.dumps({"n": CARD})),
        )

    scan = Scan()
    scan.run([postgres_url])

    places = {each.place for each in scan.findings if each.place.startswith("scanned")}
    assert places == {f"scanned.orders.{column}, row 2" for column in ("note", "number", "extra")}
    secret = Scan()
    secret.run(["postgresql://someone:secret@127.0.0.1:1/nothing"])
    assert secret.status == 2
    assert "secret" not in secret.unreadable[0]


@pytest.mark.postgres
def test_what_a_database_holds_beside_rows_is_read(postgres_url: str) -> None:
    packed = gzip.compress(f"card {CARD}".encode())
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA beside")
        connection.execute("CREATE TABLE beside.files (content bytea)")
        connection.execute("INSERT INTO beside.files VALUES (%s)", (packed,))
        connection.execute(f"COMMENT ON TABLE beside.files IS 'tried {CARD}'")
        connection.execute(f"CREATE VIEW beside.seen AS SELECT '{CARD}'::text AS x")
        connection.execute("SELECT lo_from_bytea(0, %s)", (f"card {CARD}".encode(),))

    scan = Scan()
    scan.run([postgres_url])

    places = {each.place.partition(" ")[0] for each in scan.findings if each.last4 == CARD[-4:]}
    assert places >= {"beside.files.content,", "comment", "view", "large"}


@pytest.mark.postgres
def test_rows_that_a_policy_hides_are_told(postgres_url: str) -> None:
    address = postgres_url.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA hidden")
        connection.execute("CREATE TABLE hidden.cards (number text)")
        connection.execute("INSERT INTO hidden.cards VALUES (%s)", (CARD,))
        connection.execute("ALTER TABLE hidden.cards ENABLE ROW LEVEL SECURITY")
        connection.execute("CREATE ROLE sees_none")
        connection.execute("GRANT USAGE ON SCHEMA hidden TO sees_none")
        connection.execute("GRANT SELECT ON hidden.cards TO sees_none")
        connection.execute("GRANT USAGE ON SCHEMA public TO sees_none")

    scan = Scan()
    scan.run([address + ("&" if "?" in address else "?") + "options=-c%20role%3Dsees_none"])

    assert scan.unreadable


def test_what_a_database_reckons_as_it_is_read_is_not_asked_for(tmp_path: Path) -> None:
    """It may take for ever. What it keeps is read, as integers too, which the bytes of the file do not show."""
    file, one_less = tmp_path / "rows.sqlite", int(CARD) - 1
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute(
            f"CREATE TABLE t(a, reckoned AS ({one_less} + a), kept INTEGER AS ({one_less} + a) STORED)"
        )
        database.execute("INSERT INTO t(a) VALUES (1)")
    scan = Scan()
    scan.run([str(file)])
    assert scan.unreadable == []
    assert [finding.place for finding in scan.findings] == ["t.kept, row 1"]
