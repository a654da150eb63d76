"""Kinds of files that are recognised and not taken apart: told as not read, and ordinary texts are none of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from security.scan import Scan

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
