"""和菓子: daifuku, dorayaki, yokan, dango, nerikiri, monaka, kohakuto. Each on its plate."""

from __future__ import annotations

from shop.pictures.colours import COLOURS, INK, LIGHT, darker, lighter
from shop.pictures.light import ground_shadow
from shop.pictures.recipe import Recipe
from shop.pictures.sheet import Sheet, circle, ellipse, group, line, moved, path, trace, use
from shop.pictures.sweets import dish, round_sweet
from shop.pictures.turned import Turned, body
from shop.pictures.view import Block, View


def wagashi(sheet: Sheet, recipe: Recipe) -> str:
    """`form` dorayaki, daifuku, yokan, dango, nerikiri, monaka or kohakuto (琥珀糖)."""
    return WAGASHI[recipe.form or "daifuku"](sheet, recipe)


def _dumpling(sheet: Sheet, colour: str, wide: float = 62, high: float = 76, mark: str = "") -> str:
    shape = Turned(
        (
            (0, wide * 0.72),
            (6, wide * 0.86),
            (high * 0.4, wide),
            (high * 0.76, wide * 0.74),
            (high * 0.97, wide * 0.26),
            (high, 3),
        )
    )
    return (
        ground_shadow(sheet, wide * 0.86) + body(sheet, shape, colour, gloss=0) + moved(mark, 0, -high * 0.72)
    )


def _daifuku(sheet: Sheet, recipe: Recipe) -> str:
    colour, filling = COLOURS[recipe.glaze or "mallow"], COLOURS[recipe.accent or "red-bean"]
    flour = "".join(
        circle(x, y, 1.3, fill=LIGHT) for x, y in ((-20, 4), (-4, -8), (14, 2), (24, 14), (-30, 22), (6, 20))
    )
    whole = use(sheet.stamp(_dumpling(sheet, colour, mark=group(flour, opacity=0.8))))
    cut = "M-58 -4C-62 -50 -36 -72 0 -72S62 -50 58 -4Q0 12 -58 -4Z"
    inside = "M-42 -8C-46 -42 -26 -58 0 -58S46 -42 42 -8Q0 4 -42 -8Z"
    half = ground_shadow(sheet, 56) + path(cut, fill=colour) + path(inside, fill=filling)
    half += circle(0, -30, 20, fill=COLOURS["berry"]) if recipe.extra == "berry" else ""
    half += circle(-2, -32, 9, fill=COLOURS["sakura"], opacity=0.8) if recipe.extra == "berry" else ""
    half += path(cut, fill=sheet.linear((0, LIGHT, 0.25), (1, INK, 0.18), x2=1, y2=1))
    return (
        dish(sheet, COLOURS["celadon"])
        + moved(whole, -56, -22, 0.98)
        + moved(whole, 58, -30, 0.9)
        + moved(half, 14, 18, 0.95)
    )


def _dorayaki(sheet: Sheet, recipe: Recipe) -> str:
    colour, filling = COLOURS[recipe.glaze or "caramel"], COLOURS[recipe.accent or "red-bean"]
    half = Turned(((0, 84), (6, 88), (20, 78), (30, 46), (33, 14)), tilt=0.4)
    brown = moved(ellipse(0, -27, 66, 18, fill=darker(colour, 0.2), opacity=0.55), 0, 0)
    bean = Turned(((0, 80), (12, 82)), tilt=0.4)
    low = Turned(((0, 70), (10, 86), (18, 86)), tilt=0.4)
    one = body(sheet, low, lighter(colour, 0.45), gloss=0) + moved(
        body(sheet, bean, filling, gloss=0), 0, -16
    )
    one += moved(body(sheet, half, colour, gloss=0.1) + brown, 0, -24)
    name = sheet.stamp(one)
    stack = ground_shadow(sheet, 96, reach=0.4) + "".join(
        f'<use href="{name}" y="{y}"/>' for y in (0, -54, -108)[: max(2, min(recipe.count, 3))]
    )
    return dish(sheet, COLOURS["ivory"]) + moved(stack, 0, -8)


def _yokan(sheet: Sheet, recipe: Recipe) -> str:
    colour, inlay = COLOURS[recipe.glaze or "red-bean"], COLOURS[recipe.accent or "butter"]
    block = Block(54, 96, 74, view=View(turn=26, tilt=0.5), radius=2)
    spots = "".join(circle(a, b, 8.5, fill=inlay) for a, b in ((20, 24), (35, 46)))
    shine = path("M0 0H54V74H0Z", fill=sheet.linear((0, LIGHT, 0.35), (0.5, LIGHT, 0), x2=1, y2=1))
    slice_ = sheet.stamp(block.shadow(sheet, 0.2) + block.solid(sheet, colour, on_front=spots + shine))
    marks = "".join(use(slice_, x=x, y=y) for x, y in (("-84", "-28"), ("-2", "-14"), ("82", "2")))
    return dish(sheet, COLOURS["ash"], 168) + moved(marks, 0, -18)


