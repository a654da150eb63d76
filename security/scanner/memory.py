"""Search the memory of a tree of processes for forms of a number. Linux alone (/proc); standard library alone.

For evidence. It must run in another process than those it searches, or it would find its own needles; for the
same reason needles never stand on a command line.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ..forms import Found, longest, search

_PROC = Path("/proc")
# Small, so that most of what processes share is cut into the same pieces in each of them.
WINDOW = 64 << 10
_EMPTY = bytes(2 * WINDOW)
_LARGE_WINDOW, _WINDOW_OVERLAP = 1 << 20, 512
# The kernel's own pages: the same in every process, and not readable this way.
_KERNELS = frozenset({"[vvar]", "[vvar_vclock]", "[vsyscall]"})


class MemoryUnreadableError(Exception):
    """Some memory could not be searched, so nothing may be concluded from what was."""


class MemoryHit(NamedTuple):
    """A form of the number in one process: `region` is the mapping's name ("" when anonymous)."""

    pid: int
    region: str
    found: Found


def process_tree(root_pid: int, marker: bytes | None = None) -> list[int]:
    """The processes that belong to `root_pid`, itself among them, in order of their ids.

    Children of children, and every process whose session or group one of them leads, so that a child whose
    parent ended still belongs. `marker` (NAME=value, given to the root in its environment) also finds those that
    left both. Never the caller itself. Raises MemoryUnreadableError when the root is gone, and, with a marker, when
    a process younger than the root hides its environment: it might belong.
    """
    _require_linux()
    processes = {each.pid: each for each in _processes()}
    if root_pid not in processes:
        raise MemoryUnreadableError(f"process {root_pid} is not there")
    tree = {root_pid}
    if marker is not None:
        later = [each.pid for each in processes.values() if each.started >= processes[root_pid].started]
        tree |= {pid for pid in later if pid != os.getpid() and marker in _environment(pid)}
    grown = True
    while grown:
        more = {
            pid
            for pid, each in processes.items()
            if {each.parent, each.group, each.session} & (tree - {os.getpid()})
        }
        grown = not more <= tree
        tree |= more
    return sorted(tree - {os.getpid()})


def search_memory(pid: int, forms: Mapping[str, bytes], clean: set[bytes] | None = None) -> list[MemoryHit]:
    """Every form in the readable mappings of process `pid`: heap, stacks, anonymous and file mappings, swap too.

    `clean` saves work over several processes, which share libraries and empty pages: digests of windows known to
    hold none of these same forms. It is added to; never use it again with other forms.
    Raises MemoryUnreadableError when a mapping cannot be read (no permission, process gone), and ValueError for
    the calling process itself.
    """
    _require_linux()
    if pid == os.getpid():
        raise ValueError("a process cannot be searched from within: it would find its own needles")
    known = set[bytes]() if clean is None else clean
    try:
        with (_PROC / str(pid) / "mem").open("rb", buffering=0) as memory:
            return [
                hit
                for region in _regions(pid)
                for hit in _search_region(memory.fileno(), pid, region, forms, known)
            ]
    except OSError as error:
        raise MemoryUnreadableError(f"memory of process {pid} could not be read: {error.strerror}") from error


def read_memory(pid: int) -> Iterator[tuple[str, int, bytes]]:
    """The readable mappings of process `pid` in windows that overlap a little: name, address, bytes.

    Raises as `search_memory` does.
    """
    _require_linux()
    if pid == os.getpid():
        raise ValueError("a process cannot be searched from within: it would find its own needles")
    try:
        with (_PROC / str(pid) / "mem").open("rb", buffering=0) as memory:
            for region in _regions(pid):
                for start in range(region.start, region.end, _LARGE_WINDOW):
                    size = min(_LARGE_WINDOW + _WINDOW_OVERLAP, region.end - start)
                    yield region.name, start, _read(memory.fileno(), pid, start, size)
    except OSError as error:
        raise MemoryUnreadableError(f"memory of process {pid} could not be read: {error.strerror}") from error


class _Process(NamedTuple):
    pid: int
    parent: int
    group: int
    session: int
    started: int  # clock ticks since the machine started


class _Region(NamedTuple):
    start: int
    end: int
    name: str


def _require_linux() -> None:
    if not sys.platform.startswith("linux"):
        raise MemoryUnreadableError("memory can be searched on Linux alone")


def _processes() -> Iterator[_Process]:
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue  # ended meanwhile
            # The name in parentheses may hold anything, parentheses and spaces too.
            numbers = stat.rpartition(")")[2].split()
            parent, group, session, started = (int(numbers[at]) for at in (1, 2, 3, 19))
            yield _Process(int(entry.name), parent, group, session, started)


def _environment(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return []
    except OSError as error:
        raise MemoryUnreadableError(
            f"environment of process {pid} could not be read: {error.strerror}"
        ) from error


_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+\s*(.*)")


def _regions(pid: int) -> list[_Region]:
    regions = []
    for line in (_PROC / str(pid) / "maps").read_text(errors="replace").splitlines():
        mapping = _MAPPING.fullmatch(line)
        if mapping is None:
            raise MemoryUnreadableError(f"a mapping of process {pid} could not be understood")
        start, end, rights, name = mapping.groups()
        if rights.startswith("r") and name not in _KERNELS:
            regions.append(_Region(int(start, 16), int(end, 16), name))
    return regions


def _search_region(
    memory: int, pid: int, region: _Region, forms: Mapping[str, bytes], clean: set[bytes]
) -> Iterator[MemoryHit]:
    overlap = longest(forms) - 1
    seen: set[Found] = set()
    for start in range(region.start, region.end, WINDOW):
        data = _read(memory, pid, start, min(WINDOW + overlap, region.end - start))
        if _EMPTY.startswith(data):  # much of what is mapped was never written to
            seen = set()
            continue
        digest = hashlib.sha256(data).digest()
        hits = set() if digest in clean else set(search(data, forms, start))
        if not hits:
            clean.add(digest)
        yield from (MemoryHit(pid, region.name, hit) for hit in sorted(hits - seen))
        seen = hits


def _read(memory: int, pid: int, start: int, size: int) -> bytes:
    pieces, done = list[bytes](), 0
    while done < size:
        try:
            piece = os.pread(memory, size - done, start + done)
        except OSError:
            if _is_mapped(pid, start + done):
                raise
            break  # the process gave this memory back while it was being read
        if not piece:
            raise MemoryUnreadableError(f"process {pid} ended while its memory was being read")
        pieces.append(piece)
        done += len(piece)
    return b"".join(pieces)


def _is_mapped(pid: int, address: int) -> bool:
    return any(region.start <= address < region.end for region in _regions(pid))
