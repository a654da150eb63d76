"""More shapes of ordinary requests: what shops, carriers, advertisers and libraries of the web send. For `benign`."""

# ruff: noqa: E501  (a shape reads best on one line)

from __future__ import annotations

import base64
import json
import urllib.parse
from collections.abc import Callable
from random import Random
from typing import Any

from .corpus.numbers import digits, jan

Get = Callable[..., dict[str, Any]]
Shape = Callable[[Random], dict[str, Any]]

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def _letters(random: Random, size: int) -> str:
    return "".join(random.choices(_ALPHABET, k=size))


def _hex(random: Random, size: int) -> str:
    return random.randbytes(size).hex()


def _at(random: Random, unit: int = 1) -> int:
    return random.randint(1_700_000_000, 1_999_999_999) * unit + random.randrange(unit)


def _integer(random: Random) -> int:
    return random.randint(1 << 48, (1 << 53) - 1)


def _quoted(**fields: object) -> str:
    return urllib.parse.quote(json.dumps(fields))


def _jwt(random: Random) -> str:
    claims = {"sub": digits(random, 10), "iat": _at(random), "exp": _at(random), "jti": _hex(random, 16)}
    head, body = (
        base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=")
        for each in ({"alg": "ES256", "typ": "JWT", "kid": digits(random, 8)}, claims)
    )
    return f"{head}.{body}.{_letters(random, 86)}"


def shapes(get: Get, post: Get, form: Get, send_json: Get) -> dict[str, Shape]:
    """Each by its name; of the four, each makes a request."""
    return {f"{kind}: {name}": shape for kind, found in (
        ("cookies", _cookies(get)), ("ads", _ads(get)), ("Japan", _japan(get, form, send_json)),
        ("programs", _programs(get, post, send_json)), ("ids", _ids(get, form, send_json)),
    ) for name, shape in found.items()}  # fmt: skip


