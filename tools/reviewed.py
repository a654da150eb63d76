"""Note the fingerprints of `reviewed` in scope.toml anew, after the functions they stand for were read.

    .venv/bin/python -m tools.reviewed

Prints each entry that changes; `git diff` shows the functions themselves. Exit status 1: one is not there any more.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

from security.rules.config import REVIEWED
from security.rules.python.reviewed import fingerprint, fingerprint_of, named

CONFIG = Path("scope.toml")
_ENTRY = re.compile(r'^(\s*")(?P<entry>[^"]+ = [0-9a-f]{12})(",?)$', re.MULTILINE)


def main() -> int:
    text, gone = CONFIG.read_text("utf-8"), False
    for line in _ENTRY.finditer(text):
        entry = REVIEWED.fullmatch(line["entry"])
        if entry is None:
            continue
        now = _now(Path(entry["path"]), entry["name"])
        if now is None:
            gone = True
            print(f"{entry['path']}: {entry['name']} is not there")
        elif now != entry["fingerprint"]:
            print(f"{entry['path']}: {entry['name']}: {entry['fingerprint']} -> {now}")
            text = text.replace(line["entry"], f"{entry['path']}: {entry['name']} = {now}")
    CONFIG.write_text(text, "utf-8")
    return int(gone)


def _now(path: Path, name: str) -> str | None:
    text = path.read_text("utf-8")
    if path.suffix != ".py":
        return fingerprint_of(path.name, text)
    node = named(ast.parse(text), name)
    return fingerprint(node) if node is not None else None


if __name__ == "__main__":
    sys.exit(main())
