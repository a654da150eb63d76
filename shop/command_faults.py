"""What no command can mend is told in a line, with exit status 2: a fault of the configuration, a database that does
not answer or has another schema, a folder or disk that can't be written to. A stack trace is for our own mistakes."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator

import click

from shop.settings import SettingsError


class Commands(click.Group):
    """A group whose commands end with such a line in place of a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Exception as error:
            lines = list(_told(error))
            if not lines:
                raise
        for line in lines:
            click.echo(line, err=True)
        sys.exit(2)


def _told(error: Exception) -> Iterator[str]:
    """The lines for what is no mistake of ours; none for anything else."""
    if isinstance(error, SettingsError):
        yield from (f"configuration: {fault}" for fault in error.faults)
    elif isinstance(error, OSError) and error.errno != errno.EPIPE:  # a reader who left is click's matter
        yield f"{error.filename}: {error.strerror}" if error.filename else str(error)
    elif _is_of_the_database(error):
        reason = str(getattr(error, "orig", error)).strip().partition("\n")[0]
        yield f"database: {reason}. Look at DATABASE_URL; `shop db upgrade` makes the schema, `shop doctor` says more"


def _is_of_the_database(error: Exception) -> bool:
    """Whether its driver failed, or did not find our tables. Loads nothing: `shop --help` needs no database."""
    loaded = sys.modules.get("sqlalchemy.exc")
    kinds = ("OperationalError", "InterfaceError", "ProgrammingError")
    return loaded is not None and isinstance(error, tuple(getattr(loaded, kind) for kind in kinds))
