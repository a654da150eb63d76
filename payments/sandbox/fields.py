"""Builds API objects from the generated field table, so that each carries every field of Stripe's class.

`tools/generate_sandbox_fields.py` writes the table. Imported by whatever makes an API object.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

Json = dict[str, Any]
_EMPTY: dict[str, Any] = {"boolean": False, "list": [], "map": {}}


@cache
def _table() -> Json:
    content: Json = json.loads((Path(__file__).parent / "fields.json").read_text(encoding="utf-8"))
    return content


def api_version() -> str:
    """The API version that the field table was made for; every answer names it."""
    return str(_table()["api_version"])


def build(kind: str, **values: Any) -> Json:
    """An object of that kind: the given values, and the empty value of every other field.

    Nested hashes are filled in the same way. Raises ValueError for a name or an enumerated value that
    Stripe's class does not have, and for a required field without value: a slip in the sandbox, never a
    caller's.
    """
    return _fill(kind, _table()["objects"][kind], {"object": kind, **values})


def _fill(path: str, table: Json, values: Json) -> Json:
    unknown = values.keys() - table.keys()
    if unknown:
        raise ValueError(f"{path} has no field {', '.join(sorted(unknown))}")
    filled = {}
    for name, spec in table.items():
        if name in values:
            filled[name] = _checked(f"{path}.{name}", spec, values[name])
        elif not spec.get("omit"):
            filled[name] = _empty(f"{path}.{name}", spec)
    return filled


def _checked(path: str, spec: Json, value: Any) -> Any:
    if spec["kind"] == "object" and isinstance(value, dict) and "fields" in spec:
        return _fill(path, spec["fields"], value)
    if value is not None and "enum" in spec and value not in spec["enum"]:
        raise ValueError(f"{path} cannot be {value!r}")
    if value is None and not spec.get("nullable"):
        raise ValueError(f"{path} cannot be null")
    return value


def _empty(path: str, spec: Json) -> Any:
    if spec.get("nullable") or spec["kind"] == "any":
        return None
    if spec["kind"] == "object":
        return _fill(path, spec.get("fields", {}), {})
    if spec["kind"] not in _EMPTY:
        raise ValueError(f"{path} needs a value")
    return json.loads(json.dumps(_EMPTY[spec["kind"]]))
