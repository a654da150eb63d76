"""What foreign functions leave of the data that they are given, by their names. Standard library alone."""

from __future__ import annotations

import ast
import re

from .syntax import FunctionNode

_CLEAN = frozenset(
    {
        "len",
        "bool",
        "isinstance",
        "id",
        "type",
        "hash",
        "any",
        "all",
        "callable",
        "hasattr",
        "range",
        "ord",
        "issubclass",
    }
)
_NUMBERS = frozenset({"int", "float", "round", "abs", "sum", "Decimal", "UUID", "complex"})
_KEEP = frozenset(
    {
        "str",
        "repr",
        "dict",
        "list",
        "tuple",
        "set",
        "frozenset",
        "sorted",
        "max",
        "min",
        "bytes",
        "bytearray",
        "format",
        "ascii",
        "map",
        "filter",
        "zip",
        "next",
        "iter",
        "enumerate",
        "reversed",
        "vars",
        "memoryview",
        "MultiDict",
        "ImmutableMultiDict",
        "CombinedMultiDict",
        "OrderedDict",
        "defaultdict",
        "Counter",
        "ChainMap",
        "namedtuple",
        "StringIO",
        "BytesIO",
        "Template",
        "Markup",
        "escape",
        "getattr",
        "cast",
        "SimpleNamespace",
        "Money",
        "Amount",
        "asdict",
        "jsonify",
    }
)
_RESHAPES = re.compile(
    r"^(?:json|orjson|ujson|simplejson|pprint|urllib\.parse|base64|copy|codecs|html|io|zlib|gzip|binascii|pickle|textwrap|string|re|itertools|functools|operator|ast|shlex|quopri|unicodedata|reprlib|dataclasses|contextlib|cbor2|msgpack|yaml|toml|marshal|flask\.json|markupsafe|builtins|collections|types|asyncio|inspect)\."
)
_MASKS = re.compile(
    r"(?:^|[._])(?:mask|redact|scrub|anonymi[sz]e|pseudonymi[sz]e|fingerprint|digest|sha\d+|md5|blake2b|hmac|hash_of|lookup)\w*(?:\(\))?(?:$|\.)"
)
_ANSWERS = frozenset(
    {
        "startswith",
        "endswith",
        "isdigit",
        "isascii",
        "isalnum",
        "isalpha",
        "isnumeric",
        "isdecimal",
        "count",
        "find",
        "index",
        "rfind",
        "issubset",
        "isdisjoint",
        "keys",
        "close",
        "seek",
        "tell",
        "validate",
        "validate_on_submit",
        "is_valid",
        "hexdigest",
        "accepts",
        "best_match",
    }
)
_FORMATS = re.compile(
    r"(?:^|_)(?:dump|dumps|format|formatted|serialize|serialise|stringify|as_text|as_json|to_json|to_text|pretty|summary|describe|debug|repr|flatten)(?:_|$)"
)
_TRACES = re.compile(
    r"(?:^|\.)(?:traceback\.(?:format_exc|format_exception|format_tb|format_stack|format_list)|sys\.exc_info|traceback\.TracebackException\(\)\.format|cgitb\.(?:html|text)|inspect\.trace|inspect\.currentframe)$"
)


def is_clean(names: frozenset[str]) -> bool:
    """Whether the result of such a call says nothing of what was handed to it: a length, a digest, a masked text."""
    return (bool(names) and _last_of(names) <= _CLEAN) or any(map(_MASKS.search, names))


def is_answer(method: str) -> bool:
    """Whether a method only answers a question about its object."""
    return method in _ANSWERS


def is_number(names: frozenset[str]) -> bool:
    """Whether such a call makes a number of a text."""
    return bool(_last_of(names) & _NUMBERS)


def is_trace(names: frozenset[str]) -> bool:
    """Whether such a call gives the text or the frames of a traceback."""
    return any(map(_TRACES.search, names))


def reshapes(names: frozenset[str]) -> bool:
    """Whether such a call gives back what was handed to it in another form."""
    last = _last_of(names)
    return bool(last & _KEEP) or any(map(_RESHAPES.search, names)) or any(map(_FORMATS.search, last))


def _last_of(names: frozenset[str]) -> set[str]:
    return {name.rpartition(".")[2] for name in names}


def vets_addresses(function: FunctionNode) -> bool:
    """Whether a function lets only paths of this site through: by its name, and because it looks at where they lead."""
    if not re.search(
        r"^_?(?:safe|checked|local|own)_(?:path|next|url|redirect|target)$", getattr(function, "name", "")
    ):
        return False
    looked = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    called = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    return bool((looked | called) & {"startswith", "urlsplit", "urlparse", "fullmatch", "match", "netloc"})
