"""Boxes, tins and parcels."""

from __future__ import annotations

from shop.pictures.colours import COLOURS, INK, LIGHT, contrasting, darker, lighter
from shop.pictures.light import ground_shadow
from shop.pictures.patterns import PATTERNS, printed, swatch
from shop.pictures.recipe import Recipe
from shop.pictures.sheet import Sheet, ellipse, group, line, moved, path, rect, trace, use
from shop.pictures.turned import Turned, body
from shop.pictures.view import Block


def bow(sheet: Sheet, colour: str) -> str:
    """A ribbon's two loops, tails and knot, its middle at the origin."""
    dark, pale = darker(colour, 0.28), lighter(colour, 0.25)
    tails = "M-4 2C-14 18 -30 26 -44 44L-28 40L-26 54C-14 38 0 24 4 6Z"
    tails += "M2 4C14 20 24 30 44 36L32 44L40 54C20 46 4 28 -4 6Z"
    left = "M0 0C-20 -30 -58 -40 -62 -18C-66 4 -26 12 0 0Z"
    right = "M0 0C20 -32 60 -38 62 -16C64 6 26 12 0 0Z"
    inside = (
        "M-12 -4C-28 -20 -48 -24 -50 -14C-50 -6 -30 -2 -12 -4ZM12 -4C28 -22 48 -22 50 -12C50 -4 30 -2 12 -4Z"
    )
    marks = path(tails, fill=dark) + path(left, fill=colour) + path(right, fill=darker(colour, 0.1))
    marks += path(inside, fill=dark, opacity=0.75) + line(
        "M-52 -28Q-34 -32 -16 -14M18 -18Q34 -32 50 -26", pale, 3, opacity=0.7
    )
    marks += rect(-10, -10, 20, 19, rx=7, fill=sheet.linear((0, pale, 1), (1, dark, 1)))
    return marks


def box(sheet: Sheet, recipe: Recipe) -> str:
    """A gift box with a lid; `form` flat, cube or stack (two boxes); `extra=ribbon` ties it."""
    colour = COLOURS[recipe.glaze or "cream"]
    other = COLOURS[recipe.accent or "coral"]
    if recipe.form == "stack":
        lower, top = Block(220, 170, 78), Block(160, 126, 62, base=78)
        marks = lower.shadow(sheet) + _parcel(sheet, lower, colour, recipe, other)
        marks += _parcel(sheet, top, lighter(other, 0.35), recipe, other)
    else:
        top = Block(170, 170, 150) if recipe.form == "cube" else Block(230, 180, 84)
        marks = top.shadow(sheet) + _parcel(sheet, top, colour, recipe, other)
    return marks + (_tied(sheet, top, other) if recipe.extra == "ribbon" else "")


def _parcel(sheet: Sheet, block: Block, colour: str, recipe: Recipe, ribbon: str) -> str:
    """One box with its lid, its print and, if asked, its ribbon."""
    ties = recipe.extra == "ribbon"
    pattern = recipe.pattern if recipe.pattern in PATTERNS else ""
    tone = contrasting(colour) if ties else ribbon
    width, depth, height = block.width, block.depth, block.height

    def face(wide: float, high: float, extra: str) -> str:
        band = rect(wide / 2 - 13, 0, 26, high, fill=ribbon) if ties else ""
        return printed(sheet, swatch(wide, high), pattern, tone, opacity=0.5) + extra + band

    edge = sheet.stamp(rect(0, height * 0.34, width, 5, fill=INK, opacity=0.28))
    across = rect(0, depth / 2 - 13, width, 26, fill=ribbon) if ties else ""
    return block.solid(
        sheet,
        colour,
        on_top=face(width, depth, across),
        on_front=face(width, height, use(edge)),
        on_side=face(depth, height, rect(0, height * 0.34, depth, 5, fill=INK, opacity=0.28)),
    )


def _tied(sheet: Sheet, block: Block, ribbon: str) -> str:
    """The bow on the lid."""
    x, y = block.view.point(0, 0, block.base + block.height)
    return moved(bow(sheet, ribbon), x, y - 4, 0.95 if block.width > 165 else 0.75)


def tin(sheet: Sheet, recipe: Recipe) -> str:
    """A round caddy with a sleeve of printed paper and a label; `form` low or tall."""
    tall = recipe.form != "low"
    high, wide = (178, 76) if tall else (92, 108)
    colour = COLOURS[recipe.glaze or "leaf"]
    lid_at = high * 0.76
    wall = Turned(((0, wide), (high / 2, wide), (high, wide)))
    pattern = recipe.pattern if recipe.pattern in PATTERNS else ""
    surface = printed(
        sheet,
        wall.outline,
        pattern,
        COLOURS[recipe.accent] if recipe.accent else contrasting(colour),
        opacity=0.55,
    )
    surface += line(wall.ring(lid_at), INK, 3, opacity=0.35) + line(
        wall.ring(lid_at + 3), LIGHT, 2, opacity=0.5
    )
    if not pattern:
        surface += line(wall.ring(high * 0.1), COLOURS[recipe.accent or "gold"], 4)
    top = wide
    marks = ground_shadow(sheet, wide * 1.05) + body(sheet, wall, colour, surface, gloss=0.35)
    marks += ellipse(0, -high, top, top * wall.tilt, fill=lighter(colour, 0.22))
    marks += ellipse(
        0,
        -high,
        top - 8,
        (top - 8) * wall.tilt,
        fill=sheet.linear((0, INK, 0.12), (1, LIGHT, 0.3), x2=1, y2=0.4),
    )
    return marks + _label(
        sheet, wall, high * (0.36 if tall else 0.38), high * (0.4 if tall else 0.44), recipe
    )


def _label(sheet: Sheet, wall: Turned, level: float, tall: float, recipe: Recipe) -> str:
    """A paper label that follows the wall, with a sprig for what is inside and two rules instead of words."""
    (left, upper), (right, _) = wall.at(level + tall / 2, -34), wall.at(level + tall / 2, 34)
    sag = wall.widest * wall.tilt * 0.2
    d = trace("M", left, upper, "Q", 0, upper + sag * 2, right, upper, "v", tall)
    d += trace("Q", 0, upper + tall + sag * 2, left, upper + tall, "Z")
    middle = upper + tall / 2 + sag
    mark = group(
        sprig(COLOURS[recipe.accent or "leaf"]), transform=f"translate(0 {middle - 6:.0f}) scale(.8)"
    )
    rules = line(f"M-20 {middle + tall * 0.28:.0f}H20M-12 {middle + tall * 0.38:.0f}H12", COLOURS["grey"], 2)
    return (
        path(d, fill=COLOURS["paper"])
        + mark
        + rules
        + path(d, fill=sheet.linear((0, LIGHT, 0.2), (1, INK, 0.16), x2=1, y2=0))
    )


def sprig(colour: str) -> str:
    """Two leaves and a bud."""
    return path(
        "M0 14C-22 12 -28 -4 -24 -16C-8 -14 2 -2 0 14C-2 -8 8 -20 26 -20C28 -2 18 12 0 14Z", fill=colour
    ) + path("M0 12C-6 -8 -4 -22 2 -30C8 -20 8 -4 0 12Z", fill=lighter(colour, 0.3))
