"""The file scanner: numbers that lie over several lines, packets, or what an archive's directory names no longer."""

from __future__ import annotations

import gzip
import io
import json
import random
import struct
import zipfile
from pathlib import Path

import pytest

from security.scanner import packets

from .scanned import CARD, only, scanned

FOURS = [CARD[at : at + 4] for at in range(0, 16, 4)]
LISTS = {
    "JSON's list": json.dumps({"card": list(CARD)}, indent=2),
    "JSON's list, tabs": json.dumps({"order": {"card": list(CARD)}}, indent="\t"),
    "YAML's list": "card_number:\n" + "".join(f"  - {digit}\n" for digit in CARD),
    "lines": "id 17\ncard number\n" + "\n".join(CARD) + "\nend\n",
    "Python": f'CARD = (\n    "{CARD[:8]}"\n    "{CARD[8:]}"\n)\n',
    "JavaScript": f"const n = '{FOURS[0]}' +\n  '{FOURS[1]}' +\n  '{FOURS[2]}' +\n  '{FOURS[3]}';\n",
    "Java": f'String n = "{CARD[:8]}"\n        + "{CARD[8:]}";\n',
    "PHP": f"$n = '{CARD[:8]}'\r\n   . '{CARD[8:]}';\r\n",
}


@pytest.mark.parametrize("engine", ["fast", "plain"])
@pytest.mark.parametrize("kind", LISTS)
def test_what_lies_over_lines_is_put_together(kind: str, engine: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(("a line before\n" * 90 + LISTS[kind]).encode())

    assert only(scanned(tmp_path, engine_name=engine)).last4 == CARD[-4:]  # type: ignore[arg-type]  # a name


NEIGHBOURS = {
    "a scale": json.dumps({"card": 1, "answers": list("4242424242424242")}, indent=2),
    "rows of a table": "\n".join(
        f'"{row}","{FOURS[0]}{FOURS[1]}"\n"{FOURS[2]}{FOURS[3]}","x"' for row in range(5)
    ),
    "lists of numbers": "scores:\n" + "".join(f"  - {digit}\n" for digit in CARD),
    "strings apart": f'a("{CARD[:8]}",\n  "{CARD[8:]}")\n',
}


@pytest.mark.parametrize("kind", NEIGHBOURS)
def test_what_only_lies_one_below_the_other_is_not(kind: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text(NEIGHBOURS[kind])

    scan = scanned(tmp_path)

    assert (scan.findings, scan.unreadable) == ([], [])


def _openssl(data: bytes) -> str:
    """As `openssl s_client -debug` writes it."""
    rows = [data[at : at + 16] for at in range(0, len(data), 16)]
    return "".join(
        f"{16 * at:04x} - {row[:8].hex(' ')}-{row[8:].hex(' ')}   {row.decode('ascii', 'replace')}\n"
        for at, row in enumerate(rows)
    )


@pytest.mark.parametrize("indent", ["", "    "])
def test_a_dump_in_the_midst_of_a_log_is_undone(indent: str, tmp_path: Path) -> None:
    rows = _openssl(f"POST /pay&n=17&card={CARD}&x=1".encode())
    (tmp_path / "a.log").write_text(
        "write to 0x55 [0x77] (48 bytes)\n" + indent + rows.replace("\n", f"\n{indent}")
    )

    assert only(scanned(tmp_path)).last4 == CARD[-4:]


# --- Packets ---

PIECES = (f"POST /pay HTTP/1.1\r\nHost: shop\r\n\r\nname=a&card={CARD[:9]}", f"{CARD[9:]}&exp=1229")
Packets = list[tuple[int, bytes]]  # number of the first byte, and what a packet carries


def _ip(sequence: int, data: bytes, *, six: bool = False, port: int = 40_000) -> bytes:
    tcp = struct.pack(">HHIIBBHHH", port, 80, sequence % (1 << 32), 1, 0x50, 0x18, 500, 0, 0) + data
    if six:
        return struct.pack(">IHBB", 6 << 28, len(tcp), 6, 64) + bytes(15) + b"\1" + bytes(15) + b"\2" + tcp
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0)
    return head + bytes([10, 0, 0, 1, 10, 0, 0, 2]) + tcp


def _pcap(frames: list[bytes], *, link: int = 1, order: str = "<", magic: int = 0xA1B2C3D4) -> bytes:
    head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65_535, link)
    return head + b"".join(
        struct.pack(order + "IIII", 1, at, len(each), len(each)) + each for at, each in enumerate(frames)
    )


def _pcapng(frames: list[bytes]) -> bytes:
    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

    head = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + block(
        1, struct.pack("<HHI", 1, 0, 0)
    )
    return head + b"".join(
        block(6, struct.pack("<IIIII", 0, 0, at, len(each), len(each)) + each)
        for at, each in enumerate(frames)
    )


