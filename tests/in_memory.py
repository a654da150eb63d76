"""Temporary files lie in memory where there is room: a database is made for every second test.

A copy of PostgreSQL's template is a thousand small files, and costs five times as much on a disk's file system as in
memory. What a test proves about a killed process is the same: files outlive their writer in both places.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 4 << 30
"""Bytes: some times what a whole run leaves there at once."""


def work_in_memory() -> None:
    """From now on, for this process and those that it starts. A TMPDIR that somebody chose stays."""
    if "TMPDIR" not in os.environ and _has_room():
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def _has_room() -> bool:
    if not (MEMORY.is_dir() and os.access(MEMORY, os.W_OK | os.X_OK)):
        return False
    there = os.statvfs(MEMORY)
    runs_programs = not there.f_flag & os.ST_NOEXEC  # some tests install the wheel, with its libraries
    return runs_programs and there.f_bavail * there.f_frsize >= ROOM
