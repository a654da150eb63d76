"""The file scanner: streams within other files, formats of one program or another, and what cannot be read."""

from __future__ import annotations

import base64
import gzip
import io
import json
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from .cards import grouped
from .scanned import CARD, scanned

LINE = f"customer paid with {CARD} on friday\n".encode()


def pdf(content: bytes, *more: bytes) -> bytes:
    """A file with a page's content, and other streams, all of them deflated."""
    streams = [zlib.compress(each) for each in (content, *more)]
    objects = [
        b"%d 0 obj\n<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\nendobj\n"
        % (at, len(each), each)
        for at, each in enumerate(streams, 4)
    ]
    return b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + b"".join(objects) + b"trailer <</Root 1 0 R>>\n%%EOF\n"


def glyphs(number: str) -> tuple[bytes, bytes]:
    """A page that shows the number in a font which counts its glyphs from 0x21, and that font's table."""
    shown = "".join(f"{0x21 + int(digit):04X}" for digit in number)
    table = b"1 beginbfrange\n<0021> <002A> <0030>\nendbfrange"
    return f"BT /F1 12 Tf <{shown}> Tj ET".encode(), table


def git_pack() -> bytes:
    """Objects as a pack of git has them: a header, then a stream of zlib."""
    blobs = [zlib.compress(each) for each in (b"hello world, nothing here\n" * 3, LINE)]
    return b"PACK" + struct.pack(">II", 2, 2) + b"".join(b"\xb5\x01" + each for each in blobs) + bytes(20)


def png_comment() -> bytes:
    chunk = b"zTXtComment\0\0" + zlib.compress(LINE)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(chunk) - 4) + chunk + bytes(4)


def ar(name: bytes, content: bytes) -> bytes:
    return b"!<arch>\n" + name.ljust(48) + str(len(content)).encode().ljust(10) + b"`\n" + content


def tgz() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("a.txt")
        info.size = len(LINE)
        archive.addfile(info, io.BytesIO(LINE))
    return packed.getvalue()


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", LINE)
    return packed.getvalue()


def hexdump(data: bytes) -> str:
    rows = [data[at : at + 16] for at in range(0, len(data), 16)]
    return "".join(
        f"{at * 16:08x}  {' '.join(f'{byte:02x}' for byte in row):47}  |{'.' * len(row)}|\n"
        for at, row in enumerate(rows)
    )


DEFLATED = zlib.compress(json.dumps({"note": CARD}).encode(), wbits=-15)
HIDDEN: dict[str, Callable[[], bytes]] = {
    "PDF": lambda: pdf(f"BT (Card: {CARD}) Tj ET".encode()),
    "PDF, digit by digit": lambda: pdf(b"BT [" + b" ".join(f"({each}) -7".encode() for each in CARD) + b"] TJ ET"),
    "PDF, glyphs by a table": lambda: pdf(*glyphs(CARD)),
    "PDF, a file in it": lambda: pdf(b"BT (hello) Tj ET", gzip.compress(LINE)),
    "pack of git": git_pack,
    "comment of a picture": png_comment,
    "answer of HTTP": lambda: b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(LINE),
    "package of Debian": lambda: ar(b"data.tar.gz/", tgz()),
    "zip that unpacks itself": lambda: b"#!/bin/sh\nexit\n" + zipped(),
    "lzma": lambda: lzma.compress(LINE, format=lzma.FORMAT_ALONE),
    "EBCDIC": lambda: f"000120 TARO YAMADA   {CARD}  TOKYO".ljust(80).encode("cp500"),
    "deflate in base64": lambda: json.dumps({"id": 7, "p": base64.b64encode(DEFLATED).decode()}).encode(),
    "deflate in base64, URL-encoded": lambda: b"SAML=" + base64.b64encode(DEFLATED).replace(b"+", b"%2B"),
    "hex dump": lambda: hexdump(b"some text before " + CARD.encode() + b" and after it").encode(),
    "groups on lines": lambda: f"card:\n  - {grouped(CARD, chr(10) + '  - ')}\n".encode(),
    "row of JSON": lambda: json.dumps({"card_number": [int(CARD[at : at + 4]) for at in (0, 4, 8, 12)]}).encode()
    if "0" not in CARD[::4]
    else json.dumps({"card_number": list(CARD)}).encode(),
    "folded field": lambda: f"NOTE:{CARD[:9]}\n {CARD[9:]}\nEND:VCARD\n".encode(),
    "folded header": lambda: f"X-Note: {grouped(CARD[:8], ' ')}\r\n {grouped(CARD[8:], ' ')}\r\n".encode(),
    "continued string": lambda: f'x = "{CARD[:7]}\\\n{CARD[7:]}"\n'.encode(),
    "call that joins": lambda: ('x = "".join(["' + grouped(CARD, '", "') + '"])\n').encode(),
    "rich text, hex": lambda: b"{\\rtf1 " + b"".join(b"\\'%02x" % ord(each) for each in CARD) + b"}",
    "rich text, codes": lambda: b"{\\rtf1 " + b"".join(b"\\u%d?" % (0xFF10 + int(each)) for each in CARD) + b"}",
    "runs of a spreadsheet": lambda: f"<si><r><t>{grouped(CARD, '</t></r><r><rPr/></rPr><t>')}</t></r></si>".encode(),
    "digits in tags": lambda: "".join(f'<tspan x="{at}">{each}</tspan>' for at, each in enumerate(CARD)).encode(),
    "entity by name": lambda: f"<p>{grouped(CARD, '&hyphen;')}</p>".encode(),
}  # fmt: skip


