"""Bytes as formats write them, each from its standard. Nothing of `security` in here.

CBOR (RFC 8949), Protocol Buffers (encoding guide), BSON 1.1, BER-TLV with the tags of EMV Book 3, PNG (W3C), JPEG
(ITU-T T.81), Exif 2.3, GIF89a, RIFF.
"""

from __future__ import annotations

import binascii
import struct
import zlib
from random import Random


def cbor(value: object) -> bytes:
    """Numbers, texts, bytes, lists and maps."""
    match value:
        case int():
            return _head(0, value)
        case float():
            return b"\xfb" + struct.pack(">d", value)
        case str():
            return _head(3, len(value.encode())) + value.encode()
        case bytes():
            return _head(2, len(value)) + value
        case list():
            return _head(4, len(value)) + b"".join(map(cbor, value))
        case dict():
            return _head(5, len(value)) + b"".join(cbor(key) + cbor(each) for key, each in value.items())
    raise TypeError(type(value))


def _head(major: int, value: int) -> bytes:
    if value < 24:
        return bytes([major << 5 | value])
    width = next(width for width in range(4) if value < 1 << (8 << width))
    return bytes([major << 5 | 24 + width]) + value.to_bytes(1 << width, "big")


def cbor_in_chunks(key: str, *chunks: str) -> bytes:
    """A map and a text that do not say how long they are."""
    return b"\xbf" + cbor(key) + b"\x7f" + b"".join(map(cbor, chunks)) + b"\xff\xff"


def cbor_big_number(value: int) -> bytes:
    """Tag 2."""
    return b"\xc2" + cbor(value.to_bytes(8, "big"))


def varint(value: int) -> bytes:
    head = b""
    while value > 0x7F:
        head, value = head + bytes([value & 0x7F | 0x80]), value >> 7
    return head + bytes([value])


def protobuf(*fields: int | float | str | bytes) -> bytes:
    """A message, its fields numbered from one; a float is a double."""
    message = b""
    for number, value in enumerate(fields, 1):
        if isinstance(value, int):
            message += varint(number << 3) + varint(value)
        elif isinstance(value, float):
            message += varint(number << 3 | 1) + struct.pack("<d", value)
        else:
            content = value.encode() if isinstance(value, str) else value
            message += varint(number << 3 | 2) + varint(len(content)) + content
    return message


def fixed64(number: int, value: int) -> bytes:
    """One field of eight bytes."""
    return varint(number << 3 | 1) + struct.pack("<Q", value)


def grpc(message: bytes) -> bytes:
    return b"\0" + struct.pack(">I", len(message)) + message


def bson(name: str, value: int | float | str) -> bytes:
    """A document of one element."""
    if isinstance(value, int):
        kind, content = b"\x12", struct.pack("<q", value)
    elif isinstance(value, float):
        kind, content = b"\x01", struct.pack("<d", value)
    else:
        kind, content = b"\x02", struct.pack("<I", len(value) + 1) + value.encode() + b"\0"
    element = kind + name.encode() + b"\0" + content
    return struct.pack("<I", len(element) + 5) + element + b"\0"


def tlv(*tags: tuple[str, bytes]) -> bytes:
    """Tags in hex, each with its value, which is shorter than 128 bytes."""
    return b"".join(bytes.fromhex(tag) + bytes([len(value)]) + value for tag, value in tags)


def packed_decimal(digits: str) -> bytes:
    """Two digits a byte, padded with F."""
    return bytes.fromhex(digits + "F" * (len(digits) % 2))


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A picture of eight by eight points with these chunks before its data."""
    head = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    data = zlib.compress(Random(4).randbytes(8 * 25))
    every = ((b"IHDR", head), *chunks, (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", binascii.crc32(kind + content))
        for kind, content in every
    )


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    """Segments by their markers, and random bytes for the picture."""
    head = b"\xff\xd8\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0"
    each = (
        bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content for marker, content in segments
    )
    scan = Random(5).randbytes(900).replace(b"\xff", b"\xff\0")
    return head + b"".join(each) + b"\xff\xda\x00\x08\x01\x01\0\0\x3f\0" + scan + b"\xff\xd9"


def exif(comment: str) -> bytes:
    """The segment with a comment of the user's, in Unicode."""
    value = b"UNICODE\0" + comment.encode("utf-16-le")
    entry = struct.pack("<HHHII", 1, 0x9286, 7, len(value), 26)
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + entry + struct.pack("<I", 0) + value


def gif(comment: str) -> bytes:
    data = comment.encode()
    return (
        b"GIF89a\x08\0\x08\0\x80\0\0\0\0\0\xff\xff\xff!\xfe"
        + bytes([len(data)])
        + data
        + b"\0"
        + (b",\0\0\0\0\x08\0\x08\0\0\x02\x07\x84\x8f\xa9\xcb\xed\x0f\x63\0;")
    )


def webp(description: str) -> bytes:
    """With XMP before the picture."""
    data = description.encode()
    chunk = b"XMP " + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    picture = b"VP8L" + struct.pack("<I", 300) + Random(6).randbytes(300)
    return b"RIFF" + struct.pack("<I", 4 + len(chunk) + len(picture)) + b"WEBP" + chunk + picture
