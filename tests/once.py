"""What every app would do anew is done once a process, for nearly every test makes an app of its own.

Templates are compiled by their text, and the functions by which Werkzeug builds addresses by their rule: together
they took more than half of the time of a test that only looks at a page.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


def compile_once() -> None:
    """From now on, for every app of this process."""
    Flask.jinja_options = {"bytecode_cache": Templates()}
    Rule._compile_builder = _builder_kept(Rule._compile_builder)  # type: ignore[method-assign, assignment]  # the same but for names


class Templates(BytecodeCache):
    """Code by template, source, and the environment's ways that are written into it."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get(_name(bucket))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._kept[_name(bucket)] = bucket.code


def _name(bucket: Bucket) -> tuple[object, ...]:
    made_by = bucket.environment
    # The app's own choice is a method, by name of the template, which the key holds already.
    escapes = made_by.autoescape if isinstance(made_by.autoescape, bool) else None
    blanks = (made_by.trim_blocks, made_by.lstrip_blocks)
    return (bucket.key, bucket.checksum, escapes, blanks, *made_by.extensions)


Builder = Callable[..., tuple[str, str]]


def _builder_kept(compile_builder: Callable[[Rule, bool], Builder]) -> Callable[[Rule, bool], Builder]:
    """The function is plain: it meets its rule, and the rule's converters, when it is called."""
    kept: dict[tuple[Any, ...], Builder] = {}

    def compile_kept(rule: Rule, append_unknown: bool = True) -> Builder:
        if rule.defaults:  # whose values are written into it, by converters that may hold anything
            return compile_builder(rule, append_unknown)
        key = (rule.rule, tuple(rule._trace), append_unknown)
        if key not in kept:
            kept[key] = compile_builder(rule, append_unknown)
        return kept[key]

    return compile_kept
