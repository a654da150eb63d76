"""A copy of the repository's files in a temporary folder, where one protection at a time is missing."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tools.protections.catalog import ROOT, BadCatalog, Protection, without

_LATER_S = 1000
"""A changed file looks so much younger: compiled code goes by time and size, and both could be the same."""


class Copy:
    """The copy. What git ignores stays behind, but the compiled texts: pages need them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in (*_listed(), *_compiled_texts()):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)

    @contextlib.contextmanager
    def without(self, protection: Protection) -> Iterator[None]:
        """The copy while the protection is missing. Raises BadCatalog when it can't be taken out."""
        changed = without(protection, self.folder)
        kept = {name: (self.folder / name).read_bytes() for name in changed}
        times = {name: (self.folder / name).stat().st_mtime for name in changed}
        try:
            for name, text in changed.items():
                (self.folder / name).write_text(text, "utf-8")
                os.utime(self.folder / name, (times[name], times[name] + _LATER_S))
            yield
        finally:
            for name, content in kept.items():
                (self.folder / name).write_bytes(content)
                os.utime(self.folder / name, (times[name], times[name]))


def _listed() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, check=False, cwd=ROOT)
    if listed.returncode:
        raise BadCatalog("this is no checkout of the repository, so there is nothing to copy")
    return [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def _compiled_texts() -> list[str]:
    return [str(path.relative_to(ROOT)) for path in (ROOT / "shop" / "translations").rglob("*.mo")]
