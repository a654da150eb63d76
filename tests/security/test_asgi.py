"""The guard for ASGI: judged as WSGI's is, under Starlette and under a bare application."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from security.asgi import ASGIPANGuard
from security.guard import CPU_SECONDS, Passage, Policy

from .cards import grouped, percent_encoded
from .guarded import document_of, many_texts

CARD = "4242424242424242"


class Shop:
    def __init__(self, **options: Any) -> None:
        self.passages: list[Passage] = []
        self.reached: list[dict[str, Any]] = []
        app = Starlette(routes=[Route("/{rest:path}", self._view, methods=["GET", "POST"])])
        self._guarded: Any = ASGIPANGuard(app, on_passage=self.passages.append, **options)

    def send(self, method: str, url: str, **options: Any) -> httpx.Response:
        async def sent() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app=self._guarded), base_url="http://shop.test"
            ) as client:
                return await client.request(method, url, **options)

        return asyncio.run(sent())

    async def _view(self, request: Request) -> JSONResponse:
        self.reached.append({"body": await request.body(), "cookies": dict(request.cookies)})
        return JSONResponse({})


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ({"method": "GET", "url": f"/a/{CARD}"}, "path"),
        ({"method": "GET", "url": f"/a/{percent_encoded(percent_encoded(CARD))}"}, "path"),
        ({"method": "GET", "url": "/", "params": {"q": grouped(CARD, " ")}}, "query"),
        ({"method": "GET", "url": "/", "headers": {"X-Note": CARD}}, "header:x-note"),
        ({"method": "POST", "url": "/", "data": {"note": CARD}}, "body:note"),
        ({"method": "POST", "url": "/", "json": {"a": {"b": int(CARD)}}}, "body:b"),
        ({"method": "POST", "url": "/", "files": {"file": ("a.txt", f"x {CARD}".encode())}}, "body:file"),
    ],
)
def test_a_card_number_never_reaches_the_application(sent: dict[str, Any], place: str) -> None:
    shop = Shop()

    answer = shop.send(**sent)

    assert (answer.status_code, answer.headers["X-Pan-Guard"], shop.reached) == (422, "refused", [])
    assert [passage.place for passage in shop.passages] == [place]
    assert CARD not in answer.text


def test_everything_else_passes_untouched() -> None:
    shop, body = Shop(), b"note=" + b"a+b+c" * 40_000

    answer = shop.send(
        "POST", "/x", content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert (answer.status_code, shop.reached[0]["body"], shop.passages) == (200, body, [])


def test_an_upload_beyond_a_mebibyte_passes_through_a_file() -> None:
    shop, body = Shop(policy_for=lambda path: Policy(max_body=4 << 20)), bytes(3 << 20)

    assert shop.send("POST", "/x", content=body).status_code == 200
    assert shop.reached[0]["body"] == body
    assert shop.send("POST", "/x", content=body + f" {CARD}".encode()).status_code == 422
    assert shop.send("POST", "/x", content=bytes(5 << 20)).status_code == 413


def test_a_cookie_is_taken_away_and_expired() -> None:
    shop = Shop()

    answer = shop.send("GET", "/", headers={"Cookie": f"last={CARD}; theme=dark"})

    assert (answer.status_code, shop.reached[0]["cookies"]) == (200, {"theme": "dark"})
    assert answer.headers["Set-Cookie"].startswith("last=; Path=/; Max-Age=0")


def test_an_exempt_body_is_left_to_the_application() -> None:
    shop = Shop(exempt=("/hook",))

    assert shop.send("POST", "/hook", content=CARD.encode()).status_code == 200
    assert shop.send("POST", "/other", content=CARD.encode()).status_code == 422


def test_a_websocket_is_closed_for_a_number() -> None:
    reached: list[dict[str, Any]] = []
    sent: list[dict[str, Any]] = []
    coming = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": f"my card is {CARD}"}]

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.extend([await receive(), await receive()])

    scope: dict[str, Any] = {"type": "websocket", "path": "/", "headers": [], "query_string": b""}
    asyncio.run(ASGIPANGuard(app)(scope, receive, send))

    assert [message["type"] for message in reached] == ["websocket.connect", "websocket.disconnect"]
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_a_failing_guard_refuses() -> None:
    def fail(path: str) -> Policy:
        raise RuntimeError(path)

    assert Shop(policy_for=fail).send("POST", "/", content=b"abc").status_code == 500


def test_a_body_that_comes_too_slowly_is_refused() -> None:
    sent: list[dict[str, Any]] = []

    async def never() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(message: Any) -> None:
        sent.append(message)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b""}
    asyncio.run(ASGIPANGuard(app, body_seconds=0.01)(scope, never, send))

    assert sent[0]["status"] == 408


def test_more_work_is_allowed_where_documents_are_uploaded() -> None:
    shop = Shop(cpu_seconds=lambda path: 5.0 if path == "/upload" else CPU_SECONDS)
    packed = document_of(*many_texts())
    kind = {"Content-Type": "application/pdf"}

    assert shop.send("POST", "/form", content=packed, headers=kind).status_code == 413
    assert shop.send("POST", "/upload", content=packed, headers=kind).status_code == 200