@pytest.mark.parametrize("kind", HIDDEN)
@pytest.mark.parametrize("engine", ["plain", "fast"])
def test_a_hidden_number_is_found(kind: str, engine: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(HIDDEN[kind]())

    scan = scanned(tmp_path, engine_name=engine)  # type: ignore[arg-type]  # a name

    assert CARD[-4:] in {each.last4 for each in scan.findings}


def cut_short(whole: bytes) -> bytes:
    """Forty bytes of the first stream are missing."""
    end = whole.index(b"endstream")
    return whole[: end - 40] + whole[end:]


UNREAD: dict[str, Callable[[], bytes]] = {
    "Parquet": lambda: b"PAR1" + bytes(50),
    "Avro": lambda: b"Obj\x01" + bytes(50),
    "compress": lambda: b"\x1f\x9d\x90" + bytes(50),
    "lzip": lambda: b"LZIP\x01" + bytes(50),
    "Snappy": lambda: b"\xff\x06\0\0sNaPpY" + bytes(50),
    "Zstandard": lambda: b"\x28\xb5\x2f\xfd" + bytes(50),
    "OpenSSL": lambda: b"Salted__" + bytes(50),
    "PGP": lambda: b"-----BEGIN PGP MESSAGE-----\n\naGVsbG8=\n",
    "encrypted PDF": lambda: pdf(b"BT ET").replace(b"trailer <<", b"trailer <</%s 9 0 R" % b"Encrypt"),
    "filter of a PDF": lambda: pdf(b"BT ET").replace(b"FlateDecode", b"LZWDecode"),
    "stream of a PDF, cut short": lambda: cut_short(pdf(b"BT (%s) Tj ET" % os.urandom(300).hex().encode())),
    "gzip, cut short": lambda: gzip.compress(os.urandom(900))[:-40],
    "zip, cut short": lambda: zipped()[:-30],
    "xz, cut short": lambda: lzma.compress(os.urandom(900))[:-40],
    "ar, cut short": lambda: ar(b"a", b"hello, this is a member")[:-5],
}


@pytest.mark.parametrize("kind", UNREAD)
def test_what_cannot_be_read_is_never_clean(kind: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(UNREAD[kind]())

    scan = scanned(tmp_path)

    assert (scan.status, len(scan.unreadable)) == (2, 1)


def test_words_with_which_a_format_begins_are_text(tmp_path: Path) -> None:
    for word in ("ORCHID", "LZIP is a program", "PAR1S", "xar!", "zPQ"):
        (tmp_path / word[:4]).write_text(f"{word} and more\n")
    (tmp_path / "about.py").write_text('MARK = b"%PDF-1.4"; ENCRYPTED = b"/Encrypt 9 0 R"\n')

    assert scanned(tmp_path).status == 0


def test_noise_holds_no_streams(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(os.urandom(300_000))
    (tmp_path / "white").write_bytes(bytes(0xF0 + at % 16 for at in range(100_000)))

    assert scanned(tmp_path).status == 0


def test_more_packed_streams_than_are_read_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("security.scanner.archives.LARGEST", 1 << 20)
    (tmp_path / "file").write_bytes(b"\0" * 20 + zlib.compress(bytes(4 << 20)))

    assert scanned(tmp_path).status == 2
