"""Scan for card numbers: trees, archives, mailboxes, databases, a process, a repository's history. Used by anyone.

Behind `python -m security scan`; `docs/scanner.md` describes it. Standard library alone, but for PostgreSQL (psycopg)
and the fast engine (hyperscan). What could not be read is reported, never passed over.
"""

from __future__ import annotations

import fnmatch
import hashlib
import io
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from . import pan
from .scanner import (
    archives,
    containers,
    engine,
    holes,
    look,
    places,
    readings,
    sources,
    unread,
    wide,
)

CARD, TEST_NUMBER = "card-number", "test-number"

_HEAD = 8192
# A scan counts its `bytes`: within it the name is that number.
_Bytes = bytes
_Value = bytes | str


@dataclass(frozen=True)
class Finding:
    """A card number in a file. Holds its length, issuer and last four digits, never the whole number.

    `place` is line:column in text (both from 1, column in characters), byte N in binary files, or
    table.column, row N in databases. `encoding` names what it was hidden by, "plain" if by nothing.
    """

    path: str
    place: str
    rule: str
    length: int
    issuer: str
    last4: str
    encoding: str = "plain"
    line: int | None = None

    def __str__(self) -> str:
        hidden = "" if self.encoding == "plain" else f", {self.encoding}"
        shown = f"{self.issuer}, {self.length} digits, ends {self.last4}{hidden}"
        return f"{self.path}:{self.place}: {self.rule}: {shown}"

    @property
    def fingerprint(self) -> str:
        """Stays the same when lines are added above: by path, rule and what is shown of the number."""
        parts = (self.path, self.rule, self.issuer, str(self.length), self.last4, self.encoding)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]


