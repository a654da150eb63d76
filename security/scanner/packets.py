"""What TCP carried in a recording of packets, put together by connection: a number may lie over two packets. Pure.

Used by `readings`. Formats: pcap (draft-ietf-opsawg-pcap) with micro- and nanoseconds, and pcapng
(draft-ietf-opsawg-pcapng); Ethernet with VLANs, Linux' cooked kinds, loopback and bare IP; IPv4, and IPv6 without
extension headers. What else there is stands in the file's own bytes, which are looked at as well.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

_ORDERS = {
    bytes.fromhex("d4c3b2a1"): "<",
    bytes.fromhex("4d3cb2a1"): "<",
    bytes.fromhex("a1b2c3d4"): ">",
    bytes.fromhex("a1b23c4d"): ">",
}
_SECTION, _BIG_ENDIAN = bytes.fromhex("0a0d0d0a"), bytes.fromhex("1a2b3c4d")
_SECTION_BLOCK, _INTERFACE, _SIMPLE, _PACKET = 0x0A0D0D0A, 1, 3, 6
# Bytes before the IP packet, by the kind of link.
_ETHERNET, _LINKS = 1, {0: 4, 12: 0, 14: 0, 101: 0, 108: 4, 113: 16, 228: 0, 229: 0, 276: 20}
_VLANS = (0x8100, 0x88A8)
_TCP, _IPV6_HEADER, _LARGEST_STEP = 6, 40, 1 << 30
_BETWEEN = b"\n"  # where bytes are missing, and between connections


class _Segment(NamedTuple):
    connection: bytes
    sequence: int
    data: bytes


def may_be(head: bytes) -> bool:
    """Whether a file is a recording of packets, by its first bytes."""
    return head[:4] in _ORDERS or head[:4] == _SECTION


def connections(data: bytes) -> bytes:
    """What each connection carried in one direction, one behind another; nothing where no two packets belong together.

    Sent again, a segment counts once (RFC 9293, 3.4); a damaged record ends the recording.
    """
    found: dict[bytes, list[_Segment]] = {}
    for link, packet in _packets(data):
        segment = _segment(packet, _before_ip(link, packet))
        if segment is not None and segment.data:
            found.setdefault(segment.connection, []).append(segment)
    return _BETWEEN.join(_in_order(segments) for segments in found.values() if len(segments) > 1)


def _packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each with the kind of its link."""
    try:
        yield from _of_pcapng(data) if data.startswith(_SECTION) else _of_pcap(data)
    except struct.error:
        return


def _of_pcap(data: bytes) -> Iterator[tuple[int, bytes]]:
    order = _ORDERS.get(data[:4], "<")
    (link,) = struct.unpack_from(order + "H", data, 20 if order == "<" else 22)
    at = 24
    while at + 16 <= len(data):
        (size,) = struct.unpack_from(order + "I", data, at + 8)
        yield link, data[at + 16 : at + 16 + size]
        at += 16 + size


def _of_pcapng(data: bytes) -> Iterator[tuple[int, bytes]]:
    links, at, order = list[int](), 0, "<"
    while at + 12 <= len(data):
        if data.startswith(_SECTION, at):
            order, links = ">" if data.startswith(_BIG_ENDIAN, at + 8) else "<", []
        kind, size = struct.unpack_from(order + "II", data, at)
        if size < 12:
            return
        if kind == _INTERFACE:
            links += struct.unpack_from(order + "H", data, at + 8)
        elif kind == _PACKET:
            interface, _, _, length = struct.unpack_from(order + "IIII", data, at + 8)
            yield links[interface] if interface < len(links) else _ETHERNET, data[at + 28 : at + 28 + length]
        elif kind == _SIMPLE:
            yield links[0] if links else _ETHERNET, data[at + 12 : at + size - 4]
        at += size


def _before_ip(link: int, packet: bytes) -> int | None:
    """Where the IP packet begins; None for a link that is not known."""
    if link != _ETHERNET:
        return _LINKS.get(link)
    at = 12
    while int.from_bytes(packet[at : at + 2]) in _VLANS:
        at += 4
    return at + 2


def _segment(packet: bytes, at: int | None) -> _Segment | None:
    """The TCP segment in an IP packet that begins at `at` (RFC 791, RFC 8200, RFC 9293)."""
    if at is None or len(packet) < at + _IPV6_HEADER:
        return None
    version = packet[at] >> 4
    if version == 4 and packet[at + 9] == _TCP:
        end, hosts = at + int.from_bytes(packet[at + 2 : at + 4]), packet[at + 12 : at + 20]
        at += 4 * (packet[at] & 15)
    elif version == 6 and packet[at + 6] == _TCP:
        end = at + _IPV6_HEADER + int.from_bytes(packet[at + 4 : at + 6])
        hosts, at = packet[at + 8 : at + 40], at + _IPV6_HEADER
    else:
        return None
    header = packet[at : at + 20]
    if len(header) < 20:
        return None
    # A length of nought: the network card was to cut it (segmentation offload).
    payload = packet[at + 4 * (header[12] >> 4) : end if end > at else len(packet)]
    return _Segment(hosts + header[:4], int.from_bytes(header[4:8]), payload)


def _in_order(segments: list[_Segment]) -> bytes:
    """The bytes by their numbers, which begin anew after four gibibytes."""
    first = segments[0].sequence
    placed = sorted((_step(first, each.sequence), at) for at, each in enumerate(segments))
    pieces, reached = list[bytes](), placed[0][0]
    for start, at in placed:
        data = segments[at].data
        if start > reached:
            pieces.append(_BETWEEN)
        pieces.append(data[max(0, reached - start) :])
        reached = max(reached, start + len(data))
    return b"".join(pieces)


def _step(first: int, sequence: int) -> int:
    step = (sequence - first) % (1 << 32)
    return step - (1 << 32) if step > _LARGEST_STEP else step
