"""How far a scan has come: one line that is written over on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

_ON_TERMINAL_S, _ELSEWHERE_S = 0.2, 15.0


class Progress:
    """Called with the number of files; `bytes_done` and `bytes_in_all` (0: unknown) tell the rest."""

    def __init__(self, bytes_done: Callable[[], int], bytes_in_all: int) -> None:
        self._bytes_done, self._bytes_in_all = bytes_done, bytes_in_all
        self._started = self._shown = time.monotonic()
        self._terminal = sys.stderr.isatty()

    def __call__(self, files: int) -> None:
        now = time.monotonic()
        if now - self._shown < (_ON_TERMINAL_S if self._terminal else _ELSEWHERE_S):
            return
        self._shown = now
        line = self.line(files, now - self._started)
        print(
            f"\r\033[K{line}" if self._terminal else line,
            end="" if self._terminal else "\n",
            file=sys.stderr,
            flush=True,
        )

    def line(self, files: int, seconds: float) -> str:
        """What is shown: files, megabytes, rate, and the time left where that can be told."""
        done = self._bytes_done()
        rate = done / seconds if seconds else 0.0
        line = f"{files} files, {done / 1e6:.0f} MB, {rate / 1e6:.0f} MB/s"
        if self._bytes_in_all and rate:
            line += f", {max(0.0, self._bytes_in_all - done) / rate:.0f} s left"
        return line

    def end(self) -> None:
        """Take the line away."""
        if self._terminal:
            print("\r\033[K", end="", file=sys.stderr)