def _ethernet(packet: bytes, vlan: bytes = b"") -> bytes:
    return bytes(12) + vlan + (b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\0") + packet


def _sent(data: Packets, **how: bool) -> list[bytes]:
    return [_ethernet(_ip(sequence, each, **how)) for sequence, each in data]


FIRST, SECOND = (piece.encode() for piece in PIECES)
IN_ORDER: Packets = [(1000, FIRST), (1000 + len(FIRST), SECOND)]
OTHER = _ethernet(_ip(7, b"GET / HTTP/1.1\r\n\r\n", port=40_001))
RECORDINGS = {
    "Ethernet": _pcap(_sent(IN_ORDER)),
    "another between": _pcap([_sent(IN_ORDER)[0], OTHER, _sent(IN_ORDER)[1]]),
    "out of order": _pcap(_sent([(1, b"GET "), *reversed([(5, FIRST), (5 + len(FIRST), SECOND)])])),
    "sent twice": _pcap(_sent([IN_ORDER[0], IN_ORDER[0], (IN_ORDER[1][0] - 4, FIRST[-4:] + SECOND)])),
    "numbers that begin anew": _pcap(_sent([(-20, FIRST), (len(FIRST) - 20, SECOND)])),
    "IPv6": _pcap(_sent(IN_ORDER, six=True)),
    "a VLAN": _pcap([_ethernet(_ip(*each), b"\x81\0\0\7") for each in IN_ORDER]),
    "bare IP": _pcap([_ip(*each) for each in IN_ORDER], link=101),
    "cooked": _pcap([bytes(16) + _ip(*each) for each in IN_ORDER], link=113),
    "big-endian, nanoseconds": _pcap(_sent(IN_ORDER), order=">", magic=0xA1B23C4D),
    "pcapng": _pcapng(_sent(IN_ORDER)),
}


@pytest.mark.parametrize("kind", RECORDINGS)
def test_a_number_over_two_packets_is_found(kind: str, tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(RECORDINGS[kind])

    finding = only(scanned(tmp_path))
    assert (finding.last4, finding.path.endswith("!connections")) == (CARD[-4:], True)


def test_a_packed_body_over_packets_is_unpacked(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(300).hex()
    body = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(
        f"{noise} card={CARD}".encode()
    )
    cuts = [(at, body[at : at + 100]) for at in range(0, len(body), 100)]
    (tmp_path / "a.pcap").write_bytes(_pcap(_sent(cuts)))

    assert {each.last4 for each in scanned(tmp_path).findings} == {CARD[-4:]}


def test_pieces_of_two_connections_or_with_bytes_missing_make_no_number(tmp_path: Path) -> None:
    apart = [_sent(IN_ORDER)[0], _ethernet(_ip(IN_ORDER[1][0], SECOND, port=40_001))]
    (tmp_path / "a.pcap").write_bytes(_pcap(apart))
    (tmp_path / "b.pcap").write_bytes(_pcap(_sent([IN_ORDER[0], (IN_ORDER[1][0] + 3, SECOND)])))

    assert scanned(tmp_path).findings == []


@pytest.mark.parametrize("kind", ["Ethernet", "pcapng"])
def test_a_damaged_recording_raises_nothing(kind: str) -> None:
    data = RECORDINGS[kind]
    for cut in range(len(data)):
        packets.connections(data[:cut])
    dice = random.Random(2)
    for _ in range(500):
        damaged = bytearray(data)
        for _ in range(8):
            damaged[dice.randrange(4, len(damaged))] = dice.randrange(256)
        packets.connections(bytes(damaged))


# --- Archives ---


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_member_that_the_directory_names_no_longer_is_read(packing: int, tmp_path: Path) -> None:
    old, new = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(old, "w", packing) as archive:
        archive.writestr("old.csv", f"1,{CARD}\n" * 5)
    with zipfile.ZipFile(new, "w", packing) as archive:
        archive.writestr("new.csv", "1,2\n" * 50)
    gone = old.getvalue()[: old.getvalue().index(b"PK\1\2")]
    (tmp_path / "first.zip").write_bytes(gone + new.getvalue())
    begun = new.getvalue().index(b"PK\1\2")
    end = bytearray(new.getvalue()[begun:])
    end[-6:-2] = struct.pack("<I", begun + len(gone))  # where the directory begins
    (tmp_path / "last.zip").write_bytes(new.getvalue()[:begun] + gone + end)

    scan = scanned(tmp_path)

    assert {each.path.rpartition("!")[2] for each in scan.findings} == {"deleted old.csv"}
    assert (len(scan.findings), scan.unreadable) == (10, [])


def test_an_archive_within_an_archive_is_no_member_that_was_deleted(tmp_path: Path) -> None:
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.csv", f"1,{CARD}\n")
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("in.zip", inner.getvalue())
    (tmp_path / "a.zip").write_bytes(outer.getvalue())

    assert only(scanned(tmp_path)).path.endswith("!in.zip!a.csv")
