"""What else than files the scanner reads: standard input, a process' memory, git's objects, PostgreSQL's rows."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import BinaryIO, cast
from urllib.parse import urlsplit

from . import memory, postgres
from .archives import UnreadableError
from .repository import objects_of as objects_of

_POSTGRES = re.compile(r"(postgres(?:ql)?)(?:\+\w+)?(?=://)")


def standard_input() -> BinaryIO:
    """The bytes that are piped in."""
    return cast("BinaryIO", sys.stdin.buffer)


def is_postgres(address: str) -> bool:
    """Whether it is the address of a PostgreSQL database, with or without the name of a driver."""
    return bool(_POSTGRES.match(address))


def without_password(address: str) -> str:
    """A database's address, fit to be shown."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname or 'localhost'}{f':{parts.port}' if parts.port else ''}{parts.path}"


def memory_of(pid: int) -> Iterator[tuple[str, int, bytes]]:
    """A process' readable memory: name of the mapping, address, bytes. Windows overlap. Raises UnreadableError."""
    try:
        yield from memory.read_memory(pid)
    except (memory.MemoryUnreadableError, ValueError) as error:
        raise UnreadableError(str(error)) from error


def postgres_values(address: str) -> Iterator[tuple[str, str | bytes]]:
    """What a database holds, by place and value: `postgres.values_of`. Raises UnreadableError."""
    yield from postgres.values_of(_POSTGRES.sub("postgresql", address))
