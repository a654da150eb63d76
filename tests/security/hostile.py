"""Bodies of a mebibyte made to cost much, for tests and benchmarks. None of them holds a card number."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import pickle
import random
import zipfile
import zlib

SIZE = 1 << 20
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


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


def bodies(size: int = SIZE) -> dict[str, tuple[str, bytes]]:
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
    }


def _json_in_json(size: int) -> bytes:
    text = '"4000"'
    while len(json.dumps(text)) < size:
        text = json.dumps(text)
    return text.encode()
