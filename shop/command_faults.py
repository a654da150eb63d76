"""What no command can mend is told in a line, with exit status 2: a fault of the configuration, a database that does
not answer or has another schema, a folder or disk that can't be written to. A reader who left (`| head -1`) needs no
word. A stack trace is for our own mistakes."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from shop.settings import SettingsError


class Commands(click.Group):
    """A group whose commands, and whose help, end with such a line in place of a traceback."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: object,
    ) -> click.Context:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(
                stream, io.TextIOWrapper
            ):  # a terminal without the letters of a name is told them escaped
                stream.reconfigure(errors="backslashreplace")
        with _told_in_lines():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        with _told_in_lines():
            return super().invoke(ctx)


@contextmanager
def _told_in_lines() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        lines = list(_told(error))
        if not lines and not isinstance(error, BrokenPipeError):
            raise
    else:
        return
    for line in lines:
        click.echo(line, err=True)
    # What is left over would fail once more when the interpreter ends, with a status of its own.
    sys.stdout = io.StringIO()
    sys.exit(2)  # 1 would say that something was found


def _told(error: Exception) -> Iterator[str]:
    """The lines for what is no mistake of ours; none for anything else."""
    if isinstance(error, SettingsError):
        yield from dict.fromkeys(f"configuration: {fault}" for fault in error.faults)
    elif isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
        yield f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)
    elif _is_of_the_database(error):
        reason = str(getattr(error, "orig", error)).strip().partition("\n")[0]
        yield f"database: {reason}. Look at DATABASE_URL; `shop db upgrade` makes the schema, `shop doctor` says more"


def _is_of_the_database(error: Exception) -> bool:
    """Whether its driver failed, or did not find our tables. Loads nothing: `shop --help` needs no database."""
    loaded = sys.modules.get("sqlalchemy.exc")
    if loaded is None:
        return False
    kinds = ("OperationalError", "InterfaceError", "ProgrammingError")
    # Of a file that is no database the driver says so by the class above all others, and by nothing narrower.
    return (
        isinstance(error, tuple(getattr(loaded, kind) for kind in kinds))
        or type(error) is loaded.DatabaseError
    )
