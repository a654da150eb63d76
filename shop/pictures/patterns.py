"""Repeating patterns for flat things: dyed cloth, printed paper, a tabletop."""

from __future__ import annotations

from collections.abc import Callable

from shop.pictures.sheet import Sheet, circle, path

Tile = tuple[float, float, str]  # width, height, marks; `C` stands for the colour


def _seigaiha() -> Tile:
    arcs = "".join(
        f'<path d="M{x - r} {y}a{r} {r} 0 0 1 {2 * r} 0"/>'
        for x, y in ((20, 10), (0, 20), (40, 20), (20, 30))
        for r in (18, 11.5, 5)
    )
    return 40, 20, f'<g fill="none" stroke="C" stroke-width="1.8">{arcs}</g>'


def _asanoha() -> Tile:
    """麻の葉: equilateral triangles, each joined from its middle to its corners."""
    grid = "M0 0H32M0 27.7H32M0 0L16 27.7L32 0M0 55.4L16 27.7L32 55.4"
    hearts = "M0 0L16 9.2L32 0M16 9.2V46.2M0 55.4L16 46.2L32 55.4"
    seams = "M0 0V18.5L16 27.7L0 36.9V55.4M32 0V18.5L16 27.7L32 36.9V55.4"
    return 32, 55.4, f'<path d="{grid}{hearts}{seams}" fill="none" stroke="C" stroke-width="1.2"/>'


def _shippo() -> Tile:
    rings = "".join(circle(x, y, 20) for x, y in ((0, 0), (40, 0), (0, 40), (40, 40), (20, 20)))
    return 40, 40, f'<g fill="none" stroke="C" stroke-width="1.8">{rings}</g>'


def _flower(x: float, y: float, size: float) -> str:
    petals = "".join(f'<circle cy="-4" r="3.1" transform="rotate({turn})"/>' for turn in range(0, 360, 72))
    heart = circle(0, 0, 1.7, fill="#f3d27a")
    return f'<g transform="translate({x} {y}) scale({size})">{petals}{heart}</g>'


def _star(x: float, y: float) -> str:
    d = "m0-6 1.6 4.1 4.4.3-3.4 2.8 1.1 4.3L0 3.1l-3.7 2.4 1.1-4.3L-6-1.6l4.4-.3z"
    return f'<path transform="translate({x} {y})" d="{d}"/>'


def _heart(x: float, y: float) -> str:
    return (
        f'<path transform="translate({x} {y})" d="M0 6C-9 0-6-6-3-6-1-6 0-4 0-3.4 0-4 1-6 3-6 6-6 9 0 0 6Z"/>'
    )


TILES: dict[str, Callable[[], Tile]] = {
    "seigaiha": _seigaiha,
    "asanoha": _asanoha,
    "shippo": _shippo,
    "stripe": lambda: (20, 20, '<path d="M0 0h9v20H0z" fill="C"/>'),
    "pinstripe": lambda: (11, 11, '<path d="M5 0v11" stroke="C" stroke-width="1.5"/>'),
    "border": lambda: (20, 22, '<path d="M0 4h20v8H0z" fill="C"/><path d="M0 17h20" stroke="C"/>'),
    "check": lambda: (
        24,
        24,
        '<g fill="C"><path d="M0 0h12v24H0z" opacity=".5"/><path d="M0 0h24v12H0z" opacity=".5"/></g>',
    ),
    "ichimatsu": lambda: (32, 32, '<path d="M0 0h16v16H0zM16 16h16v16H16z" fill="C"/>'),
    "dots": lambda: (26, 26, f'<g fill="C">{circle(6.5, 6.5, 4)}{circle(19.5, 19.5, 4)}</g>'),
    "mame": lambda: (12, 12, f'<g fill="C">{circle(3, 3, 1.7)}{circle(9, 9, 1.7)}</g>'),
    "flowers": lambda: (44, 44, f'<g fill="C">{_flower(11, 12, 1.25)}{_flower(33, 33, 0.95)}</g>'),
    "stars": lambda: (40, 40, f'<g fill="C">{_star(10, 10)}{_star(30, 29)}</g>'),
    "hearts": lambda: (36, 36, f'<g fill="C">{_heart(9, 9)}{_heart(27, 27)}</g>'),
    "sashiko": lambda: (
        30,
        30,
        '<path d="M15 2v9m0 8v9M2 15h9m8 0h9" stroke="C" stroke-width="2.4" stroke-linecap="round"/>',
    ),
    "kasuri": lambda: (
        34,
        34,
        '<path d="M17 5v14M10 12h14M0 29h5m29 0h-5M0 25v8m34-8v8" stroke="C" stroke-width="3.2"/>',
    ),
    "waves": lambda: (
        36,
        18,
        '<path d="M-9 13q9-11 18 0t18 0 18 0" fill="none" stroke="C" stroke-width="2.6"/>',
    ),
    "yagasuri": lambda: (28, 40, '<path d="M0 12l14-12v20L0 32zM28 32l-14-12v20l14 12z" fill="C"/>'),
    "weave": lambda: (6, 6, '<path d="M0 1.5h6M1.5 0v6" stroke="C" opacity=".55"/>'),
    "waffle": lambda: (12, 12, '<path d="M0 0h12M0 0v12" stroke="C" stroke-width="3" opacity=".6"/>'),
    "fibres": lambda: (
        70,
        60,
        (
            '<path d="M5 9q9-7 21 3M40 20q13 4 19-6M12 40q8 9 22 3M48 50q6-9 17-4M31 30l9 5" fill="none" '
            'stroke="C" stroke-width=".9"/>'
        ),
    ),
    "sprinkles": lambda: (
        40,
        40,
        (
            '<path d="M5 8l5 4M25 5l-2 6M34 22l-6 2M12 26l1 6M24 33l5-3" stroke="C" stroke-width="3" '
            'stroke-linecap="round"/>'
        ),
    ),
}
PATTERNS = frozenset(TILES)


def flat_pattern(sheet: Sheet, name: str, colour: str, scale: float = 1) -> str:
    """The `url(#…)` of pattern `name` in `colour`."""
    width, height, marks = TILES[name]()
    placed: dict[str, str] = {}
    if scale != 1:
        placed["patternTransform"] = f"scale({scale:g})"
    return sheet.define(
        "pattern",
        marks.replace('"C"', f'"{colour}"'),
        width=width,
        height=height,
        patternUnits="userSpaceOnUse",
        **placed,
    )


def printed(sheet: Sheet, d: str, name: str, colour: str, *, scale: float = 1, opacity: float = 0.85) -> str:
    """The outline `d` filled with a pattern; nothing when `name` is empty."""
    return path(d, fill=flat_pattern(sheet, name, colour, scale), opacity=opacity) if name else ""


def swatch(width: float, height: float, radius: float = 0) -> str:
    """A rounded rectangle from the origin, as an outline."""
    if not radius:
        return f"M0 0H{width:g}V{height:g}H0Z"
    r, w, h = radius, width, height
    corner = f"a{r:g} {r:g} 0 0 1 "
    return (
        f"M{r:g} 0H{w - r:g}{corner}{r:g} {r:g}V{h - r:g}{corner}-{r:g} {r:g}"
        f"H{r:g}{corner}-{r:g} -{r:g}V{r:g}{corner}{r:g} -{r:g}Z"
    )