@dataclass
class Scan:
    """A scan: what was found, what could not be read, how many files and bytes were looked at.

    `allow_test_numbers` are globs of paths in which providers' published test numbers are no findings (rule
    test-number; anywhere else they count like any other). `exclude` are globs of paths not looked at.
    `progress` is called with the number of files after each. `engine_name` None takes the fast engine where it is
    installed; both find the same.
    """

    allow_test_numbers: Sequence[str] = ()
    exclude: Sequence[str] = ()
    progress: Callable[[int], None] | None = None
    findings: list[Finding] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    files: int = 0
    bytes: int = 0
    engine_name: engine.EngineName | None = None
    _seen: set[tuple[str, str, str]] = field(default_factory=set, repr=False)
    _plain_lines: set[tuple[str, int | None, str]] = field(default_factory=set, repr=False)

    @property
    def status(self) -> int:
        """The exit status: 0 clean, 1 found, 2 nothing found but something could not be read."""
        if self.findings:
            return 1
        return 2 if self.unreadable else 0

    def run(self, paths: Sequence[str]) -> None:
        """Scan each path, folders with all that lies below them; symbolic links are followed only where they are given.

        A path may also be "-" (standard input) or the address of a database, postgresql://….
        """
        for path in paths:
            if not path:
                # `Path("")` is the folder one stands in: a variable that was not set would have all of it read.
                self._not_read('""', "names nothing")
            elif path == "-":
                self._guarded("-", lambda: self.stream("-", sources.standard_input()))
            elif sources.is_postgres(path):
                self._guarded(sources.without_password(path), lambda path=path: self._database(path))  # type: ignore[misc]  # mypy and a default of a lambda
            else:
                for file in self.walk(self._named(Path(path))):
                    self._file(file)

    def process(self, pid: int) -> None:
        """Scan the readable memory of process `pid` (Linux): any card-like number in it."""

        def work() -> None:
            for name, start, window in sources.memory_of(pid):
                self._look(f"process {pid}", io.BytesIO(window), _address(name, start))
                self.bytes += len(window)

        self._guarded(f"process {pid}", work)

    def history(self, repository: str) -> None:
        """Scan every commit, tag and file that a git repository holds, by any reference or its log."""

        def work() -> None:
            for name, content in sources.objects_of(repository):
                if not self._is_excluded(path := Path(name.partition(":")[2])):
                    self._value(f"{repository}@{name}", "name", "\n".join(path.parts))
                    self.stream(f"{repository}@{name}", io.BytesIO(content))
                    self._done(len(content))

        self._guarded(repository, work)

    def stream(
        self,
        path: str,
        stream: BinaryIO,
        depth: int = containers.DEPTH,
        *,
        known: frozenset[str] = frozenset(),
    ) -> None:
        """One file, or one member of an archive; archives within are opened down to `depth`.

        Numbers whose last digits are `known` are not told: they were, in another reading of the same.
        """
        stream, head = containers.rewindable(stream, _HEAD)
        if codec := wide.marked_codec(head):
            before = len(self.findings)
            self._look(path, wide.InUTF8(stream, codec), _line_and_column, known=known)
            stream.seek(0)
            self._readings(path, readings.of_wide(stream, head, codec), depth, known | self._since(before))
            return
        if not containers.is_archive(head):
            self._as_it_is(path, stream, head, depth, known)
            stream.seek(0)
        if reason := unread.reason_by_name(path, head):
            self._not_read(path, reason)
        for name, member in containers.members(stream, head, depth):
            with member:
                self._value(path, "name of a member", name)
                self.stream(f"{path}!{name}", member, depth - 1)

    def _as_it_is(self, path: str, stream: BinaryIO, head: _Bytes, depth: int, known: frozenset[str]) -> None:
        """A file that is no archive: its bytes, and what they are where that hides a number."""
        codec, before = wide.likely_codec(head), len(self.findings)
        if codec:
            self._look(path, wide.InUTF8(stream, codec), _line_and_column, known=known)
            stream.seek(0)
        known |= self._since(before)
        solid, place_of = holes.without(stream), _byte if b"\0" in head else _line_and_column
        self._look(
            path,
            solid or stream,
            _with_holes(place_of, solid) if solid else place_of,
            plain_alone=containers.is_mail(head),
            known=known,
        )
        stream.seek(0)
        self._readings(path, readings.of(stream, head), depth, known | self._since(before))
        stream.seek(0)
        for place, value in containers.values(stream, head):
            self._value(path, place, value)
        if depth > 0 and containers.may_hold_streams(head) and not containers.is_sqlite(head):
            for name, content in containers.streams_within(solid or stream, head):
                with content:
                    self.stream(f"{path}!{name}", content, depth - 1)

    def _readings(self, path: str, found: archives.Members, depth: int, known: frozenset[str]) -> None:
        for name, reading in found:
            if depth <= 0:
                raise archives.UnreadableError("archives nested too deeply")
            with reading:
                self.stream(f"{path}!{name}", reading, depth - 1, known=known)

    def _since(self, before: int) -> frozenset[str]:
        """The last digits of what was found since there were so many."""
        return frozenset(each.last4 for each in self.findings[before:])

    def walk(self, path: Path) -> Iterator[Path]:
        """The regular files at and below `path` that are not excluded."""
        if self._is_excluded(path):
            return
        try:
            mode = path.lstat().st_mode
            self._value(str(path), "name", path.name)
            if stat.S_ISREG(mode):
                yield path
            elif stat.S_ISLNK(mode):
                self._value(str(path), "link", str(path.readlink()))
            elif stat.S_ISDIR(mode):
                for below in sorted(path.iterdir()):
                    yield from self.walk(below)
        except OSError as error:
            self._not_read(str(path), error.strerror or "error")

    def _named(self, path: Path) -> Path:
        """What somebody names: behind a link what it leads to. What is neither file nor folder is told."""
        try:
            if path.is_symlink():
                self._value(str(path), "name", path.name)
                self._value(str(path), "link", str(path.readlink()))
                path = path.resolve(strict=True)
            mode = path.stat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                self._not_read(str(path), "neither a file nor a folder, which is not read")
        except (OSError, RuntimeError) as error:  # a loop of links is the latter
            self._not_read(str(path), getattr(error, "strerror", None) or "links that lead to themselves")
        return path

    def _is_excluded(self, path: Path) -> bool:
        return any(fnmatch.fnmatch(path.as_posix(), pattern) for pattern in self.exclude)

    def _file(self, path: Path) -> None:
        def work() -> None:
            with path.open("rb") as stream:
                self.stream(str(path), stream)

        self._guarded(str(path), work)
        try:
            self._done(path.stat().st_size)
        except OSError:
            self._done(0)

    def _database(self, address: str) -> None:
        for place, value in sources.postgres_values(address):
            self._value(sources.without_password(address), place, value)

    def _guarded(self, path: str, work: Callable[[], None]) -> None:
        """Do it; what keeps us from reading is told, in one line."""
        try:
            work()
        except (OSError, archives.UnreadableError) as error:
            self._not_read(path, getattr(error, "strerror", None) or str(error))

    def _done(self, size: int) -> None:
        self.files += 1
        self.bytes += size
        if self.progress:
            self.progress(self.files)

    def _look(
        self,
        path: str,
        stream: places.Readable,
        place_of: _PlaceOf,
        *,
        plain_alone: bool = False,
        known: frozenset[str] = frozenset(),
    ) -> None:
        """Without the numbers whose last digits are `known`: they were found in another reading of the same."""
        for seen in look.look(stream, engine.by_name(self.engine_name)):
            if isinstance(seen, look.NotFullyRead):
                self._not_read(path, f"line {seen.line}: {seen.reason}")
            elif (seen.encoding == "plain" or not plain_alone) and seen.last4 not in known:
                self._found(path, place_of(seen), seen)

    def _value(self, path: str, place: str, value: _Value) -> None:
        for seen in look.look_at_value(value):
            if isinstance(seen, look.NotFullyRead):
                self._not_read(path, f"{place}: {seen.reason}")
            else:
                self._found(path, (place, None), seen)

    def _found(self, path: str, where: tuple[str, int | None], seen: look.Sighting) -> None:
        if seen.is_test and any(
            fnmatch.fnmatch(Path(path).as_posix(), glob) for glob in self.allow_test_numbers
        ):
            return
        place, line = where
        key = (path, line, seen.last4)
        # What stands plain may stand in a decoded view once more, and windows overlap.
        if seen.encoding == "plain":
            self._plain_lines.add(key)
        elif line is not None and key in self._plain_lines:
            return
        if (path, place, seen.last4) in self._seen:
            return
        self._seen.add((path, place, seen.last4))
        path = pan.mask(path)  # its own name may hold the number
        rule = TEST_NUMBER if seen.is_test else CARD
        self.findings.append(
            Finding(path, place, rule, seen.length, seen.issuer, seen.last4, seen.encoding, line)
        )

    def _not_read(self, path: str, reason: str) -> None:
        line = pan.mask(f"{path}: {reason}")
        if line not in self.unreadable[-20:]:
            self.unreadable.append(line)


_PlaceOf = Callable[[look.Sighting], tuple[str, int | None]]


def _address(mapping: str, start: int) -> _PlaceOf:
    return lambda seen: (f"{mapping} {start + seen.offset:#x}".strip(), None)


def _line_and_column(seen: look.Sighting) -> tuple[str, int | None]:
    return f"{seen.line}:{seen.column}", seen.line


def _with_holes(place_of: _PlaceOf, solid: holes.WithoutHoles) -> _PlaceOf:
    return lambda seen: place_of(seen._replace(offset=solid.offset(seen.offset)))


def _byte(seen: look.Sighting) -> tuple[str, int | None]:
    return (f"byte {seen.offset}" if seen.encoding == "plain" else f"from byte {seen.offset}"), None
