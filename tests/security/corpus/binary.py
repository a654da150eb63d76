"""Cards in bytes of binary formats, as bodies and as uploads: as numbers, packed decimals, beside pictures."""

from __future__ import annotations

import plistlib
import struct
import zlib
from collections.abc import Callable, Iterator
from random import Random

import msgpack

from .bytes_of import (
    bson,
    cbor,
    cbor_big_number,
    cbor_in_chunks,
    exif,
    fixed64,
    gif,
    grpc,
    jpeg,
    packed_decimal,
    png,
    protobuf,
    tlv,
    varint,
    webp,
)
from .case import CARD, Case
from .numbers import as_printed, common_card, digits

_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_KANJI = str.maketrans("0123456789", "〇一二三四五六七八九")
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
PARTS = "multipart/form-data; boundary=bnd"
Write = Callable[[Random, str], bytes]


def _track2(random: Random, number: str) -> bytes:
    return packed_decimal(f"{number}D2{random.randint(7, 9)}12201{digits(random, random.choice((5, 9, 10)))}")


def _xmp(text: str) -> bytes:
    return _XMP + f"<x:xmpmeta><dc:description>{text}</dc:description></x:xmpmeta>".encode()


def _fours(number: str) -> list[str]:
    return [number[at : at + 4] for at in range(0, 16, 4)]


TREES: dict[str, Write] = {
    "CBOR text": lambda r, n: cbor({"id": 1, "note": n}),
    "CBOR number": lambda r, n: cbor({"a": [1, "x", [int(n)]]}),
    "CBOR float": lambda r, n: cbor({"n": float(n)}),
    "CBOR bytes": lambda r, n: cbor({"n": n.encode()}),
    "CBOR big number": lambda r, n: b"\xa1" + cbor("n") + cbor_big_number(int(n)),
    "CBOR in chunks": lambda r, n: cbor_in_chunks("a", n[:7], n[7:]),
    "CBOR, its own tag": lambda r, n: b"\xd9\xd9\xf7" + cbor({"n": int(n)}),
    "CBOR sequence": lambda r, n: cbor({"a": 1}) + cbor({"n": int(n)}),
    "CBOR key": lambda r, n: cbor({int(n): 1, "a": 2}),
    "CBOR boxes": lambda r, n: cbor({f"c{at}": each for at, each in enumerate(_fours(n))}),
    "CBOR digits under a card's name": lambda r, n: cbor({"pan": list(map(int, n))}),
    "msgpack boxes": lambda r, n: msgpack.packb({f"c{at}": each for at, each in enumerate(_fours(n))}),
    "msgpack, one behind another": lambda r, n: msgpack.packb({"a": 1}) + msgpack.packb({"n": int(n)}),
    "BSON number": lambda r, n: bson("a", int(n)),
    "BSON double": lambda r, n: bson("a", float(n)),
    "property list": lambda r, n: plistlib.dumps({"a": [int(n)]}, fmt=plistlib.FMT_BINARY),
    "protobuf text": lambda r, n: protobuf(7, n),
    "protobuf varint": lambda r, n: protobuf("taro", int(n)),
    "protobuf sint64": lambda r, n: protobuf("taro", 2 * int(n)),
    "protobuf fixed64": lambda r, n: protobuf("\u00e4") + fixed64(2, int(n)),
    "protobuf double": lambda r, n: protobuf(300, float(n)),
    "protobuf, nested": lambda r, n: protobuf("order", 1, protobuf(2, protobuf(int(n), "x"))),
    "gRPC": lambda r, n: grpc(protobuf(1)) + grpc(protobuf(int(n), "x")),
}
NUMBERS: dict[str, Write] = {
    "chip, number": lambda r, n: tlv(
        ("4F", b"\xa0\0\0\0\3\x10\x10"), ("5A", packed_decimal(n)), ("5F24", b"\x29\x12\x31")
    ),
    "chip, in a template": lambda r, n: tlv(("70", tlv(("5A", packed_decimal(n)), ("5F34", b"\1")))),
    "chip, track 2": lambda r, n: tlv(("82", b"\x19\x80"), ("57", _track2(r, n)), ("5F20", b"DOE/JOHN")),
    "chip, contactless": lambda r, n: tlv(("9F6B", _track2(r, n))),
    "number of 64 bits, little end first": lambda r, n: struct.pack("<Q", int(n)),
    "number of 64 bits, big end first": lambda r, n: struct.pack(">Q", int(n)),
}
PICTURES: dict[str, Write] = {
    "PNG tEXt": lambda r, n: png((b"tEXt", b"Comment\0" + as_printed(n, " ").encode())),
    "PNG zTXt": lambda r, n: png((b"zTXt", b"Comment\0\0" + zlib.compress(f"card {n}".encode()))),
    "PNG iTXt": lambda r, n: png((b"iTXt", b"Comment\0\0\0ja\0\0" + f"番号 {n.translate(_KANJI)}".encode())),
    "PNG iTXt, packed": lambda r, n: png((b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(_xmp(n)))),
    "JPEG comment": lambda r, n: jpeg((0xFE, n.encode())),
    "JPEG comment, Shift_JIS": lambda r, n: jpeg((0xFE, f"番号{n.translate(_WIDE)}".encode("cp932"))),
    "JPEG Exif": lambda r, n: jpeg((0xE1, exif(n))),
    "JPEG XMP": lambda r, n: jpeg((0xE1, _xmp("".join(f"&#{ord(each)};" for each in n)))),
    "GIF comment": lambda r, n: gif(f"番号{n.translate(_WIDE)}"),
    "WebP XMP": lambda r, n: webp(f"<x>{n.translate(_WIDE)}</x>"),
}


