"""What one picture shows, as a value that fits one text column. Everything in shop.pictures rests on it.

A recipe reads `shape key=value …`, for example `bowl glaze=celadon pattern=tokusa seed=12`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from random import Random

WORD = re.compile(r"[a-z][a-z0-9-]{0,23}")
COUNT_MAX = 9
SEED_MAX = 2**31 - 1


class RecipeError(ValueError):
    """A recipe text that can't be drawn; the message says which part and why."""


@dataclass(frozen=True)
class Recipe:
    """One picture. Words are lower-case ASCII; what a shape doesn't use, it ignores.

    `shape` is the thing, `form` a kind of it, `glaze` its main colour, `accent` the second one,
    `pattern` what is painted or woven on it, `extra` what lies beside it, `ground` what it stands on,
    `count` how many there are, `seed` the chance marks of the hand.
    """

    shape: str
    form: str = ""
    glaze: str = ""
    accent: str = ""
    pattern: str = ""
    extra: str = ""
    ground: str = ""
    count: int = 1
    seed: int = 0

    def __str__(self) -> str:
        parts = [self.shape]
        for field in fields(self)[1:]:
            value = getattr(self, field.name)
            if value != field.default:
                parts.append(f"{field.name}={value}")
        return " ".join(parts)

    def chance(self) -> Random:
        """The hand's chance marks: the same seed, the same marks. Nothing secret comes of it."""
        return Random(self.seed)  # noqa: S311  # nosec B311  # a drawing's marks, not secrets

    @classmethod
    def parse(cls, text: str) -> Recipe:
        """The recipe that `text` writes down; `Recipe.parse(str(recipe)) == recipe`.

        Raises RecipeError on an unknown key, a key said twice, a malformed word or a number out of range.
        Whether the shape and colours exist is for `check` in draw.py: it knows the kit.
        """
        shape, *pairs = text.split() or [""]
        values: dict[str, str | int] = {"shape": _word("shape", shape)}
        known = {field.name for field in fields(cls)} - {"shape"}
        for pair in pairs:
            key, equals, value = pair.partition("=")
            if not equals or key not in known:
                raise RecipeError(f"{pair!r}: not one of {', '.join(sorted(known))} with a value")
            if key in values:
                raise RecipeError(f"{key}: said twice")
            values[key] = _number(key, value) if key in {"count", "seed"} else _word(key, value)
        return cls(**values)  # type: ignore[arg-type]  # each value was made for its key just above


def _word(key: str, text: str) -> str:
    if not WORD.fullmatch(text):
        raise RecipeError(f"{key}: {text!r} is not a lower-case word")
    return text


def _number(key: str, text: str) -> int:
    low, high = (1, COUNT_MAX) if key == "count" else (0, SEED_MAX)
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or not low <= int(text) <= high:
        raise RecipeError(f"{key}: {text!r} is not a number from {low} to {high}")
    return int(text)
