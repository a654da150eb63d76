"""`record`: keep every byte of each connection to a server."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ..recorder import Recorder
from .shared import fail

if TYPE_CHECKING:
    from .shared import Commands


def add(commands: Commands) -> None:
    """Add the subcommand."""
    record = commands.add_parser("record", help="keep every byte of each connection to a server")
    record.add_argument("--listen", type=int, required=True, metavar="PORT")
    record.add_argument("--to", required=True, metavar="HOST:PORT")
    record.add_argument("--dir", type=Path, required=True)
    record.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Record until interrupted or ended; the exit status."""
    host, _, port = options.to.rpartition(":")
    stop = threading.Event()
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # said here, since a shell starts what it puts behind without the first
        signal.signal(number, lambda _number, _frame: stop.set())
    try:
        with Recorder(("127.0.0.1", options.listen), (host, int(port)), options.dir) as recorder:
            print(f"recording 127.0.0.1:{recorder.port} to {options.to}", flush=True)
            stop.wait()
    except (OSError, ValueError) as error:
        return fail("record", error)
    return 0
