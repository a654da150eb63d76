"""Tables on standard output, for commands. A reader who left (`| head -1`) is for shop/command_faults.py to judge."""

from __future__ import annotations

from typing import NoReturn

from rich.console import Console


class Screen(Console):
    """Rich's own would end the process with status 1, which says that something needs a person."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError
