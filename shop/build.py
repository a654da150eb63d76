"""Which build is running: a hash over the installed files, so that evidence can name what it was taken from."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_PACKAGES = ("shop", "payments", "security", "static")
_SKIP = {"__pycache__"}


@cache
def build_id() -> str:
    """Sixteen hex digits over the names and contents of every file of the shop's packages and static files."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.is_file() and not _SKIP & set(path.parts) and path.suffix not in {".pyc", ".mo"}:
                digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
