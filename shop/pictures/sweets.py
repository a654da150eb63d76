"""Sweets: biscuits, 和菓子, candies, cakes, jars. Groups on a plate or loose on the table."""

from __future__ import annotations

from random import Random

from shop.pictures.boxes import sprig
from shop.pictures.colours import COLOURS, INK, LIGHT, darker, lighter
from shop.pictures.light import ground_shadow
from shop.pictures.patterns import PATTERNS, printed
from shop.pictures.recipe import Recipe
from shop.pictures.sheet import Sheet, circle, ellipse, group, line, moved, path, rect, trace, use
from shop.pictures.turned import Turned, body
from shop.pictures.view import Block, View


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


def _disc(
    sheet: Sheet, colour: str, face: str, wide: float = 46, thick: float = 13, flat: float = 0.56
) -> str:
    """A flat round sweet with its top drawn in a circle of radius 46."""
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
    chance = Random(recipe.seed)  # noqa: S311  # where the crumbs fall, not secrets
    if recipe.form == "sandwich":
        low = _disc(sheet, colour, "", 50, 10)
        one = (
            low
            + moved(_disc(sheet, accent, "", 47, 12), 0, -10)
            + moved(_disc(sheet, colour, _faces("", colour, accent, chance), 50, 10), 0, -21)
        )
    else:
        one = _disc(sheet, colour, _faces(recipe.form, colour, accent, chance), 54)
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
        _disc(sheet, colour, "", 58, 12)
        + moved(_disc(sheet, filling, "", 54, 9), 0, -11)
        + moved(_disc(sheet, colour, face, 58, 11), 0, -20)
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
    chance = Random(recipe.seed)  # noqa: S311  # how the crystals broke, not secrets
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


def candy(sheet: Sheet, recipe: Recipe) -> str:
    """`form` drops (in a glass jar), wrapped, caramel, chocolate or konpeito (in a paper twist)."""
    tones = [
        COLOURS[name]
        for name in (recipe.glaze or "coral", recipe.accent or "butter", "mint", "lilac", "peach")
    ]
    form = recipe.form or "drops"
    if form in {"drops", "konpeito"}:
        return _filled_jar(sheet, tones, Random(recipe.seed), form)  # noqa: S311  # how they fell, not secrets
    if form == "chocolate":
        return _chocolates(sheet, tones)
    return _twists(sheet, tones) if form == "wrapped" else _caramels(sheet, tones[0], tones[1])


def _filled_jar(sheet: Sheet, tones: list[str], chance: Random, form: str) -> str:
    jar = Turned(((0, 92), (4, 98), (20, 102), (130, 102), (158, 84), (164, 80), (178, 80)))
    size, rows = (21, 5) if form == "drops" else (16, 6)
    places: list[list[str]] = [[] for _ in tones[:4]]
    for row in range(rows):
        for x in range(-84, 90, int(size * 2)):
            y = -14 - row * 130 // rows + chance.randint(-2, 2)
            chance.choice(places).append(f"M{x + chance.randint(-4, 4)}{y}z")
    balls = ""
    for tone, spots in zip(tones[:4], places, strict=True):
        d = sheet.outline("".join(spots))
        balls += use(d, stroke=tone, stroke_width=1.9 * size)
        balls += use(d, stroke=LIGHT, stroke_width=size * 0.5, opacity=0.6, x="-4", y="-5")
    balls = group(balls, fill="none", stroke_linecap="round")
    glass = "#eef4f2"
    marks = ground_shadow(sheet, 104) + path(jar.outline, fill=glass, opacity=0.75)
    marks += group(balls, clip_path=sheet.clip(path(jar.outline))) + body(sheet, jar, "none", gloss=0.75)
    cap = Turned(((0, 84), (4, 86), (26, 86), (30, 82)))
    lid = body(sheet, cap, COLOURS["oak"], gloss=0.3) + ellipse(
        0, -30, 82, 26, fill=lighter(COLOURS["oak"], 0.25)
    )
    ribbon = line("M-82 -164Q0 -138 82 -164", tones[0], 6)
    return marks + moved(lid, 0, -176) + ribbon


