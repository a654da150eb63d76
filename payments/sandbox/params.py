"""Reads form-encoded parameters and checks them against the generated parameter table.

Imported by `api`. Nested names are written `a[b][0][c]`, lists also `a[]`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from .errors import ApiError, invalid, missing, unknown_parameter

Json = dict[str, Any]
_NAME = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
MAX_DEPTH = 10
METADATA_LIMITS = (50, 40, 500)
"""Keys, length of a key, length of a value: Stripe's page on metadata."""


@cache
def _table() -> Json:
    content: Json = json.loads((Path(__file__).parent / "parameters.json").read_text(encoding="utf-8"))
    operations: Json = content["operations"]
    return operations


def read(pairs: Iterable[tuple[str, str]]) -> Json:
    """Nested parameters from the pairs of a form or query string. Raises ApiError for a malformed name."""
    tree: Json = {}
    for name, value in pairs:
        match = _NAME.match(name)
        if match is None:
            raise invalid("A parameter's name is malformed.")
        path = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        if len(path) > MAX_DEPTH:
            raise invalid("Parameters are nested too deeply.")
        _insert(tree, path, value)
    return tree


def _insert(tree: Json, path: list[str], value: str) -> None:
    for index, step in enumerate(path[:-1]):
        tree = tree.setdefault(step or str(len(tree)), {})
        if not isinstance(tree, dict):
            raise invalid("A parameter is given both as a value and as a hash.", path[index])
    last = path[-1] or str(len(tree))
    if isinstance(tree.get(last), dict):
        raise invalid("A parameter is given both as a value and as a hash.", last)
    tree[last] = value


def check(operation: str, given: Json) -> Json:
    """The parameters with their proper types. Raises ApiError naming the first one that does not fit."""
    return _hash(given, _table()[operation], "")


def _hash(given: Json, table: Json, path: str) -> Json:
    for name in given:
        if name not in table:
            raise unknown_parameter(_join(path, name))
    for name, spec in table.items():
        if spec.get("required") and name not in given:
            raise missing(_join(path, name))
    return {name: _value(value, table[name], _join(path, name)) for name, value in given.items()}


def _join(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _value(value: Any, spec: Json, path: str) -> Any:
    if value == "" and spec.get("clearable"):
        return ""
    return _READERS[spec["kind"]](value, spec, path)


def _text(value: Any, spec: Json, path: str) -> str:
    if not isinstance(value, str):
        raise invalid(f"Invalid string: {path} must be a string", path)
    if value == "":
        raise invalid(f"You passed an empty string for '{path}'.", path, "parameter_invalid_empty")
    if "enum" in spec and value not in spec["enum"]:
        raise invalid(f"Invalid {path}: must be one of {', '.join(map(str, spec['enum']))}", path)
    return value


def _integer(value: Any, _spec: Json, path: str) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,18}", value):
        raise invalid(f"Invalid integer: {path}", path, "parameter_invalid_integer")
    return int(value)


def _number(value: Any, _spec: Json, path: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,12})?", value):
        raise invalid(f"Invalid decimal: {path}", path)
    return value


def _boolean(value: Any, _spec: Json, path: str) -> bool:
    if not isinstance(value, str) or value not in {"true", "false"}:
        raise invalid(f"Invalid boolean: {path}", path)
    return bool(value == "true")


def _list(value: Any, spec: Json, path: str) -> list[Any]:
    if not isinstance(value, dict) or not all(key.isdigit() for key in value):
        raise invalid(f"Invalid array: {path}", path)
    items = [value[key] for key in sorted(value, key=int)]
    return [_value(item, spec["items"], _join(path, str(index))) for index, item in enumerate(items)]


def _map(value: Any, _spec: Json, path: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise invalid(f"Invalid hash: {path}", path)
    keys, key_length, value_length = METADATA_LIMITS
    if len(value) > keys:
        raise invalid(f"{path} can have up to {keys} keys.", path)
    for key, text in value.items():
        if len(key) > key_length or len(text) > value_length:
            raise invalid(
                f"{path} keys can be up to {key_length} characters long and values up to {value_length}.",
                _join(path, key[:key_length]),
            )
    return value


def _object(value: Any, spec: Json, path: str) -> Json:
    if not isinstance(value, dict):
        raise invalid(f"Invalid object: {path}", path)
    return _hash(value, spec.get("fields", {}), path)


def _any(value: Any, _spec: Json, _path: str) -> Any:
    return value


_READERS = {
    "string": _text,
    "integer": _integer,
    "number": _number,
    "decimal": _number,
    "boolean": _boolean,
    "list": _list,
    "map": _map,
    "object": _object,
    "any": _any,
}


def merged_metadata(old: dict[str, str], change: dict[str, str] | str) -> dict[str, str]:
    """Metadata after an update: an empty value unsets its key, an empty string unsets all of them."""
    if isinstance(change, str):
        return {}
    return {key: value for key, value in {**old, **change}.items() if value != ""}


def yen(amount: int, param: str) -> int:
    """The amount, when JPY allows it: at least ¥50, at most eight digits, no decimals. Raises ApiError."""
    if amount < 1:
        raise invalid("This value must be greater than or equal to 1.", param, "parameter_invalid_integer")
    if amount < 50:
        raise ApiError(400, "Amount must be at least ¥50.", code="amount_too_small", param=param)
    if amount > 99_999_999:
        raise ApiError(400, "Amount must be no more than ¥99,999,999.", code="amount_too_large", param=param)
    return amount
