"""The file scanner: what it finds, where it says it is, and that it never passes over what it cannot read."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import sqlite3
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import msgpack
import psycopg
import pytest

from security import pan
from security.__main__ import main
from security.scan import Finding, Scan

from .cards import grouped, in_digits, luhn_digit

# Not published by anyone: made up here, digit by digit.
CARD = "455612340098765" + luhn_digit("455612340098765")
PUBLISHED = "4242424242424242"


def scanned(path: Path, **options: list[str]) -> Scan:
    scan = Scan(**options)  # type: ignore[arg-type]  # lists of globs
    scan.run([str(path)])
    return scan


def only(scan: Scan) -> Finding:
    (finding,) = scan.findings
    return finding


def test_a_clean_tree_is_clean(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("JAN 4901234567894, 03-1234-5678\n")
    (tmp_path / "b.bin").write_bytes(bytes(range(256)) * 100)

    scan = scanned(tmp_path)

    assert (scan.status, scan.findings, scan.unreadable, scan.files) == (0, [], [], 2)


def test_line_and_column_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(f"one\n二つ {grouped(CARD, ' ')} end\n")

    finding = only(scanned(tmp_path))

    assert (finding.place, finding.line, finding.length, finding.issuer) == ("2:4", 2, 16, "visa")
    assert finding.last4 == CARD[-4:]
    assert CARD not in str(finding)


@pytest.mark.parametrize("before", [0, 1, 600, (1 << 20) - 10, (1 << 20) - 1, 1 << 20, (2 << 20) + 5])
def test_a_window_border_hides_nothing(before: int, tmp_path: Path) -> None:
    (tmp_path / "line.txt").write_text("x" * before + " " + CARD)
    (tmp_path / "lines.txt").write_text("abc\n" * (before // 4) + "-" * (before % 4) + " " + CARD)
    (tmp_path / "binary").write_bytes(b"\0" + b"\x01" * before + CARD.encode() + b"\x01" * 700)

    places = {Path(each.path).name: each.place for each in scanned(tmp_path).findings}

    assert places == {
        "line.txt": f"1:{before + 2}",
        "lines.txt": f"{before // 4 + 1}:{before % 4 + 2}",
        "binary": f"byte {before + 1}",
    }


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (base64.b64encode(f'{{"n":"{CARD}"}}'.encode()).decode(), "base64"),
        (CARD.encode().hex(), "hex"),
        ("n=" + "".join(f"%{ord(c):02x}" for c in CARD), "url"),
        ("n=" + "".join(f"\\u{ord(c):04x}" for c in CARD), "escapes"),
        (grouped(CARD, "%20"), "url"),
    ],
)
def test_encoded_numbers_are_found(text: str, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"first\n{text}\n")

    finding = only(scanned(tmp_path))

    assert (finding.encoding, finding.line) == (encoding, 2)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp932", "euc_jp"])
def test_other_encodings_are_read(codec: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"card number: {grouped(CARD, '-')}\n" * 3, encoding=codec)

    assert len(scanned(tmp_path).findings) == 3


def test_full_width_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(in_digits(CARD, "０１２３４５６７８９"))

    assert only(scanned(tmp_path)).last4 == CARD[-4:]


def test_archives_are_opened(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("deep/a.csv", f"id,no\n1,{CARD}\n")
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.zip", inner.getvalue())
    (tmp_path / "c.log.gz").write_bytes(gzip.compress(f"x {CARD}".encode()))

    findings = scanned(tmp_path).findings

    assert [each.path.removeprefix(f"{tmp_path}/") for each in findings] == [
        "b.zip!inner.zip!deep/a.csv",
        "c.log.gz!gunzipped",
    ]
    assert findings[0].place == "2:3"


def test_databases_tell_table_column_and_row(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT, number INTEGER)")
    database.execute("INSERT INTO orders VALUES (1, 'ok', 5), (2, ?, NULL), (3, '', ?)", (CARD, int(CARD)))
    database.commit()
    database.close()

    places = [each.place for each in scanned(path).findings]

    assert "orders.note, row 2" in places
    assert "orders.number, row 3" in places


def _database(folder: Path, *values: object) -> bytes:
    file = folder / "made.db"
    rows = sqlite3.connect(file)
    rows.execute("CREATE TABLE t (v)")
    rows.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])
    rows.commit()
    rows.close()
    data = file.read_bytes()
    file.unlink()
    return data


def test_a_database_in_an_archive_tells_table_column_and_row(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("shop.db", _database(tmp_path, "none", int(CARD)))

    finding = only(scanned(tmp_path))

    assert (finding.path, finding.place) == (f"{tmp_path}/a.zip!shop.db", "t.v, row 2")


def test_a_value_of_bytes_is_taken_apart(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(_database(tmp_path, gzip.compress(f"n={CARD}".encode(), mtime=0)))

    assert only(scanned(tmp_path)).place == "t.v, row 1"


@pytest.mark.parametrize(
    "pack",
    [pickle.dumps, lambda value: msgpack.packb(value), lambda value: zlib.compress(repr(value).encode())],
)
def test_a_file_that_is_one_packed_value_is_taken_apart(
    pack: Callable[[object], bytes], tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(pack({"n": int(CARD)}))

    assert "unpacked" in {each.place for each in scanned(tmp_path).findings}


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-32"])
@pytest.mark.parametrize("digits", ["0123456789", "０１２３４５６７８９"])
def test_wide_text_without_a_mark_is_read(codec: str, digits: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(f"番号は{in_digits(CARD, digits)}です\n".encode(codec))

    assert only(scanned(tmp_path)).last4 == CARD[-4:]


def test_wide_text_is_never_held_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(("line\n" * 2_000_000 + CARD).encode("utf-16"))

    tracemalloc.start()
    scan = scanned(tmp_path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert only(scan).place == "2000001:1"
    assert most < 12 << 20


def test_plain_text_behind_integers_that_look_wide_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(struct.pack("<2100I", *range(1000, 3100)) + f"\n{CARD}\n".encode())

    assert only(scanned(tmp_path)).place == "byte 8401"


def test_a_table_holds_no_cards_and_a_list_of_cards_does(tmp_path: Path) -> None:
    card = grouped(CARD, " ")
    rows = [
        f"{1000 + at * 7} {2000 + at * 31} {3000 + at * 17} 5{at:03} 6{at:03} 7{at:03}" for at in range(9)
    ]
    (tmp_path / "table").write_text("\n".join([*rows, f"1234 5678 {card}", *rows]))
    assert scanned(tmp_path / "table").findings == []

    (tmp_path / "list").write_text("\n".join([card] * 5))
    assert len(scanned(tmp_path / "list").findings) == 5


def test_ids_and_orders_in_a_log_are_no_cards(tmp_path: Path) -> None:
    long = "62123456789012345" + "0"
    long += luhn_digit(long)
    (tmp_path / "a.log").write_text(
        json.dumps({"span_id": long, "tracking_number": CARD}) + f"\n{{'traceId': '{long}'}}\nOrder #{CARD}\n"
    )

    assert scanned(tmp_path).findings == []


def test_a_deleted_row_is_still_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    database = sqlite3.connect(path)
    database.execute("PRAGMA secure_delete = OFF")
    database.execute("CREATE TABLE orders (note TEXT)")
    database.execute("INSERT INTO orders VALUES (?)", (CARD,))
    database.commit()
    database.execute("DELETE FROM orders")
    database.commit()
    database.close()

    assert only(scanned(path)).place.startswith("byte ")


def test_published_test_numbers_have_a_rule_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "a.py").write_text(f"A = '{PUBLISHED}'\n")
    (tmp_path / "tests" / "b.py").write_text(f"B = '{CARD}'\n")

    strict = scanned(tmp_path)
    lenient = scanned(tmp_path, allow_test_numbers=["*/tests/*"])

    assert [each.rule for each in strict.findings] == ["test-number", "card-number"]
    assert [each.rule for each in lenient.findings] == ["card-number"]


def test_excluded_paths_are_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(CARD)

    assert scanned(tmp_path, exclude=["*/a.txt"]).files == 0


def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.txt").write_text(CARD)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out")
    (tmp_path / "in" / "file").symlink_to(tmp_path / "out" / "a.txt")

    assert scanned(tmp_path / "in").files == 0


def broken_gzip(folder: Path) -> Path:
    path = folder / "a.gz"
    path.write_bytes(gzip.compress(b"x" * 10_000)[:-20])
    return path


def encrypted_zip(folder: Path) -> Path:
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "x")
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    return path


def broken_database(folder: Path) -> Path:
    path = folder / "a.db"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    return path


def missing(folder: Path) -> Path:
    return folder / "nothing"


@pytest.mark.parametrize("make", [broken_gzip, encrypted_zip, broken_database, missing])
def test_what_cannot_be_read_is_said(
    make: Callable[[Path], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make(tmp_path)

    status = main(["scan", str(path)])

    assert status == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert str(path) in line


def test_a_file_that_refuses_to_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "a.txt").chmod(0)
    # Permissions do not stop root; the first page of a process's memory stops everybody.
    path = Path("/proc/self/mem") if os.geteuid() == 0 else tmp_path

    assert scanned(path).status == 2


@pytest.mark.parametrize("kind", ["text", "json", "sarif"])
def test_reports_never_hold_the_number(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text(f"{CARD}\n{CARD.encode().hex()}\n")

    status = main(["scan", str(tmp_path), "--format", kind])
    output = capsys.readouterr()

    assert status == 1
    assert CARD not in output.out + output.err
    assert pan.find(output.out) == []
    assert CARD[-4:] in output.out


def test_json_and_sarif_are_well_formed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text(f"\n{CARD}\n")

    main(["scan", str(tmp_path), "--format", "json"])
    as_json = json.loads(capsys.readouterr().out)
    main(["scan", str(tmp_path), "--format", "sarif"])
    (run,) = json.loads(capsys.readouterr().out)["runs"]

    assert (as_json["status"], as_json["findings"][0]["place"]) == (1, "2:1")
    (result,) = run["results"]
    assert result["ruleId"] == "card-number"
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 2}


def bzip2(text: str) -> bytes:
    return bz2.compress(text.encode())


def tarred(text: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("logs/a.log")
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text.encode()))
    return packed.getvalue()


def mailed(text: str) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "x", "a@example.jp", "b@example.jp"
    message.set_content("see attachment")
    message.add_attachment(text.encode(), maintype="application", subtype="octet-stream", filename="a.csv")
    return message.as_bytes()


def mailbox(text: str) -> bytes:
    return (
        b"From a@example.jp Mon Nov 23 04:53:12 2026\n"
        + mailed("nothing")
        + b"\n\nFrom b@c Mon Nov 23 04:53:12 2026\n"
        + mailed(text)
    )


@pytest.mark.parametrize("pack", [bzip2, tarred, mailed, mailbox, lambda text: lzma.compress(text.encode())])
def test_what_is_packed_is_opened(pack: Callable[[str], bytes], tmp_path: Path) -> None:
    (tmp_path / "packed").write_bytes(pack(f"one\ntwo {grouped(CARD, ' ')}\n"))
    (tmp_path / "clean").write_bytes(pack("one\ntwo\n"))

    finding = only(scanned(tmp_path))

    assert (finding.path.partition("!")[0], finding.place) == (str(tmp_path / "packed"), "2:5")


@pytest.mark.parametrize("head", [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x01\x00", b"\x28\xb5\x2f\xfd"])
def test_an_archive_of_a_kind_that_is_not_read_is_said(head: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(head + bytes(100))

    assert scanned(tmp_path).status == 2


def test_the_name_of_a_file_is_looked_at_and_not_repeated(tmp_path: Path) -> None:
    (tmp_path / f"{CARD}.txt").write_text(CARD)

    scan = scanned(tmp_path)

    assert [each.place for each in scan.findings] == ["name", "1:1"]
    assert all(CARD not in str(each) for each in scan.findings)


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


BASELINE = """
[[accepted]]
path = "*/a.txt"
rule = "card-number"
owner = "someone"
reason = "made up"
expires = {expires}
"""


def test_the_baseline_leaves_out_what_is_answered_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text(CARD)
    (tmp_path / "baseline.toml").write_text(BASELINE.format(expires="2999-01-01"))
    new_only = ["scan", str(tmp_path), "--new-only", "--baseline", str(tmp_path / "baseline.toml")]

    assert main(["scan", str(tmp_path)]) == 1
    assert main(new_only) == 0
    (tmp_path / "b.txt").write_text(CARD)
    assert main(new_only) == 1
    capsys.readouterr()


@pytest.mark.parametrize(
    "text",
    [
        BASELINE.format(expires="2026-01-01"),
        BASELINE.replace('owner = "someone"', ""),
        BASELINE.format(expires='"soon"'),
        "accepted = 1",
        "[",
    ],
)
def test_a_baseline_that_ended_or_is_not_whole_is_refused_in_a_line(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "baseline.toml").write_text(text.replace("{expires}", "2999-01-01"))

    assert main(["scan", str(tmp_path), "--new-only", "--baseline", str(tmp_path / "baseline.toml")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_nothing_to_scan_is_no_clean_scan(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan"]) == 2
    assert "nothing to scan" in capsys.readouterr().err


def test_fingerprints_stay_when_lines_are_added_above(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{CARD}\n")
    before = only(scanned(tmp_path)).fingerprint
    (tmp_path / "a.txt").write_text(f"more\nlines\n{CARD}\n")

    assert only(scanned(tmp_path)).fingerprint == before


def test_too_much_to_decode_is_said(tmp_path: Path) -> None:
    nested = base64.b64encode(f"x {CARD} ".encode()).decode()
    for _ in range(8):
        nested = base64.b64encode(f"x {nested} ".encode()).decode()
    (tmp_path / "a.txt").write_text(nested)

    scan = scanned(tmp_path)

    assert scan.status == 2
    assert "more encoded data" in scan.unreadable[0]


def test_the_command_ends_with_its_status(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(CARD)

    done = subprocess.run(
        [sys.executable, "-m", "security", "scan", str(tmp_path)], capture_output=True, check=False
    )

    assert done.returncode == 1
    assert CARD.encode() not in done.stdout + done.stderr
