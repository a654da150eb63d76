"""Bodies of a mebibyte made to cost much, for tests and benchmarks. None of them holds a card number."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import itertools
import json
import lzma
import pickle
import random
import struct
import zipfile
import zlib

SIZE = 1 << 20
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
OTHER = "application/octet-stream"
Bodies = dict[str, tuple[str, bytes]]


def _filled(piece: bytes, size: int) -> bytes:
    return (piece * (size // len(piece) + 1))[:size]


def _nested(size: int) -> bytes:
    data = b"x" * 16
    while len(base64.b64encode(data + data)) < size:
        data = base64.b64encode(data + data)
    return data


def _zip_bomb(size: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(size // 100_000 + 1):
            archive.writestr(f"{number}", bytes(size * 8))
    return packed.getvalue()


def bodies(size: int = SIZE) -> Bodies:
    """Each by its name: content type and body of about `size` bytes (packed ones: unpacked)."""
    dice = random.Random(1)
    noise = dice.randbytes(size)
    return {
        "random bytes": ("application/octet-stream", noise),
        "random bytes, no type": ("", noise),
        "random text": ("text/plain", bytes(dice.choices(range(32, 127), k=size))),
        "random digits": ("text/plain", bytes(dice.choices(b"0123456789", k=size))),
        "zeros": ("", bytes(size)),
        "base64 of noise": (JSON, b'{"a":"' + base64.b64encode(noise[: size * 3 // 4]) + b'"}'),
        "nested base64": ("text/plain", _nested(size)),
        "many short base64": ("text/plain", _filled(b"QUJDREVGR0hJSktM ", size)),
        "gzip bomb": ("application/octet-stream", gzip.compress(bytes(size * 100), 1)[:size]),
        "gzip of noise": ("application/octet-stream", gzip.compress(noise, 1)),
        "bzip2 bomb": ("application/octet-stream", bz2.compress(bytes(size * 20))),
        "zip bomb": ("application/zip", _zip_bomb(size)),
        "zlib in base64": (JSON, b'["' + base64.b64encode(zlib.compress(bytes(size * 50))) + b'"]'),
        "groups that fail": ("text/plain", _filled(b"4000 ", size)),
        "hyphened groups that fail": ("text/plain", _filled(b"4000-", size)),
        "odd groups that fail": ("text/plain", _filled(b"4000_", size)),
        "digits and spaces": ("text/plain", _filled(b"4 ", size)),
        "many runs that fail": ("text/plain", _filled(b"4000000000000000;", size)),
        "dots": ("text/plain", _filled(b"4000000000000000.", size)),
        "full-width digits": ("text/plain", _filled("４０００ ".encode(), size)),
        "full-width digits, Shift_JIS": ("text/plain", _filled("４０００　".encode("cp932"), size)),
        "UTF-16 digits": ("text/plain", _filled("4000 ".encode("utf-16-le"), size)),
        "kanji": ("text/plain", _filled("漢字仮名交じり文。".encode(), size)),
        "percents": ("text/plain", _filled(b"%25", size)),
        "percents apart": ("text/plain", _filled(b"a%41", size)),
        "form, all percent": (FORM, b"a=" + _filled(b"%E3%81%82", size)),
        "form, percents apart": (FORM, b"a=" + _filled(b"a%41", size)),
        "ampersands": ("text/plain", _filled(b"&amp;", size)),
        "numeric entities": ("text/plain", _filled(b"&#52;", size)),
        "escapes": ("text/plain", _filled(b"\\u0034", size)),
        "escapes apart": ("text/plain", _filled(b"a\\x34", size)),
        "backslashes": ("text/plain", _filled(b"\\", size)),
        "quoted-printable": ("text/plain", _filled(b"=34", size)),
        "many fields": (FORM, _filled(b"a=1&", size)),
        "many boxes": (FORM, _filled(b"a1=4000&", size)),
        "many names": (FORM, _filled(b"a%5B1%5D=4000000000000000&", size)),
        "deep JSON": (JSON, _filled(b"[", size)),
        "deep JSON objects": (JSON, _filled(b'{"a":', size)),
        "JSON numbers": (JSON, b"[" + _filled(b"4000000000000000,", size)[:-1] + b"]"),
        "JSON strings": (JSON, json.dumps(["4000"] * (size // 8)).encode()),
        "JSON in JSON": (JSON, _json_in_json(size)),
        "one JSON string": (JSON, json.dumps("a" * size).encode()),
        "JSON floats": (JSON, b"[" + _filled(b"4.2e15,", size)[:-1] + b"]"),
        "tags": ("text/html", _filled(b"<b>4</b>", size)),
        "cells": ("text/html", _filled(b"<td>4000</td>", size)),
        "open tags": ("text/html", _filled(b"<", size)),
        "entity bomb": ("application/xml", _filled(b'<!ENTITY a "&b;&b;&b;">', size)),
        "hex": ("text/plain", _filled(b"0123456789abcdef", size)),
        "hex pairs": ("text/plain", _filled(b"34 ", size)),
        "lines": ("text/plain", _filled(b"abcdefgh\n", size)),
        "multipart, many": ("multipart/form-data; boundary=b", _filled(b"--b\r\n\r\nx\r\n", size)),
        "multipart, one": ("multipart/form-data; boundary=b", b"--b\r\n\r\n" + noise + b"\r\n--b--"),
        "pickle": ("", pickle.dumps(list(range(size // 4)))[:size]),
        "msgpack": ("application/msgpack", b"\xdd" + (size - 5).to_bytes(4, "big") + bytes(size - 5)),
        "msgpack, deep": ("application/msgpack", _filled(b"\x91", size)),
        **_texts(size),
        **_bytes(size),
        **_parts(size),
        **_dear_to_leave(size),
    }


def _dear_to_leave(size: int) -> Bodies:
    """Those of which one pass costs as much as all of them may, so that the budget must be asked within it."""
    return {
        "property list, shared": ("", property_list()),
        "codes of digits": ("text/plain", _filled(b"49,49,", size)),
        "codes, eleven": ("text/plain", _filled(b"52," * 11 + b";x", size)),
        "UTF-32 of the other end": ("text/plain", _filled("4000 0000;".encode("utf-32-be"), size)),
        "Arabic digits": ("text/plain", _filled("٤٠٠٠ ".encode(), size)),
        "replaced bytes": ("text/plain", _filled(b"\xff", size)),
        "fours, far apart": ("text/plain", _filled(b"4000      ", size)),
        "empty lines": ("text/plain", _filled(b"\n", size)),
        "lines that go on": ("text/plain", _filled(b"4\\\n", size)),
        "JSON lines, the last broken": (JSON, _filled(b'{"a":"' + b"b" * 40 + b'"}\n', size)[:-3]),
        "JSON, boxes": (JSON, json.dumps([{"d": "4"}] * 6000).encode()),
        "boxes of a form": (FORM, "&".join(f"card{n}=4000" for n in range(4900)).encode()),
        "attributes, 150 each": (
            "application/xml",
            _filled(b"<a " + b" ".join(b'a%d="4000"' % n for n in range(150)) + b"/>", size),
        ),
        "lzma of noise": ("", lzma.compress(random.Random(2).randbytes(size), format=lzma.FORMAT_ALONE)),
        "tables of glyphs": ("application/pdf", _document_of_tables()),
        "RTF, groups": ("application/rtf", b"{\\rtf1 4" + _filled(b"{}4", size)),
        "RTF, codes": ("application/rtf", b"{\\rtf1 4" + _filled(b"\\'34", size)),
        "RTF, begun": ("application/rtf", b"{\\rtf1 4" + _filled(b"\\" + b"a" * 33, size)),
        "spans": ("application/xml", _filled(b"4<text:span>", size)),
        "lines that go on, indented": ("text/plain", _filled(b"4\\\n 4", size)),
        "strings divided by NULs": ("", _filled(b"4\0", size) + b"\0" + b"4" * 12),
        "spans, begun": ("application/xml", _filled(b"4<b ", size) + b">"),
        "instructions, begun": ("application/xml", _filled(b"4<?", size) + b">"),
        "wide strings": ("application/pdf", b"%PDF-1.7\n" + _filled(b"(\xfe\xff44444444)", size)),
        "wide strings, begun": ("application/pdf", b"%PDF-1.7\n" + _filled(b"<FEFF3434", size)),
        "predictors": ("application/pdf", _predicted(size)),
    }


def _predicted(size: int) -> bytes:
    """Streams whose predictor is the dearest to undo."""
    about = b"/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 60>>"
    part = zlib.compress(_filled(b"\x04" + bytes(range(60)), 30_000))
    return b"%PDF-1.7\n" + (b"1 0 obj\n<<%s>>\nstream\n%s\nendstream\nendobj\n" % (about, part)) * (
        size // 60_000
    )


def property_list(levels: int = 12, width: int = 10) -> bytes:
    """Arrays each of which holds the next one ten times: some hundred bytes, and a billion values."""
    objects = [bytes([0xA0 | width]) + bytes([level + 1] * width) for level in range(levels)] + [b"\x50"]
    places = itertools.accumulate((len(each) for each in objects), initial=8)
    table = b"".join(place.to_bytes(2, "big") for place in list(places)[:-1])
    body = b"bplist00" + b"".join(objects)
    return body + table + bytes(6) + struct.pack(">BBQQQ", 2, 1, len(objects), 0, len(body))


def _document_of_tables() -> bytes:
    table = zlib.compress(_filled(b"1 beginbfrange\n" + b"<00><ff><0030>" * 99 + b"endbfrange\n", 60_000))
    part = b"1 0 obj\n<< /Length 1 /Filter /FlateDecode >>\nstream\n%s\nendstream\nendobj\n"
    return b"%PDF-1.4\n" + (part % table) * 15 + part % zlib.compress(b"BT <3132> Tj ET")


def _texts(size: int) -> Bodies:
    """Those of single characters, of odd encodings, of lines and tags."""
    one_character = {
        f"all {each!r}": (FORM, _filled(each.encode(), size)) for each in ("&", "=", "+", "%", "&a=", "%2525")
    }
    return one_character | {
        "JSON, short numbers": (JSON, json.dumps([1] * (size // 4)).encode()),
        "JSON, a line each": (JSON, _filled(b'{"a":1}\n', size)),
        "kanji digits": ("text/plain", _filled("四〇".encode(), size)),
        "digits with marks": ("text/plain", _filled("4\u0301".encode(), size)),
        "full-width, UTF-16": ("text/plain", _filled("４".encode("utf-16-be"), size)),
        "Big5 digits": ("text/plain", _filled(b"\xa2\xb5", size)),
        "EBCDIC digits": ("", _filled(b"\xf4\x40", size)),
        "base32 of text": ("text/plain", base64.b32encode(_filled(b"4000 x", size * 5 // 8))),
        "base85 of digits": ("text/plain", base64.b85encode(_filled(b"4000", size * 4 // 5))),
        "letters of base85": ("text/plain", _filled(b"F", size)),
        "uuencode, begun": ("text/plain", _filled(b"begin 644 a\n!!!!\n", size)),
        "UTF-7": ("text/plain", _filled(b"+ADQ-", size)),
        "names of hosts": ("text/plain", _filled(b"xn--" + b"a" * 55 + b".", size)),
        "calls that open": ("text/plain", _filled(b"chr(", size)),
        "names of digits": ("text/plain", _filled(b"\\N{DIGIT FOUR}", size)),
        "escapes of RTF": ("text/plain", _filled(b"\\u52?", size)),
        "digits and tildes": ("text/plain", _filled(b"4~", size)),
        "lines of eight": ("text/plain", _filled(b"40000000\n", size)),
        "records, broken": ("text/plain", _filled(b"\n<34>1 a b c d ", size)),
        "table of cards": ("text/csv", b"card1,card2,card3\n" + _filled(b"4000,0000,0000\n", size)),
        "attributes, a digit each": ("application/xml", _filled(b'<d i="1" v="4"/>', size)),
        "calls that join": ("text/plain", _filled(b"join(['4','0',", size)),
        "lists that join": ("text/plain", b".join(" + _filled(b"['4','0','0'", size)),
        "accounts": ("text/plain", _filled(b"DE89 3704 0044 0532 0130 00 ", size)),
        "numerals beside digits": ("text/plain", _filled("①4000一".encode(), size)),
        "dividers of all lengths": (
            "text/plain",
            _filled(b"".join(b"4000" + b"*" * at for at in range(24)), size),
        ),
        "invisible, long": ("text/plain", _filled(b"4" + b"\1" * 64, size)),
        "names and values": (
            "text/plain",
            _filled(b"id=34 ms=12 rid=6ed7382707d930592cd0e2f9ce2197cc\n", size),
        ),
        "octal of two digits": ("text/plain", _filled(b"\\64", size)),
        "JSON, codes": (JSON, json.dumps([52, 48, 48, 48] * (size // 16)).encode()),
        "chip in hex": ("text/plain", _filled(b"5A084000000000000000", size)),
    }


def _bytes(size: int) -> Bodies:
    """Those of packed members and of binary formats."""
    chunk = (
        (len(packed := b"a\0\0" + zlib.compress(bytes(60_000)))).to_bytes(4, "big")
        + b"zTXt"
        + packed
        + b"crc4"
    )
    return {
        "members of gzip": ("", _filled(gzip.compress(b"4000"), size)),
        "members of zlib": ("", _filled(zlib.compress(b"x"), size)),
        "gzip in gzip": ("", gzip.compress(gzip.compress(gzip.compress(bytes(size * 50))))),
        "zip of 9000": ("application/zip", _zip_of(9000)),
        "CBOR, deep": ("application/cbor", _filled(b"\x81", size)),
        "CBOR, no end": ("application/cbor", b"\x9f" + _filled(b"\x04", size)),
        "CBOR, texts": ("application/cbor", b"\x9f" + _filled(b"\x644000", size) + b"\xff"),
        "CBOR, sequence": ("application/cbor", _filled(b"\x81\x04", size)),
        "protobuf": ("application/x-protobuf", _filled(b"\x10\xff\xff\xff\xff\xff\xff\x07", size)),
        "gRPC, empty": ("application/grpc", _filled(b"\0\0\0\0\1\x08", size)),
        "tags of chips": ("", _filled(b"\x5a\x08", size)),
        "PNG, many chunks": (
            "image/png",
            b"\x89PNG\r\n\x1a\n" + _filled(b"\0\0\0\x08tEXt4000 000crc4", size),
        ),
        "PNG, packed chunks": ("image/png", b"\x89PNG\r\n\x1a\n" + _filled(chunk, size)),
        "JPEG, many segments": ("image/jpeg", b"\xff\xd8" + _filled(b"\xff\xfe\0\x104000 0000 0000", size)),
        "GIF, many comments": ("image/gif", b"GIF89a" + _filled(b"!\xfe\x0440000", size)),
        "multipart, 100,000": ("multipart/form-data; boundary=a", _filled(b"--a\r\n\r\n4\r\n", size)),
    }


def _parts(size: int) -> Bodies:
    """Much that may be a part of something, or may say what a number is."""
    head = b"--b\r\nContent-Disposition: form-data"
    kind = "multipart/form-data; boundary=b"
    keys = [{"t": "keydown", "k": str(at * at % 10)} for at in range(4000)]
    names = [{f"k{at % 500}": "4", "b": "7"} for at in range(4500)]
    # A published number, which is no card where these words stand before it.
    published = "4242424242424242"
    return {
        "parameters in parts": (kind, head + _filled(b"; f*0=4; f*1=2", size) + b"\r\n\r\nx\r\n--b--"),
        "parameters in parts, begun": (kind, head + _filled(b" a*1 *", size) + b"\r\n\r\nx"),
        "parameters of many parts": (kind, _filled(head + b"; f*0=4; f*1=2; f*2=0\r\n\r\nx\r\n", size)),
        "keys pressed": (JSON, json.dumps(keys).encode()),
        "keys of many names": (JSON, json.dumps(names).encode()),
        "attributes of cards": ("text/xml", _filled(b'<card a="4000" b="0000" c="0000" d="0001"/>', size)),
        "attributes of cards, 300 each": ("text/xml", _filled(b"<card " + b'a="4" ' * 300 + b"/>", size)),
        "names without values": (FORM, _filled(b"4000&0000&0001&", size)),
        "rows with hyphens": (
            "text/plain",
            _filled(b"0000 - 34 30 30 30 30 30 30 30-30 30 30 30 30 30 30 31   4000\n", size),
        ),
        "a row with hyphens": ("text/plain", b"0000 - 34 30\n0010 - " + _filled(b"34-", size)),
        "others' numbers": (OTHER, _filled(f"Rechnungsnummer: {published}\n".encode(), size)),
        "pictures of ids": (
            OTHER,
            _filled(f"123456789_{published}_1234567890123456789_n.jpg ".encode(), size),
        ),
        "numeros": ("text/plain", _filled(b"facture n n n n. num numero 4000000000000000 ", size)),
        "entities used": ("text/xml", b"<!DOCTYPE a [<!ENTITY x '4000'>]>" + _filled(b"&x;", size)),
        "combining marks": ("text/plain", _filled("4\u03320\u0336".encode(), size)),
    }


def _zip_of(count: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(count):
            archive.writestr(str(number), b"4000")
    return packed.getvalue()


def _json_in_json(size: int) -> bytes:
    text = '"4000"'
    while len(json.dumps(text)) < size:
        text = json.dumps(text)
    return text.encode()
