"""Lamps and candles. The lit ones throw their own light on the paper round them."""

from __future__ import annotations

from shop.pictures.colours import COLOURS, INK, LIGHT, darker, lighter
from shop.pictures.light import ground_shadow
from shop.pictures.patterns import PATTERNS, printed
from shop.pictures.recipe import Recipe
from shop.pictures.sheet import Sheet, circle, ellipse, line, moved, num, path, rect, use
from shop.pictures.turned import Turned, body
from shop.pictures.view import Block, View

GLOW = "#ffd88a"


def _halo(sheet: Sheet, y: float, radius: float) -> str:
    fill = sheet.radial((0, GLOW, 0.75), (0.5, GLOW, 0.25), (1, GLOW, 0))
    return circle(0, y, radius, fill=fill)


def lamp(sheet: Sheet, recipe: Recipe) -> str:
    """`form` pendant, table, lantern (提灯), andon (行灯), globe or candle."""
    return FORMS[recipe.form or "table"](sheet, recipe)


def _pendant(sheet: Sheet, recipe: Recipe) -> str:
    colour = COLOURS[recipe.glaze or "white"]
    shade = Turned(((0, 128), (16, 126), (62, 104), (96, 58), (112, 18), (120, 14)))
    cord = line("M0 -420V-226", darker(COLOURS["iron"], 0.2), 3)
    cap = rect(-13, -236, 26, 24, rx=4, fill=COLOURS[recipe.accent or "brass"])
    pattern = recipe.pattern if recipe.pattern in PATTERNS else ""
    surface = printed(sheet, shade.outline, pattern, darker(colour, 0.3), opacity=0.5)
    under = ellipse(
        0, 0, 126, 40, fill=sheet.radial((0, "#fffbe8", 1), (0.5, GLOW, 1), (1, darker(colour, 0.3), 1))
    )
    bulb = ellipse(0, 4, 28, 12, fill=LIGHT)
    lit = _halo(sheet, -90, 190)
    return cord + cap + lit + moved(body(sheet, shade, colour, surface, gloss=0.35) + under + bulb, 0, -104)


def _table(sheet: Sheet, recipe: Recipe) -> str:
    colour = COLOURS[recipe.glaze or "ivory"]
    foot = COLOURS[recipe.accent or "walnut"]
    base = Turned(((0, 64), (8, 64), (14, 54), (22, 16), (60, 11), (110, 11)))
    shade = Turned(((0, 112), (2, 112), (60, 92), (124, 70), (126, 70)))
    pattern = recipe.pattern if recipe.pattern in PATTERNS else "fibres"
    surface = printed(sheet, shade.outline, pattern, darker(colour, 0.35), opacity=0.4)
    surface += path(
        shade.outline, fill=sheet.radial((0, GLOW, 0.95), (0.6, GLOW, 0.35), (1, GLOW, 0), cy=0.62)
    )
    top = ellipse(0, -126, 70, 20, fill=lighter(GLOW, 0.5)) + ellipse(
        0, -126, 70, 20, fill="none", stroke=darker(colour, 0.2), stroke_width=2
    )
    marks = ground_shadow(sheet, 76) + _halo(sheet, -170, 190) + body(sheet, base, foot, gloss=0.3)
    return marks + moved(body(sheet, shade, colour, surface, gloss=0) + top, 0, -104)


def _lantern(sheet: Sheet, recipe: Recipe) -> str:
    colour = COLOURS[recipe.glaze or "ivory"]
    shape = Turned(((0, 46), (6, 50), (50, 96), (110, 108), (170, 92), (210, 50), (216, 46)))
    ribs = "".join(shape.ring(level) for level in range(14, 212, 15))
    light = path(
        shape.outline, fill=sheet.radial((0, "#fff3cf", 0.95), (0.6, GLOW, 0.4), (1, GLOW, 0), cy=0.52)
    )
    marks = (
        _halo(sheet, -130, 190)
        + ground_shadow(sheet, 60)
        + body(sheet, shape, colour, light + line(ribs, darker(colour, 0.45), 1.6, opacity=0.45), gloss=0)
    )
    rim = COLOURS[recipe.accent or "black"]
    ring = Turned(((0, 48), (16, 48)))
    collar = body(sheet, ring, rim, gloss=0.2)
    top = (
        collar
        + ellipse(0, -16, 48, 15, fill=darker(rim, 0.2))
        + ellipse(0, -15, 40, 12, fill=lighter(GLOW, 0.4))
    )
    return moved(marks, 0, -8) + collar + moved(top, 0, -222) + line("M-44 -238Q0 -300 44 -238", rim, 3)


