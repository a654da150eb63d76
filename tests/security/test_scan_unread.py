"""Kinds of files that are recognised and not taken apart: told as not read, and ordinary texts are none of them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from security.scan import Scan

from .scanned import CARD

REST = bytes(range(256)) * 40

MARKED = {
    "PST": b"!BDN" + REST,
    "KeePass": b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5" + REST,
    "LZFSE": b"bvx2" + REST,
    "Firefox": b"mozLz40\0" + REST,
    "StuffIt": b"StuffIt (c)1997-2002" + REST,
    "DjVu": b"AT&TFORM" + REST,
    "CHM": b"ITSF\x03\0\0\0" + REST,
    "LHA": b"\x24\xb7-lh5-" + REST,
    "LHA of the first kind": b"\x24\xb7-lh0-" + REST,
    "ARJ": b"\x60\xea\x2b\0\x22\x0b\1\2" + REST,
    "ACE": b"\x31\x2a\x1f\0\0\0\x90**ACE**" + REST,
    "zoo": b"ZOO 2.10 Archive.\x1a\0\0\xdc\xa7\xc4\xfd" + REST,
    "disk image of Apple's": REST + b"koly\0\0\0\4" + b"\0" * 504,
    "disk image of QEMU's": b"QFI\xfb\0\0\0\3" + REST,
    "Access": b"\0\1\0\0Standard ACE DB\0" + REST,
    "DuckDB": b"\0" * 8 + b"DUCK" + b"\x40" + b"\0" * 7 + REST,
    "OpenPGP, to a key": b"\x84\x8c\x03" + b"\x11" * 8 + b"\x01" + REST,
    "OpenPGP, of a longer packet": b"\x85\x01\x0c\x03" + b"\x11" * 8 + b"\x01" + REST,
    "OpenPGP, by a password": b"\x8c\x0d\x04\x09\x03\x02" + REST,
    "LevelDB": REST + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb",
    "InnoDB": b"\1\2\3\4\0\0\0\0" + b"\0" * 16 + b"\0\x08" + b"\0" * 8 + b"\0\0\0\7" * 2 + REST,
    "InnoDB's log": b"Phys" + b"\0" * 508 + REST,
    "PostgreSQL's table": b"\0" * 12 + b"\x20\0\0\x1f\0\x20\x04\x20" + b"\0" * 8172,
    "Redis": b"REDIS0011" + REST,
    "LMDB": b"\0" * 16 + b"\xde\xc0\xef\xbe" + REST,
    "GNU dbm": b"\xcf\x9a\x57\x13" + REST,
    "NumPy's integers": b"\x93NUMPY\1\0\x76\0{'descr': '<i8', 'fortran_order': False}\n" + REST,
    "disk image of Hyper-V's": b"vhdxfile" + REST,
    "disk image of Virtual PC's": b"conectix" + REST,
    "disk image of VMware's": b"KDMV\1\0\0\0" + REST,
    "disk image of VirtualBox's": b"<<< an image >>>\n".ljust(64, b"\0") + b"\x7f\x10\xda\xbe" + REST,
    "Arrow's stream": b"\xff\xff\xff\xff\x78\0\0\0\x10\0\0\0" + REST,
    "Smile": b":)\n\1\xfa" + REST,
    "yEnc": b"=ybegin line=128 size=9 name=a\r\n" + REST,
    "Java's numbers": b"\xac\xed\0\x05sr\0\1A\0\0\0\0\0\0\0\0\2\0\1J\0\3panxp" + REST,
    "Storable": b"pst0\x04\x0b\x0812345678" + REST,
    "MATLAB": b"MATLAB 5.0 MAT-file" + REST,
    "Stata": b"<stata_dta><header>" + REST,
    "SPSS": b"$FL2@(#) SPSS" + REST,
    "SAS": b"\0" * 12 + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf" + REST,
    "R": b"X\n\0\0\0\3\0\4\2\1" + REST,
    "a heap dump of Java": b"JAVA PROFILE 1.0.2\0" + REST,
    "MySQL's log": b"\xfebin" + REST,
    "H2": b"H:2,block:1,\n" + REST,
    "SQLite's log alone": b"\x37\x7f\x06\x82" + REST,
    "an answer packed by Brotli": b"\5\0\0HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n" + REST,
    "Zstandard within": b"\0" * 61 + b"\x28\xb5\x2f\xfd\x24\x10" + b"\x81\0\0" + REST[:16] + b"\0" * 4,
    "LZ4 within": b"\0" * 61 + b"\x04\x22\x4d\x18\x64\x40\xa7" + b"\x10\0\0\0" + REST,
    "PostgreSQL's log": b"\x10\xd1\x06\0" + b"\0" * 28 + b"\0\0\0\1\0\x20\0\0" + REST,
}


@pytest.mark.parametrize("kind", MARKED)
def test_it_is_told_as_not_read(tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").write_bytes(MARKED[kind])

    scan = Scan()
    scan.run([str(tmp_path)])

    assert scan.status == 2
    assert len(scan.unreadable) == 1
    assert "not read" in scan.unreadable[0]


@pytest.mark.parametrize(
    "text", ["bvx2 is a mark", "xy-lh5- in a text", "ZPAQ is older", "SIT! said she", "Phys. Rev."]
)
def test_a_text_that_begins_so_is_none_of_them(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text * 100)

    scan = Scan()
    scan.run([str(tmp_path)])

    assert scan.status == 0


@pytest.mark.parametrize(
    "data",
    [
        b"\0\x28\xb5\x2f\xfd\x0f\x84" + REST,  # a program that reads the format asks for its mark
        b"\0\x28\xb5\x2f\xfd\x24\x10\xff\xff\xff" + REST,  # a block larger than any
        b"\0\x04\x22\x4d\x18\x75\x0c" + REST,
        b"We send Content-Encoding: br\n",
        b"=ybegin is how it begins\n"[1:],
    ],
)
def test_a_mark_alone_is_no_frame(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)

    scan = Scan()
    scan.run([str(tmp_path)])

    assert scan.unreadable == []


def test_a_log_beside_its_database_is_read_with_it(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "shop.db")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE cards (number)")
    database.execute("INSERT INTO cards VALUES (?)", [int(CARD)])
    database.commit()

    scan = Scan()
    scan.run([str(tmp_path)])
    database.close()

    assert scan.unreadable == []
    assert [each.last4 for each in scan.findings] == [CARD[-4:]]


@pytest.mark.parametrize("name", ["a.br", "a.snappy", "a.lz4"])
def test_the_name_tells_what_nothing_marks(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x1b\xff" + REST)
    (tmp_path / f"text.{name}").write_text("a note")

    scan = Scan()
    scan.run([str(tmp_path)])

    assert len(scan.unreadable) == 1
    assert "by its name" in scan.unreadable[0]
