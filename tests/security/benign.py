"""Ordinary requests of many shapes, made at random: not one of them may be refused. For tests and benchmarks."""

# ruff: noqa: E501  (a shape reads best on one line)

from __future__ import annotations

import base64
import io
import json
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from . import benign_web
from .corpus import binary, negatives, others
from .corpus.numbers import common_card, digits, imei, in_fours, jan, yamato

FORM = "application/x-www-form-urlencoded"
Request = dict[str, Any]
Shape = Callable[[Random], Request]

_NAMES = ("山田太郎", "佐藤 花子", "Smith, John", "鈴木一郎", "田中 Ｋｅｎ")
_TOWNS = (
    "渋谷区神宮前1-2-3",
    "大阪市北区梅田４丁目２番４２号",
    "京都市中京区四条通烏丸西入ル",
    "札幌市中央区北1条西2丁目 101号室",
)
_WORDS = (
    *("急須", "湯のみ", "和紙", "風呂敷", "贈り物", "在庫", "送料", "返品", "領収書", "配達"),
    *("時間", "指定", "お願い", "します", "ありがとう", "ございます", "四つ", "二千円", "です"),
)
_BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 Version/19.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "curl/8.14.1",
    "Googlebot/2.1 (+http://www.google.com/bot.html)",
)


_ID_NAMES = (
    *(
        "order_id",
        "orderId",
        "order[id]",
        "trackingNo",
        "tracking",
        "transaction_id",
        "invoice_no",
    ),
    *("送り状番号", "注文番号", "お問い合わせ番号", "gclid"),
)


def _words(random: Random, count: int) -> str:
    return "".join(random.choices(_WORDS, k=count))


def _token(random: Random, size: int = 32) -> str:
    return base64.urlsafe_b64encode(random.randbytes(size)).decode().rstrip("=")


def _uuid(random: Random) -> str:
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def _phone(random: Random) -> str:
    return random.choice(
        (
            f"090-{digits(random, 4)}-{digits(random, 4)}",
            f"03{digits(random, 8)}",
            f"+8190{digits(random, 8)}",
        )
    )


def _marketplace(random: Random) -> str:
    return (
        f"{random.choice(('249', '250', '365', '503', '622', '650'))}-{digits(random, 7)}-{digits(random, 7)}"
    )


def _session(random: Random) -> str:
    return (
        f"session={_token(random, 40)}.{_token(random, 4)}.{_token(random, 20)}; basket={_token(random, 16)}"
    )


def _analytics(random: Random) -> str:
    client, now = random.randint(10**8, 2**31), random.randint(1_600_000_000, 1_999_999_999)
    return f"_ga=GA1.1.{client}.{now}; _gcl_au=1.1.{random.randint(10**8, 10**9)}.{now}; _fbp=fb.1.{now}000.{client}"


def get(path: str = "/", query: str = "", **environ: str) -> Request:
    return {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, **environ}


def _post(body: bytes, kind: str, **environ: str) -> Request:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/x",
        "QUERY_STRING": "",
        "CONTENT_TYPE": kind,
        "body": body,
        **environ,
    }


def _form(**fields: object) -> Request:
    return _post(urllib.parse.urlencode(fields).encode(), FORM)


def _json(document: object) -> Request:
    return _post(json.dumps(document).encode(), "application/json")


def _multipart(random: Random, *parts: tuple[str, bytes]) -> Request:
    boundary = random.choice(("----WebKitFormBoundary" + _token(random, 12), "-" * 27 + digits(random, 28)))
    head = f"--{boundary}\r\nContent-Disposition: form-data; name="
    body = b"".join(
        head.encode() + f'"{name}"\r\n\r\n'.encode() + content + b"\r\n" for name, content in parts
    )
    return _post(body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}")


