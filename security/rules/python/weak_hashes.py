"""HK505: passwords hashed too cheaply, stamps that need no key, ciphers that hide little, seals that seal nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..source import Module
from ..syntax import dotted, returned
from .base import Context, found, last_names

_PASSWORD = re.compile(r"^(?:\w+_)?(?:password|passphrase|passwd|pwd)$", re.IGNORECASE)
_HASHES = re.compile(r"^hashlib\.(?:md5|sha\w+|blake2[bs]|new)$")
_STAMPS = re.compile(
    r"^_*(?:sign(?:ature)?|mac|hmac|stamp|seal|make_token|make_signature|compute_(?:mac|signature))(?:_|$)"
)
_SEALS = re.compile(r"^(?:seal|encrypt|encipher)$")
_HIDES = re.compile(r"seal|encrypt|encipher|fernet|box|finalize|aead|wrap", re.IGNORECASE)
_OLD = frozenset({"ARC4", "RC4", "Blowfish", "TripleDES", "DES", "DES3", "ARC2", "IDEA", "CAST5"})
_CIPHERS = re.compile(r"(?:^|\.)(?:algorithms|decrepit|Cipher|Crypto|Cryptodome)\.")
_ARGON2 = 35 * 1024
"""KiB times passes. OWASP's settings, 47 MiB with one pass to 7 MiB with five, all come to this or more."""
_LEAST = {
    "pbkdf2_hmac": (3, "iterations", 100_000),
    "gensalt": (0, "rounds", 10),
    "scrypt": (9, "n", 1 << 14),
}
_METHOD = re.compile(r"^(?:plain|md5|sha1|sha256|sha512|pbkdf2:(?:md5|sha1)(?::\d+)?|pbkdf2:\w+:\d{1,5})$")


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Calls that hash, functions that stamp or seal."""
    if context.config.is_test(module.path):
        return
    for call in module.calls:
        yield from _hasher(module, call)
        yield from _cipher(module, call)
        if _is_bare(module, call) and not _is_prefix(module, call):
            if name := _password_in(call):
                yield found(module, call, "HK505", f"'{name}' is hashed in no time, and found by trying")
            elif _is_stamp(module, call):
                yield found(module, call, "HK505", "a stamp that anybody can make: it needs no key")
    for function in module.all(ast.FunctionDef):
        assert isinstance(function, ast.FunctionDef)
        if _SEALS.match(function.name) and _seals_nothing(module, function):
            yield found(module, function, "HK505", f"{function.name} hides nothing")


def _hasher(module: Module, call: ast.Call) -> Iterator[Finding]:
    last = last_names(module, call.func)
    words = {word.arg: module.value_of(word.value) for word in call.keywords if word.arg}
    if "PasswordHasher" in last:
        given = dict(zip(("time_cost", "memory_cost"), map(module.value_of, call.args), strict=False)) | words
        memory, passes = given.get("memory_cost", 65536), given.get("time_cost", 3)
        if isinstance(memory, int) and isinstance(passes, int) and memory * passes < _ARGON2:
            yield found(module, call, "HK505", "passwords are hashed too cheaply")
    if "from_parameters" in last and any(last_names(module, each) & {"CHEAPEST"} for each in call.args):
        yield found(module, call, "HK505", "passwords are hashed too cheaply")
    for name in last & _LEAST.keys():
        place, word, least = _LEAST[name]
        number = words.get(word, module.value_of(call.args[place]) if len(call.args) > place else None)
        if isinstance(number, int) and number < least:
            yield found(module, call, "HK505", f"{name}: {word} below {least} is too cheap")
    if last & {"generate_password_hash"}:
        method = words.get("method", module.value_of(call.args[1]) if len(call.args) > 1 else None)
        if isinstance(method, str) and _METHOD.match(method):
            yield found(module, call, "HK505", f"passwords by '{method}' are hashed too cheaply")


def _cipher(module: Module, call: ast.Call) -> Iterator[Finding]:
    names = module.names(call.func)
    if any(name.endswith("modes.ECB") for name in names) or any(
        dotted(each).endswith("MODE_ECB") for each in call.args
    ):
        yield found(module, call, "HK505", "block by block, equal parts stay equal")
    old = last_names(module, call.func) & _OLD | {
        part for name in names if name.endswith(".new") for part in name.split(".")[-2:-1] if part in _OLD
    }
    if old and any(_CIPHERS.search(name) for name in names):
        yield found(module, call, "HK505", f"{min(old)} is broken")


def _is_bare(module: Module, call: ast.Call) -> bool:
    """A plain hash: without a key of its own, and not said to be for other ends."""
    return any(map(_HASHES.match, module.names(call.func))) and not any(
        word.arg == "key" or (word.arg == "usedforsecurity" and module.value_of(word.value) is False)
        for word in call.keywords
    )


def _is_prefix(module: Module, call: ast.Call) -> bool:
    """sha1(password).hexdigest()[:5], which is what lists of leaked ones are asked with."""
    function = module.function(call)
    return function is not None and any(
        isinstance(node, ast.Slice) and 5 in {module.value_of(node.upper), module.value_of(node.lower)}
        for node in ast.walk(function)
    )


def _password_in(call: ast.Call) -> str | None:
    names = (
        node.id if isinstance(node, ast.Name) else node.attr
        for each in call.args
        for node in ast.walk(each)
        if isinstance(node, (ast.Name, ast.Attribute))
    )
    return next(filter(_PASSWORD.match, names), None)


def _is_stamp(module: Module, call: ast.Call) -> bool:
    """What a function that signs gives back, where nothing in it has a key."""
    function = module.function(call)
    name = getattr(function, "name", "")
    if function is None or not _STAMPS.match(name):
        return False
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    is_keyed = any(
        re.search(r"hmac|\.sign$|_sign$|Signer|derive", said)
        for each in calls
        for said in module.names(each.func)
    )
    return not is_keyed and any(call in set(ast.walk(value)) for value in returned(function))


def _seals_nothing(module: Module, function: ast.FunctionDef) -> bool:
    """It gives something back that was made without any cipher."""
    values = [value for value in returned(function) if not isinstance(value, ast.Constant)]
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    hides = any(_HIDES.search(dotted(each.func)) for each in calls) or any(
        _HIDES.search(name) for each in calls for name in module.names(each.func)
    )
    return bool(values) and not hides
