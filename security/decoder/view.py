"""A readable text found in an input, or what was taken out of it and is to be read. Used by `decode`; pure."""

from __future__ import annotations

from typing import NamedTuple


class View(NamedTuple):
    """One readable text found in the input.

    `name` is the form field, JSON key or part it belongs to (None: none); `encoding` names the last step. What is
    found in a view that is not `sure` is a guess of ours, never more than MAYBE.
    """

    text: str
    name: str | None = None
    encoding: str = "plain"
    sure: bool = True


class Packed(NamedTuple):
    """Something taken out, its name if it has one, and of what."""

    data: bytes | str
    name: str | None
    encoding: str
