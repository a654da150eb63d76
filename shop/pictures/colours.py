"""The colours of the drawing kit by name, and mixing them. Imported by every file of shop.pictures."""

from __future__ import annotations

from functools import lru_cache

INK = "#2b2118"  # shadows are warm: paper and clay reflect into them
LIGHT = "#fffdf8"

COLOURS = {
    # glazes and clays
    "white": "#f6f4ee", "kohiki": "#eee4d3", "ivory": "#f2e9d6", "celadon": "#b5cabb", "tenmoku": "#34261f",
    "ame": "#a9652e", "ruri": "#2b4a84", "shino": "#e6d0c0", "oribe": "#3f6b50", "clay": "#b27c58",
    "terracotta": "#b8603d", "black": "#2a2928", "iron": "#45423f", "ash": "#b9b3a6", "sky": "#a9c6d8",
    # dyes and papers
    "indigo": "#1f3a5f", "kon": "#17294a", "ai": "#3a6592", "kamenozoki": "#cfe0e4", "kaki": "#c8652f",
    "mustard": "#d2a33c", "moss": "#77804a", "leaf": "#4b6b3c", "matcha": "#8ea45a", "sumi": "#4a4744",
    "vermilion": "#c23b22", "sakura": "#efc4c4", "plum": "#7b4560", "wisteria": "#a99bc4", "linen": "#d9cdb6",
    "natural": "#ece2cd", "paper": "#faf6ec", "kraft": "#c79f6c", "rose": "#d98a8a", "grey": "#8f8c86",
    # confectionery
    "cream": "#fbeed6", "peach": "#f4b896", "coral": "#e0664f", "mint": "#a9d3bd", "butter": "#f3d27a",
    "lilac": "#cbb8df", "cocoa": "#5a3a2a", "caramel": "#bf7b3a", "biscuit": "#dcae6c", "yuzu": "#f0c93f",
    "berry": "#b23a55", "hojicha": "#8a5a3a", "red-bean": "#7a3840", "mallow": "#f9e3e6",
    # woods and metals
    "hinoki": "#e6cba0", "cherry": "#b97b4f", "walnut": "#6b4a35", "oak": "#c79d6a", "bamboo": "#cdb473",
    "maple": "#e3c08d", "copper": "#b96f45", "brass": "#c2a14d", "steel": "#b4babd", "silver": "#ced2d3",
    "gold": "#c9a227",
}  # fmt: skip


@lru_cache(maxsize=4096)
def mix(first: str, second: str, share: float) -> str:
    """`first` with `share` (0 to 1) of `second` in it; both `#rrggbb`."""
    one, two = _channels(first), _channels(second)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(one, two, strict=True))


def lighter(colour: str, share: float) -> str:
    return mix(colour, LIGHT, share)


def darker(colour: str, share: float) -> str:
    return mix(colour, INK, share)


def is_dark(colour: str) -> bool:
    red, green, blue = _channels(colour)
    return 0.30 * red + 0.59 * green + 0.11 * blue < 120


def contrasting(colour: str) -> str:
    """A pale or a deep mark, whichever shows on `colour`."""
    return lighter(colour, 0.82) if is_dark(colour) else darker(colour, 0.55)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