def _cookies(get: Get) -> dict[str, Shape]:
    return {
        "GA4 of two streams": lambda r: get(HTTP_COOKIE=f"_ga=GA1.1.{r.randint(10**8, 2**31)}.{_at(r)}; _ga_{_letters(r, 10).upper()}=GS2.1.s{_at(r)}$o{r.randint(1, 99)}$g1$t{_at(r)}$j{r.randint(1, 60)}$l0$h{r.randint(0, 2**31)}"),
        "TikTok": lambda r: get(HTTP_COOKIE=f"_ttp={_letters(r, 27)}; ttcsid={_at(r, 1000)}::{_letters(r, 20)}.{r.randint(1, 99)}.{_at(r, 1000)}"),
        "Meta": lambda r: get(HTTP_COOKIE=f"_fbp=fb.1.{_at(r, 1000)}.{r.randint(10**17, 10**18)}; _fbc=fb.1.{_at(r, 1000)}.IwZXh0bgNhZW0{_letters(r, 60)}"),
        "LINE": lambda r: get(HTTP_COOKIE=f"__lt__cid={_hex(r, 16)}; _ldbrbid=tr__{_letters(r, 22)}"),
        "Yahoo Japan": lambda r: get(HTTP_COOKIE=f"_yjr_yjad={_at(r)}.{_letters(r, 22)}; _ycl_yjad=YJAD.{_at(r)}.{_letters(r, 40)}"),
        "Hotjar, Clarity": lambda r: get(HTTP_COOKIE=f"_hjSessionUser_{digits(r, 7)}={base64.b64encode(json.dumps({'id': _hex(r, 16), 'created': _at(r, 1000), 'existing': True}).encode()).decode()}; _clck={_letters(r, 6)}%5E2%5E{_letters(r, 3)}%5E0%5E{digits(r, 4)}; _clsk={_letters(r, 6)}%5E{_at(r, 1000)}%5E3%5E1%5Eq.clarity.ms%2Fcollect"),
        "consent string": lambda r: get(HTTP_COOKIE=f"euconsent-v2=CQ{_letters(r, 60)}.YAAAAAAAAAAA; OptanonConsent=isGpcEnabled=0&datestamp=Fri+Nov+27+2026&version=202604.1.0&groups=C0001%3A1%2CC0002%3A0%2CC0003%3A1; OptanonAlertBoxClosed=2026-11-27T01:02:03.{digits(r, 3)}Z"),
        "HubSpot": lambda r: get(HTTP_COOKIE=f"__hstc={digits(r, 9)}.{_hex(r, 16)}.{_at(r, 1000)}.{_at(r, 1000)}.{_at(r, 1000)}.{r.randint(1, 40)}; __hssc={digits(r, 9)}.{r.randint(1, 9)}.{_at(r, 1000)}"),
        "Mixpanel, Amplitude": lambda r: get(HTTP_COOKIE=f"mp_{_hex(r, 16)}_mixpanel={_quoted(distinct_id='$device:' + _hex(r, 8), device_id=_hex(r, 8))}; AMP_{_hex(r, 5)}={base64.b64encode(_quoted(deviceId=_hex(r, 16), sessionId=_at(r, 1000), lastEventTime=_at(r, 1000), lastEventId=r.randint(1, 999)).encode()).decode()}"),
        "Cloudflare": lambda r: get(HTTP_COOKIE=f"__cf_bm={_letters(r, 43)}-{_at(r)}-1.0.1.1-{_letters(r, 86)}; cf_clearance={_letters(r, 43)}-{_at(r)}-1.2.1.1-{_letters(r, 120)}"),
        "Adobe": lambda r: get(HTTP_COOKIE=f"AMCV_{_letters(r, 24).upper()}%40AdobeOrg=179643557%7CMCMID%7C{digits(r, 38)}%7CMCAAMLH-{_at(r)}%7C11%7CMCOPTOUT-{_at(r)}s%7CNONE"),
        "Criteo": lambda r: get(HTTP_COOKIE=f"cto_bundle={_letters(r, 90)}; cto_bidid={_letters(r, 70)}"),
        "load balancers": lambda r: get(HTTP_COOKIE=f"AWSALB={base64.b64encode(r.randbytes(90)).decode()}; BIGipServerpool={r.randint(10**8, 2**32)}.{r.randint(1, 65535)}.0000"),
        "Django": lambda r: get(HTTP_COOKIE=f"csrftoken={_letters(r, 64)}; sessionid={_letters(r, 32).lower()}; messages=W1siX19qc29u{_letters(r, 40)}:{_letters(r, 6)}:{_letters(r, 43)}"),
    }  # fmt: skip


def _ads(get: Get) -> dict[str, Shape]:
    return {
        "Google": lambda r: get("/", f"gad_source=1&gad_campaignid={digits(r, 11)}&gbraid=0AAAAA{_letters(r, 20)}&gclid=Cj0KCQiA{_letters(r, 80)}"),
        "Meta": lambda r: get("/", f"utm_campaign=1202{digits(r, 14)}&utm_content=1202{digits(r, 14)}&campaign_id=1202{digits(r, 14)}&adset_id=1202{digits(r, 14)}&ad_id=1202{digits(r, 14)}"),
        "campaigns by number": lambda r: get("/", f"campaign_id={digits(r, 16)}&ad_id={digits(r, 16)}&creativeId={digits(r, 15)}"),
        "Microsoft, TikTok, X": lambda r: get("/", f"msclkid={_hex(r, 16)}&ttclid=E.C.P.{_letters(r, 80)}&twclid=2-{_letters(r, 40).lower()}"),
        "LINE, Yahoo": lambda r: get("/", f"ldtag_cl={_letters(r, 24)}&yclid=YSS.{digits(r, 10)}.EAIaIQ{_letters(r, 60)}"),
        "affiliates": lambda r: get("/", f"a8=s{_letters(r, 40)}.{_letters(r, 30)}&click_id={digits(r, 16)}&atnct={_letters(r, 30)}"),
        "GA4 beacon": lambda r: get("/g/collect", f"v=2&tid=G-{_letters(r, 10).upper()}&gtm=45je4b{digits(r, 1)}v{digits(r, 10)}z8{digits(r, 9)}za200&_p={_at(r, 1000)}&cid={r.randint(10**8, 2**31)}.{_at(r)}&sid={_at(r)}&sct=3&seg=1&_et={r.randint(1, 99999)}&sr=1920x1080"),
    }  # fmt: skip