def _as_upload(data: bytes) -> bytes:
    head = b'--bnd\r\nContent-Disposition: form-data; name="f"; filename="a.bin"\r\n\r\n'
    return head + data + b"\r\n--bnd--\r\n"


def cases() -> Iterator[Case]:
    """Each as a body of no type, and as an upload."""
    for kind, write in (TREES | NUMBERS | PICTURES).items():
        for number in range(4):
            random = Random(f"{kind} {number}")
            found = common_card(random)
            while kind.startswith("number of 64") and write(random, found).isascii():
                found = common_card(random)  # which is text by itself
            data = write(random, found)
            yield Case(f"bytes: {kind}", data, CARD, found, wire=True)
            yield Case(f"upload: {kind}", _as_upload(data), CARD, found, wire=True, content_type=PARTS)


def ordinary(random: Random) -> Iterator[bytes]:
    """Bytes of the same formats in which there is no card: counts, times, ids of 64 bits, keys, pictures."""
    now, identity = random.randint(1_600_000_000_000, 1_999_999_999_999), random.getrandbits(62)
    price, key = random.randint(100, 99_999), random.randbytes(random.choice((12, 16, 20, 32, 64)))
    yield cbor({"t": now, "n": [price, 3, "急須"], "key": key, "id": random.randbytes(16).hex()})
    yield protobuf("order", now, price, key, protobuf(price, "x"))
    yield grpc(protobuf(now, "x", float(price)))
    yield bson("t", now)
    yield msgpack.packb({"t": now, "key": key, "rows": [[price, 3]] * 5})
    yield png((b"tEXt", b"Software\0paint 4.2"), (b"iTXt", b"Title\0\0\0\0\0" + "急須".encode()))
    yield jpeg((0xE1, exif("2026:11:23 04:53:12")), (0xFE, b"made by hand"))
    yield tlv(("4F", b"\xa0\0\0\0\3\x10\x10"), ("9F02", packed_decimal(f"{price:012}")), ("9F26", key[:8]))
    yield varint(identity) + key
    yield key
