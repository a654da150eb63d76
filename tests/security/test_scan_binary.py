"""The file scanner: numbers in the bytes of binary formats, by the length said before them, or as integers of BSON."""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from security.scan import Scan
from security.scanner import bson_numbers

from .scanned import CARD, only

SIZE = len(CARD)
COUNTED = {
    "Java": (b"\xac\xed\0\5t\0" + bytes([SIZE]), b"t\0\4next"),
    "a class of Java": (b"\xca\xfe\xba\xbe\1\0" + bytes([SIZE]), b"a\0\4Code"),
    "pickle's old kind": (b"}q\0U\4cardq\1X" + bytes([SIZE]) + b"\0\0\0", b"q\2s."),
    "PostgreSQL": (b"\0\1\2HANAKO" + bytes([2 * SIZE + 3]), b"\x0b1229"),
    "MessagePack": (b"\0\xa4card" + bytes([0xA0 | SIZE]), b"abc"),
}


def scanned(path: Path, content: bytes) -> Scan:
    (path / "file").write_bytes(content)
    scan = Scan()
    scan.run([str(path)])
    return scan


@pytest.mark.parametrize("kind", COUNTED)
def test_the_length_before_it_sets_a_number_apart(tmp_path: Path, kind: str) -> None:
    before, behind = COUNTED[kind]
    prefix = b"\0\1" * 40 + before

    found = only(scanned(tmp_path, prefix + CARD.encode() + behind + b"\0" * 9))

    assert (found.last4, found.place) == (CARD[-4:], f"byte {len(prefix)}")


def test_a_length_that_does_not_fit_sets_nothing_apart(tmp_path: Path) -> None:
    assert scanned(tmp_path, b"\0\1t\0\x0b" + CARD.encode() + b"t\0").findings == []


def document(name: str, kind: bytes, value: bytes) -> bytes:
    elements = b"\x07_id\0" + bytes(range(12)) + kind + name.encode() + b"\0" + value + b"\0"
    return struct.pack("<i", len(elements) + 4) + elements


@pytest.mark.parametrize(
    ("kind", "value"), [(b"\x12", struct.pack("<q", int(CARD))), (b"\x01", struct.pack("<d", int(CARD)))]
)
def test_integers_of_each_document_of_a_dump_are_read(tmp_path: Path, kind: bytes, value: bytes) -> None:
    first, last = document("n", b"\x10", b"\1\0\0\0"), document("paid", kind, value)

    assert only(scanned(tmp_path, first * 3 + last + first)).last4 == CARD[-4:]
    archive = b"\x6d\xe2\x99\x81" + first + b"\xff" * 4 + last
    assert only(scanned(tmp_path, archive)).last4 == CARD[-4:]


def test_an_integer_under_another_things_name_is_none(tmp_path: Path) -> None:
    tracked = document("tracking_number", b"\x12", struct.pack("<q", int(CARD)))

    assert scanned(tmp_path, tracked * 2).status == 0


def test_a_number_that_lies_across_two_windows_is_read() -> None:
    first = document("n", b"\x10", b"\1\0\0\0")
    filling = first * ((1 << 20) // len(first))
    for step in range(0, 40, 7):
        data = filling + first[:step] + document("paid", b"\x12", struct.pack("<q", int(CARD)))
        assert [value for _, value in bson_numbers.numbers(io.BytesIO(data), data[:64])] == [
            f'{{"paid": {CARD}}}'
        ]


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress])
def test_an_archive_behind_a_script_is_unpacked(tmp_path: Path, pack: object) -> None:
    archive, content = io.BytesIO(), f"card {CARD}".encode()
    with tarfile.open(fileobj=archive, mode="w") as writing:
        info = tarfile.TarInfo("a")
        info.size = len(content)
        writing.addfile(info, io.BytesIO(content))
    packed = pack(archive.getvalue())  # type: ignore[operator]  # either packs bytes

    scan = scanned(tmp_path, b"#!/bin/sh\ntail -n +3 $0 | tar x\nexit\n" + packed + b"\0\0" + packed[:60])

    assert scan.findings[0].last4 == CARD[-4:]


def test_members_of_a_zip_that_share_their_bytes_are_not_unpacked(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"\0" * 100_000)
        archive.filelist *= 3

    scan = scanned(tmp_path, packed.getvalue())

    assert "overlap" in scan.unreadable[0]