def _twists(sheet: Sheet, tones: list[str]) -> str:
    light = sheet.radial((0, LIGHT, 0.7), (0.45, LIGHT, 0), (1, INK, 0.26), cx=0.35, cy=0.3, r=0.75)
    marks = ""
    for step, (x, y, turn) in enumerate(
        ((-74, -70, -18), (38, -92, 22), (88, -26, -30), (-22, -22, 12), (-102, 16, 30), (42, 34, -12))
    ):
        tone = tones[step % 5]
        ends = "M-30 0L-66 -24Q-58 0 -66 24ZM30 0L66 -24Q58 0 66 24Z"
        pleats = line(
            "M-34 0L-60 -12M-34 0L-60 12M34 0L60 -12M34 0L60 12", darker(tone, 0.3), 1.6, opacity=0.6
        )
        ball = "".join(ellipse(0, 0, 37, 31, fill=fill) for fill in (tone, light))
        stripes = line("M-14 -27Q-4 0 -14 27M12 -28Q22 0 12 28", LIGHT, 7, opacity=0.55)
        shade = ellipse(6, 26, 52, 10, fill=INK, opacity=0.26, filter=sheet.blur(4))
        marks += moved(
            shade + path(ends, fill=lighter(tone, 0.25)) + pleats + ball + stripes, x, y, 1.02, turn
        )
    return moved(marks, 0, -20)


def _caramels(sheet: Sheet, colour: str, paper: str) -> str:
    block = Block(62, 56, 44, view=View(turn=30, tilt=0.5), radius=6)
    wrap = rect(0, 0, 62, 18, fill=paper) + rect(0, 18, 62, 2, fill=INK, opacity=0.2)
    bare = sheet.stamp(block.shadow(sheet, 0.2) + block.solid(sheet, colour))
    band = rect(0, 20, 62, 18, fill=paper)
    wrapped = sheet.stamp(block.solid(sheet, colour, on_front=wrap, on_top=band))
    marks = ""
    for step, (x, y) in enumerate(((-82, -46), (4, -62), (90, -40), (-40, 10), (50, 16), (0, -70))):
        marks += use(bare, x=str(x), y=str(y)) if step < 5 else ""
        marks += use(wrapped, x=str(x), y=str(y)) if step % 3 else ""
    return dish(sheet, COLOURS["paper"], 166) + moved(marks, 0, -4, 0.9)


def _chocolates(sheet: Sheet, tones: list[str]) -> str:
    """Nine pieces in a box without its lid."""
    block = Block(240, 220, 40, view=View(turn=22, tilt=0.62), radius=3)
    wells = rect(8, 8, 224, 204, fill=COLOURS["cocoa"])
    under = sheet.stamp(rect(-32, -29, 64, 58, rx=6, fill=darker(COLOURS["kraft"], 0.1)))
    chocolate = (COLOURS["cocoa"], COLOURS["caramel"], COLOURS["ivory"], COLOURS["hojicha"])
    light = sheet.radial((0, LIGHT, 0.6), (0.4, LIGHT, 0), (1, INK, 0.3), cx=0.34, cy=0.28, r=0.8)
    for step in range(9):
        x, y, tone = 46 + step % 3 * 74, 42 + step // 3 * 68, chocolate[step * 3 % 4]
        wells += use(under, x=str(x), y=str(y))
        piece = rect(x - 24, y - 24, 48, 46, rx=8 if step % 2 else 23)
        wells += group(piece, fill=tone) + group(piece, fill=light)
        wells += (
            line(f"M{x - 13} {y + 4}l9 -10 8 9 9 -9", tones[step % 5], 3)
            if step % 2 == 0
            else circle(x, y - 3, 6, fill=tones[step % 5])
        )
    return block.shadow(sheet) + block.solid(sheet, tones[0], on_top=wells)


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
