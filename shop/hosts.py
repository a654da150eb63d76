"""Which application answers: the staff's for the staff's host, the stores' for every other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class StaffHost:
    """WSGI middleware. A host that is spelt in any other way is no host of ours: the stores' application refuses it."""

    def __init__(self, stores: WSGIApplication, staff: WSGIApplication, host: str) -> None:
        self._stores, self._staff, self._host = stores, staff, host

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        is_staff = environ.get("HTTP_HOST") == self._host
        return (self._staff if is_staff else self._stores)(environ, start_response)
