"""Cakes and puddings, cut and served."""

from __future__ import annotations

from shop.pictures.colours import COLOURS, INK, LIGHT, darker, lighter
from shop.pictures.recipe import Recipe
from shop.pictures.sheet import Sheet, circle, ellipse, group, line, moved, path, rect, use
from shop.pictures.sweets import dish
from shop.pictures.turned import Turned, body
from shop.pictures.view import Block, View


def cake(sheet: Sheet, recipe: Recipe) -> str:
    """`form` pound (a loaf with slices), roll, castella, madeleine or pudding."""
    colour, accent = COLOURS[recipe.glaze or "butter"], COLOURS[recipe.accent or "cocoa"]
    if recipe.form == "madeleine":
        return _madeleines(sheet, colour)
    if recipe.form == "pudding":
        return _pudding(sheet, colour, accent)
    view = View(turn=24, tilt=0.5)
    loaf = Block(150, 104, 84, view=view, radius=4)
    slice_ = Block(26, 104, 84, view=view, radius=4)
    crumbs = group(
        "".join(circle(10 + i * 37 % 84, 12 + i * 23 % 60, 2.6) for i in range(9)), fill=accent, opacity=0.7
    )
    crust = darker(colour, 0.4) if recipe.form != "castella" else COLOURS["hojicha"]
    inside = (
        rect(0, 0, 104, 84, fill=lighter(colour, 0.25))
        + rect(0, 0, 104, 10, fill=crust)
        + (crumbs if recipe.form != "castella" else rect(0, 76, 104, 8, fill=crust))
    )
    if recipe.form == "roll":
        inside = rect(0, 0, 104, 84, fill=lighter(colour, 0.2)) + line(
            "M52 42c10 -2 10 -16 -4 -16c-22 0 -24 32 4 34c34 0 38 -48 -6 -52c-46 0 -50 70 6 72",
            accent,
            6,
            opacity=0.85,
        )
    face = sheet.stamp(inside)
    top = rect(0, 0, 150, 104, fill=crust)
    icing = "M0 0H150V30Q140 44 128 30T104 32T78 30T52 32T26 30T0 32Z"
    front = rect(0, 0, 150, 10, fill=crust)
    if recipe.extra == "icing":
        top, front = rect(0, 0, 150, 104, fill=COLOURS["paper"]), path(icing, fill=COLOURS["paper"])
    marks = moved(
        loaf.shadow(sheet, 0.22) + loaf.solid(sheet, colour, on_top=top, on_front=front, on_side=use(face)),
        -44,
        -26,
    )
    cut = slice_.solid(sheet, colour, on_top=rect(0, 0, 26, 104, fill=crust), on_side=use(face))
    cut = sheet.stamp(cut)
    for x, y in (("50", "2"), ("92", "20")):
        marks += use(cut, x=x, y=y)
    return dish(sheet, COLOURS["white"], 172) + moved(marks, -8, -18)


def _madeleines(sheet: Sheet, colour: str) -> str:
    shell = "M0 46C-20 46 -22 34 -36 14C-54 -12 -34 -46 0 -46C34 -46 54 -12 36 14C22 34 20 46 0 46Z"
    ribs = line(
        "M0 44V-44M-5 42Q-18 0 -18 -40M5 42Q18 0 18 -40M-10 38Q-34 6 -36 -22M10 38Q34 6 36 -22",
        darker(colour, 0.45),
        2.6,
        opacity=0.55,
    )
    light = sheet.radial(
        (0, LIGHT, 0.6), (0.5, LIGHT, 0), (1, COLOURS["hojicha"], 0.6), cx=0.4, cy=0.35, r=0.7
    )
    one = (
        ellipse(6, 36, 40, 14, fill=INK, opacity=0.28, filter=sheet.blur(4))
        + path(shell, fill=colour)
        + path(shell, fill=light)
        + ribs
    )
    name = sheet.stamp(one)
    places = ((-62, -58, -24), (44, -66, 20), (96, -10, 46), (-100, 2, -50), (-18, 4, 8), (48, 28, 30))
    return dish(sheet, COLOURS["sky"], 166) + "".join(
        f'<use href="{name}" transform="translate({x} {y - 16}) rotate({turn}) scale(1.05)"/>'
        for x, y, turn in places
    )


def _pudding(sheet: Sheet, colour: str, accent: str) -> str:
    shape = Turned(((0, 92), (4, 92), (60, 76), (104, 62), (108, 58)))
    sauce = "M-64 -112H64L70 -84Q60 -62 52 -86T30 -74T8 -84T-20 -66T-44 -82T-70 -84Z"
    top = ellipse(0, -108, 60, 19, fill=accent) + ellipse(-14, -111, 24, 6, fill=LIGHT, opacity=0.4)
    pool = ellipse(4, 2, 116, 42, fill=accent, opacity=0.85)
    cherry = (
        circle(0, -122, 15, fill=COLOURS["berry"])
        + circle(-5, -127, 4, fill=LIGHT, opacity=0.8)
        + line("M2 -136Q8 -164 26 -172", COLOURS["leaf"], 2.6)
    )
    return dish(sheet, COLOURS["white"], 160) + moved(
        pool + body(sheet, shape, colour, path(sauce, fill=accent), gloss=0.5) + top + cherry, 0, -14
    )
