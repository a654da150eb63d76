"""Cards as they come over a wire: encoded, packed, spread over fields. All of these are `card` once decoded."""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import io
import json
import lzma
import pickle
import quopri
import sqlite3
import unicodedata
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from random import Random

import msgpack

from .case import CARD, Case
from .numbers import as_printed, common_card, in_fours

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
Encode = Callable[[Random, str], str | bytes]


def percent(text: str) -> str:
    """Every byte of it."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def base64_of(data: str | bytes) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def wide(number: str) -> str:
    return number.translate(str.maketrans("0123456789", "０１２３４５６７８９"))


def jwt(payload: dict[str, object]) -> str:
    """Header, payload and a signature that is random bytes."""
    parts = [
        json.dumps({"alg": "HS256", "typ": "JWT"}).encode(),
        json.dumps(payload).encode(),
        bytes(range(160, 192)),
    ]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def zipped(name: str, content: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def database(number: str) -> bytes:
    """An SQLite file with the number in an integer column, where no digit of it stands as text."""
    with closing(sqlite3.connect(":memory:")) as rows:
        rows.execute("CREATE TABLE t (a TEXT, n INTEGER)")
        rows.execute("INSERT INTO t VALUES ('x', ?)", (int(number),))
        rows.commit()
        return rows.serialize()


def multipart(*fields: tuple[str, str]) -> bytes:
    """A body with the boundary that PARTS names."""
    parts = [
        f'--bnd\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    ]
    return ("".join(parts) + "--bnd--\r\n").encode()


def _whole_groups(number: str) -> list[str]:
    """Three or more groups, none of which begins with 0: as numbers of JSON they may not."""
    groups = [number[:4]]
    for at in range(4, len(number), 4):
        if number[at] == "0":
            groups[-1] += number[at : at + 4]
        else:
            groups.append(number[at : at + 4])
    return groups


def _run(random: Random, text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{random.choice((f"{text} ", f" {text}", text))}</w:t></w:r>'


PARTS = "multipart/form-data; boundary=bnd"


def _folded(text: str) -> str:
    encoded = base64_of(text)
    return "\r\n".join(encoded[at : at + 20] for at in range(0, len(encoded), 20))


def _table(number: str, divider: str) -> str:
    names = divider.join(("id", "card_no1", "card_no2", "card_no3", "card_no4", "name"))
    return f"{names}\n7{divider}{in_fours(number, divider)}{divider}taro\n"


def _exponent(number: str) -> str:
    return f"{Decimal(number):e}"


def _boxes(number: str, names: str) -> str:
    pieces = (number[at : at + 4] for at in range(0, 16, 4))
    return urllib.parse.urlencode(list(zip(names.split(), pieces, strict=True)))


ANY: dict[str, Encode] = {
    "url": lambda r, n: percent(n),
    "url, only the dividers": lambda r, n: as_printed(
        n, r.choice(("%20", "%2D", "%2d", "%E3%80%80", "%C2%A0", "%09"))
    ),
    "url twice": lambda r, n: percent(percent(n)),
    "url three times": lambda r, n: urllib.parse.quote(urllib.parse.quote(percent(n))),
    "url, full-width": lambda r, n: percent(wide(n)),
    "url, Shift_JIS": lambda r, n: "".join(f"%{byte:02x}" for byte in wide(n).encode("cp932")),
    "entities": lambda r, n: "".join(f"&#{ord(each)};" for each in n),
    "hex entities": lambda r, n: "".join(f"&#x{ord(each):x};" for each in n),
    "entity dividers": lambda r, n: as_printed(
        n, r.choice(("&nbsp;", "&ensp;", "&ndash;", "&#8211;", "&shy;"))
    ),
    r"\u escapes": lambda r, n: "".join(f"\\u{ord(each):04x}" for each in n),
    r"\x escapes": lambda r, n: "".join(f"\\x{ord(each):02x}" for each in n),
    r"\u{} escapes": lambda r, n: "".join(f"\\u{{{ord(each):x}}}" for each in n),
    r"\u, full-width": lambda r, n: "".join(f"\\u{ord(each):04X}" for each in wide(n)),
    "base64": lambda r, n: base64_of(f"{'x' * r.randint(0, 5)} {n} {'y' * r.randint(0, 5)}"),
    "base64, bare": lambda r, n: base64_of(n),
    "base64, no padding": lambda r, n: base64_of(f"n={n};").rstrip("="),
    "base64, url-safe": lambda r, n: base64.urlsafe_b64encode(f"?>{n}~~".encode()).decode(),
    "base64, folded": lambda r, n: _folded(f"{{'number': '{n}', 'name': 'someone'}}"),
    "base64, other alignment": lambda r, n: "k" * r.randint(1, 3) + base64_of(f"number {n} end"),
    "base64, grouped inside": lambda r, n: base64_of(f"card: {as_printed(n, r.choice(' -'))}"),
    "base64 twice": lambda r, n: base64_of(base64_of(f"n {n}")),
    "base64 of UTF-16": lambda r, n: base64_of(f"n {n}".encode("utf-16-le")),
    "base64 of gzip": lambda r, n: base64_of(gzip.compress(f"number={n}".encode(), mtime=0)),
    "base64 of zlib, url-safe": lambda r, n: (
        "." + base64.urlsafe_b64encode(zlib.compress(f'{{"n":"{n}"}}'.encode())).decode()
    ),
    "data URL": lambda r, n: "data:text/plain;base64," + base64_of(f"a {n}"),
    "hex": lambda r, n: n.encode().hex(),
    "hex, capitals, more round it": lambda r, n: f"<{n}>\n".encode().hex().upper(),
    "hex pairs": lambda r, n: r.choice(" :").join(f"{byte:02x}" for byte in f"n={n}".encode()),
    "quoted-printable": lambda r, n: "".join(f"={ord(each):02X}" for each in n),
    "quoted-printable, soft break": lambda r, n: f"Betreff: K=C3=A4rte {n[:7]}=\r\n{n[7:]} ende",
    "quoted-printable, mail": lambda r, n: quopri.encodestring(
        f"番号 {as_printed(n, '–')}".encode()
    ).decode(),
    "entities, escaped twice": lambda r, n: "".join(f"&amp;#{ord(each)};" for each in n),
    "entities, no end": lambda r, n: " ".join(f"&#x{ord(each):x}" for each in n),
    "%u": lambda r, n: "".join(f"%u{ord(each):04x}" for each in r.choice((n, wide(n)))),
    r"\N{}": lambda r, n: "".join(f"\\N{{{unicodedata.name(each)}}}" for each in n),
    "escapes of a style sheet": lambda r, n: "".join(f"\\{ord(each):x} " for each in n),
    "strings joined": lambda r, n: (
        'a = "' + as_printed(n, r.choice(('" + "', "' . '", '"&"', "'||'", '" +   "'))) + '"'
    ),
    "strings joined, odd pieces": lambda r, n: f'a = "{n[:5]}" + "{n[5:14]}" + "{n[14:]}"',
    "colours between": lambda r, n: as_printed(n, "\x1b[1m"),
    "quoted-printable, an equals sign before": lambda r, n: f"v={n[:7]}=\r\n{n[7:]}",
    "codes of characters": lambda r, n: f"f({r.choice((',', ', ')).join(str(ord(each)) for each in n)})",
    "codes in hex": lambda r, n: ", ".join(f"0x{ord(each):02x}" for each in n),
    "exponent in text": lambda r, n: f"n = {n[0]}.{n[1:]}e+{len(n) - 1};",
    "base32": lambda r, n: base64.b32encode(f"card={n};".encode()).decode().rstrip("="),
    "ascii85, framed": lambda r, n: base64.a85encode(n.encode(), adobe=True).decode(),
    "base64 of UTF-16, behind a letter": lambda r, n: (
        "+" + base64_of(wide(n).encode("utf-16-be")).rstrip("=")
    ),
    "base64 of bare deflate": lambda r, n: base64_of(
        zlib.compress(f'<a id="x"><n>{n}</n></a>'.encode())[2:-4]
    ),
    "base32hex": lambda r, n: base64.b32hexencode(f"card={n};".encode()).decode().rstrip("="),
    "base85": lambda r, n: base64.b85encode(f"{'#' * r.randint(0, 5)}{n};".encode()).decode(),
    "ascii85, bare": lambda r, n: base64.a85encode(f"{'#' * r.randint(0, 5)}{n};".encode()).decode(),
    "uuencoded": lambda r, n: (
        f"begin 644 a.txt\n{binascii.b2a_uu(f'card: {n} 12/29'.encode()).decode()}`\nend\n"
    ),
    "UTF-7, digit by digit": lambda r, n: "".join(
        f"+{base64_of(each.encode('utf-16-be')).rstrip('=')}-" for each in n
    ),
    "name of a host": lambda r, n: f"https://xn--{f'カード{wide(n)}'.encode('punycode').decode()}.jp/",
    "calls, one a character": lambda r, n: r.choice(("+", "||", " & ")).join(
        f"{r.choice(('chr', 'CHAR', 'Chr'))}({ord(each)})" for each in n
    ),
    "two lines, announced": lambda r, n: (
        f"card: {n[:9]}{r.choice((chr(10), chr(13) + chr(10), chr(92) + 'n'))}{n[9:]} ok"
    ),
    "groups over two lines": lambda r, n: f"{n[:4]}-{n[4:8]}-\n{n[8:12]}-{n[12:]}",
    "chip, in hex pairs": lambda r, n: (
        f"4F 07 A0 00 00 00 03 10 10 5A 08 {bytes.fromhex(n).hex(' ')} 5F 24 03 29 12 31"
    ),
    "chip, in base64": lambda r, n: base64_of(bytes.fromhex(f"4F07A00000000310105A08{n}5F2403291231")),
    "table, split columns": lambda r, n: _table(n, r.choice(",;\t|")),
    "table, halves": lambda r, n: f'"id","カード番号1","カード番号2"\r\n"1","{n[:8]}","{n[8:]}"\r\n',
    "digits between counts": lambda r, n: "".join(f'<d i="{at}" v="{each}"/>' for at, each in enumerate(n)),
    "inner tags": lambda r, n: "".join(f"<b>{each}</b>" for each in n),
    "comments": lambda r, n: as_printed(n, "<!-- x -->"),
    "JWT": lambda r, n: jwt({"sub": "u1", "note": n, "iat": 1_790_000_000}),
    "cookie, JWT": lambda r, n: f"theme=dark; t={jwt({'n': int(n)})}",
    "cookie, url": lambda r, n: f"a=1; last={percent(as_printed(n, ' '))}; b=2",
}
WIRE: dict[str, tuple[str, Encode]] = {
    "form": (FORM, lambda r, n: urllib.parse.urlencode({"a": "1", "note": n})),
    "form, plus": (FORM, lambda r, n: "note=" + in_fours(n, "+")),
    "form, name": (FORM, lambda r, n: f"{n}=x"),
    "form, four boxes": (FORM, lambda r, n: "x=1&" + _boxes(n, "n1 n2 n3 n4") + "&y=2"),
    "form, boxes of other names": (
        FORM,
        lambda r, n: "mail=a%40b.jp&" + _boxes(n, "first second third fourth"),
    ),
    "form, boxes out of order": (
        FORM,
        lambda r, n: "&".join(reversed(_boxes(n, "no1 no2 no3 no4").split("&"))),
    ),
    "form, halves": (FORM, lambda r, n: f"card_a={n[:8]}&card_b={n[8:]}"),
    "form, box for each digit": (
        FORM,
        lambda r, n: "&".join(f"d{at}={each}" for at, each in enumerate(n, 1)),
    ),
    "form, list of digits": (FORM, lambda r, n: "&".join(f"d[]={each}" for each in n)),
    "form, boxes apart": (
        FORM,
        lambda r, n: f"c1={n[:4]}&name=x&c2={n[4:8]}&zip=&c3={n[8:12]}&mail=y&c4={n[12:]}",
    ),
    "form, parts by name": (FORM, lambda r, n: f"bin={n[:6]}&middle={n[6:12]}&last4={n[12:]}"),
    "form, first and second": (FORM, lambda r, n: f"first={n[:8]}&second={n[8:]}"),
    "form, front and back": (FORM, lambda r, n: f"front={n[:8]}&back={n[8:]}"),
    "form, JSON inside": (FORM, lambda r, n: urllib.parse.urlencode({"state": json.dumps({"a": [n]})})),
    "form, base64 inside": (FORM, lambda r, n: urllib.parse.urlencode({"state": base64_of(f"c={n}")})),
    "JSON string": (JSON, lambda r, n: json.dumps({"a": {"b": ["x", n]}})),
    "JSON number": (JSON, lambda r, n: json.dumps({"a": int(n), "b": 1})),
    "JSON float": (JSON, lambda r, n: f'{{"a": {n}.0}}'),
    "JSON float, many zeros": (JSON, lambda r, n: f'{{"a": {n}.000000}}'),
    "JSON exponent": (JSON, lambda r, n: f'{{"a": [{_exponent(n)}]}}'),
    "JSON exponent, odd": (JSON, lambda r, n: f'{{"a": {n[:9]}.{n[9:]}E+7}}'),
    "JSON key": (JSON, lambda r, n: json.dumps({n: 1})),
    "JSON escapes": (JSON, lambda r, n: '{"a": "' + "".join(f"\\u{ord(each):04x}" for each in n) + '"}'),
    "JSON in JSON": (JSON, lambda r, n: json.dumps({"body": json.dumps({"n": json.dumps(wide(n))})})),
    "JSON boxes": (JSON, lambda r, n: json.dumps({f"c{at}": n[at : at + 4] for at in range(0, 16, 4)})),
    "JSON boxes, array": (JSON, lambda r, n: json.dumps([n[at : at + 4] for at in range(0, 16, 4)])),
    "JSON boxes, digits": (JSON, lambda r, n: json.dumps({f"d{at}": each for at, each in enumerate(n)})),
    "JSON boxes, objects": (
        JSON,
        lambda r, n: json.dumps([{"part": n[at : at + 4]} for at in range(0, 16, 4)]),
    ),
    "JSON codes": (JSON, lambda r, n: json.dumps({"a": [ord(each) for each in n]})),
    "JSON, a line each": (
        JSON,
        lambda r, n: '{"a": 1}\n' + json.dumps({f"c{at}": n[at : at + 4] for at in range(0, 16, 4)}),
    ),
    "JSON boxes behind a mark": (
        JSON,
        lambda r, n: "\ufeff" + json.dumps({f"c{at}": n[at : at + 4] for at in range(0, 16, 4)}),
    ),
    "JSON, cut off": (JSON, lambda r, n: json.dumps({"a": n})[:-2]),
    "JSON, UTF-16": (JSON, lambda r, n: json.dumps({"a": n}).encode("utf-16")),
    "JSON, UTF-32": (JSON, lambda r, n: json.dumps({"a": n}).encode("utf-32-le")),
    "multipart": (PARTS, lambda r, n: multipart(("a", "1"), ("note", as_printed(n, "-")))),
    "multipart, boxes": (
        PARTS,
        lambda r, n: multipart(*((f"b{at}", n[at : at + 4]) for at in range(0, 16, 4))),
    ),
    "multipart, base64": (
        PARTS,
        lambda r, n: (
            b'--bnd\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n" + base64_of(f"a {n}").encode() + b"\r\n--bnd--\r\n"
        ),
    ),
    "text, UTF-16": ("text/plain", lambda r, n: f"番号 {wide(n)}".encode("utf-16")),
    "text, UTF-16 without mark": ("text/plain", lambda r, n: f"n {n}".encode("utf-16-be")),
    "text, full-width, UTF-16 without mark": (
        "text/plain",
        lambda r, n: f"番号は{wide(n)}".encode("utf-16-le"),
    ),
    "text, UTF-32": ("text/plain", lambda r, n: f"n {n}".encode("utf-32")),
    "text, full-width, UTF-32 without mark": (
        "text/plain",
        lambda r, n: f"番号は{wide(n)}です".encode("utf-32-le"),
    ),
    "text, EBCDIC": ("text/plain; charset=cp037", lambda r, n: f"number {n}".encode("cp037")),
    "text, Big5": ("text/plain", lambda r, n: f"卡號{wide(n)}".encode("big5")),
    "text, EUC-JP": ("text/plain", lambda r, n: f"番号{wide(n)}".encode("euc_jp")),
    "text, Shift_JIS": ("text/plain", lambda r, n: f"番号{wide(n)}".encode("cp932")),
    "text, ISO-2022-JP": ("text/plain", lambda r, n: f"番号{wide(n)}です".encode("iso2022_jp")),
    "XML": ("application/xml", lambda r, n: f'<?xml version="1.0"?><o><note>{as_printed(n, " ")}</note></o>'),
    "XML attribute": ("application/xml", lambda r, n: f"<o n='{n}'/>"),
    "XML boxes": (
        "application/xml",
        lambda r, n: "<o>" + "".join(f"<p{at}>{n[at : at + 4]}</p{at}>" for at in range(0, 16, 4)) + "</o>",
    ),
    "XML, own entity": ("application/xml", lambda r, n: f'<!DOCTYPE o [<!ENTITY a "{n}">]><o>&a;</o>'),
    "XML, inner tags": ("text/html", lambda r, n: f"<p>{n[:4]}<b>{n[4:8]}</b>{n[8:12]}<i>{n[12:]}</i></p>"),
    "XML, sections": ("application/xml", lambda r, n: f"<x><![CDATA[{n[:7]}]]><![CDATA[{n[7:]}]]></x>"),
    "XML attributes": (
        "application/xml",
        lambda r, n: "<c " + " ".join(f'd{at}="{each}"' for at, each in enumerate(n)) + "/>",
    ),
    "HTML, values of fields": (
        "text/html",
        lambda r, n: "".join(f'<input name="c{at}" value="{n[at : at + 4]}">' for at in range(0, 16, 4)),
    ),
    "HTML, cell for each digit": (
        "text/html",
        lambda r, n: "<tr>" + "".join(f"<td>{each}</td>" for each in n) + "</tr>",
    ),
    "behind a stray percent": (FORM, lambda r, n: f"a=1&x=%{as_printed(n, r.choice(('', '+', '%20', '-')))}"),
    "behind an amount's percent": (FORM, lambda r, n: f"x=100%{n}&y=2"),
    "JSON, groups as numbers": (
        JSON,
        lambda r, n: f'{{"o": {{"card_number": [{",".join(_whole_groups(n))}]}}}}',
    ),
    "deflate in base64": (
        JSON,
        lambda r, n: json.dumps({"p": base64_of(zlib.compress(json.dumps({"note": n}).encode(), wbits=-15))}),
    ),
    "octal of two digits": (
        JSON,
        lambda r, n: json.dumps({"n": "".join(f"\\{ord(each):o}" for each in n)}),
    ),
    "a program's bytes": (
        JSON,
        lambda r, n: json.dumps({"type": "Buffer", "data": list(f"{r.choice('n#=')} {n};".encode())}),
    ),
    "runs of a word processor, blanks in them": (
        "application/xml",
        lambda r, n: "<w:p>" + "".join(_run(r, n[at : at + 4]) for at in range(0, 16, 4)) + "</w:p>",
    ),
    "list joined": (
        "text/javascript",
        lambda r, n: f"pay([{', '.join(repr(n[at : at + 4]) for at in range(0, 16, 4))}].join(''))",
    ),
    "spaces of Latin-1": (
        "text/plain; charset=iso-8859-1",
        lambda r, n: f"d\xe9j\xe0 {as_printed(n, chr(160))}".encode("latin-1"),
    ),
    "spaces of Latin-1, undeclared": ("", lambda r, n: as_printed(n, "\xa0").encode("latin-1")),
    "EBCDIC": (
        "",
        lambda r, n: f"000120 TARO YAMADA   {as_printed(n, r.choice(('', ' ', '-')))} TOKYO".encode("cp037"),
    ),
    "lzma": ("", lambda r, n: lzma.compress(f"number={n}".encode(), format=lzma.FORMAT_ALONE)),
    "gzip": ("application/octet-stream", lambda r, n: gzip.compress(f"number={n}".encode(), mtime=0)),
    "gzip, called a form": (FORM, lambda r, n: gzip.compress(f"number={n}".encode(), mtime=0)),
    "zlib": ("application/octet-stream", lambda r, n: zlib.compress(f"number={n}".encode())),
    "bzip2": ("application/octet-stream", lambda r, n: bz2.compress(f"number={n}".encode())),
    "xz": ("application/octet-stream", lambda r, n: lzma.compress(f"number={n}".encode())),
    "zip": ("application/zip", lambda r, n: zipped("a.csv", f"id,no\n1,{n}\n")),
    "gzip in gzip": (
        "application/gzip",
        lambda r, n: gzip.compress(gzip.compress(f"number={n}".encode(), mtime=0), mtime=0),
    ),
    "msgpack string": ("application/msgpack", lambda r, n: msgpack.packb({"a": [1, {"note": n}]})),
    "msgpack integer": ("application/msgpack", lambda r, n: msgpack.packb({"a": int(n)})),
    "msgpack, no type": ("", lambda r, n: msgpack.packb({"id": 1, "n": int(n)})),
    "pickle": ("application/octet-stream", lambda r, n: pickle.dumps({"a": int(n)})),
    "pickle, float": ("application/octet-stream", lambda r, n: pickle.dumps({"a": float(n)})),
    "pickle, oldest": ("application/octet-stream", lambda r, n: pickle.dumps({"a": [n]}, protocol=0)),
    "pickle in base64": (
        FORM,
        lambda r, n: urllib.parse.urlencode({"s": base64_of(pickle.dumps([int(n)], 4))}),
    ),
    "SQLite": ("application/octet-stream", lambda r, n: database(n)),
    "binary round it": ("application/octet-stream", lambda r, n: b"\x01\x00\xff" + n.encode() + b"\xfe\x00"),
    "unknown bytes, grouped": (
        "application/x-odd",
        lambda r, n: b"\x93\x01" + as_printed(n, " ").encode() + b"\xff",
    ),
}


def cases() -> Iterator[Case]:
    """Each encoding with cards of sixteen digits: what the number is plays no part here."""
    for kind, encode in ANY.items():
        for number in range(10):
            random = Random(f"{kind} {number}")
            found = common_card(random)
            yield Case(f"encoded: {kind}", encode(random, found), CARD, found, wire=True)
    for kind, (content_type, wired) in WIRE.items():
        for number in range(8):
            random = Random(f"{kind} {number}")
            found = common_card(random)
            data = wired(random, found)
            raw = data.encode() if isinstance(data, str) else data
            yield Case(f"wire: {kind}", raw, CARD, found, wire=True, content_type=content_type)
