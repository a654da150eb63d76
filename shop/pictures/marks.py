"""The stores' signs: a mark that works at 16 pixels, and the mark with the store's name beside it."""

from __future__ import annotations

from functools import lru_cache

from shop.pictures.sheet import Sheet, circle, group, line, path, rect, tag

INDIGO, PAPER = "#1f3a5f", "#f7f5f0"
CORAL, CREAM = "#c8412a", "#fffaf3"


def _style_mark() -> str:
    """A bowl under the sun of a seal: one ring, one bowl, one stroke of table. In a square of 64."""
    seal = rect(2, 2, 60, 60, rx=3, fill=INDIGO)
    bowl = path("M13 29H51C51 42 43 49 38 50V53H26V50C21 49 13 42 13 29Z", fill=PAPER)
    return seal + circle(32, 18, 5.5, fill="#d98a66") + bowl + line("M18 33.5C19 39 22 43 26 45", INDIGO, 1.8)


def _cocomo_mark() -> str:
    """Two round c, facing like friends, under one bow."""
    disc = circle(32, 32, 30, fill=CORAL)
    letters = line("M28 31A10 10 0 1 0 28 47", CREAM, 6.4) + line("M36 31A10 10 0 1 1 36 47", CREAM, 6.4)
    bow = "M32 20C26 10 14 9 15 16C16 22 26 22 32 20C38 22 48 22 49 16C50 9 38 10 32 20Z"
    return disc + letters + path(bow, fill="#f3d27a") + circle(32, 19.5, 3.4, fill=CREAM)


MARKS = {"style": _style_mark, "cocomo": _cocomo_mark}
# Names are set in the reader's own fonts, stretched to one width, so a logo never jumps.
LETTERING = {
    "style": {
        "font_family": "'Hiragino Mincho ProN','Yu Mincho','Noto Serif CJK JP',serif",
        "font_weight": "500",
    },
    "cocomo": {
        "font_family": "'Hiragino Maru Gothic ProN','Arial Rounded MT Bold','Noto Sans CJK JP',sans-serif",
        "font_weight": "700",
    },
}


@lru_cache(maxsize=8)
def draw_mark(store_id: str) -> str:
    """The mark alone, 64 x 64. KeyError on an unknown store."""
    return Sheet(f"mark {store_id}").svg(MARKS[store_id](), width=64, height=64, title="")


def draw_favicon(store_id: str) -> str:
    """The mark as a tab's icon; it carries its own ground, so light and dark tabs both show it."""
    return draw_mark(store_id)


@lru_cache(maxsize=32)
def draw_logo(store_id: str, name: str) -> str:
    """Mark and wordmark, 64 high; the letters take the colour of the text round an inlined logo."""
    width = 24 * len(name)
    letters = tag(
        "text",
        _escaped(name),
        x="80",
        y="43",
        font_size="31",
        fill="currentColor",
        textLength=str(width),
        lengthAdjust="spacingAndGlyphs",
        **LETTERING[store_id],
    )
    mark = group(MARKS[store_id](), role="presentation")
    return Sheet(f"logo {store_id}").svg(mark + letters, width=88 + width, height=64, title=name)


def _escaped(name: str) -> str:
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
