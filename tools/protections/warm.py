"""A process that has the libraries imported and forks for each run of pytest: half of a short run is importing them.

Run as a script by `bench`, never imported. It reads one JSON line a run ({"folder", "words", "environ"}) and answers
each with a line when the run is over. Of our own code it has imported nothing, so each fork sees the copy's.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from pathlib import Path

LIBRARIES = (
    "alembic.command",
    "argon2",
    "babel.messages",
    "flask_babel",
    "flask_wtf",
    "playwright.sync_api",
    "prometheus_client",
    "pyotp",
    "pytest",
    "redis",
    "segno",
    "sqlalchemy.orm",
    "stripe",
    "webauthn",
)
LONGEST_S = 900
"""A run that takes longer is ended; it has seen nothing."""


def serve() -> None:
    """Answer until the input ends."""
    sys.path.remove(str(Path(__file__).resolve().parent))
    for name in LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        wanted = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(wanted["folder"], wanted["words"], wanted["environ"])
        os.waitpid(child, 0)
        sys.stdout.write("over\n")
        sys.stdout.flush()


def _run(folder: str, words: list[str], environ: dict[str, str]) -> None:
    signal.alarm(LONGEST_S)
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    os.chdir(folder)
    os.environ.update(environ)
    sys.path.insert(0, folder)
    import pytest

    os._exit(int(pytest.main(words)))


if __name__ == "__main__":
    serve()
