"""Tables on standard output, for commands. A reader who left (`| head -1`) is for shop/command_faults.py to judge."""

from __future__ import annotations

from typing import NoReturn

from rich.console import Console

NARROWEST = 40


class Screen(Console):
    """Rich's own would end the process with status 1, which says that something needs a person."""

    def __init__(self, *, width: int | None = None) -> None:
        """Of a width of nothing (COLUMNS=0) what does not fit would be left out without a word."""
        super().__init__(width=width)
        if self.width < NARROWEST:
            self.width = NARROWEST

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError
