"""Lay bare what stands encoded in bytes or text: the views in which to look for a number.

Standard library alone; anyone may import it. It decodes and never judges; `pan.find` looks at each view. `layers`
and `documents` take text apart, `binary` bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import pan
from .decoder import bare_numbers, binary, charsets, documents, layers, multipart
from .decoder.budget import Budget
from .decoder.fields import Piece, joined
from .decoder.tokens import Token, dense_tokens, has_marks, may_have_dense, may_have_tokens, shape_of, tokens
from .decoder.view import View

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
            if binary.is_packed(data, budget):  # and no form at all
                yield from walk.raw(data, None, budget.depth)
        case "multipart/form-data":
            yield from walk.multipart(data, content_type)
            if multipart.is_unclear(content_type):
                budget.over = True
        case _:
            yield from walk.raw(data, None, budget.depth)
            yield from walk.declared(data, content_type)


def form_views(form: str, budget: Budget) -> Iterator[View]:
    """The names and values of a URL-encoded form or query, given as latin-1 text; need not be UTF-8."""
    return _Walk(budget).form(form)


# A name that is a word of ASCII letters holds no number, whatever it may be decoded to.
_PLAIN_NAME = re.compile(r"[A-Za-z_.\-\[\]]{0,23}[0-9]{0,4}[A-Za-z_\]]{0,8}")
_LONGEST_PIECE = 32
_FEWEST_IN_CODE = 20  # digits alone in base32, the shortest of what may be encoded in digits
_SHORTEST = 8  # an integer of msgpack; as text a number takes twelve


class _Walk:
    """One input's way through the layers: its budget, and what was seen already."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._seen: set[int] = set()
        self._seen_tokens: dict[str | None, set[int]] = {}

    def form(self, form: str) -> Iterator[View]:
        if not self._budget.spend(0, tokens=4 * form.count("&")):
            yield View(
                form.replace("+", " ")
            )  # too many fields: what stands plain in them is still looked at
            return
        fields: list[tuple[str, bytes]] = []
        for pair in form.split("&"):
            if not self._budget.spend(len(pair)):
                break
            name, _, value = pair.partition("=")
            name = _readable(self._unquoted(name))
            fields.append((name, self._unquoted(value)))
            if "%" in value and (stray := layers.behind_stray_percents(value, self._budget)):
                yield View(stray, name, "url")
        yield from self._fields(fields)

    def multipart(self, data: bytes, content_type: str) -> Iterator[View]:
        parts = multipart.split(data, content_type, most=max(1, self._budget.tokens // 4))
        if parts is None:
            yield from self.raw(data, None, self._budget.depth)
            return
        short = list[Piece]()
        for part in parts:
            if not self._budget.spend(len(part.body), tokens=1):
                return
            if len(part.body) < _LONGEST_PIECE:
                short.append(Piece(part.name or "", _readable(part.body)))
            yield from self.text(View(part.headers, part.name, "part header"), self._budget.depth - 1)
            yield from self.raw(part.body, part.name, self._budget.depth - 1)
        yield from joined(short, self._budget)

    def _fields(self, fields: list[tuple[str, bytes]]) -> Iterator[View]:
        depth = self._budget.depth - 1
        for name, value in fields:
            if not _PLAIN_NAME.fullmatch(name):
                yield from self.text(View(name, None, "field name"), depth)
            yield from self.raw(value, name, depth)
        yield from joined(
            [_piece(name, value) for name, value in fields if len(value) < _LONGEST_PIECE],
            self._budget,
        )

    def _unquoted(self, part: str) -> bytes:
        raw = part.replace("+", " ").encode("latin-1", "replace")
        if b"%" not in raw:
            return raw
        decoded = layers.url_decoded(raw, self._budget)
        return raw if decoded is None else decoded

    def declared(self, data: bytes, content_type: str) -> Iterator[View]:
        """The reading in the character set that the header names, when that is not among the usual ones."""
        codec = charsets.declared_codec(content_type)
        if codec is not None and self._budget.spend(len(data)):
            yield from self.text(View(data.decode(codec, "replace"), None, codec), self._budget.depth - 1)

    def raw(self, data: bytes, name: str | None, depth: int) -> Iterator[View]:
        """Bytes of any kind: as text in the encodings that fit, and what is packed in them."""
        if len(data) < _SHORTEST:
            yield View(_readable(data), name)
            return
        text = charsets.plain(data)
        if text is not None:
            yield from self.text(View(text, name), depth)
            if bare_numbers.may_be_in_text(data):
                yield from bare_numbers.of_bytes(data, name, self._budget)
            if not binary.may_be(data):
                return
        else:
            yield from self._no_plain_text(data, name, depth)
        yield from self._unpacked(data, name, depth)

    def _no_plain_text(self, data: bytes, name: str | None, depth: int) -> Iterator[View]:
        if charsets.is_binary(data):
            yield from self._binary(data, name, depth)
        else:
            for text, codec in charsets.readings(data):
                yield from self.text(View(text, name, codec), depth)
                if not self._budget.has_time(len(data)):
                    return
        if bare_numbers.may_be(data):
            yield from bare_numbers.of_bytes(data, name, self._budget)

    def _unpacked(self, data: bytes, name: str | None, depth: int) -> Iterator[View]:
        if not self._budget.has_time(len(data)):
            return
        for found in binary.unpacked(data, self._budget):
            if depth <= 0:
                self._budget.over = True
                return
            if not self._budget.spend(len(found[0]), tokens=1):
                return
            yield from self._packed(found, name, depth - 1)

    def _binary(self, data: bytes, name: str | None, depth: int) -> Iterator[View]:
        """An image or the like: numbers in it stand plain, as wide characters or in a run of base64."""
        for text, codec in charsets.readings(data):
            if not self._budget.spend(len(text)):
                return
            yield View(text, name, codec)
            shape = shape_of(text)
            if codec == "plain" and may_have_tokens(shape):
                for token in self._tokens(text, shape, name):
                    yield from self._token(token, name, depth - 1)

    def _packed(self, found: binary.Found, name: str | None, depth: int) -> Iterator[View]:
        if isinstance(found, View):
            found = found if found.name else found._replace(name=name)
            yield from self.text(found, depth) if found.sure else [found]
        elif isinstance(found.data, str):
            yield from self.text(View(found.data, found.name or name, found.encoding), depth)
        else:
            yield from self.raw(found.data, found.name or name, depth)

    def text(self, view: View, depth: int) -> Iterator[View]:
        """`view` and, level by level, whatever its text turns into when decoded one step further."""
        mark = hash((view.text, view.name))
        if mark in self._seen or not self._budget.spend(len(view.text)):
            return
        self._seen.add(mark)
        if len(view.text) < _FEWEST_IN_CODE and view.text.isdigit():
            yield view
            return
        in_json = documents.of_json(view, self._budget)
        if in_json is None:
            yield view
        yield from self._below(view, in_json, depth)

    def _below(self, view: View, in_json: Iterator[View] | None, depth: int) -> Iterator[View]:
        """What stands one level below `view`, with all its own levels."""
        for found in self._layers(view) if in_json is None else in_json:
            if depth <= 0:
                self._budget.over = True
                return
            if not self._budget.spend(0, tokens=1):
                return
            if isinstance(found, View):
                yield from self.text(found, depth - 1)
            else:
                yield from self._token(found, view.name, depth - 1)

    def _layers(self, view: View) -> Iterator[View | Token]:
        if not self._budget.has_time(len(view.text)):
            return
        shape = shape_of(view.text)
        if not (
            has_marks(shape)
            or may_have_tokens(shape)
            or may_have_dense(view.text)
            or layers.may_change(view.text, shape)
        ):
            return
        yield from documents.of_markup(view, self._budget)
        yield from layers.decoded(view, shape, self._budget)
        yield from self._tokens(view.text, shape, view.name)
        yield from dense_tokens(view.text, self._budget)

    def _tokens(self, text: str, shape: bytes, name: str | None) -> Iterator[Token]:
        return tokens(text, shape, self._budget, self._seen_tokens.setdefault(name, set()))

    def _token(self, token: Token, name: str | None, depth: int) -> Iterator[View]:
        """What a token of base64 or hex holds; random bytes (signatures, keys) are not gone into."""
        data = token.data
        if charsets.is_text(data):
            yield from self.text(View(_readable(data), name, token.encoding), depth)
            if bare_numbers.may_be_in_text(data):
                yield from bare_numbers.of_bytes(data, name, self._budget)
        elif charsets.is_wide(data):
            yield from self.raw(data, name, depth)
        else:
            yield from self._bytes_of(token, name, depth)

    def _bytes_of(self, token: Token, name: str | None, depth: int) -> Iterator[View]:
        data = token.data
        if pan.may_hold(data):
            yield View(charsets.ascii_of(data), name, token.encoding)
        if bare_numbers.may_be(data):
            yield from bare_numbers.of_bytes(data, name, self._budget)
        if token.aligned:
            yield from self._unpacked(data, name, depth)
            if inflated := binary.raw_inflated(data, self._budget):
                yield from self.text(View(_readable(inflated), name, "deflate"), depth - 1)


def _piece(name: str, value: bytes) -> Piece:
    """A field as a part of a number; digits that stand where a name does are a value without one."""
    return Piece(name, _readable(value)) if value or not name.isdigit() else Piece("", name)


def _readable(data: bytes) -> str:
    text = charsets.plain(data)
    return text if text is not None else next(charsets.readings(data))[0]
