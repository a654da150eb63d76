"""The list of a project: a TOML file in which each function of each file has its lines.

files = ["shop/**"]                  # of which functions are listed when the list is made
without = ["shop/demo.py"]

["shop/orders/access.py"]
the_order = ["order_of_token() is None -> refuse"]
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

SILENT = "-"
"""The key for functions that refuse nothing: they are known, so they are not new."""


class BadListError(Exception):
    """The list cannot be read; the message is one line for its author."""


@dataclass(frozen=True)
class Listed:
    """What a list says. `functions` has the lines by file and name."""

    files: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    functions: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    def entry_of(self, path: str) -> str | None:
        """The file that a path, or its end, stands for."""
        parts = path.replace("\\", "/").removeprefix("./").split("/")
        ends = ("/".join(parts[start:]) for start in range(len(parts)))
        return next((each for each in ends if each in self.functions), None)


@cache
def listed(path: str) -> Listed:
    """The list in a file. Raises BadListError."""
    try:
        return read(tomllib.loads(Path(path).read_text("utf-8")))
    except OSError as error:
        raise BadListError(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, BadListError) as error:
        raise BadListError(f"{path}: {error}") from error


def read(document: Mapping[str, Any]) -> Listed:
    """The list of a parsed file. Raises BadListError."""
    functions = {
        file: {name: _texts(lines) for name, lines in table.items() if name != SILENT}
        | dict.fromkeys(_texts(table.get(SILENT, [])), ())
        for file, table in document.items()
        if isinstance(table, dict)
    }
    return Listed(_texts(document.get("files", [])), _texts(document.get("without", [])), functions)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise BadListError("a list of texts is wanted")
    return tuple(value)


def write(known: Listed) -> str:
    """The same as a text, in the order of names."""
    parts = [_array("files", known.files), _array("without", known.without)]
    for file in sorted(known.functions):
        table = known.functions[file]
        if table:
            parts.append(f"\n[{_quoted(file)}]")
            parts += [_array(name, table[name]) for name in sorted(table) if table[name]]
            if silent := tuple(name for name in sorted(table) if not table[name]):
                parts.append(f"{_quoted(SILENT)} = [{', '.join(map(_quoted, silent))}]")
    return "\n".join(parts) + "\n"


def _array(name: str, lines: tuple[str, ...]) -> str:
    key = name if name.replace("_", "").isalnum() and name.isascii() else _quoted(name)
    if len(lines) < 2:
        return f"{key} = [{', '.join(map(_quoted, lines))}]"
    return f"{key} = [\n" + "".join(f"    {_quoted(line)},\n" for line in lines) + "]"


def _quoted(text: str) -> str:
    if "'" not in text and text.isprintable():
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in escaped) + '"'
