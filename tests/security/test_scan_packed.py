"""The file scanner: other encodings, databases, archives, mails and packed values are taken apart."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import pickle
import sqlite3
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import msgpack
import pytest

from .cards import grouped, in_digits
from .scanned import CARD, only, scanned


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
