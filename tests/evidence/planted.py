"""Runs one of the shop's own commands with a listener that keeps alive what it is handed. For controls alone.

`python -m tests.evidence.planted DIR MODULE ARGUMENT…` runs MODULE as `python -m` would. Each of its processes, the
server's workers too (they import this module anew, or inherit it), takes the file DIR/<its own pid> when a test puts
one there, keeps its content and removes the file.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading
import time
from pathlib import Path

KEPT: list[str] = []
_VARIABLE = "PLANT_FROM"


def listen() -> None:
    """Wait for this process's file in a thread that ends with the process."""
    threading.Thread(target=_take, args=(Path(os.environ[_VARIABLE]),), daemon=True).start()


def _take(folder: Path) -> None:
    mine = folder / str(os.getpid())
    while True:
        if mine.is_file():
            KEPT.append(mine.read_text())
            mine.unlink()
        time.sleep(0.05)


if __name__ in {"__main__", "__mp_main__"}:
    if __name__ == "__main__":
        os.environ[_VARIABLE] = sys.argv[1]
    listen()
    os.register_at_fork(after_in_child=listen)

if __name__ == "__main__":
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
