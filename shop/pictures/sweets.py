"""Biscuits; and what all sweets share: the plate and the round sweet."""

from __future__ import annotations

from random import Random

from shop.pictures.boxes import sprig
from shop.pictures.colours import COLOURS, INK, LIGHT, darker, lighter
from shop.pictures.light import ground_shadow
from shop.pictures.patterns import PATTERNS, printed
from shop.pictures.recipe import Recipe
from shop.pictures.sheet import Sheet, circle, ellipse, group, line, moved, path, rect, trace, use
from shop.pictures.turned import Turned, body


def dish(sheet: Sheet, colour: str, wide: float = 150) -> str:
    """A plate under a group of sweets, its middle at the origin."""
    flat = 0.46
    marks = ground_shadow(sheet, wide * 0.9, reach=flat) + ellipse(
        0, 4, wide, wide * flat, fill=darker(colour, 0.3)
    )
    light = sheet.linear((0, INK, 0.12), (0.5, LIGHT, 0.2), (1, LIGHT, 0.4), x2=1, y2=1)
    marks += ellipse(0, -4, wide, wide * flat, fill=colour) + ellipse(0, -4, wide, wide * flat, fill=light)
    return marks + ellipse(
        0, -2, wide * 0.74, wide * 0.74 * flat, fill="none", stroke=darker(colour, 0.2), opacity=0.5
    )


def round_sweet(sheet: Sheet, colour: str, face: str, wide: float, thick: float = 13) -> str:
    """A flat round sweet with its top drawn in a circle of radius 46."""
    flat = 0.56
    edge = trace("M", -wide, -thick, "V", 0, "A", wide, wide * flat, " 0 0 0 ", wide, 0, "V", -thick, "Z")
    side = sheet.linear((0, LIGHT, 0.15), (0.4, INK, 0.04), (1, INK, 0.36), x2=1, y2=0)
    marks = ellipse(5, 5, wide * 1.04, wide * flat * 1.05, fill=INK, opacity=0.25, filter=sheet.blur(3))
    marks += (
        path(edge, fill=darker(colour, 0.14))
        + path(edge, fill=side)
        + ellipse(0, -thick, wide, wide * flat, fill=colour)
    )
    marks += group(face, transform=f"translate(0 {-thick:g}) scale({wide / 46:.2f} {flat * wide / 46:.2f})")
    light = sheet.linear((0, LIGHT, 0.35), (0.6, LIGHT, 0), (1, INK, 0.14), x2=1, y2=1)
    return marks + ellipse(0, -thick, wide, wide * flat, fill=light)


def _faces(form: str, colour: str, accent: str, chance: Random) -> str:
    """What is pressed into or strewn on a biscuit's top."""
    dark = darker(colour, 0.34)
    if form == "chips":
        spots = (
            ellipse(
                chance.uniform(-30, 30),
                chance.uniform(-30, 30),
                6.5,
                5.5,
                transform=f"rotate({chance.randint(0, 90)})",
            )
            for _ in range(8)
        )
        return group("".join(spots), fill=accent)
    if form == "jam":
        return (
            circle(0, 0, 21, fill=dark, opacity=0.5)
            + circle(0, 0, 18, fill=accent)
            + ellipse(-6, -7, 6, 4, fill=LIGHT, opacity=0.7)
        )
    if form == "flower":
        leaves = "".join(ellipse(0, -21, 11, 15, transform=f"rotate({turn})") for turn in range(0, 360, 60))
        return group(leaves, fill="none", stroke=dark, stroke_width=2.2, opacity=0.7) + circle(
            0, 0, 8, fill=accent
        )
    if form == "sesame":
        seeds = "".join(
            f"M{chance.uniform(-34, 34):.0f} {chance.uniform(-34, 34):.0f}l3 2" for _ in range(20)
        )
        return line(seeds, accent, 3.6)
    holes = "".join(circle(x, y, 2.6) for x, y in ((-14, -14), (14, -14), (-14, 14), (14, 14), (0, 0)))
    ridge = circle(0, 0, 37, fill="none", stroke=dark, stroke_width=2, stroke_dasharray="4 4", opacity=0.6)
    return ridge + group(holes, fill=dark)


