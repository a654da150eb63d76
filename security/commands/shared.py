"""What several commands need: the type of their registry, one line for an error, text that any terminal takes."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # argparse keeps the class of its registry private; only the type checker needs a name for it.
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  (for the type checker alone)


def fail(command: str, reason: object) -> int:
    """Say in one line why `command` could not be done; its exit status, 2."""
    print(printable(f"{command}: {reason}"), file=sys.stderr)
    return 2


def printable(text: str) -> str:
    """File names may hold bytes that are no text."""
    return text.encode("utf-8", "backslashreplace").decode()
