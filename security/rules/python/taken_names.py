"""HK308, HK309, HK406: what was sent chooses a file, an address to ask, or a part of our code. By the flow of a run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..flow import Flow, Frame
from ..requests import Labels
from ..source import Module
from ..syntax import dotted
from .base import last_names
from .redirects import begins_with_it

_OPENS = re.compile(
    r"(?:^|\.)(?:open|io\.open|os\.open|send_file|FileResponse|os\.(?:remove|unlink|rename|replace|listdir|scandir|rmdir|makedirs|mkdir)"
    r"|shutil\.\w+|sqlite3\.connect|zipfile\.ZipFile|tarfile\.open)$"
)
_OF_PATHS = frozenset(
    {"read_bytes", "read_text", "write_bytes", "write_text", "open", "unlink", "mkdir", "iterdir", "rename"}
)
_FETCHES = re.compile(
    r"(?:^|\.)(?:urlopen|urllib\.request\.(?:Request|urlopen|urlretrieve)|urlretrieve"
    r"|(?:requests|httpx|aiohttp|urllib3|niquests)(?:\.\w+\(\))*\.(?:get|post|put|patch|delete|head|options|request|stream|Request)"
    r"|(?:Client|Session|AsyncClient|ClientSession|PoolManager)\(\)\.(?:get|post|put|patch|delete|head|request|stream))$"
)
_VETS = frozenset({"safe_join", "secure_filename", "basename", "is_relative_to", "commonpath", "relative_to"})
_OWN_NAMES = frozenset({"_asdict", "asdict", "fields", "model_fields", "__fields__"})
_NAMES = frozenset({"filename", "orig_filename"})


def of_call(flow: Flow, frame: Frame, call: ast.Call, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Calls that take a name from the request."""
    for path in _paths(call, names):
        if _chosen(flow.of(path, frame), whole=True) or _names_file(frame.module, path):
            if not _is_vetted(frame):
                yield "HK308", "a file is chosen by a name from outside"
            break
    if any(map(_FETCHES.search, names)):
        addresses = [*call.args[:2], *(word.value for word in call.keywords if word.arg == "url")]
        if any(_chosen(flow.of(each, frame)) and begins_with_it(flow, frame, each) for each in addresses):
            yield "HK309", "the server asks the address that the request names"
    if names & {"getattr", "builtins.getattr"} and len(call.args) > 1:
        name = call.args[1]
        if _chosen(flow.of(name, frame)) and not _is_own_name(frame.module, name):
            yield "HK406", "what was sent names the part of our code that is used"


def _is_own_name(module: Module, name: ast.expr) -> bool:
    """Whether it is the name of a field of one of our records, whose values alone were sent."""
    bound = module.bound(name) if isinstance(name, ast.Name) else None
    return bound is not None and any(
        isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in _OWN_NAMES
        for each in bound[1]
        for node in ast.walk(each.value)
    )


def _chosen(labels: Labels, *, whole: bool = False) -> bool:
    return any(
        label in {"body", "query"} or label.startswith("field:") or (whole and label == "path")
        for label in labels
    )


def _paths(call: ast.Call, names: frozenset[str]) -> list[ast.expr]:
    if isinstance(call.func, ast.Attribute) and call.func.attr in _OF_PATHS:
        made = call.func.value
        return [made, *(made.args if isinstance(made, ast.Call) else ())]
    return call.args[:1] if any(map(_OPENS.search, names)) else []


def _names_file(module: Module, path: ast.expr, depth: int = 0) -> bool:
    """Whether a path has the name in it that an upload, or an entry of an archive, gives itself."""
    for node in ast.walk(path):
        if isinstance(node, ast.Attribute) and node.attr in _NAMES:
            return True
        bound = module.bound(node) if isinstance(node, ast.Name) and depth < 3 else None
        for each in bound[1] if bound else ():
            if isinstance(each.value, (ast.BinOp, ast.JoinedStr, ast.Attribute, ast.Call)) and _names_file(
                module, each.value, depth + 1
            ):
                return True
    return False


def _is_vetted(frame: Frame) -> bool:
    """Whether the function looks where the name leads: a name of a list of ours, or a path below a folder."""
    for node in ast.walk(frame.scope):
        if isinstance(node, ast.Call) and (
            last_names(frame.module, node.func) & _VETS
            or re.match(r"^_?(?:safe|clean|checked)_\w*name$", dotted(node.func).rpartition(".")[2])
        ):
            return True
        if (
            isinstance(node, ast.If)
            and isinstance(node.test, ast.Compare)
            and isinstance(node.test.ops[0], ast.NotIn)
            and any(isinstance(each, (ast.Raise, ast.Return)) for each in node.body)
        ):
            return True
    return False
