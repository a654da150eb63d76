"""HK501: secret keys in any text, by shape, by entropy, in pieces, in base64. Pure; the finding never holds the key."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator

from ..finding import Finding
from .config import Config
from .constants import decoded
from .source import Module
from .syntax import dotted

_LIVE = re.compile(r"\b(?:sk|rk|skey|ek)_live_[A-Za-z0-9_]{6,}")
_TEST = re.compile(r"\b(?:sk|rk|skey)_test_[A-Za-z0-9_]{10,}")
_HOOK = re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]{16,}")
_OTHERS = (
    re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"\bgh[pousr]_[A-Za-z0-9]{30,}\b"),
    re.compile(r"\b(?:EAAA[A-Za-z0-9_-]{50,}|sq0(?:csp|atp)-[A-Za-z0-9_-]{20,})"),
    re.compile(r"\baccess_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}\b"),
    re.compile(r"\bxox[abpr]-[0-9A-Za-z-]{20,}\b|\bSG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}"),
)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
_NAMES = re.compile(
    r"(?:^|_)(?:secret|secret_key|api_key|apikey|access_key|private_key|webhook_secret|signing_key|auth_token|client_secret)(?:$|_(?!name|env|var|file|path|id|url|field|header))",
    re.IGNORECASE,
)
_REASONABLE = re.compile(r"^[A-Za-z0-9+/=_\-.$:]{20,}$")
_LEAST_BITS = 3.3  # per character; words stay below, random letters and digits above


def in_text(path: str, text: str, config: Config) -> Iterator[Finding]:
    """Keys in a text file of any kind, line by line."""
    is_test = config.is_test(path)
    if _reason(text, is_test=is_test) is None:
        return
    for number, line in enumerate(text.splitlines(), 1):
        if reason := _reason(line, is_test=is_test):
            yield Finding(path, number, "HK501", reason)


def in_module(module: Module, config: Config) -> Iterator[Finding]:
    """Keys that code puts together, hides, or gives a telling name."""
    is_test = config.is_test(module.path)
    for node in [*module.nodes[ast.BinOp], *module.nodes[ast.JoinedStr], *module.nodes[ast.Call]]:
        text = module.text_of(node)
        if text and (reason := _reason(text, is_test=is_test)):
            yield Finding(module.path, getattr(node, "lineno", None), "HK501", reason)
    for node in [
        *module.nodes[ast.Assign],
        *module.nodes[ast.keyword],
        *module.nodes[ast.Dict],
        *module.nodes[ast.AnnAssign],
        *module.nodes[ast.Call],
    ]:
        if not is_test:
            yield from _literal(module, node)


def _literal(module: Module, node: ast.AST) -> Iterator[Finding]:
    for name, value in _pairs(module, node):
        text = module.text_of(value)
        if not text or not (_NAMES.search(name) or name.lower() in {"secret_key"}):
            continue
        is_app_key = name == "SECRET_KEY" and " " not in text and isinstance(value, ast.Constant)
        if is_app_key or (
            _REASONABLE.match(text)
            and _bits(text) > _LEAST_BITS
            and re.search(r"\d", text)
            and re.search(r"[A-Za-z]", text)
        ):
            yield Finding(module.path, getattr(value, "lineno", None), "HK501", f"'{name}' is a literal")


def _pairs(module: Module, node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.keyword) and node.arg:
        yield node.arg, node.value
    elif isinstance(node, ast.Dict):
        yield from (
            (module.text_of(key) or "", value)
            for key, value in zip(node.keys, node.values, strict=True)
            if key is not None
        )
    elif isinstance(node, ast.Call) and len(node.args) >= 2:
        # environ.get("SECRET_KEY", "…"): what is used where nobody gives one
        yield module.text_of(node.args[0]) or "", node.args[1]
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield dotted(node.target).rpartition(".")[2], node.value
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield (
                (module.text_of(target.slice) or "")
                if isinstance(target, ast.Subscript)
                else dotted(target).rpartition(".")[2],
                node.value,
            )


def reason_of(text: str, *, is_test: bool = False) -> str | None:
    """Why a text holds a secret key, None when it holds none."""
    return _reason(text, is_test=is_test)


def _reason(text: str, *, is_test: bool) -> str | None:
    if any(_is_real(match[0].split("_live_")[1], 10) for match in _LIVE.finditer(text)):
        return "a live secret key of a provider"
    if not is_test and any(_is_random(match[0].split("_test_")[1]) for match in _TEST.finditer(text)):
        return "a test secret key of a provider"
    if any(_is_random(match[0].removeprefix("whsec_")) for match in _HOOK.finditer(text)) and not is_test:
        return "a webhook's signing secret"
    if any(pattern.search(text) for pattern in _OTHERS):
        return "a secret key"
    for match in _BASE64.finditer(text):
        inner = decoded(match[0])
        if inner and (_LIVE.search(inner) or _TEST.search(inner) or _HOOK.search(inner)):
            return "a secret key in base64"
    return None


def _is_real(tail: str, least: int) -> bool:
    return (len(tail) >= least and bool(re.search(r"\d", tail))) or len(tail) >= 24


def _is_random(tail: str) -> bool:
    return len(tail) >= 16 and bool(re.search(r"\d", tail)) and _bits(tail) > _LEAST_BITS - 0.5


def _bits(text: str) -> float:
    counts = [text.count(letter) for letter in set(text)]
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)
