"""Start the web server and the worker. Nothing else knows which server it is."""

from __future__ import annotations

import errno
import os
import signal
import socket

from flask import Flask
from granian import Granian
from granian.constants import Interfaces

from shop.app import create_app, create_shop
from shop.garbage import keep_all, look_seldom
from shop.jobs.worker import Worker
from shop.settings import load
from shop.ways_out import guard_http

THREADS = 4


def serve(host: str, port: int, workers: int, *, target: str = "shop.serve:application") -> None:
    """Answer requests until a signal comes. Each worker is a process with a few threads.

    `target` names the factory of the application; benchmarks put others on the same server.
    """
    look_seldom()
    keep_all()
    Granian(
        target,
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backlog=1024,
        respawn_failed_workers=True,
        log_access=False,
        websockets=False,
    ).serve()


def application() -> Flask:
    """The application of a process that does nothing else: its ways out are guarded too."""
    look_seldom()
    settings = load(os.environ)
    guard_http(settings)
    app = create_app(settings)
    keep_all()
    return app


def is_taken(host: str, port: int) -> bool:
    """Whether someone listens there. The server itself would share the port with another one without a word."""
    return why_not_free(host, port) != ""


def why_not_free(host: str, port: int) -> str:
    """Why nobody can listen there, in words; "" when one can."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except socket.gaierror:
            return "no such host; say an address of this machine in --host"
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return "it is taken; end what uses it, or choose another --port"
            return (error.strerror or str(error)).lower()
    return ""


def run_worker() -> None:
    """Work until SIGTERM or SIGINT, then end after the present turn."""
    shop = create_shop(load(os.environ))
    guard_http(shop.settings)
    worker = Worker(create_app(shop=shop), shop)
    keep_all()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: worker.stop.set())
    worker.run()
