"""Tea and coffee as goods: bags, drip packets, tea bags, a cup beside them."""

from __future__ import annotations

from shop.pictures.boxes import sprig
from shop.pictures.ceramics import CUPS, liquid
from shop.pictures.colours import COLOURS, INK, LIGHT, darker, lighter
from shop.pictures.light import ground_shadow
from shop.pictures.patterns import PATTERNS, printed
from shop.pictures.recipe import Recipe
from shop.pictures.sheet import Sheet, circle, ellipse, group, line, moved, path, rect, use
from shop.pictures.turned import body, opening


def pack(sheet: Sheet, recipe: Recipe) -> str:
    """A stand-up bag; `form` coffee, tea or sweets decides the label and what lies before it."""
    colour, tone = COLOURS[recipe.glaze or "kraft"], COLOURS[recipe.accent or "cocoa"]
    d = "M-86 -222H86Q90 -222 90 -216L98 -16Q98 0 84 2Q0 14 -84 2Q-98 0 -98 -16L-90 -216Q-90 -222 -86 -222Z"
    marks = ground_shadow(sheet, 98, reach=0.26) + path(d, fill=colour)
    pattern = recipe.pattern if recipe.pattern in PATTERNS else ""
    marks += printed(sheet, d, pattern, tone, opacity=0.45) + path(
        "M-88 -222H88L90 -196H-90Z", fill=darker(colour, 0.14)
    )
    marks += line("M-90 -196H90", INK, 1.6, opacity=0.3) + _bag_label(recipe.form, tone)
    marks += path(
        d,
        fill=sheet.linear(
            (0, LIGHT, 0.32), (0.3, LIGHT, 0.05), (0.62, INK, 0.02), (1, INK, 0.32), x2=1, y2=0.25
        ),
    )
    marks += line("M-76 -180Q-88 -90 -80 -14M78 -184Q66 -90 80 -12", INK, 6, opacity=0.08)
    before = {"tea": _leaves, "coffee": _beans}.get(recipe.form or "coffee")
    strewn = before(sheet, recipe) if before else ""
    mug = _full_cup(sheet, recipe) if recipe.extra == "cup" else ""
    return moved(marks, -44 if mug else 0, -10) + (moved(mug, 96, 14, 0.8) if mug else "") + strewn


def _bag_label(form: str, tone: str) -> str:
    label = rect(-56, -162, 112, 118, rx=6, fill=COLOURS["paper"]) + rect(
        -50, -156, 100, 106, rx=4, fill="none", stroke=tone, stroke_width=1.4
    )
    if form == "tea":
        mark = group(sprig(tone), transform="translate(0 -108) scale(1.1)")
    elif form == "sweets":
        mark = circle(0, -116, 22, fill=tone) + circle(
            0, -116, 15, fill="none", stroke=LIGHT, stroke_width=2, stroke_dasharray="3 4"
        )
    else:
        mark = moved(_bean(tone), 0, -114, 2.0, 28)
    return label + mark + line("M-30 -72H30M-18 -62H18", tone, 2.4, opacity=0.8)


def _bean(colour: str) -> str:
    return ellipse(0, 0, 9, 13, fill=colour) + line("M1 -12Q-5 -4 1 0T0 12", lighter(colour, 0.45), 1.8)


def _beans(sheet: Sheet, recipe: Recipe) -> str:
    chance = recipe.chance()
    one = sheet.stamp(ellipse(2, 4, 11, 12, fill=INK, opacity=0.25) + _bean(COLOURS["cocoa"]))
    marks = ""
    for step in range(8):
        x, y = -120 + step * 25 + chance.randint(-8, 8), 28 + chance.randint(-10, 16)
        marks += use(one, transform=f"translate({x} {y}) rotate({chance.randint(0, 180)})")
    return marks


def _leaves(sheet: Sheet, recipe: Recipe) -> str:
    chance = recipe.chance()
    tone = darker(COLOURS[recipe.accent or "leaf"], 0.1)
    leaf = sheet.stamp(path("M-10 0Q0 -7 11 0Q0 4 -10 0Z", fill=tone))
    marks = ""
    for step in range(10):
        x, y = -104 + step * 22, 30 + chance.randint(-9, 12)
        marks += use(leaf, transform=f"translate({x} {y}) rotate({chance.randint(-60, 60)})")
    return marks


