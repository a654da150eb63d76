"""What every SARIF 2.1.0 log of this package has alike: frame, and places as URI references. Standard library alone."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_AS_THEY_ARE = "/!$&'()*+,;=@~"
"""What may stand in a path of a URI reference unescaped (RFC 3986, section 3.3); ":" could end a scheme."""


def log(run: dict[str, Any]) -> dict[str, Any]:
    """The whole log with its one run."""
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def text_of(run: dict[str, Any]) -> str:
    """The same as text."""
    return json.dumps(log(run), ensure_ascii=False, indent=2)


def location(path: str, line: int | None) -> dict[str, Any]:
    """Where something is: a file of the tree, or a page or part of a running shop, which has a name and no file."""
    # A name need not be UTF-8: its bytes go into the address as they are, and a mark for each into the text.
    raw = path.encode("utf-8", "surrogateescape")
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(raw.replace(b"\\", b"/"), safe=_AS_THEY_ARE)}}
    if line is not None:
        place["region"] = {"startLine": max(line, 1)}
    return {
        "physicalLocation": place,
        "logicalLocations": [{"fullyQualifiedName": raw.decode("utf-8", "replace")}],
    }


def invocation(notes: list[str]) -> dict[str, Any]:
    """That the run could look at everything, or at what it could not (section 3.20.21)."""
    told = [{"level": "error", "message": {"text": text}} for text in notes]
    return {"executionSuccessful": not notes, "toolExecutionNotifications": told}