SHAPES: dict[str, Shape] = {
    "home": lambda r: get(),
    "product": lambda r: get(f"/products/{jan(r, passes_luhn=r.random() < 0.5)}"),
    "product by number": lambda r: get(f"/products/{r.randint(1, 10**6)}"),
    "category page": lambda r: get("/category/tea", f"after={r.randint(1, 10**9)}&sort=price"),
    "search, words": lambda r: get("/search", urllib.parse.urlencode({"q": _words(r, 2)})),
    "search, product code": lambda r: get("/search", f"q={jan(r, passes_luhn=r.random() < 0.5)}"),
    "search, phone": lambda r: get("/search", f"q={_phone(r)}"),
    "search, Shift_JIS": lambda r: get("/search", "q=" + urllib.parse.quote(_words(r, 2).encode("cp932"))),
    "price filter": lambda r: get("/search", f"min={r.randint(1, 99) * 100}&max={r.randint(100, 999) * 100}"),
    "dates": lambda r: get("/staff/orders", f"from=2026{r.randint(10, 12)}01&to=2026-11-{r.randint(10, 30)}T04%3A53%3A12.424242Z"),
    "campaign": lambda r: get("/", f"utm_source=mail&utm_id={digits(r, 11)}&gclid=EAIaIQ{_token(r, 20)}"),
    "Yahoo click": lambda r: get("/", f"yclid={r.randint(10**18, 9 * 10**18)}"),
    "Facebook click": lambda r: get("/", f"fbclid=IwAR{_token(r, 40)}"),
    "cache buster": lambda r: get("/static/app.js", f"v={r.randint(1_600_000_000_000, 1_999_999_999_999)}"),
    "static, hashed": lambda r: get(f"/static/site-{r.randbytes(16).hex()}.css"),
    "order page": lambda r: get(f"/orders/{_uuid(r)}", HTTP_COOKIE=_session(r)),
    "order page, ULID": lambda r: get(f"/orders/01JD4XVZ8Q{''.join(r.choices('0123456789ABCDEFGHJKMNPQRSTVWXYZ', k=16))}"),
    "return from provider": lambda r: get("/return", f"session_id=cs_test_{_token(r, 40)}"),
    "analytics cookies": lambda r: get(HTTP_COOKIE=_analytics(r)),
    "session cookie": lambda r: get(HTTP_COOKIE=_session(r)),
    "referer, search engine": lambda r: get(HTTP_REFERER=f"https://www.google.com/search?q={urllib.parse.quote(_words(r, 2))}&ei={_token(r, 18)}"),
    "etag": lambda r: get(HTTP_IF_NONE_MATCH=f'"{r.randint(10**9, 2 * 10**9)}.0-{r.randint(100, 99999)}-{r.randint(10**8, 2**32)}"'),
    "modified since": lambda r: get(HTTP_IF_MODIFIED_SINCE="Mon, 23 Nov 2026 04:53:12 GMT"),
    "trace": lambda r: get(HTTP_TRACEPARENT=f"00-{r.randbytes(16).hex()}-{r.randbytes(8).hex()}-01"),
    "Google trace": lambda r: get(HTTP_X_CLOUD_TRACE_CONTEXT=f"{r.randbytes(16).hex()}/{r.getrandbits(64)};o=1"),
    "Amazon trace": lambda r: get(HTTP_X_AMZN_TRACE_ID=f"Root=1-{r.randbytes(4).hex()}-{r.randbytes(12).hex()}"),
    "forwarded": lambda r: get(HTTP_X_FORWARDED_FOR=", ".join(".".join(str(r.randint(1, 254)) for _ in range(4)) for _ in range(3))),
    "bearer": lambda r: get("/api", HTTP_AUTHORIZATION=f"Bearer {_token(r, 30)}.{_token(r, 90)}.{_token(r, 32)}"),
    "basic": lambda r: get("/api", HTTP_AUTHORIZATION="Basic " + base64.b64encode(f"user:{_token(r, 9)}".encode()).decode()),
    "conditional range": lambda r: get("/picture.webp", HTTP_RANGE=f"bytes={r.randint(0, 10**7)}-{r.randint(10**7, 10**8)}"),
    "client hints": lambda r: get(HTTP_SEC_CH_UA='"Chromium";v="156", "Not.A/Brand";v="24"', HTTP_SEC_CH_VIEWPORT_WIDTH="1920"),
    "sign in": lambda r: _form(email=f"user{digits(r, 4)}@example.jp", password=_token(r, 15), csrf_token=_token(r, 40)),
    "one-time code": lambda r: _form(code=digits(r, 6), csrf_token=_token(r, 40)),
    "address": lambda r: _form(
        email=f"a{digits(r, 3)}@example.jp", family_name=r.choice(_NAMES), postcode=f"{digits(r, 3)}-{digits(r, 4)}",
        prefecture="東京都", city=r.choice(_TOWNS), building=f"{digits(r, 3)}号室", tel=_phone(r), csrf_token=_token(r, 40)),
    "address, full-width": lambda r: _form(tel=_phone(r).translate(str.maketrans("0123456789-", "０１２３４５６７８９−")), address1=r.choice(_TOWNS)),
    "basket": lambda r: _form(product=r.randint(1, 10**6), quantity=r.randint(1, 9)),
    "quantities": lambda r: _form(**{f"quantity_{n}": r.randint(1, 9) for n in range(6)}),
    "confirm": lambda r: _form(attempt=_uuid(r), amount=r.randint(100, 10**6), csrf_token=_token(r, 40)),
    "delivery": lambda r: _form(date=f"2026-12-{r.randint(1, 28):02}", slot="1416", note=_words(r, 5)),
    "enquiry": lambda r: _form(body=f"注文 HTK-{digits(r, 4)}-{digits(r, 4)} の件。{_words(r, 8)} 電話 {_phone(r)}、〒{digits(r, 3)}-{digits(r, 4)}。"),
    "enquiry, waybill": lambda r: _form(body=f"送り状 {in_fours(yamato(r), '-')} が届きません。{_words(r, 6)}"),
    "enquiry, waybills": lambda r: _form(message=f"{in_fours(yamato(r), '-')} と {in_fours(yamato(r), '-')}、{yamato(r)} です。"),
    "enquiry, product code": lambda r: _form(message=f"JAN {jan(r, passes_luhn=r.random() < 0.5)} の在庫は。{_words(r, 5)}"),
    "enquiry, device": lambda r: _form(message=f"端末 IMEI {imei(r)} です"),
    "enquiry, dates and amounts": lambda r: _form(message=f"2026/11/{r.randint(10, 30)} {r.randint(10, 23)}:{digits(r, 2)[0]}5 ¥{r.randint(1, 9)},{digits(r, 3)} {r.randint(1000, 9999)}円"),
    "enquiry, link": lambda r: _form(message=f"https://example.jp/p/{_token(r, 20)}?id={r.randint(1, 10**9)} {_words(r, 3)}"),
    "enquiry, hash": lambda r: _form(message=f"commit {r.randbytes(20).hex()} {_uuid(r)}"),
    "long enquiry": lambda r: _form(message=_words(r, 300)),
    "staff: prices": lambda r: _form(**{f"price_{n}": r.randint(10, 999) * 10 for n in range(4)}),
    "staff: product": lambda r: _form(jan=jan(r, passes_luhn=r.random() < 0.5), name=_words(r, 3), price=r.randint(100, 99999), stock=r.randint(0, 999)),
    "order's id": lambda r: _form(**{r.choice(_ID_NAMES): common_card(r), "q": _words(r, 3)}),
    "ids in JSON": lambda r: _json({"o": {r.choice(_ID_NAMES): common_card(r)}, "n": int(digits(r, 3))}),
    "ids in a query": lambda r: get(query=f"{urllib.parse.quote(r.choice(_ID_NAMES))}={common_card(r)}"),
    "percent before digits": lambda r: _form(rate=f"{r.randint(1, 99)}%{digits(r, 6)}", q=f"50%{_words(r, 2)}"),
    "counts in cookies": lambda r: get(HTTP_COOKIE=f"visits={digits(r, 4)}; seen={digits(r, 6)}; _ga={digits(r, 9)}"),
    "staff: shipping": lambda r: _form(carrier="yamato", tracking_number=yamato(r)),
    "staff: bank": lambda r: _form(bank=digits(r, 4), branch=digits(r, 3), account=digits(r, 7)),
    "staff: CSV upload": lambda r: _multipart(r, ("file", "\r\n".join(f"{jan(r, passes_luhn=False)},{_words(r, 1)},{r.randint(1, 999) * 100},{r.randint(0, 99)}" for _ in range(20)).encode())),
    "staff: picture": lambda r: _multipart(r, ("alt", _words(r, 2).encode()), ("picture", b"\x89PNG\r\n\x1a\n" + r.randbytes(4000))),
    "staff: JPEG": lambda r: _multipart(r, ("picture", b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + r.randbytes(6000) + b"\xff\xd9")),
    "JSON: basket": lambda r: _json({"items": [{"id": r.randint(1, 10**6), "quantity": r.randint(1, 9), "price": r.randint(100, 9999)} for _ in range(5)]}),
    "JSON: events": lambda r: _json([{"t": r.randint(1_600_000_000_000, 1_999_999_999_999), "x": r.random() * 1920, "y": r.random() * 1080, "id": _uuid(r)} for _ in range(8)]),
    "JSON: ids": lambda r: _json({"id": r.randint(10**18, 9 * 10**18), "trace_id": r.getrandbits(63), "session": _token(r)}),
    "JSON: timings": lambda r: _json({"navigation": [r.uniform(0, 5000) for _ in range(12)], "start": r.randint(1_600_000_000_000_000, 1_999_999_999_999_999)}),
    "JSON: CSP report": lambda r: _post(json.dumps({"csp-report": {"document-uri": "http://style.localhost:8000/", "blocked-uri": "inline", "line-number": r.randint(1, 999)}}).encode(), "application/csp-report"),
    "JSON: provider's event": lambda r: _json({"id": f"evt_{_token(r, 18)}", "created": r.randint(1_600_000_000, 1_999_999_999), "data": {"object": {"id": f"pi_{_token(r, 18)}", "amount": r.randint(100, 10**6), "last4": digits(r, 4), "exp_month": 12, "exp_year": 2031}}}),
    "JSON: passkey": lambda r: _json({"id": _token(r, 32), "rawId": _token(r, 32), "response": {"clientDataJSON": base64.urlsafe_b64encode(json.dumps({"type": "webauthn.get", "challenge": _token(r)}).encode()).decode(), "signature": _token(r, 70)}}),
    "JSON: picture in base64": lambda r: _json({"picture": "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + r.randbytes(3000)).decode()}),
    "JSON: GraphQL": lambda r: _json({"query": "query($id: ID!) { product(id: $id) { name price } }", "variables": {"id": str(r.randint(1, 10**9))}}),
    "JSON: measures": lambda r: _json({"weights": [r.gauss(0, 1) for _ in range(20)], "exponents": [r.gauss(0, 1e-6) for _ in range(9)], "hash": r.getrandbits(63), "seed": r.getrandbits(64), "ticks": r.randint(639 * 10**15, 64 * 10**16)}),
    "JSON: bytes": lambda r: _json({"type": "Buffer", "data": list(r.randbytes(120))}),
    "JSON: spans": lambda r: _json([{"span_id": digits(r, 16), "parentSpanId": digits(r, 16), "start": r.randint(10**18, 2 * 10**18)} for _ in range(6)]),
    "marketplace's orders": lambda r: _form(q=_marketplace(r), subject=f"注文 {_marketplace(r)} について", memo=f"{_marketplace(r)} と {_marketplace(r)}"),
    "goods by path": lambda r: get(path=f"/p/{jan(r, passes_luhn=False)}{r.choice('/-')}{r.randint(1, 99999)}"),
    "pasted table": lambda r: _form(note="\n".join(f"{at}\t{jan(r, passes_luhn=False)}\t{_words(r, 1)}\t{r.randint(1, 99)}\t{r.randint(10, 999) * 10}" for at in range(1, 9))),
    "pasted times": lambda r: _form(memo=" ".join(f"{r.randint(6, 23):02}{r.choice((0, 15, 30, 45)):02}" for _ in range(9))),
    "pasted prices": lambda r: _form(message=" ".join(str(r.randint(100, 999) * 10) for _ in range(6))),
    "account abroad": lambda r: _form(iban=negatives.NEGATIVES["IBAN, printed"](r), bic="DEUTDEFF"),
    "object's id": lambda r: _json({"uid": "1.2.840.113619.2." + ".".join(str(r.randint(1000, 9999)) for _ in range(6))}),
    "log of names and values": lambda r: _post("".join(f"2026-11-{r.randint(10, 27)}T10:00:{r.randint(10, 59)}.{digits(r, 6)}+09:00 INFO [{r.randint(1, 99999)}] order={_marketplace(r)} ms={r.randint(1, 9999)} bytes={r.randint(1, 99999)} ip=203.0.113.{r.randint(1, 254)}:{r.randint(1024, 65535)} rid={r.getrandbits(128):032x}\n" for _ in range(15)).encode(), "text/plain"),
    "bytes of other formats": lambda r: _post(r.choice(list(binary.ordinary(r))), r.choice(("", "application/octet-stream"))),
    "bytes, uploaded": lambda r: _multipart(r, ("file", r.choice(list(binary.ordinary(r))))),
    "bytes in base64": lambda r: _json({"payload": base64.b64encode(r.choice(list(binary.ordinary(r)))).decode(), "at": r.randint(1_600_000_000_000, 1_999_999_999_999)}),
    "staff: table of cards' brands": lambda r: _multipart(r, ("file", ("card,count,total\n" + "".join(f"{brand},{digits(r, 4)},{digits(r, 8)}\n" for brand in ("visa", "jcb", "amex"))).encode())),
    "lines of numbers": lambda r: _form(list="\r\n".join(digits(r, 8) for _ in range(6)), csv="\n".join(f"{digits(r, 6)},{digits(r, 10)}" for _ in range(4))),
    "text": lambda r: _post(_words(r, 30).encode(), "text/plain"),
    "XML": lambda r: _post(f"<o><id>{r.randint(1, 10**9)}</id><name>{_words(r, 2)}</name><tel>{_phone(r)}</tel></o>".encode(), "application/xml"),
    "HTML": lambda r: _post(("<table>" + "".join(f"<tr><td>{r.randint(1, 999)}</td><td>{_words(r, 1)}</td></tr>" for _ in range(6)) + "</table>").encode(), "text/html"),
    "empty": lambda r: _post(b"", FORM),
}  # fmt: skip
SHAPES |= benign_web.shapes(get, _post, _form, _json)

# What the corpus calls no card may be typed anywhere, but where the corpus itself is in doubt.
_ANY_TEXT = [
    *(write for kind, write in negatives.NEGATIVES.items() if "waybill" not in kind),
    *others.NO_CARDS.values(),
]


def requests(count: int, seed: int = 1) -> Iterator[Request]:
    """So many requests, of each shape as many; now and then with a number of the corpus' in an odd place."""
    random = Random(seed)
    shapes = list(SHAPES.values())
    for number in range(count):
        request = shapes[number % len(shapes)](random)
        request.setdefault("HTTP_USER_AGENT", random.choice(_BROWSERS))
        if number % 7 == 0:
            request["HTTP_X_EXTRA"] = random.choice(_ANY_TEXT)(random).encode("utf-8").decode("latin-1")
        yield request


def environ_of(request: Request) -> Request:
    """The environ of WSGI for it."""
    body = request.get("body", b"")
    given = {name: value for name, value in request.items() if name != "body"}
    sizes = {"CONTENT_LENGTH": str(len(body))} if body else {}
    return {
        "wsgi.input": io.BytesIO(body),
        "SERVER_NAME": "style.localhost",
        "HTTP_HOST": "style.localhost:8000",
        **sizes,
        **given,
    }
