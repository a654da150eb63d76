"""`python -m security`: one subcommand for each module in `commands`.

Exit status of each: 0 clean, 1 found, 2 could not be done or read.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable

from . import commands


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status."""
    _open_outputs()
    words = sys.argv[1:] if arguments is None else arguments
    try:
        options = commands.parser(next(iter(words), None)).parse_args(words)
        run: Callable[[argparse.Namespace], int] = options.run
        status = run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 2
    except OSError as error:
        return _not_told(error)
    return status


def _open_outputs() -> None:
    """An output that was closed before we began (`>&-`) takes what is written and loses it: the status still says
    what was found. A name that the terminal's encoding has no letter for is escaped."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123  (for the process's life)
        if isinstance(stream := getattr(sys, name), io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _not_told(error: OSError) -> int:
    """2, since 1 would say that something was found. A reader who left (`| head -1`) needs no word."""
    if not isinstance(error, BrokenPipeError):
        print(f"security: {error.strerror or type(error).__name__}", file=sys.stderr)
    # What is left over would fail once more when the interpreter ends, with a status of its own.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 2


if __name__ == "__main__":
    sys.exit(main())
