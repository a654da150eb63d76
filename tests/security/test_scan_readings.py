"""The file scanner: numbers within which a format puts marks of its own are found in a second reading."""

from __future__ import annotations

import base64
import binascii
import gzip
from pathlib import Path

import pytest

from .cards import in_digits
from .scanned import CARD, only, scanned

FIRST, REST = CARD[:8], CARD[8:]
WIDE = in_digits(CARD, "０１２３４５６７８９")


def _mail(body: bytes, kind: str = "text/plain; charset=utf-8", more: str = "") -> bytes:
    head = f"From: a@example.jp\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: {kind}\r\n{more}\r\n"
    return head.encode() + body + b"\r\n"


def _uuencoded(content: bytes) -> bytes:
    lines = b"".join(binascii.b2a_uu(content[at : at + 45]) for at in range(0, len(content), 45))
    return b"begin 644 a.txt\n" + lines + b"`\nend\n"


_INNER = base64.encodebytes(
    _mail(base64.b64encode(f"card {CARD}".encode()), more="Content-Transfer-Encoding: base64\r\n")
)
MAILS = {
    "encoded in a part that is not": _mail(b"n=" + b"".join(b"%%%02x" % each for each in CARD.encode())),
    "a token in such a part": _mail(b"seen " + base64.b64encode(f'{{"n":"{CARD}"}}'.encode())),
    "flowed, blanks kept": _mail(
        f"is {CARD[:4]} \r\n{CARD[4:8]} {CARD[8:12]} {CARD[12:]}".encode(), "text/plain; format=flowed"
    ),
    "flowed, blanks deleted": _mail(
        f"is {FIRST} \r\n{REST}".encode(), "text/plain; format=flowed; delsp=yes"
    ),
    "flowed and quoted": _mail(f"> is {FIRST} \r\n> {REST}".encode(), "text/plain; format=flowed; delsp=yes"),
    "Shift_JIS": _mail(f"番号{WIDE}".encode("cp932"), "text/plain; charset=Shift_JIS"),
    "EUC-JP": _mail(f"番号{WIDE}".encode("euc-jp"), "text/plain; charset=EUC-JP"),
    "ISO-2022-JP": _mail(f"番号{WIDE}".encode("iso-2022-jp"), "text/plain; charset=ISO-2022-JP"),
    "GB18030": _mail(f"卡号{WIDE}".encode("gb18030"), "text/plain; charset=GB18030"),
    "UTF-7": _mail(f"番号{WIDE}".encode("utf-7"), "text/plain; charset=UTF-7"),
    "a parameter's value in parts": _mail(
        b"x", more=f'Content-Disposition: a; filename*0="{FIRST}";\r\n filename*1="{REST}"\r\n'
    ),
    "a parameter's value encoded": _mail(
        b"x",
        more="Content-Disposition: a; filename*=utf-8''"
        + "".join(f"%{ord(each):02x}" for each in CARD)
        + "\r\n",
    ),
    "uuencoded": _mail(b"see below\r\n" + _uuencoded(f"card {CARD}".encode()).replace(b"\n", b"\r\n")),
    "a message within, encoded": _mail(
        b"--B\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + _INNER
        + b"\r\n--B--",
        "multipart/mixed; boundary=B",
    ),
    "partly bold": _mail(f"<p>{FIRST}<b>{REST}</b></p>".encode(), "text/html"),
}


@pytest.mark.parametrize("kind", MAILS)
def test_numbers_are_found_in_mails(kind: str, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(MAILS[kind])

    assert {each.last4 for each in scanned(tmp_path).findings} == {CARD[-4:]}


def test_what_stands_plain_in_a_mail_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(_mail(f"card {CARD}".encode()))

    assert only(scanned(tmp_path)).place.startswith("6:")


MARKED = {
    "one tag": f"<!DOCTYPE html><p>{FIRST}<b>{REST}</b></p>",
    "a break that is none": f"<html>{CARD[:4]}<wbr>{CARD[4:8]}<wbr>{CARD[8:]}",
    "a span of OpenDocument": '<?xml version="1.0"?>'
    f'<text:p>{FIRST}<text:span text:style-name="T1">{REST}</text:span></text:p>',
    "blanks of OpenDocument": "<text:p>"
    + "<text:s/>".join(CARD[at : at + 4] for at in range(0, 16, 4))
    + "</text:p>",
    "runs of Word": f'<w:p><w:r><w:t xml:space="preserve">{CARD[:4]} </w:t></w:r><w:proofErr w:type="spellStart"/>'
    f"<w:r><w:t>{CARD[4:8]} {CARD[8:12]}</w:t></w:r><w:r><w:t> {CARD[12:]}</w:t></w:r></w:p>",
    "an instruction": f"<a>{FIRST}<?page break?>{REST}</a>",
    "RTF, a group": rf"{{\rtf1\ansi card {FIRST}{{\b {REST}}}}}",
    "RTF, a control word": rf"{{\rtf1\ansi card {FIRST}\b0 {REST}}}",
    "RTF, a line": f"{{\\rtf1\\ansi card {FIRST}\r\n{REST}}}",
    "RTF, codes": rf"{{\rtf1\ansi {FIRST}{{\i " + "".join(rf"\'{ord(each):02x}" for each in REST) + "}}",
}


@pytest.mark.parametrize("kind", MARKED)
def test_numbers_are_found_within_marks(kind: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text(MARKED[kind], newline="")

    assert {each.last4 for each in scanned(tmp_path).findings} == {CARD[-4:]}


def test_cells_and_paragraphs_stay_apart(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        f"<table><tr><td>{FIRST}</td><td>{REST}</td></tr></table><p>{FIRST}</p><p>{REST}</p>"
    )

    assert scanned(tmp_path).findings == []


TEXT = f"card={CARD}\n".encode()


def _rows(width: int, cell: str, offset: str = "{:07o}") -> str:
    rows = [TEXT[at : at + width] for at in range(0, len(TEXT), width)]
    return (
        "\n".join(
            offset.format(at * width) + "".join(cell.format(each) for each in row)
            for at, row in enumerate(rows)
        )
        + "\n"
    )


def _words(size: int, cell: str, offset: str) -> str:
    words = [
        int.from_bytes(TEXT[at : at + size].ljust(size, b"\n"), "little") for at in range(0, len(TEXT), size)
    ]
    rows = [words[at : at + 8] for at in range(0, len(words), 8)]
    return (
        "\n".join(
            offset.format(8 * size * at) + "".join(map(cell.format, row)) for at, row in enumerate(rows)
        )
        + "\n"
    )


DUMPS = {
    "od -c": "\n".join(
        f"{at:07o}" + "".join(f"   {chr(each)}" if each > 31 else "  \\n" for each in TEXT[at : at + 16])
        for at in (0, 16)
    ),
    "od -c, with tabs": "\n".join(
        f"{at:07o}\t" + "\t".join(TEXT[at : at + 16].decode().replace("\n", "\\n")) for at in (0, 16)
    ),
    "od -b": _rows(16, " {:03o}"),
    "od": _words(2, " {:06o}", "{:07o}"),
    "od -x": _words(2, " {:04x}", "{:07o}"),
    "x/16xb of gdb": _rows(8, "\t0x{:02x}", "0x7ffd{:04x}:"),
    "x/4xw of gdb": _words(4, "\t0x{:08x}", "0x7ffd{:04x} <buffer>:"),
    "tcpdump -X": "12:00:00 IP a > b\n"
    + "\n".join(
        f"\t0x{at:04x}:  "
        + " ".join(TEXT[each : each + 2].hex() for each in range(at, min(at + 16, len(TEXT)), 2))
        for at in (0, 16)
    ),
}


@pytest.mark.parametrize("kind", DUMPS)
def test_numbers_are_found_in_dumps(kind: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(DUMPS[kind])

    assert {each.last4 for each in scanned(tmp_path).findings} == {CARD[-4:]}


def test_numbers_are_found_in_uuencoded_files(tmp_path: Path) -> None:
    (tmp_path / "a.uu").write_bytes(
        _uuencoded(gzip.compress(b"x" * 60_000 + b" card " + CARD.encode() + bytes(range(256))))
    )

    assert only(scanned(tmp_path)).last4 == CARD[-4:]


@pytest.mark.parametrize("packed", [False, True])
def test_bodies_in_chunks_are_put_together(packed: bool, tmp_path: Path) -> None:
    body = f"card {CARD}".encode()
    body = gzip.compress(body) if packed else body
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in (body[:11], body[11:])) + b"0\r\n\r\n"
    (tmp_path / "a").write_bytes(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)

    assert only(scanned(tmp_path)).last4 == CARD[-4:]


def test_exports_of_the_registry_are_read(tmp_path: Path) -> None:
    wide = CARD.encode("utf-16-le")
    lines = ",\\\r\n  ".join(",".join(f"{each:02x}" for each in wide[at : at + 20]) for at in (0, 20))
    export = f'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\a]\r\n"n"=hex(2):{lines}\r\n'
    (tmp_path / "a.reg").write_bytes(export.encode("utf-16"))

    assert only(scanned(tmp_path)).last4 == CARD[-4:]


@pytest.mark.parametrize("codec", ["utf-7", "cp037", "utf-16"])
def test_xml_is_read_in_its_own_characters(codec: str, tmp_path: Path) -> None:
    text = f'<?xml version="1.0" encoding="{codec}"?><a>カード: {FIRST}<b>{REST}</b></a>'
    (tmp_path / "a.xml").write_bytes(text.encode(codec, "replace"))

    scan = scanned(tmp_path)

    assert {each.last4 for each in scan.findings} == {CARD[-4:]}
    assert scan.unreadable == []


@pytest.mark.parametrize("divider", ["\x01", "\x1f", "\0", "\0\0\0"])
def test_columns_and_strings_that_control_characters_divide_stay_apart(divider: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text(divider.join(["17", "2026", CARD, "1229", "4"]) + "\n")

    assert only(scanned(tmp_path)).last4 == CARD[-4:]


def test_tags_of_a_chip_are_read_in_binary_files(tmp_path: Path) -> None:
    tag = b"\x5a\x08" + bytes.fromhex(CARD) + b"\x5f\x24\x03\x29\x12\x31"
    (tmp_path / "a").write_bytes(b"\0\xff" * 40 + tag)
    (tmp_path / "program").write_bytes(b"\x7fELF\2\1\1" + b"\0" * 9 + b"\3\0" + tag)

    assert only(scanned(tmp_path)).path.endswith("a")
