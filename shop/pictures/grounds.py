"""What a picture's things stand on: paper and daylight for `style`, a cheerful table for `cocomo`."""

from __future__ import annotations

from shop.pictures.colours import COLOURS, INK, LIGHT, darker, lighter, mix
from shop.pictures.patterns import flat_pattern
from shop.pictures.sheet import Sheet, ellipse, rect

PAPERS = {
    "paper": "#efeae0",
    "snow": "#f1efea",
    "sand": "#e9dfce",
    "mist": "#e2e5e2",
    "dusk": "#dcdfe6",
    "shell": "#eee1d9",
}
TABLES = {
    "cream": "cream",
    "peach": "peach",
    "mint": "mint",
    "sky": "sky",
    "butter": "butter",
    "rose": "sakura",
    "lilac": "lilac",
}
CLOTHS = {
    "cream": "dots",
    "peach": "check",
    "mint": "dots",
    "sky": "stripe",
    "butter": "check",
    "rose": "dots",
    "lilac": "stripe",
}
GROUNDS = frozenset({*PAPERS, *TABLES})


def paper_sheet(sheet: Sheet, name: str, width: int, height: int) -> str:
    """A seamless sheet: light pools at the upper left and fades towards the lower right."""
    tone = PAPERS.get(name, PAPERS["paper"])
    fall = sheet.linear(
        (0, lighter(tone, 0.35), 1),
        (0.62, tone, 1),
        (0.7, darker(tone, 0.035), 1),
        (1, lighter(tone, 0.12), 1),
    )
    pool = sheet.radial((0, LIGHT, 0.75), (1, LIGHT, 0), cx=0.26, cy=0.16, r=0.75)
    corner = sheet.radial((0.6, INK, 0), (1, INK, 0.09), cx=0.35, cy=0.35, r=0.95)
    return "".join(rect(0, 0, width, height, fill=fill) for fill in (fall, pool, corner))


def table(sheet: Sheet, name: str, width: int, height: int) -> str:
    """A wall, a patterned cloth in front of it, and a big soft disc of light behind the things."""
    tone = COLOURS[TABLES.get(name, "cream")]
    wall, cloth = lighter(tone, 0.52), mix(tone, LIGHT, 0.22)
    edge = height * 0.6
    marks = rect(0, 0, width, height, fill=sheet.linear((0, lighter(wall, 0.5), 1), (1, wall, 1)))
    marks += ellipse(width * 0.5, height * 0.47, width * 0.37, width * 0.37, fill=LIGHT, opacity=0.62)
    marks += rect(0, edge, width, height - edge, fill=cloth)
    woven = flat_pattern(sheet, CLOTHS.get(name, "dots"), lighter(tone, 0.8), 1.1)
    marks += rect(0, edge, width, height - edge, fill=woven, opacity=0.55)
    fall = sheet.linear((0, INK, 0.07), (0.3, LIGHT, 0.1), (1, INK, 0.05))
    return marks + rect(0, edge, width, height - edge, fill=fall)


def cloth_top(sheet: Sheet, name: str, width: int, height: int) -> str:
    """The same cloth seen from above."""
    tone = COLOURS[TABLES.get(name, "cream")]
    marks = rect(0, 0, width, height, fill=mix(tone, LIGHT, 0.34))
    marks += rect(
        0,
        0,
        width,
        height,
        fill=flat_pattern(sheet, CLOTHS.get(name, "dots"), lighter(tone, 0.85), 1.3),
        opacity=0.5,
    )
    light = sheet.radial((0, LIGHT, 0.6), (0.6, LIGHT, 0), (1, INK, 0.08), cx=0.3, cy=0.25, r=0.95)
    return marks + rect(0, 0, width, height, fill=light)