def _full_cup(sheet: Sheet, recipe: Recipe) -> str:
    shape = CUPS["tea" if recipe.form == "tea" else "soba"]
    colour = COLOURS["white"]
    drink = (
        COLOURS["matcha"]
        if recipe.accent in {"leaf", "matcha", ""} and recipe.form == "tea"
        else COLOURS["hojicha"]
    )
    drink = COLOURS["cocoa"] if recipe.form == "coffee" else drink
    marks = (
        ground_shadow(sheet, shape.foot * 1.3)
        + body(sheet, shape, colour, gloss=0)
        + opening(sheet, shape, colour, colour, wall=4)
    )
    return marks + liquid(shape, drink) + steam(-shape.height - 8)


def steam(y: float) -> str:
    d = f"M-14 {y:g}c-14 -18 12 -30 -2 -52M14 {y:g}c-12 -18 14 -30 0 -56"
    return line(d, LIGHT, 6, opacity=0.75)


def sachet(sheet: Sheet, recipe: Recipe) -> str:
    """`form` teabag (pyramids with tags) or drip (a filter on a cup, packets behind)."""
    if recipe.form == "drip":
        return _drip(sheet, recipe)
    colour, tone = COLOURS[recipe.glaze or "matcha"], COLOURS[recipe.accent or "leaf"]
    marks = ""
    for x, y, size in ((-74, -42, 0.9), (70, -52, 0.86), (-6, 8, 1.06)):
        front, side = "M0 -104L-62 -4Q-20 8 20 8Z", "M0 -104L20 8L66 -12Z"
        leaf = path("M-44 -16L-16 -54L14 -50L20 8Q-24 8 -44 -16Z", fill=colour) + path(
            "M20 8L14 -50L36 -44L54 -16Z", fill=darker(colour, 0.25)
        )
        net = (
            path(front, fill=LIGHT, opacity=0.5)
            + path(side, fill=LIGHT, opacity=0.24)
            + line("M0 -104L-62 -4M0 -104L66 -12M0 -104L20 8", LIGHT, 2, opacity=0.8)
        )
        flag = (
            line("M0 -104C20 -140 60 -120 66 -84", COLOURS["grey"], 1.8)
            + rect(50, -84, 36, 42, rx=3, fill=tone)
            + circle(68, -64, 9, fill=LIGHT, opacity=0.7)
        )
        marks += moved(ground_shadow(sheet, 58) + leaf + net + flag, x, y, size)
    return marks


def _drip(sheet: Sheet, recipe: Recipe) -> str:
    colour, tone = COLOURS[recipe.glaze or "kraft"], COLOURS[recipe.accent or "cocoa"]
    packets = ""
    for x, turn in ((-96, -9), (-58, 4)):
        d = "M-50 -170H50V0H-50Z"
        face = (
            path(d, fill=colour)
            + rect(-50, -170, 100, 16, fill=darker(colour, 0.15))
            + moved(_bean(tone), 0, -94, 1.9, 24)
        )
        face += line("M-22 -52H22M-12 -42H12", tone, 2.4) + path(
            d, fill=sheet.linear((0, LIGHT, 0.3), (1, INK, 0.26), x2=1, y2=1)
        )
        packets += moved(face, x, -26, 1, turn)
    shape = CUPS["mug"]
    mug = COLOURS["white"]
    ear = line("M66 -100C126 -112 122 -28 62 -32", darker(mug, 0.16), 15) + line(
        "M66 -100C126 -112 122 -28 62 -32", lighter(mug, 0.2), 5
    )
    cup = (
        ear
        + ground_shadow(sheet, 76)
        + body(sheet, shape, mug, gloss=0)
        + opening(sheet, shape, mug, COLOURS["cocoa"])
    )
    paper = "M-58 -190L58 -190L34 -126Q0 -116 -34 -126Z"
    bag = (
        path(paper, fill=COLOURS["paper"])
        + ellipse(0, -190, 58, 17, fill=COLOURS["ivory"])
        + ellipse(0, -188, 48, 13, fill=COLOURS["cocoa"])
    )
    bag += path(paper, fill=sheet.linear((0, INK, 0), (1, INK, 0.26), x2=1, y2=0.3))
    hooks = path(
        "M-58 -176L-84 -134L-70 -130L-46 -160ZM58 -176L84 -134L70 -130L46 -160Z", fill=COLOURS["kraft"]
    )
    return ground_shadow(sheet, 120) + packets + moved(cup + hooks + bag + steam(-204), 62, 14)
