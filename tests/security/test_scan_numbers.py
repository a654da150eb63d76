"""The file scanner: integers and doubles behind marks, holes of files, what is packed without a mark."""

from __future__ import annotations

import importlib.util
import io
import marshal
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from security.decoder import pdf

from .scanned import CARD, only, scanned

NUMBER = int(CARD)


def _compiled(source: str) -> bytes:
    return importlib.util.MAGIC_NUMBER + b"\0" * 12 + marshal.dumps(compile(source, "m", "exec"))


def _ruby() -> bytes:
    return b"\x04\x08{\x06:\x08panl+\x09" + NUMBER.to_bytes(8, "little")


def _class(constant: bytes) -> bytes:
    return b"\xca\xfe\xba\xbe\0\0\0\x34\0\x06\x01\0\x03abc\x03\0\0\0\x07" + constant + b"\x01\0\x01A"


def _book(record: bytes) -> bytes:
    """A compound file whose sectors stand in no order: the record lies over the end of one of them."""
    stream = (b"\0" * 506 + record).ljust(4096, b"\0")
    sectors, order = [stream[at : at + 512] for at in range(0, 4096, 512)], [9, 3, 2, 4, 5, 6, 7, 8]
    table = [0xFFFFFFFD, 0xFFFFFFFE] + [0xFFFFFFFF] * 126
    for at, following in zip(order, [*order[1:], 0xFFFFFFFE], strict=True):
        table[at] = following
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack(
        "<HHHHHHIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0
    )
    header += struct.pack("<I", 0) + b"\xff" * 432
    entries = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0")
        + struct.pack("<HBB", 2 * len(name) + 2, kind, 1)
        + b"\xff" * 12
        + b"\0" * 36
        + struct.pack("<IQ", first, size)
        for name, kind, first, size in (("Root Entry", 5, 0xFFFFFFFE, 0), ("Workbook", 2, order[0], 4096))
    )
    placed = dict(zip(order, sectors, strict=True))
    return (
        header
        + struct.pack("<128I", *table)
        + entries.ljust(512, b"\0")
        + b"".join(placed[at] for at in range(2, 10))
    )


def _sheet() -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        sheet = b"\x81\x01\0" + b"\x05\x10" + b"\1\0\0\0" * 2 + struct.pack("<d", NUMBER)
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return output.getvalue()


