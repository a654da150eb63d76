"""Posts to a webhook endpoint that may be slow, rude or gone. Imported by `webhooks`.

One deadline holds for the whole try, not for each read: an endpoint that sends a byte now and then is cut off too. The
answer's body is not read at all.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from contextlib import suppress
from urllib.parse import urlsplit


def post(url: str, body: bytes, headers: dict[str, str], timeout_s: float) -> tuple[int | None, str | None]:
    """Posts to an endpoint on this machine: its status, or None and the reason. Follows no redirect."""
    parts = urlsplit(url)
    connection = _connection(url, timeout_s)
    overdue = threading.Event()

    def cut_off() -> None:
        overdue.set()
        # Closing would not wake the thread that reads; shutting down does.
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(timeout_s, cut_off)
    watch.daemon = True
    watch.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, {**headers, "Host": parts.netloc})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return None, "TimeoutError" if overdue.is_set() else type(error).__name__
    else:
        # Headers that were cut off read like headers that ended.
        if overdue.is_set():
            return None, "TimeoutError"
        return status, None if 200 <= status < 300 else f"answered {status}"
    finally:
        watch.cancel()
        connection.close()


def _connection(url: str, timeout_s: float) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    # Python asks the system's resolver, which often does not know names below localhost; browsers do.
    host = "127.0.0.1" if (parts.hostname or "").endswith("localhost") else parts.hostname or ""
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, parts.port, timeout=timeout_s, context=context)
    return http.client.HTTPConnection(host, parts.port, timeout=timeout_s)
