"""ASGI middleware in front of everything: the guard of `guard`, for applications of Starlette, Django and the like.

Standard library alone. Judging takes CPU for some milliseconds at most, and is done in the event loop.
"""

from __future__ import annotations

import asyncio
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from .guard import policies_of
from .request import refusal
from .request.body import Intake, UnreadableBodyError
from .request.gate import Gate, Mode, expired
from .request.judge import check_body, is_free_text
from .request.passage import Passage
from .request.policy import CPU_SECONDS, MAX_BODY, Policy

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApplication = Callable[[Scope, Receive, Send], Awaitable[None]]

_CHUNK = 64 << 10
_POLICY_VIOLATION = 1008  # RFC 6455 section 7.4.1


class ASGIPANGuard:
    """Wraps `app`. Options as in `guard.PANGuard`; of a websocket the opening and each message are judged."""

    def __init__(
        self,
        app: ASGIApplication,
        *,
        on_passage: Callable[[Passage], None] | None = None,
        exempt: tuple[str, ...] = (),
        max_body: int | Callable[[str], int] = MAX_BODY,
        cpu_seconds: float | Callable[[str], float] = CPU_SECONDS,
        body_seconds: float = 30.0,
        free_text: Callable[[str], bool] = is_free_text,
        request_id: Callable[[dict[str, Any]], str | None] | None = None,
        policy_for: Callable[[str], Policy] | None = None,
        mode: Mode = "enforce",
        render: refusal.Renderer | None = None,
    ) -> None:
        self._app = app
        self._render = render
        self._body_seconds = body_seconds
        self._gate = Gate(
            policy_for or policies_of(exempt, max_body, free_text, cpu_seconds), mode, on_passage, request_id
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        environ = _environ_of(scope)
        stripped: list[str] = []
        intake = None
        try:
            refused = self._gate.judge_head(environ, stripped)
            if refused is None and self._gate.policy_for(environ["PATH_INFO"]).judged:
                intake = self._gate.intake(environ)
                refused = await self._judge_body(environ, intake, receive)
        except Exception as error:  # noqa: BLE001  (fail closed: what was not judged does not pass)
            refused = self._gate.failed(environ, error)
        try:
            if refused is not None:
                answer = refusal.answer(refused, environ, self._render)
                await _refuse(answer, expired(stripped), send)
                return
            if stripped:
                scope, send = _without_cookies(scope, environ), _expiring(send, stripped)
            await self._app(scope, receive if intake is None else _replaying(intake, receive), send)
        finally:
            if intake is not None:
                intake.close()

    async def _judge_body(self, environ: dict[str, Any], intake: Intake, receive: Receive) -> int | None:
        try:
            async with asyncio.timeout(self._body_seconds):
                async for piece in _pieces(receive):
                    refused = self._gate.refusal(environ, "body", intake.take(piece))
                    if refused is not None:
                        return refused
        except TimeoutError:
            return 408
        except UnreadableBodyError as error:
            return error.status
        try:
            return self._gate.refusal(environ, "body", intake.finish())
        except UnreadableBodyError as error:
            return self._gate.unreadable(environ, error)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        environ = _environ_of(scope)
        try:
            refused = self._gate.judge_head(environ, [])
        except Exception as error:  # noqa: BLE001  (fail closed)
            refused = self._gate.failed(environ, error)
        if refused is not None:
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return

        async def judged() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive":
                hit = check_body(message.get("bytes") or (message.get("text") or "").encode())
                if self._gate.refusal(environ, "websocket", hit) is not None:
                    await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
                    return {"type": "websocket.disconnect", "code": _POLICY_VIOLATION}
            return message

        await self._app(scope, judged, send)


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise UnreadableBodyError(400, "the connection broke")
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return


def _environ_of(scope: Scope) -> dict[str, Any]:
    """What WSGI would say of the same request: latin-1 text that stands for bytes."""
    raw_path = scope.get("raw_path")
    path = urllib.parse.unquote_to_bytes(raw_path) if raw_path else scope["path"].encode("utf-8", "replace")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.get("method", "GET"),
        "SCRIPT_NAME": scope.get("root_path", "").encode("utf-8", "replace").decode("latin-1"),
        "PATH_INFO": path.decode("latin-1"),
        "RAW_PATH": raw_path.decode("latin-1") if raw_path else "",
        "QUERY_STRING": scope.get("query_string", b"").decode("latin-1"),
    }
    for name, value in scope["headers"]:
        key = name.decode("latin-1").upper().replace("-", "_")
        key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
        text = value.decode("latin-1")
        joiner = "; " if key == "HTTP_COOKIE" else ", "
        environ[key] = f"{environ[key]}{joiner}{text}" if key in environ else text
    return environ


def _without_cookies(scope: Scope, environ: dict[str, Any]) -> Scope:
    kept = [(name, value) for name, value in scope["headers"] if name.lower() != b"cookie"]
    return {**scope, "headers": [*kept, (b"cookie", environ["HTTP_COOKIE"].encode("latin-1"))]}


def _replaying(intake: Intake, receive: Receive) -> Receive:
    """The judged body again, in chunks, then whatever comes after it."""
    stream, done = intake.stream, False

    async def replayed() -> Message:
        nonlocal done
        if done:
            return await receive()
        chunk = stream.read(_CHUNK)
        done = len(chunk) < _CHUNK
        return {"type": "http.request", "body": chunk, "more_body": not done}

    return replayed


def _expiring(send: Send, names: list[str]) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *_raw(expired(names))]}
        await send(message)

    return sent


async def _refuse(answer: refusal.Answer, more: list[tuple[str, str]], send: Send) -> None:
    status, headers = int(answer.status[:3]), _raw(answer.headers + more)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def _raw(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
