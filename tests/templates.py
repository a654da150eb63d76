"""Templates are compiled once a process, not once an app: nearly every test makes an app of its own."""

from __future__ import annotations

from types import CodeType

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class Compiled(BytecodeCache):
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
    return (
        bucket.key,
        bucket.checksum,
        escapes,
        made_by.trim_blocks,
        made_by.lstrip_blocks,
        *made_by.extensions,
    )


def compile_once() -> None:
    """From now on, for every app of this process."""
    Flask.jinja_options = {"bytecode_cache": Compiled()}