def _andon(sheet: Sheet, recipe: Recipe) -> str:
    wood = COLOURS[recipe.glaze or "walnut"]
    paper = COLOURS[recipe.accent or "ivory"]
    block = Block(132, 132, 226, base=16, view=View(turn=34, tilt=0.42))
    light = sheet.radial((0, "#fff1c9", 1), (0.7, GLOW, 0.55), (1, GLOW, 0.2), cy=0.6, r=0.7)
    pattern = recipe.pattern if recipe.pattern in PATTERNS else "fibres"
    pane = rect(0, 0, 132, 226, fill=paper) + rect(0, 0, 132, 226, fill=light)
    pane += printed(sheet, "M0 0H132V226H0Z", pattern, darker(wood, 0.1), scale=1.2, opacity=0.35)
    bars = "M4 0V226M128 0V226M0 5H132M0 221H132M0 150H132M66 5V150"
    frame = line(bars, wood, 8, cap="butt")
    dim = rect(0, 0, 132, 226, fill=INK, opacity=0.14)
    lid = path("M0 0H132V132H0Z", fill=wood) + rect(14, 14, 104, 104, fill=lighter(GLOW, 0.4))
    feet = "".join(
        line(f"M{x:.0f} {y:.0f}v18", darker(wood, 0.3), 9)
        for x, y in (
            block.view.point(-62, 62, 16),
            block.view.point(62, 62, 16),
            block.view.point(62, -62, 16),
        )
    )
    marks = block.shadow(sheet) + _halo(sheet, -130, 190) + feet
    return marks + block.side(pane + frame + dim) + block.front(pane + frame) + block.top(lid)


def _globe(sheet: Sheet, recipe: Recipe) -> str:
    base = COLOURS[recipe.accent or "oak"]
    foot = Turned(((0, 62), (22, 62), (28, 58)))
    light = sheet.radial((0, "#fffdf2", 1), (0.55, "#ffefc4", 1), (1, "#e9cf9c", 1), cx=0.42, cy=0.42, r=0.62)
    ball = circle(0, -112, 92, fill=light) + ellipse(
        -34, -152, 22, 14, fill=LIGHT, opacity=0.8, transform="rotate(-35 -34 -152)"
    )
    marks = ground_shadow(sheet, 70) + _halo(sheet, -110, 190) + body(sheet, foot, base, gloss=0.2)
    return marks + ellipse(0, -28, 58, 18, fill=darker(base, 0.4)) + ball


def _candle(sheet: Sheet, recipe: Recipe) -> str:
    """`count` candles of falling height; `glaze` wax, `accent` holder."""
    wax = COLOURS[recipe.glaze or "ivory"]
    holder = COLOURS[recipe.accent or "iron"]
    dish = body(sheet, Turned(((0, 34), (6, 40), (16, 46))), holder, gloss=0)
    foot = sheet.stamp(ground_shadow(sheet, 42) + dish)
    fire = sheet.radial((0, "#fff8dc", 1), (0.5, "#ffc64d", 1), (1, "#e9822d", 1), cy=0.75)
    flame = path("M0 -2C-13 -14 -8 -30 0 -46C8 -30 13 -14 0 -2Z", fill=fire)
    burning = sheet.stamp(_halo(sheet, -16, 80) + line("M0 16v-16", INK, 2.4) + flame)
    marks = ""
    for step in range(recipe.count):
        high = 150 - 34 * step
        stick = Turned(((0, 24), (high * 0.5, 22), (high, 27)))
        top = ellipse(0, -high, 27, 8.6, fill=lighter(wax, 0.5))
        one = (
            use(foot)
            + moved(body(sheet, stick, wax, gloss=0) + top, 0, -12)
            + use(burning, y=num(-high - 24))
        )
        marks += moved(one, (step - (recipe.count - 1) / 2) * 96, 12 * (step % 2))
    return marks


FORMS = {
    "pendant": _pendant,
    "table": _table,
    "lantern": _lantern,
    "andon": _andon,
    "globe": _globe,
    "candle": _candle,
}
