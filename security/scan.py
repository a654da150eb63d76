"""Scan files for card numbers: trees, text, binary files, archives, SQLite databases. Standard library alone.

Behind `python -m security scan`; anyone may import it. What could not be read is reported, never passed over.
"""

from __future__ import annotations

import fnmatch
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from . import containers, pan
from .decode import Budget, views
from .published import is_test_number

_WINDOW = 1 << 20
_OVERLAP = 512
_TEXT_PROBE = 8192

CARD, TEST_NUMBER = "card-number", "test-number"


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
        return f"{self.path}:{self.place}: {self.rule}: {self.issuer}, {self.length} digits, ends {self.last4}{hidden}"


@dataclass
class Scan:
    """A scan over some paths: what was found, what could not be read, how many files were looked at.

    `allow_test_numbers` are globs of paths in which providers' published test numbers are no findings (rule
    test-number; anywhere else they count like any other). `exclude` are globs of paths not looked at.
    `progress` is called with the number of files after each.
    """

    allow_test_numbers: Sequence[str] = ()
    exclude: Sequence[str] = ()
    progress: Callable[[int], None] | None = None
    findings: list[Finding] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    files: int = 0

    @property
    def status(self) -> int:
        """The exit status: 0 clean, 1 found, 2 nothing found but something could not be read."""
        if self.findings:
            return 1
        return 2 if self.unreadable else 0

    def run(self, paths: Sequence[str]) -> None:
        """Scan each path, folders with all that lies below them; symbolic links are not followed."""
        for path in paths:
            for file in self._walk(Path(path)):
                self._scan_file(file)

    def _walk(self, path: Path) -> Iterator[Path]:
        if self._is_excluded(path):
            return
        try:
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode):
                yield path
            elif stat.S_ISDIR(mode):
                for below in sorted(path.iterdir()):
                    yield from self._walk(below)
        except OSError as error:
            self._not_read(str(path), error.strerror or "error")

    def _is_excluded(self, path: Path) -> bool:
        return any(fnmatch.fnmatch(path.as_posix(), pattern) for pattern in self.exclude)

    def _scan_file(self, path: Path) -> None:
        try:
            with path.open("rb") as stream:
                self._scan_stream(str(path), stream, containers.DEPTH)
            if containers.is_sqlite(path):
                for place, value in containers.sqlite_values(path):
                    self._scan_value(str(path), place, value)
        except (OSError, containers.UnreadableError) as error:
            self._not_read(str(path), getattr(error, "strerror", None) or str(error))
        self.files += 1
        if self.progress:
            self.progress(self.files)

    def _scan_stream(self, path: str, stream: BinaryIO, depth: int) -> None:
        """One file, or one member of an archive; archives within are opened down to `depth`."""
        head = stream.read(_TEXT_PROBE)
        stream.seek(0)
        if codec := _wide_codec(head):
            self._scan_text(path, stream.read().decode(codec, "replace"), 1, 1)
        elif b"\0" in head:
            self._scan_binary(path, stream)
        else:
            self._scan_lines(path, stream)
        stream.seek(0)
        for name, member in containers.members(stream, head, depth):
            with member:
                self._scan_stream(f"{path}!{name}", member, depth - 1)

    def _scan_lines(self, path: str, stream: BinaryIO) -> None:
        line, column, kept = 1, 1, b""
        while window := stream.read(_WINDOW):
            data = kept + window
            self._scan_text(path, data.decode("utf-8", "surrogateescape"), line, column)
            dropped, kept = data[:-_OVERLAP], data[-_OVERLAP:]
            column = _characters(dropped[dropped.rfind(b"\n") + 1 :]) + (1 if b"\n" in dropped else column)
            line += dropped.count(b"\n")

    def _scan_text(self, path: str, text: str, first_line: int, first_column: int) -> None:
        """`text` begins at this line and column of its file."""
        for match in pan.find(text):
            line = text.count("\n", 0, match.start)
            column = match.start - text.rfind("\n", 0, match.start) + (0 if line else first_column - 1)
            place = f"{first_line + line}:{column}"
            self._found(path, (place, first_line + line), text, match)
        for number, content in enumerate(text.split("\n"), first_line):
            if _ENCODED.search(content):
                self._scan_encoded(path, f"{number}:1", content, number)

    def _scan_binary(self, path: str, stream: BinaryIO) -> None:
        start, kept = 0, b""
        while window := stream.read(_WINDOW):
            data = kept + window
            text = data.decode("utf-8", "surrogateescape")
            for match in pan.find(text):
                offset = start + len(text[: match.start].encode("utf-8", "surrogateescape"))
                self._found(path, (f"byte {offset}", None), text, match)
            for piece in text.split("\n"):
                if _ENCODED.search(piece):
                    self._scan_encoded(path, f"from byte {start}", piece, None)
            start += max(0, len(data) - _OVERLAP)
            kept = data[-_OVERLAP:]

    def _scan_encoded(self, path: str, place: str, text: str, line: int | None) -> None:
        budget = Budget()
        for view in views(text, budget):
            if view.text is not text:
                for match in pan.find(view.text):
                    self._found(path, (place, line), view.text, match, view.encoding)
        if budget.over:
            self._not_read(path, f"{place}: more encoded data than can be looked at")

    def _scan_value(self, path: str, place: str, value: str) -> None:
        for view in views(value, Budget()):
            for match in pan.find(view.text):
                self._found(path, (place, None), view.text, match, view.encoding)

    def _found(
        self, path: str, place: tuple[str, int | None], text: str, match: pan.Match, encoding: str = "plain"
    ) -> None:
        if match.verdict is not pan.Verdict.CARD:
            return
        is_test = is_test_number(pan.digits_of(text, match))
        if is_test and any(fnmatch.fnmatch(Path(path).as_posix(), glob) for glob in self.allow_test_numbers):
            return
        rule = TEST_NUMBER if is_test else CARD
        where, line = place
        finding = Finding(path, where, rule, match.digits_length, match.issuer, match.last4, encoding, line)
        # Windows overlap, and what stands plain may stand in a decoded view once more.
        same_place = (each for each in self.findings[-50:] if (each.path, each.last4) == (path, match.last4))
        if not any(each.place == where or _same_line(each, finding) for each in same_place):
            self.findings.append(finding)

    def _not_read(self, path: str, reason: str) -> None:
        self.unreadable.append(f"{path}: {reason}")


# What may hold something encoded; nothing else is decoded.
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}|\\[ux]|&#|[A-Za-z0-9+/_-]{16}")


def _same_line(known: Finding, new: Finding) -> bool:
    return new.encoding != "plain" and known.line is not None and known.line == new.line


def _characters(data: bytes) -> int:
    return len(data.decode("utf-8", "surrogateescape"))


def _wide_codec(head: bytes) -> str | None:
    """UTF-16 by its mark, or by a NUL in every second place as Latin text has it."""
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    half = len(head) // 2
    if half >= 8 and head[1::2].count(0) > half * 0.7 and not head[::2].count(0):
        return "utf-16-le"
    if half >= 8 and head[::2].count(0) > half * 0.7 and not head[1::2].count(0):
        return "utf-16-be"
    return None
