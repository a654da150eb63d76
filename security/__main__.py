"""`python -m security`: one subcommand for each module in `commands`.

Exit status of each: 0 clean, 1 found, 2 could not be done or read.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from . import commands


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status."""
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


def _not_told(error: OSError) -> int:
    """2, since 1 would say that something was found. A reader who left (`| head -1`) needs no word."""
    if not isinstance(error, BrokenPipeError):
        print(f"security: {error.strerror or type(error).__name__}", file=sys.stderr)
    # What is left over would fail once more when the interpreter ends, with a status of its own.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 2


if __name__ == "__main__":
    sys.exit(main())