def _dango(sheet: Sheet, recipe: Recipe) -> str:
    tones = [COLOURS[recipe.glaze or "sakura"], COLOURS["mallow"], COLOURS[recipe.accent or "matcha"]]
    skewers = ""
    light = sheet.radial((0, LIGHT, 0.7), (0.4, LIGHT, 0.05), (1, INK, 0.3), cx=0.34, cy=0.28, r=0.8)
    for row in range(3):
        balls = line("M-150 0H122", COLOURS["bamboo"], 6)
        for step, tone in enumerate(tones):
            balls += "".join(circle(-48 + step * 62, 0, 33, fill=fill) for fill in (tone, light))
        shade = ellipse(16, 30, 100, 9, fill=INK, opacity=0.22, filter=sheet.blur(4))
        skewers += moved(shade + balls, row * 16 - 8, row * 52 - 66, 0.92, -12)
    return dish(sheet, COLOURS["iron"], 166) + moved(skewers, 0, -32)


def _nerikiri(sheet: Sheet, recipe: Recipe) -> str:
    tones = [COLOURS[recipe.glaze or "sakura"], COLOURS[recipe.accent or "mint"], COLOURS["butter"]]
    marks = ""
    for (x, y, size), tone in zip(((-66, -26, 0.86), (64, -32, 0.86), (2, 16, 1.0)), tones, strict=True):
        cuts = "".join(
            f"M0 0Q{a * 0.3:.0f} {b * 0.1:.0f} {a} {b}"
            for a, b in ((-56, 24), (-28, 44), (4, 50), (34, 42), (58, 20))
        )
        heart = circle(0, 2, 9, fill=COLOURS["mustard"]) + group(
            "".join(circle(a, 2, 1.6) for a in (-4, 0, 4)), fill=COLOURS["kaki"]
        )
        marks += moved(
            _dumpling(sheet, tone, mark=line(cuts, darker(tone, 0.3), 2.4, opacity=0.6) + heart), x, y, size
        )
    return dish(sheet, COLOURS["white"], 160) + moved(marks, 0, -16)


def _monaka(sheet: Sheet, recipe: Recipe) -> str:
    colour, filling = COLOURS[recipe.glaze or "biscuit"], COLOURS[recipe.accent or "red-bean"]
    ends = ((-40, -12), (-28, -34), (0, -42), (28, -34), (40, -12), (22, 28), (-22, 28))
    lines = "".join(f'<path d="M0 0L{a} {b}"/>' for a, b in ends)
    face = f'<g stroke="{darker(colour, 0.3)}" stroke-width="2.4" opacity=".7">{lines}</g>' + circle(
        0, 0, 11, fill=darker(colour, 0.14)
    )
    one = (
        round_sweet(sheet, colour, "", 58, 12)
        + moved(round_sweet(sheet, filling, "", 54, 9), 0, -11)
        + moved(round_sweet(sheet, colour, face, 58, 11), 0, -20)
    )
    name = sheet.stamp(one)
    return dish(sheet, COLOURS["indigo"], 164) + "".join(
        f'<use href="{name}" x="{x}" y="{y}"/>' for x, y in ((2, -52), (-72, -14), (70, -18), (0, 18))
    )


def _kohakuto(sheet: Sheet, recipe: Recipe) -> str:
    tones = [
        COLOURS[name]
        for name in (recipe.glaze or "sky", recipe.accent or "lilac", "mint", "sakura", "butter")
    ]
    chance = recipe.chance()
    marks = ""
    for step in range(11):
        tone, w, h = tones[step % 5], chance.randint(22, 34), chance.randint(32, 54)
        x, y = -96 + (step * 71) % 200, -52 + step * 8
        left, right, peak = (-w * 0.8, -h), (w, -h * 0.9), (0, -h * 1.3)
        near, inner = (w * 0.8, -h * 0.1), (-w * 0.1, -h * 0.7)
        outer = trace("M", 0, 0, "L", -w, -h * 0.2, "L", *left, "L", *peak, "L", *right, "L", *near, "Z")
        facet = trace("M", 0, 0, "L", *inner, "L", *right, "L", *near, "Z")
        top = trace("M", *inner, "L", *left, "L", *peak, "L", *right, "Z")
        gem = (
            path(outer, fill=lighter(tone, 0.1))
            + path(facet, fill=darker(tone, 0.16), opacity=0.7)
            + path(top, fill=lighter(tone, 0.65))
        )
        marks += moved(ellipse(6, 0, w * 1.1, 8, fill=tone, opacity=0.5, filter=sheet.blur(4)) + gem, x, y)
    return dish(sheet, COLOURS["white"], 164) + group(marks, opacity=0.94)


WAGASHI = {
    "daifuku": _daifuku,
    "dorayaki": _dorayaki,
    "yokan": _yokan,
    "dango": _dango,
    "nerikiri": _nerikiri,
    "monaka": _monaka,
    "kohakuto": _kohakuto,
}