def _japan(get: Get, form: Get, send_json: Get) -> dict[str, Shape]:
    return {
        "qualified invoice": lambda r: form(note=f"登録番号 T{digits(r, 13)} の請求書をお願いします", invoice_registration=f"T{digits(r, 13)}"),
        "invoice number, JSON": lambda r: send_json({"登録番号": f"T{digits(r, 13)}", "corporateNumber": digits(r, 13), "invoiceNo": f"INV-2026-{digits(r, 8)}"}),
        "bank transfer": lambda r: form(bank=digits(r, 4), branch=digits(r, 3), kind="普通", account=digits(r, 7), holder="ヤマダ タロウ"),
        "bank transfer, words": lambda r: form(note=f"みずほ銀行 {digits(r, 3)}支店 普通 {digits(r, 7)} へ {r.randint(1, 99)},000円 振込済み"),
        "postal savings": lambda r: form(memo=f"記号 1{digits(r, 4)} 番号 {digits(r, 7)}1"),
        "phone and postcode": lambda r: form(note=f"〒{digits(r, 3)}-{digits(r, 4)} 電話 0{digits(r, 1)}-{digits(r, 4)}-{digits(r, 4)} FAX 03-{digits(r, 4)}-{digits(r, 4)}"),
        "parcels": lambda r: form(memo=f"ヤマト {digits(r, 4)}-{digits(r, 4)}-{digits(r, 4)} / 佐川 {digits(r, 12)} / ゆうパック {digits(r, 4)}-{digits(r, 4)}-{digits(r, 4)}"),
        "parcel, field": lambda r: form(伝票番号=digits(r, 12), carrier="yamato", 追跡番号=digits(r, 12)),
        "members": lambda r: form(会員番号=digits(r, 16), 予約番号=digits(r, 16), 受付番号=digits(r, 16)),
        "orders": lambda r: send_json({"注文番号": digits(r, 16), "管理番号": digits(r, 15), "顧客ID": digits(r, 16)}),
        "ISBN": lambda r: get("/search", f"q=978-4-{digits(r, 4)}-{digits(r, 4)}-{digits(r, 1)}&isbn=9784{digits(r, 9)}"),
        "JAN of a basket": lambda r: send_json({"items": [{"jan": jan(r, passes_luhn=r.random() < 0.3), "qty": r.randint(1, 9), "price": r.randint(1, 99) * 110} for _ in range(8)]}),
        "points": lambda r: form(point_member_id=digits(r, 16), points=digits(r, 4)),
        "receipt": lambda r: form(body=f"レシート番号 {digits(r, 4)}-{digits(r, 6)} 2026年11月{r.randint(1, 27)}日 {r.randint(10, 20)}:{digits(r, 1)}5 合計{r.randint(1, 99)},{digits(r, 3)}円"),
        "konbini": lambda r: send_json({"confirmation_number": digits(r, 11), "payment_code": digits(r, 6), "store": "lawson", "expires_at": _at(r)}),
    }  # fmt: skip


