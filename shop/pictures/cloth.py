"""Woven things: tenugui, towels, mats, mats."""

from __future__ import annotations

from dataclasses import replace

from shop.pictures.colours import COLOURS, INK, LIGHT, contrasting, darker, lighter
from shop.pictures.light import lying_shadow, sheen
from shop.pictures.patterns import PATTERNS, flat_pattern, printed, swatch
from shop.pictures.recipe import Recipe
from shop.pictures.sheet import Sheet, circle, group, line, moved, path, rect, use
from shop.pictures.view import Block, View


def dyed(recipe: Recipe, default: str) -> tuple[str, str]:
    """The cloth's colour and that of its pattern."""
    colour = COLOURS[recipe.glaze or default]
    return colour, COLOURS[recipe.accent] if recipe.accent else contrasting(colour)


def woven(sheet: Sheet, d: str, recipe: Recipe, tone: str, scale: float = 1.4) -> str:
    """The dyed pattern on a piece of cloth, and its weave."""
    pattern = recipe.pattern if recipe.pattern in PATTERNS else ""
    return printed(sheet, d, pattern, tone, scale=scale) + printed(sheet, d, "weave", INK, opacity=0.1)


def tenugui(sheet: Sheet, recipe: Recipe) -> str:
    """手ぬぐい folded in three, one corner turned over, lying."""
    colour, tone = dyed(recipe, "white")
    under, over = (
        "M-104 -150H112V156H-104Z",
        "M-112 -156H98Q104 -156 104 -150V96L50 150H-106Q-112 150 -112 144Z",
    )
    turned = "M104 96L50 150L44 92Q44 88 50 88Z"
    marks = (
        lying_shadow(sheet, path(under))
        + path(under, fill=darker(colour, 0.12))
        + woven(sheet, under, recipe, tone)
    )
    marks += path("M104 -150V156H112V-150Z", fill=INK, opacity=0.14)
    marks += path(over, fill=INK, opacity=0.2, transform="translate(3 4)", filter=sheet.blur(3))
    marks += path(over, fill=colour) + woven(sheet, over, recipe, tone) + path(over, fill=sheen(sheet))
    marks += path(
        "M-112 -52H104V-46H-112ZM-112 52H80V56H-112Z", fill=sheet.linear((0, INK, 0.14), (1, LIGHT, 0.3))
    )
    marks += path(turned, fill=lighter(colour, 0.3)) + path(
        turned, fill=sheet.linear((0, INK, 0.22), (1, LIGHT, 0), x2=1, y2=1)
    )
    fringe = "".join(f"M{x} 150v7" for x in range(-108, 50, 5))
    return moved(marks + line(fringe, lighter(colour, 0.4), 1.4), 0, 0, 1, -7)


def mat(sheet: Sheet, recipe: Recipe) -> str:
    """A cloth with a hem: place mat, `form` napkin, coaster (four of them) or trio (three handkerchiefs)."""
    colour, tone = dyed(recipe, "linen")
    if recipe.form == "coaster":
        one = _hemmed(sheet, 124, 124, colour, recipe, tone)
        places = ((-70, -66, -6), (70, -72, 5), (-66, 72, 4), (72, 66, -4))
        return "".join(moved(one, x, y, turn=turn) for x, y, turn in places)
    if recipe.form == "trio":
        fan = ((-58, 14, -16, "flowers"), (2, -8, 1, "stars"), (62, 18, 17, "dots"))
        return "".join(
            moved(_hemmed(sheet, 176, 176, colour, replace(recipe, pattern=pattern), tone), x, y, turn=turn)
            for x, y, turn, pattern in fan
        )
    wide, tall = (250, 300) if recipe.form == "napkin" else (300, 216)
    return moved(_hemmed(sheet, wide, tall, colour, recipe, tone), 0, 0, 1, -8)


def _hemmed(sheet: Sheet, width: float, height: float, colour: str, recipe: Recipe, tone: str) -> str:
    d = swatch(width, height, 3)
    stitches = rect(
        7,
        7,
        width - 14,
        height - 14,
        fill="none",
        stroke=tone,
        stroke_width=1.3,
        stroke_dasharray="6 4",
        opacity=0.6,
    )
    marks = lying_shadow(sheet, path(d), x=4, y=6) + path(d, fill=colour) + woven(sheet, d, recipe, tone)
    return group(
        marks + stitches + path(d, fill=sheen(sheet)), transform=f"translate({-width / 2:g} {-height / 2:g})"
    )


def towel(sheet: Sheet, recipe: Recipe) -> str:
    """`count` folded towels in a pile, the folds towards us; `extra=ribbon` ties them."""
    colour, tone = dyed(recipe, "cream")
    view = View(turn=20, tilt=0.5)
    marks, base, high = "", 0.0, 42.0
    tones = [
        colour,
        tone if recipe.accent else lighter(colour, 0.4),
        lighter(colour, 0.25),
        darker(colour, 0.08),
    ]
    for step in range(recipe.count):
        block = Block(230, 160, high, base=base, view=view, radius=8)
        shade = tones[step % len(tones)]
        marks += block.shadow(sheet) if not step else ""
        marks += _folded(sheet, block, shade, recipe, tone if shade != tone else lighter(tone, 0.6))
        base += high - 2
    if recipe.extra == "ribbon":
        marks += _tied(base + 2, view, COLOURS["coral" if recipe.accent != "coral" else "leaf"])
    return marks


def _folded(sheet: Sheet, block: Block, colour: str, recipe: Recipe, tone: str) -> str:
    width, depth, high = block.width, block.depth, block.height
    pattern = recipe.pattern if recipe.pattern in PATTERNS else "waffle"
    top = rect(0, 0, width, depth, fill=flat_pattern(sheet, pattern, tone), opacity=0.4)
    top += rect(width - 34, 0, 12, depth, fill=tone, opacity=0.5)
    layers = "".join(f"M4 {high * k:.0f}H{width - 4:.0f}" for k in (0.34, 0.68))
    ends = "".join(f"M{depth - 4:.0f} {high * k:.0f}H6" for k in (0.18, 0.34, 0.5, 0.68, 0.84))
    folds, rolls = (use(sheet.stamp(line(d, INK, 2.3, opacity=0.21))) for d in (layers, ends))
    return block.solid(sheet, colour, on_top=use(sheet.stamp(top)), on_front=folds, on_side=rolls)


def _tied(top: float, view: View, colour: str) -> str:
    band = view.top(rect(-11, -80, 22, 160, fill=colour), 0, 0, top)
    x, y = view.point(0, 80, top)
    drop = rect(
        -10, 0, 20.5, top * view.upright, fill=darker(colour, 0.1), transform=f"translate({x:.1f} {y:.1f})"
    )
    knot = "M0 0C-16 -26 -52 -30 -52 -12C-52 6 -20 8 0 0C20 8 52 6 52 -12C52 -30 16 -26 0 0Z"
    tails = line("M0 2Q-16 18 -30 24M0 2Q14 20 32 24", darker(colour, 0.2), 9)
    middle = view.point(0, 0, top)
    return (
        band
        + drop
        + moved(tails + path(knot, fill=colour) + circle(0, -3, 8, fill=darker(colour, 0.2)), *middle)
    )
