"""`python -m security`: one subcommand for each module in `commands`.

Exit status of each: 0 clean, 1 found, 2 could not be done or read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from . import commands


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    options = commands.parser(next(iter(words), None)).parse_args(words)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except KeyboardInterrupt:
        return 2


if __name__ == "__main__":
    sys.exit(main())