def biscuit(sheet: Sheet, recipe: Recipe) -> str:
    """`form` plain, chips, jam, flower, sesame or sandwich; a pile on a plate, one leaning."""
    colour = COLOURS[recipe.glaze or "biscuit"]
    accent = COLOURS[recipe.accent or "cocoa"]
    chance = recipe.chance()
    if recipe.form == "sandwich":
        low = round_sweet(sheet, colour, "", 50, 10)
        one = (
            low
            + moved(round_sweet(sheet, accent, "", 47, 12), 0, -10)
            + moved(round_sweet(sheet, colour, _faces("", colour, accent, chance), 50, 10), 0, -21)
        )
    else:
        one = round_sweet(sheet, colour, _faces(recipe.form, colour, accent, chance), 54)
    name = sheet.stamp(one)
    places = [(-66, -6), (62, -14), (-4, 24), (0, -38), (-34, 8), (30, 6)][: max(recipe.count, 3)]
    lifted = {3: 18, 4: 22, 5: 20}
    pile = "".join(
        f'<use href="{name}" x="{x}" y="{y - lifted.get(step, 0)}"/>'
        for step, (x, y) in sorted(enumerate(places), key=_depth)
    )
    return dish(sheet, COLOURS["paper"], 158) + moved(pile, 0, -14)


def _depth(placed: tuple[int, tuple[int, int]]) -> tuple[bool, int]:
    """Far ones first, the upper layer last."""
    step, (_, y) = placed
    return step > 3, y


def jar(sheet: Sheet, recipe: Recipe) -> str:
    """Jam or honey in a jar with a cloth cap and a label; `count` 2 sets a smaller one behind."""
    colour, cloth = COLOURS[recipe.glaze or "berry"], COLOURS[recipe.accent or "coral"]
    one = _jam(sheet, colour, cloth, recipe)
    if recipe.count > 1:
        other = _jam(sheet, COLOURS["yuzu"], cloth, recipe)
        return moved(other, 84, -34, 0.82) + moved(one, -52, 0)
    return one


def _jam(sheet: Sheet, colour: str, cloth: str, recipe: Recipe) -> str:
    shape = Turned(((0, 70), (4, 76), (14, 80), (96, 80), (118, 70), (124, 66), (136, 66)))
    fruit = circle(46, -62, 15, fill=lighter(colour, 0.2), opacity=0.5)
    fruit += circle(-54, -80, 13, fill=lighter(colour, 0.2), opacity=0.5)
    label = rect(-46, -86, 92, 56, rx=5, fill=COLOURS["paper"]) + group(
        sprig(COLOURS["leaf"]), transform="translate(0 -60) scale(.6)"
    )
    wall = body(sheet, shape, colour, fruit, gloss=0.75) + use(sheet.stamp(label))
    pattern = recipe.pattern if recipe.pattern in PATTERNS else "check"
    cap = "M-62 -158Q0 -182 62 -158L70 -132L84 -108Q70 -116 60 -106Q46 -116 34 -104Q16 -114 2 -103"
    cap += "Q-14 -114 -32 -104Q-46 -116 -60 -106Q-70 -116 -84 -108L-70 -132Z"
    cover = path(cap, fill=lighter(cloth, 0.75)) + printed(sheet, cap, pattern, cloth, scale=0.8)
    cover += path(cap, fill=sheet.linear((0, LIGHT, 0.3), (1, INK, 0.22), x2=1, y2=0.4)) + line(
        "M-70 -132Q0 -112 70 -132", COLOURS["kraft"], 4
    )
    return ground_shadow(sheet, 80) + wall + use(sheet.stamp(cover))
