"""Serves the sandbox over HTTP/1.1 with one thread a connection. Imported by `__main__` and the tests."""

from __future__ import annotations

import socket
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, WSGIRequestHandler

IDLE_CONNECTION_S = 60
BACKLOG = 512


class _Handler(WSGIRequestHandler):
    """Keeps connections open, and logs nothing: an address or a header could hold what must not be
    written."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_CONNECTION_S

    def setup(self) -> None:
        super().setup()
        # Head and body go out as two packets; without this the second waits for the peer's delayed ACK.
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's own name
        del type, message, args


class _Server(ThreadedWSGIServer):
    request_queue_size = BACKLOG
    daemon_threads = True
    block_on_close = False


def make_server(host: str, port: int, app: Flask) -> BaseWSGIServer:
    """A bound server, not yet serving; port 0 takes a free one. Raises OSError when the port is taken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
    server = _Server(host, port, app, _Handler)
    server.socket.listen(BACKLOG)
    return server