KINDS: dict[str, Callable[[], bytes]] = {
    "compiled Python": lambda: _compiled(f"PAN = {CARD}"),
    "a list of cards in compiled Python": lambda: _compiled(f"PANS = {[NUMBER] * 20}"),
    "Ruby's Marshal": _ruby,
    "a long of Java": lambda: _class(b"\x05" + struct.pack(">q", NUMBER)),
    "a double of Java": lambda: _class(b"\x06" + struct.pack(">d", NUMBER)),
    "a browser's database": lambda: b"\xff\x0fo\x22\x03panN" + struct.pack("<d", NUMBER) + b"{\x01",
    "a sheet of Excel's binary kind": _sheet,
    "an old sheet": lambda: _book(b"\x03\x02\x0e\0" + b"\1\0" * 3 + struct.pack("<d", NUMBER)),
    "a formula of an old sheet": lambda: _book(b"\x06\0\x16\0" + b"\1\0" * 3 + struct.pack("<d", NUMBER)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_integers_and_doubles_are_found(kind: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(KINDS[kind]())

    assert {each.last4 for each in scanned(tmp_path).findings} == {CARD[-4:]}


def test_a_table_of_large_integers_is_none(tmp_path: Path) -> None:
    numbers = [NUMBER + 7919 * each for each in range(400)]
    (tmp_path / "a.pyc").write_bytes(_compiled(f"TABLE = {numbers[1:]}"))

    assert scanned(tmp_path).findings == []


def test_a_book_whose_sectors_lead_round_ends(tmp_path: Path) -> None:
    book = bytearray(_book(b""))
    book[512:1024] = struct.pack("<128I", *([0] * 128))  # the table leads to itself
    book[68:72] = struct.pack("<I", 0)
    (tmp_path / "a.xls").write_bytes(bytes(book))

    assert scanned(tmp_path).findings == []


def _bytes_read() -> int:
    """By this process so far, as Linux counts them."""
    return int(Path("/proc/self/io").read_text().split("rchar: ")[1].split()[0])


def test_holes_are_not_read(tmp_path: Path) -> None:
    """Ten gigabytes, of which some kilobytes are data."""
    path, far = tmp_path / "image", 5 << 30
    with path.open("wb") as file:
        file.write(b"\0head")
        file.seek(far)
        file.write(b"card " + CARD.encode())
        file.truncate(2 * far)
    assert path.stat().st_blocks * 512 < 1 << 20, (
        "the tests' folder has to be on a file system that keeps holes"
    )
    before = _bytes_read()

    scan = scanned(path)

    assert _bytes_read() - before < 16 << 20
    assert only(scan).place == f"byte {far + 5}"
    assert scan.bytes == 2 * far


def test_a_chips_number_behind_a_hole_is_told_by_its_place(tmp_path: Path) -> None:
    path, far = tmp_path / "image", 64 << 20
    with path.open("wb") as file:
        file.write(b"\0")
        file.seek(far)
        file.write(b"\x5a\x08" + bytes.fromhex(CARD) + b"\x5f\x34\x01\x00")

    assert f"byte {far}" in {finding.place for finding in scanned(path).findings}


def test_a_stream_behind_a_hole_is_told_by_its_place(tmp_path: Path) -> None:
    path, far = tmp_path / "image", 64 << 20
    with path.open("wb") as file:
        file.write(b"\0")
        file.seek(far)
        file.write(zlib.compress(b"card " + CARD.encode()))

    assert only(scanned(path)).path.endswith(f"!at byte {far}")


def _bare(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n"])
def test_deflate_without_a_frame_is_unpacked(before: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(before + _bare(b"order of today: card " + CARD.encode() + b"\n" * 90))

    assert only(scanned(tmp_path)).last4 == CARD[-4:]


def _pdf(content: bytes, about: bytes = b"") -> bytes:
    packed = zlib.compress(content)
    return b"%%PDF-1.7\n1 0 obj\n<</Filter/FlateDecode/Length %d%s>>stream\n%s\nendstream\nendobj\n" % (
        len(packed),
        about,
        packed,
    )


WIDE = CARD.encode("utf-16-be")


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n1 0 obj\n<</Title <FEFF" + WIDE.hex().encode() + b">>>\nendobj\n",
        b"%PDF-1.7\n1 0 obj\n<</Title (\xfe\xff" + WIDE + b")>>\nendobj\n",
        _pdf(b"5 0 <</Title <FEFF" + WIDE.hex().encode() + b">>>", b"/Type/ObjStm"),
    ],
)
def test_titles_of_a_pdf_are_read(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(data)

    assert {each.last4 for each in scanned(tmp_path).findings} == {CARD[-4:]}


def _predicted(kind: int, content: bytes, width: int) -> bytes:
    """As PNG's filters do it (its specification, 9.2), with one byte a point."""
    rows, above = b"", bytes(width)
    for at in range(0, len(content), width):
        row = content[at : at + width].ljust(width)
        rows += bytes([kind])
        for place, byte in enumerate(row):
            left, up = row[place - 1] if place else 0, above[place]
            corner = above[place - 1] if place else 0
            nearest = min((left, up, corner), key=lambda each: abs(left + up - corner - each))
            rows += bytes([(byte - (0, left, up, (left + up) // 2, nearest)[kind]) & 0xFF])
        above = row
    return rows


@pytest.mark.parametrize("kind", range(5))
def test_predictors_of_a_pdf_are_undone(kind: int, tmp_path: Path) -> None:
    content = _predicted(kind, b"<</Title (Received)/Note (card " + CARD.encode() + b")>>", 20)
    about = b"/Type/ObjStm/DecodeParms<</Predictor 12/Columns 20>>"
    (tmp_path / "a.pdf").write_bytes(_pdf(content, about))

    assert only(scanned(tmp_path)).last4 == CARD[-4:]


def test_what_a_predictor_changed_is_bounded() -> None:
    missed = list[str]()
    about = b"/DecodeParms<</Predictor 12/Columns 20>>"

    assert list(pdf.streams(_pdf(b"\2" * 5000, about), missed.append, most_predicted=4000)) == []
    assert missed == ["size"]
