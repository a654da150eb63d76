"""A readable text found in an input. Used by `decode`; pure."""

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
