"""Lay bare what stands encoded in bytes or text: the views in which to look for a number.

Standard library alone; anyone may import it. It decodes and never judges; `pan.find` looks at each view. `layers`
and `documents` take text apart, `binary` bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from . import binary, documents, layers, multipart, pan
from .budget import Budget
from .view import Piece, View, joined

__all__ = ["Budget", "View", "form_views", "views"]


def views(data: bytes | str, budget: Budget, content_type: str = "") -> Iterator[View]:
    """Every view of `data`, itself first. Look at `budget.over` after the last one.

    `content_type` (a header's value) says how bytes are structured; without it that is guessed. Never
    raises on malformed input: what cannot be parsed is still seen as plain text.
    """
    walk = _Walk(budget)
    if isinstance(data, str):
        yield from walk.text(View(data), budget.depth)
        return
    kind, _, _ = content_type.partition(";")
    match kind.strip().lower():
        case "application/x-www-form-urlencoded":
            yield from walk.form(data.decode("latin-1"))
        case "multipart/form-data":
            yield from walk.multipart(data, content_type)
        case _:
            yield from walk.bytes(data, None, budget.depth)
            yield from walk.declared(data, content_type)


def form_views(form: str, budget: Budget) -> Iterator[View]:
    """The names and values of a URL-encoded form or query, given as latin-1 text; need not be UTF-8."""
    return _Walk(budget).form(form)


# A name that is a word of ASCII letters holds no number, whatever it may be decoded to.
_PLAIN_NAME = re.compile(r"[A-Za-z_.\-\[\]]{0,23}[0-9]{0,4}[A-Za-z_\]]{0,8}")
# What may hold a layer; anything else is seen at once.
_ANY_LAYER = re.compile(r"[%&\\<\x1b=]|[A-Za-z0-9+/_-]{12}|[0-9A-Fa-f]{2}[ :,-][0-9A-Fa-f]{2}[ :,-]")
_STRUCTURE = frozenset('{["')
_SHORTEST = 8  # an integer of msgpack; as text a number takes twelve


class _Walk:
    """One input's way through the layers: its budget, and what was seen already."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._seen: set[int] = set()

    def form(self, form: str) -> Iterator[View]:
        fields: list[tuple[str, bytes]] = []
        for pair in form.split("&"):
            if not self._budget.spend(len(pair), tokens=1):
                break  # what was read so far is still looked at
            name, _, value = pair.partition("=")
            fields.append((_readable(_unquoted(name)), _unquoted(value)))
        yield from self._fields(fields)

    def multipart(self, data: bytes, content_type: str) -> Iterator[View]:
        parts = multipart.split(data, content_type, most=max(1, self._budget.tokens // 4))
        if parts is None:
            yield from self.bytes(data, None, self._budget.depth)
            return
        for part in parts:
            if not self._budget.spend(len(part.body), tokens=1):
                return
            yield from self.text(View(part.headers, part.name, "part header"), self._budget.depth - 1)
            yield from self.bytes(part.body, part.name, self._budget.depth - 1)
        yield from joined(
            [Piece(part.name or "", _readable(part.body)) for part in parts if len(part.body) < 32]
        )

    def _fields(self, fields: list[tuple[str, bytes]]) -> Iterator[View]:
        depth = self._budget.depth - 1
        for name, value in fields:
            if not _PLAIN_NAME.fullmatch(name):
                yield from self.text(View(name, None, "field name"), depth)
            yield from self.bytes(value, name, depth)
        yield from joined([Piece(name, _readable(value)) for name, value in fields if len(value) < 32])

    def declared(self, data: bytes, content_type: str) -> Iterator[View]:
        """The reading in the character set that the header names, when that is not among the usual ones."""
        codec = layers.declared_codec(content_type)
        if codec is not None and self._budget.spend(len(data)):
            yield from self.text(View(data.decode(codec, "replace"), None, codec), self._budget.depth - 1)

    def bytes(self, data: bytes, name: str | None, depth: int) -> Iterator[View]:
        """Bytes of any kind: as text in the encodings that fit, and what is packed in them."""
        if len(data) < _SHORTEST:
            yield View(_readable(data), name)
            return
        for text, codec in layers.readings(data):
            yield from self.text(View(text, name, codec), depth)
        for found in binary.unpacked(data, self._budget):
            if depth <= 0:
                self._budget.over = True
                return
            if not self._budget.spend(len(found.data), tokens=1):
                return
            yield from self._packed(found, name, depth - 1)

    def _packed(self, found: binary.Packed, name: str | None, depth: int) -> Iterator[View]:
        inner = found.name or name
        if isinstance(found.data, str):
            yield from self.text(View(found.data, inner, found.encoding), depth)
        else:
            yield from self.bytes(found.data, inner, depth)

    def text(self, view: View, depth: int) -> Iterator[View]:
        """`view` and, level by level, whatever its text turns into when decoded one step further."""
        mark = hash((view.text, view.name))
        if mark in self._seen or not self._budget.spend(len(view.text)):
            return
        self._seen.add(mark)
        yield view
        text = view.text
        if not _ANY_LAYER.search(text) and text.lstrip()[:1] not in _STRUCTURE:
            return
        for found in self._layers(view):
            if depth <= 0:
                self._budget.over = True
                return
            if not self._budget.spend(0, tokens=1):
                return
            if isinstance(found, View):
                yield from self.text(found, depth - 1)
            else:
                yield from self._token(found, view.name, depth - 1)

    def _layers(self, view: View) -> Iterator[View | layers.Token]:
        yield from documents.of_json(view, self._budget)
        yield from documents.of_markup(view, self._budget)
        yield from layers.decoded(view, self._budget)
        yield from layers.tokens(view.text, self._budget)

    def _token(self, token: layers.Token, name: str | None, depth: int) -> Iterator[View]:
        """What a token of base64 or hex holds; random bytes (signatures, keys) are not gone into."""
        if layers.is_text(token.data):
            yield from self.text(View(_readable(token.data), name, token.encoding), depth)
        elif token.aligned and (b"\0" in token.data or binary.is_packed(token.data)):
            yield from self.bytes(token.data, name, depth)
        elif pan.may_hold(token.data):
            yield View(layers.ascii_of(token.data), name, token.encoding)


def _unquoted(part: str) -> bytes:
    if "+" in part:
        part = part.replace("+", " ")
    raw = part.encode("latin-1", "replace")
    return layers.url_decoded(raw) if b"%" in raw else raw


def _readable(data: bytes) -> str:
    return next(iter(islice(layers.readings(data), 1)))[0]