def _programs(get: Get, post: Get, send_json: Get) -> dict[str, Shape]:
    return {
        "Sentry": lambda r: post("\n".join(json.dumps(each) for each in ({"event_id": _hex(r, 16), "sent_at": "2026-11-27T01:02:03.456Z", "dsn": f"https://{_hex(r, 16)}@o{digits(r, 6)}.ingest.example/{digits(r, 16)}"}, {"type": "transaction"}, {"timestamp": _at(r) + r.random(), "start_timestamp": _at(r) + r.random(), "contexts": {"trace": {"trace_id": _hex(r, 16), "span_id": _hex(r, 8)}}, "measurements": {"lcp": {"value": r.random() * 3000}}})).encode(), "application/x-sentry-envelope"),
        "OpenTelemetry": lambda r: send_json({"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": _hex(r, 16), "spanId": _hex(r, 8), "startTimeUnixNano": str(_at(r, 10**9)), "endTimeUnixNano": str(_at(r, 10**9))} for _ in range(4)]}]}]}),
        "Server-Timing": lambda r: get(HTTP_SERVER_TIMING=f"db;dur={r.random() * 99}, app;dur={r.random() * 999}, cdn-cache;desc=HIT"),
        "W3C trace and state": lambda r: get(HTTP_TRACEPARENT=f"00-{_hex(r, 16)}-{_hex(r, 8)}-01", HTTP_TRACESTATE=f"dd=s:1;p:{_hex(r, 8)};t.dm:-1;t.tid:{_hex(r, 8)},congo={_letters(r, 16)}"),
        "Datadog": lambda r: get(HTTP_X_DATADOG_TRACE_ID=str(r.getrandbits(64)), HTTP_X_DATADOG_PARENT_ID=str(r.getrandbits(64)), HTTP_X_DATADOG_SAMPLING_PRIORITY="1"),
        "B3": lambda r: get(HTTP_B3=f"{_hex(r, 16)}-{_hex(r, 8)}-1", HTTP_X_B3_TRACEID=_hex(r, 16), HTTP_X_B3_SPANID=_hex(r, 8)),
        "reports": lambda r: post(json.dumps([{"type": "csp-violation", "age": r.randint(1, 99999), "url": "https://style.example/", "body": {"blockedURL": f"https://ads.example/px?id={digits(r, 12)}&t={_at(r, 1000)}", "lineNumber": r.randint(1, 9999), "columnNumber": r.randint(1, 99999)}}]).encode(), "application/reports+json"),
        "network errors": lambda r: post(json.dumps([{"type": "network-error", "age": r.randint(1, 99999), "body": {"elapsed_time": r.randint(1, 9999), "server_ip": "203.0.113.7", "sampling_fraction": r.random()}}]).encode(), "application/reports+json"),
        "Turnstile": lambda r: post(urllib.parse.urlencode({"cf-turnstile-response": f"1.{_letters(r, 300)}.{_letters(r, 22)}.{_hex(r, 32)}", "note": "よろしくお願いします"}).encode(), "application/x-www-form-urlencoded"),
        "reCAPTCHA": lambda r: post(urllib.parse.urlencode({"g-recaptcha-response": f"0cAFcWeA{_letters(r, 900)}"}).encode(), "application/x-www-form-urlencoded"),
        "passkey made": lambda r: send_json({"id": _letters(r, 43), "type": "public-key", "response": {"attestationObject": base64.urlsafe_b64encode(b"\xa3cfmtdnonegattStmt\xa0hauthData\x58\xa4" + r.randbytes(164)).decode(), "transports": ["internal"], "publicKeyAlgorithm": -7, "publicKey": base64.urlsafe_b64encode(r.randbytes(91)).decode()}}),
        "JWT": lambda r: get("/api/me", HTTP_AUTHORIZATION=f"Bearer {_jwt(r)}"),
        "OAuth": lambda r: get("/callback", f"code=4/0A{_letters(r, 70)}&state={_letters(r, 43)}&session_state={_hex(r, 16)}"),
        "GraphQL, persisted": lambda r: send_json({"operationName": "Cart", "variables": {"id": f"gid://shop/Cart/{_letters(r, 32)}", "after": base64.b64encode(f"cursor:{digits(r, 9)}".encode()).decode()}, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": _hex(r, 32)}}}),
        "sensor": lambda r: send_json({"device_id": _hex(r, 6), "ts": _at(r, 1000), "readings": [{"t": round(r.gauss(20, 5), 2), "rh": round(r.gauss(50, 9), 1), "p": r.randint(98000, 103000)} for _ in range(12)]}),
        "signed webhook": lambda r: send_json({"id": f"evt_{_letters(r, 24)}", "created": _at(r), "request": {"idempotency_key": _hex(r, 16)}, "pending_webhooks": 1}),
        "web vitals": lambda r: send_json({"name": "LCP", "id": f"v5-{_at(r, 1000)}-{r.randint(10**12, 10**13 - 1)}", "value": r.random() * 4000, "delta": r.random() * 4000, "navigationType": "navigate"}),
        "error in a script": lambda r: send_json({"message": "TypeError", "stack": "\n".join(f"    at f{n} (https://style.example/static/app-{_hex(r, 4)}.js:{r.randint(1, 99)}:{r.randint(1, 99999)})" for n in range(6)), "at": _at(r, 1000)}),
        "upload in parts": lambda r: get("/upload", f"uploadId={_letters(r, 60)}&partNumber={r.randint(1, 99)}&X-Amz-Date=20261127T{digits(r, 2)}0203Z&X-Amz-Signature={_hex(r, 32)}"),
        "cache keys": lambda r: get("/a.js", f"v={_hex(r, 20)}", HTTP_IF_NONE_MATCH=f'W/"{_hex(r, 3)}-{_letters(r, 27)}"'),
        "maps": lambda r: get("/shops", f"lat={r.uniform(24, 45):.14f}&lng={r.uniform(123, 145):.13f}&bounds={r.uniform(24, 45):.6f},{r.uniform(123, 145):.6f},{r.uniform(24, 45):.6f},{r.uniform(123, 145):.6f}"),
    }  # fmt: skip


def _ids(get: Get, form: Get, send_json: Get) -> dict[str, Shape]:
    return {
        "users, form": lambda r: form(user_id=digits(r, 16), session_id=digits(r, 16), device_id=digits(r, 15)),
        "users, camel": lambda r: send_json({"userId": digits(r, 16), "customerId": digits(r, 16), "visitorId": str(_integer(r)), "sessionId": _integer(r)}),
        "users, kebab": lambda r: form(**{"user-id": digits(r, 16), "request-id": digits(r, 16), "client-id": digits(r, 15)}),
        "short names": lambda r: form(uid=digits(r, 16), nonce=digits(r, 16), seq=digits(r, 15), trace=digits(r, 16), ts=str(_at(r, 10**6))),
        "numbers of JSON": lambda r: send_json({"id": r.randint(10**14, 10**16 - 1), "user": {"id": _integer(r), "uid": _integer(r)}, "ids": [_integer(r) for _ in range(3)], "pageId": _integer(r)}),
        "events": lambda r: send_json({"event_id": str(_integer(r)), "messageId": digits(r, 16), "nonce": _integer(r), "timestamp": _at(r, 10**6), "events": [{"eventId": digits(r, 16), "ts": _at(r, 1000)} for _ in range(5)]}),
        "IMEI": lambda r: send_json({"imei": digits(r, 15), "iccid": "8981" + digits(r, 15), "imsi": "44010" + digits(r, 10), "serial": _letters(r, 12).upper()}),
        "snowflakes": lambda r: send_json({"id": str(r.randint(10**17, 10**18)), "channel_id": str(r.randint(10**17, 10**19)), "guild_id": str(r.randint(10**17, 10**18))}),
        "pages": lambda r: get("/feed", f"cursor_id={digits(r, 16)}&since_id={digits(r, 18)}&max_id={digits(r, 19)}&request_id={digits(r, 16)}"),
        "B3 in decimals": lambda r: get(HTTP_X_B3_TRACEID=digits(r, 16), HTTP_X_B3_SPANID=digits(r, 16), HTTP_X_B3_PARENTSPANID=digits(r, 16)),
        "picture of Meta's": lambda r: form(picture=f"{digits(r, 9)}_{digits(r, 16)}_{digits(r, 19)}_n.jpg"),
        "rows with a digit each": lambda r: send_json({"items": [{"sku": _letters(r, 6), "qty": str(r.randint(1, 9))} for _ in range(r.randint(13, 19))]}),
        "microseconds": lambda r: send_json({"created_at": _at(r, 10**6), "updatedAt": _at(r, 10**6), "t": _at(r, 1000)}),
    }  # fmt: skip
