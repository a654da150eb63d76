"""WSGI middleware in front of everything: what holds a card number is refused before any code sees it.

Standard library alone, no framework; whoever assembles an application imports it. `judge` holds the rules,
`docs/guard.md` explains them, `Passage` says what is reported. `asgi` is the same for ASGI.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from .request import refusal
from .request.body import Intake, UnreadableBodyError, declared_length
from .request.gate import Gate, Mode, expired
from .request.judge import Hit, check_body, is_free_text
from .request.passage import Passage
from .request.policy import CPU_SECONDS, MAX_BODY, Policy

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["CPU_SECONDS", "MAX_BODY", "Hit", "PANGuard", "Passage", "Policy", "check_body"]

_PIECE = 64 << 10


class PANGuard:
    """Wraps `app`; call it as any WSGI application. It never raises for what a request holds.

    `on_passage` is called for each refusal and each cookie taken away, in the request's thread, before the
    answer; what it raises is logged by type and dropped. `policy_for` gives the policy of a path; without it, one is
    made of `max_body` (in bytes) and `cpu_seconds` (`Policy`), each a function of the path or one for all, `free_text`
    and `exempt`: exact paths whose body alone is not judged (a signed webhook: the app verifies, and calls `check_body`
    itself). `mode` "report" refuses nothing, and takes no cookie away: it only counts. `request_id` reads the request's
    id from its environ. `render` draws the page of a refusal in the look of the site (`refusal.Renderer`); a plain one
    stands in for it.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        on_passage: Callable[[Passage], None] | None = None,
        exempt: Collection[str] = (),
        max_body: int | Callable[[str], int] = MAX_BODY,
        cpu_seconds: float | Callable[[str], float] = CPU_SECONDS,
        body_seconds: float = 30.0,
        free_text: Callable[[str], bool] = is_free_text,
        request_id: Callable[[WSGIEnvironment], str | None] | None = None,
        policy_for: Callable[[str], Policy] | None = None,
        mode: Mode = "enforce",
        render: refusal.Renderer | None = None,
    ) -> None:
        self._app = app
        self._render = render
        self._body_seconds = body_seconds
        policies = policy_for or policies_of(exempt, max_body, free_text, cpu_seconds)
        self._gate = Gate(policies, mode, on_passage, request_id)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        stripped: list[str] = []
        intake = None
        try:
            refused = self._gate.judge_head(environ, stripped)
            if refused is None and self._gate.policy_for(environ.get("PATH_INFO", "")).judged:
                intake = self._gate.intake(environ)
                refused = self._judge_body(environ, intake)
        except Exception as error:  # noqa: BLE001  (fail closed: what was not judged does not pass)
            refused = self._gate.failed(environ, error)
        if refused is not None:
            if intake is not None:
                intake.close()
            answer = refusal.answer(refused, environ, self._render)
            start_response(answer.status, answer.headers + expired(stripped))
            return [answer.body]
        answered = self._app(environ, _expiring(start_response, stripped) if stripped else start_response)
        return _closing(answered, intake) if intake is not None and intake.is_filed else answered

    def _judge_body(self, environ: WSGIEnvironment, intake: Intake) -> int | None:
        """Read the body, judge it, and hand it on to the app as a new `wsgi.input`."""
        try:
            for piece in _pieces(environ, intake, time.monotonic() + self._body_seconds):
                refused = self._gate.refusal(environ, "body", intake.take(piece))
                if refused is not None:
                    return refused
        except UnreadableBodyError as error:
            return error.status
        try:
            refused = self._gate.refusal(environ, "body", intake.finish())
        except UnreadableBodyError as error:
            refused = self._gate.unreadable(environ, error)
        if refused is None:
            _hand_on(environ, intake)
        return refused


def policies_of(
    exempt: Collection[str],
    max_body: int | Callable[[str], int],
    free_text: Callable[[str], bool],
    cpu_seconds: float | Callable[[str], float],
) -> Callable[[str], Policy]:
    """Policies by path, from the few things in which they usually differ."""
    spared_paths = frozenset(exempt)

    def policy(path: str) -> Policy:
        most = max_body(path) if callable(max_body) else max_body
        seconds = cpu_seconds(path) if callable(cpu_seconds) else cpu_seconds
        return Policy(most, free_text, judged=path not in spared_paths, cpu_seconds=seconds)

    return policy


def _pieces(environ: WSGIEnvironment, intake: Intake, deadline: float) -> Iterator[bytes]:
    """The body as the server gives it. Raises UnreadableBodyError: 400, 408 (too slow), 411 (no length)."""
    stream: InputStream = environ["wsgi.input"]
    length, left = _length(environ), 1
    if length is not None:
        intake.announce(left := length)
    elif not environ.get("wsgi.input_terminated"):
        if environ.get("HTTP_TRANSFER_ENCODING"):
            raise UnreadableBodyError(411, "a body of unknown length")
        return
    while left > 0:
        try:
            piece = stream.read(_PIECE if length is None else min(_PIECE, left))
        except (OSError, ValueError, EOFError) as error:
            raise UnreadableBodyError(400, "the connection broke") from error
        if not piece:
            break
        if time.monotonic() > deadline:
            raise UnreadableBodyError(408, "sent too slowly")
        left -= len(piece) if length is not None else 0
        yield piece
    if length is not None and left > 0:
        raise UnreadableBodyError(400, "shorter than its Content-Length")


def _length(environ: WSGIEnvironment) -> int | None:
    # A server that has undone the chunks gives no length, or one that says nothing about the decoded body.
    if environ.get("wsgi.input_terminated") and environ.get("HTTP_TRANSFER_ENCODING"):
        return None
    return declared_length(environ.get("CONTENT_LENGTH", ""))


def _hand_on(environ: WSGIEnvironment, intake: Intake) -> None:
    environ["wsgi.input"] = intake.stream
    environ["wsgi.input_terminated"] = True
    environ["CONTENT_LENGTH"] = str(intake.size)
    environ.pop("HTTP_TRANSFER_ENCODING", None)


def _closing(answered: Iterable[bytes], intake: Intake) -> Iterator[bytes]:
    """The application's answer, then the end of the body's file."""
    try:
        yield from answered
    finally:
        intake.close()
        if hasattr(answered, "close"):
            answered.close()


def _expiring(start_response: StartResponse, names: list[str]) -> StartResponse:
    def start(status: str, headers: list[tuple[str, str]], *exc_info: object) -> Callable[[bytes], object]:
        return start_response(status, headers + expired(names), *exc_info)  # type: ignore[arg-type]  # as it came

    return start
