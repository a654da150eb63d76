"""Places where a number could have stayed: files, recorded bytes, database rows, mails, a process.

Each sink has a witness: bytes that must be found in it by the very search that looks for the number. Where the
witness is not found the search saw nothing, and nothing may be concluded from its silence.
"""

from __future__ import annotations

import email
import email.policy
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from ..forms import search, search_file
from ..scanner import archives, containers
from ..scanner.memory import search_memory

Forms = Mapping[str, bytes]


class MissingEvidence(Exception):
    """A sink is not there or could not be searched; the message is one line."""


class Place(NamedTuple):
    """Where a form was found: a file and byte, a table and row, or a region of memory."""

    where: str
    form: str


class Sink(Protocol):
    """Something that can be searched. `search` raises MissingEvidence, or OSError, when it cannot be."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def witness(self) -> bytes:
        """What it must hold."""

    def search(self, forms: Forms) -> Iterator[Place]:
        """Every place where one of `forms` lies."""


@dataclass(frozen=True)
class Files:
    """Every file below `folder` that `pattern` fits: its bytes, and what lies inside of it (mails, archives, SQLite
    databases).

    `required` are paths below it that must be there; symbolic links are not followed.
    """

    name: str
    folder: Path
    witness: bytes
    pattern: str = "**/*"
    required: tuple[str, ...] = ()

    def search(self, forms: Forms) -> Iterator[Place]:
        for name in self.required:
            if not (self.folder / name).is_file():
                raise MissingEvidence(f"{name} is not there")
        paths = sorted(path for path in self.folder.glob(self.pattern) if stat.S_ISREG(path.lstat().st_mode))
        for path in paths:
            yield from search_whole(path, str(path.relative_to(self.folder)), forms)


@dataclass(frozen=True)
class Recording:
    """What `recorder.Recorder` kept: requests and responses both.

    A body that was compressed, or cut by chunked coding, could hide a number from this search; such a recording
    is refused rather than believed.
    """

    name: str
    folder: Path
    witness: bytes

    def search(self, forms: Forms) -> Iterator[Place]:
        for kind in ("request", "response"):
            paths = sorted(self.folder.glob(f"*.{kind}"))
            if not any(path.stat().st_size for path in paths):
                raise MissingEvidence(f"no {kind} was recorded")
            for path in paths:
                _require_plain(path)
                yield from search_whole(path, path.name, forms)


@dataclass(frozen=True)
class Values:
    """Rows of a database as (place, value): what its files may hold compressed, or split over pages."""

    name: str
    values: Callable[[], Iterable[tuple[str, str]]]
    witness: bytes

    def search(self, forms: Forms) -> Iterator[Place]:
        for where, value in self.values():
            yield from _in_bytes(value.encode("utf-8", "surrogatepass"), where, forms)


@dataclass(frozen=True)
class Process:
    """The memory of one process, and the files it holds open for writing, those without a name too.

    `clean` may be one dictionary for several processes: what they share is then searched once.
    """

    name: str
    pid: int
    witness: bytes
    clean: dict[frozenset[bytes], set[bytes]] = field(default_factory=dict)

    def search(self, forms: Forms) -> Iterator[Place]:
        for hit in search_memory(self.pid, forms, self.clean.setdefault(frozenset(forms.values()), set())):
            yield Place(f"memory of process {self.pid}, {hit.region or 'anonymous'}", hit.found.form)
        for link in Path(f"/proc/{self.pid}/fd").iterdir():
            if _is_written_file(link):
                yield from _in_file(link, f"file {link.name} held open by process {self.pid}", forms)


def search_whole(path: Path, where: str, forms: Forms) -> Iterator[Place]:
    """A file as it lies, with its lines joined (base64 is folded), and what is inside of it."""
    yield from _in_file(path, where, forms)
    data = path.read_bytes()
    yield from _in_bytes(data.replace(b"\r", b"").replace(b"\n", b""), f"{where}, lines joined", forms)
    if path.suffix == ".eml":
        for part in _mail_parts(data):
            yield from _in_bytes(part, f"{where}, decoded", forms)
    try:
        with path.open("rb") as stream:
            if containers.is_sqlite(data):
                for place, value in containers.sqlite_values(stream):
                    cell = value.encode() if isinstance(value, str) else value
                    yield from _in_bytes(cell, f"{where}, {place}", forms)
            for name, member in containers.members(stream, data[:8], containers.DEPTH):
                with member:
                    yield from _in_bytes(member.read(), f"{where}!{name}", forms)
    except archives.UnreadableError as error:
        raise MissingEvidence(f"{where}: {error}") from error


def _in_file(path: Path, where: str, forms: Forms) -> Iterator[Place]:
    for found in search_file(path, forms):
        yield Place(f"{where}, byte {found.offset}", found.form)


def _in_bytes(data: bytes, where: str, forms: Forms) -> Iterator[Place]:
    for found in search(data, forms):
        yield Place(where, found.form)


def _mail_parts(data: bytes) -> Iterator[bytes]:
    message = email.message_from_bytes(data, policy=email.policy.default)
    for part in message.walk():
        yield "\n".join(f"{name}: {value}" for name, value in part.items()).encode("utf-8", "replace")
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield content


_HIDING = re.compile(
    rb"^(?:content-encoding|transfer-encoding|upgrade):[^\r\n]*", re.IGNORECASE | re.MULTILINE
)


def _require_plain(path: Path) -> None:
    hiding = _HIDING.search(path.read_bytes())
    if hiding is not None:
        raise MissingEvidence(f"{path.name} holds '{hiding[0].decode('latin-1')}': it cannot be searched")


def _is_written_file(link: Path) -> bool:
    """Whether an open file descriptor is a file that the process can have written to."""
    try:
        flags = (link.parent.parent / "fdinfo" / link.name).read_text()
        is_regular = stat.S_ISREG(link.stat().st_mode)
    except FileNotFoundError:
        return False  # closed meanwhile
    mode = int(flags.partition("flags:")[2].split()[0], 8) & os.O_ACCMODE
    return is_regular and mode != os.O_RDONLY
