"""Stationery: notebooks, 和紙, letters, cards, pens and brushes. Most lie; they centre on the origin."""

from __future__ import annotations

from random import Random

from shop.pictures.boxes import sprig
from shop.pictures.colours import COLOURS, INK, LIGHT, contrasting, darker, lighter
from shop.pictures.light import lying_shadow, sheen
from shop.pictures.patterns import PATTERNS, printed, swatch
from shop.pictures.recipe import Recipe
from shop.pictures.sheet import Sheet, circle, ellipse, group, line, moved, path, rect


def _sheet_of(
    sheet: Sheet,
    width: float,
    height: float,
    colour: str,
    marks: str = "",
    *,
    radius: float = 1,
    near: bool = True,
) -> str:
    """One piece of paper, centred, with what is printed on it in its own coordinates."""
    d = swatch(width, height, radius)
    shadow = lying_shadow(sheet, path(d), x=3 + 3 * near, y=4 + 5 * near)
    inside = shadow + path(d, fill=colour) + marks + path(d, fill=sheen(sheet))
    return group(inside, transform=f"translate({-width / 2:g} {-height / 2:g})")


def _print(recipe: Recipe) -> str:
    return recipe.pattern if recipe.pattern in PATTERNS else ""


def notebook(sheet: Sheet, recipe: Recipe) -> str:
    """`form` bound (cloth spine), stitched (和綴じ) or ring."""
    colour = COLOURS[recipe.glaze or "indigo"]
    tone = COLOURS[recipe.accent] if recipe.accent else contrasting(colour)
    width, height = 214.0, 296.0
    cover = printed(sheet, swatch(width, height, 4), _print(recipe), tone, scale=1.3, opacity=0.7)
    if recipe.form == "stitched":
        holes = "".join(f"M0 {y}H26" for y in (44, 112, 184, 252)) + f"M26 6V{height - 6:g}"
        cover += line(holes, tone, 2.4) + rect(52, 34, 46, 150, fill=COLOURS["paper"])
        cover += rect(57, 39, 36, 140, fill="none", stroke=darker(colour, 0.2), stroke_width=1)
    elif recipe.form == "ring":
        rings = "".join(f"M-7 {y}q9 -9 19 0" for y in range(22, 290, 18))
        cover += "".join(circle(11, y, 3.4, fill=INK, opacity=0.5) for y in range(22, 290, 18)) + line(
            rings, COLOURS["steel"], 3
        )
    else:
        cover += rect(0, 0, 34, height, fill=darker(colour, 0.35)) + rect(
            33, 0, 2, height, fill=LIGHT, opacity=0.3
        )
        cover += rect(88, 58, 84, 52, rx=2, fill=COLOURS["paper"]) + line(
            "M100 78H160M100 92H142", COLOURS["grey"], 1.6
        )
    pages = moved(_sheet_of(sheet, width - 4, height - 6, COLOURS["paper"], radius=3), 6, 7)
    leaf = moved(_sheet_of(sheet, width - 4, height - 6, lighter(COLOURS["ivory"], 0.2), radius=3), 3, 4)
    band = ""
    if recipe.extra == "band":
        band = rect(64, -height / 2, 8, height, fill=darker(colour, 0.5))
    ribbon = line("M30 140V186l-7 -9", COLOURS["vermilion"], 5) if recipe.extra == "ribbon" else ""
    return moved(
        ribbon + pages + leaf + _sheet_of(sheet, width, height, colour, cover, radius=4) + band, 0, 0, 1, -8
    )


def washi(sheet: Sheet, recipe: Recipe) -> str:
    """和紙: `count` sheets fanned out with torn-soft edges; `form=roll` stands rolls side by side."""
    colour = COLOURS[recipe.glaze or "ivory"]
    tone = COLOURS[recipe.accent] if recipe.accent else darker(colour, 0.3)
    if recipe.form == "roll":
        return _rolls(sheet, recipe, colour, tone)
    chance = Random(recipe.seed)  # noqa: S311  # marks of the hand, not secrets
    marks = ""
    sheets = max(recipe.count, 2)
    for step in range(sheets):
        last = step == sheets - 1
        shade = colour if last else (lighter(tone, 0.55) if step % 2 == 0 else lighter(colour, 0.4))
        edge = _deckle(chance)
        ornament = printed(sheet, edge, _print(recipe), tone, scale=1.5, opacity=0.75) if last else ""
        fibre = printed(sheet, edge, "fibres", darker(shade, 0.45), scale=1.1, opacity=0.35)
        one = lying_shadow(sheet, path(edge), x=4, y=6, depth=0.2) + path(edge, fill=shade) + ornament + fibre
        one += path(edge, fill=sheen(sheet)) + path(
            edge, fill="none", stroke=LIGHT, stroke_width=2.4, opacity=0.6
        )
        marks += moved(
            one, (sheets - 1 - step) * 13 - 8, (step - sheets + 1) * 8 + 4, turn=(sheets - 1 - step) * 7 - 9
        )
    return marks


def _deckle(chance: Random) -> str:
    """A sheet's four edges as the mould leaves them: not quite straight."""
    points = [(-108, -148), (0, -150), (108, -147), (110, 0), (107, 148), (0, 150), (-109, 147), (-107, 0)]
    text = ""
    for step, (x, y) in enumerate(points):
        text += f"{'L' if step else 'M'}{x + chance.randint(-3, 3)} {y + chance.randint(-3, 3)}"
    return text + "Z"


def _rolls(sheet: Sheet, recipe: Recipe, colour: str, tone: str) -> str:
    marks = ""
    shades = (colour, lighter(tone, 0.2), lighter(colour, 0.4), tone)
    for step in range(recipe.count):
        d, fill = swatch(56, 290, 4), shades[step % 4]
        inside = path(d, fill=fill)
        if step % 2 == 0:
            inside += printed(sheet, d, _print(recipe), tone, scale=1.1, opacity=0.7)
        inside += path(
            d, fill=sheet.linear((0, INK, 0.16), (0.3, LIGHT, 0.5), (0.6, INK, 0), (1, INK, 0.36), x2=1, y2=0)
        )
        inside += rect(0, 128, 56, 34, fill=COLOURS["kraft"]) + ellipse(28, 2, 28, 5, fill=darker(fill, 0.25))
        one = lying_shadow(sheet, path(d)) + inside
        marks += moved(one, (step - recipe.count / 2) * 68 + 6, -145 + 8 * (step % 2))
    return moved(marks, 0, 0, 1, 9)


def letters(sheet: Sheet, recipe: Recipe) -> str:
    """A letter set: paper with rules, an envelope with its flap, or small envelopes (`form=pochi`)."""
    colour = COLOURS[recipe.glaze or "paper"]
    tone = COLOURS[recipe.accent or "indigo"]
    if recipe.form == "pochi":
        return _pochi(sheet, recipe, colour, tone)
    rules = line("".join(f"M22 {y}H178" for y in range(56, 250, 22)), tone, 1, opacity=0.45)
    head = group(sprig(tone), transform="translate(164 30) scale(.5)")
    letter = _sheet_of(sheet, 200, 270, COLOURS["paper"], rules + head)
    d = swatch(250, 166, 2)
    flap = "M0 0H250L131 92Q125 96 119 92Z"
    front = printed(sheet, d, _print(recipe), tone, scale=1.2, opacity=0.55)
    folds = line("M0 166L104 82M250 166L146 82", INK, 1.6, opacity=0.18)
    front += folds + path(flap, fill=INK, opacity=0.22, transform="translate(0 4)", filter=sheet.blur(3))
    front += path(flap, fill=lighter(colour, 0.35)) + path(
        flap, fill=sheet.linear((0, LIGHT, 0.2), (1, INK, 0.08))
    )
    seal = circle(125, 88, 15, fill=COLOURS["vermilion"]) + circle(
        125, 88, 10, fill="none", stroke=LIGHT, opacity=0.5
    )
    envelope = _sheet_of(sheet, 250, 166, colour, front + seal)
    return moved(letter, 14, -54, 1, 7) + moved(envelope, -4, 66, 1.02, -5)


def _pochi(sheet: Sheet, recipe: Recipe, colour: str, tone: str) -> str:
    marks = ""
    grounds = (colour, lighter(tone, 0.2), COLOURS["paper"])
    for step in range(3):
        fill = grounds[step]
        d = swatch(104, 176, 2)
        inks = tone if step != 1 else COLOURS["paper"]
        inside = printed(sheet, d, _print(recipe), inks, scale=0.9, opacity=0.6)
        inside += rect(0, 0, 104, 30, fill=darker(fill, 0.06)) + rect(0, 30, 104, 2, fill=INK, opacity=0.2)
        inside += line("M36 96H68M52 96v40", COLOURS["vermilion"], 3) if step == 2 else ""
        marks += moved(
            _sheet_of(sheet, 104, 176, fill, inside),
            (step - 1) * 92,
            16 * (1 - step % 2) - 6,
            turn=(step - 1) * 9,
        )
    return moved(marks, 0, 0, 1.12)


def card(sheet: Sheet, recipe: Recipe) -> str:
    """A folded card on its envelope; the picture is `form`: cake, bouquet, sun, tree, star or heart."""
    colour = COLOURS[recipe.glaze or "paper"]
    tone = COLOURS[recipe.accent or "coral"]
    envelope = _sheet_of(
        sheet,
        262,
        186,
        lighter(tone, 0.35),
        path("M0 0L131 104L262 0Z", fill=darker(tone, 0.05), opacity=0.5),
    )
    frame = printed(sheet, swatch(186, 250, 3), _print(recipe), lighter(tone, 0.35), opacity=0.6)
    frame += rect(20, 22, 146, 206, rx=6, fill=COLOURS["paper"]) if frame else ""
    drawing = group(EMBLEMS[recipe.form or "bouquet"](tone), transform="translate(93 112) scale(1.12)")
    words = line("M62 196H124M76 208H110", darker(tone, 0.1), 2.6, opacity=0.8)
    front = _sheet_of(sheet, 186, 250, colour, frame + drawing + words, radius=3)
    return moved(envelope, 10, 46, 1, -8) + moved(front, -6, -14, 1, 5)


def _cake(tone: str) -> str:
    candles = line("M-20 -20V-40M0 -20V-44M20 -20V-40", COLOURS["butter"], 5)
    flames = "".join(
        f'<path d="M{x} {y}q7 9 0 14q-7 -5 0 -14" fill="{COLOURS["kaki"]}"/>'
        for x, y in ((-20, -58), (0, -62), (20, -58))
    )
    cream = path("M-46 -20H46V0Q34 12 23 0Q11 12 0 0Q-11 12 -23 0Q-34 12 -46 0Z", fill=COLOURS["mallow"])
    return (
        candles
        + flames
        + rect(-46, -20, 92, 56, rx=6, fill=tone)
        + cream
        + line("M-60 38H60", COLOURS["grey"], 4)
    )


def _bouquet(tone: str) -> str:
    stems = line("M0 54Q-6 10 -30 -22M0 54Q0 10 2 -38M0 54Q8 14 32 -18", COLOURS["leaf"], 3.4)
    blooms = (
        (-30, -26, tone),
        (2, -42, COLOURS["butter"]),
        (32, -22, COLOURS["sakura"]),
        (-12, -4, COLOURS["lilac"]),
    )
    heads = "".join(
        moved(
            "".join(circle(0, -9, 7, fill=fill, transform=f"rotate({turn})") for turn in range(0, 360, 72)),
            x,
            y,
        )
        + circle(x, y, 5, fill=COLOURS["mustard"])
        for x, y, fill in blooms
    )
    return stems + heads + path("M-24 22H24L8 62H-8Z", fill=lighter(tone, 0.4)) + line("M-16 34H16", tone, 4)


def _sun(tone: str) -> str:
    rays = "".join(f'<path d="M0 -42V-54" transform="rotate({turn})"/>' for turn in range(0, 360, 30))
    waves = line("M-50 40q12 -10 25 0t25 0 25 0 25 0M-50 54q12 -10 25 0t25 0 25 0 25 0", COLOURS["ai"], 4)
    return (
        f'<g stroke="{tone}" stroke-width="4" stroke-linecap="round">{rays}</g>'
        + circle(0, 0, 32, fill=tone)
        + waves
    )


def _tree(tone: str) -> str:
    green = COLOURS["leaf"]
    boughs = "M0 -62L24 -26H12L36 8H18L44 42H-44L-18 8H-36L-12 -26H-24Z"
    balls = "".join(
        circle(x, y, 5, fill=tone) for x, y in ((-8, -22), (12, 2), (-16, 20), (18, 32), (-28, 38))
    )
    return (
        rect(-6, 40, 12, 18, fill=COLOURS["walnut"])
        + path(boughs, fill=green)
        + balls
        + circle(0, -62, 7, fill=COLOURS["butter"])
    )


def _star(tone: str) -> str:
    big = "M0 -54L14 -16L54 -14L22 10L34 50L0 26L-34 50L-22 10L-54 -14L-14 -16Z"
    return (
        path(big, fill=tone, stroke=tone, stroke_width=8, stroke_linejoin="round")
        + circle(-12, 2, 3.4, fill=INK)
        + circle(12, 2, 3.4, fill=INK)
        + line("M-6 12Q0 18 6 12", INK, 2.6)
    )


def _heart(tone: str) -> str:
    big = "M0 50C-76 0 -50 -54 -22 -50C-6 -48 0 -32 0 -28C0 -32 6 -48 22 -50C50 -54 76 0 0 50Z"
    return path(big, fill=tone) + line("M-34 -22Q-30 -34 -20 -36", LIGHT, 5, opacity=0.7)


EMBLEMS = {"cake": _cake, "bouquet": _bouquet, "sun": _sun, "tree": _tree, "star": _star, "heart": _heart}


def pen(sheet: Sheet, recipe: Recipe) -> str:
    """`form` brush (筆), pencil (`count` of them) or fountain."""
    colour = COLOURS[recipe.glaze or "walnut"]
    tone = COLOURS[recipe.accent or "brass"]
    round_light = sheet.linear((0, INK, 0.25), (0.3, LIGHT, 0.5), (0.55, LIGHT, 0), (1, INK, 0.4), x2=1, y2=0)
    if recipe.form == "pencil":
        fills = [colour, tone, lighter(colour, 0.4), lighter(tone, 0.4), darker(colour, 0.2)]
        marks = ""
        for step in range(recipe.count):
            rod, cone = "M-9 -120H9V170H-9Z", "M-9 -120L0 -158L9 -120Z"
            one = (
                lying_shadow(sheet, path(rod), x=5, y=6)
                + path(rod, fill=fills[step % 5])
                + path(cone, fill=COLOURS["hinoki"])
            )
            one += path("M-3 -146L0 -158L3 -146Z", fill=darker(fills[step % 5], 0.4)) + path(
                rod + cone, fill=round_light
            )
            marks += moved(one, (step - (recipe.count - 1) / 2) * 34, (step % 2) * 14)
        return moved(marks, 0, 0, 1, 24)
    if recipe.form == "fountain":
        barrel = "M-15 -30H15V160Q0 176 -15 160Z"
        nib = "M-11 -30L-8 -62Q-6 -100 0 -126Q6 -100 8 -62L11 -30Z"
        marks = lying_shadow(sheet, path(barrel + nib)) + path(nib, fill=tone) + line("M0 -118V-72", INK, 1.4)
        marks += circle(0, -70, 3.4, fill=INK) + path(barrel, fill=colour) + rect(-15, -34, 30, 7, fill=tone)
        return moved(marks + path(barrel + nib, fill=round_light), 0, -14, 1.15, 38)
    handle, hair = (
        "M-10 -60H10L8 170Q0 178 -8 170Z",
        "M-14 -64C-20 -110 -6 -140 0 -176C6 -140 20 -110 14 -64Z",
    )
    marks = lying_shadow(sheet, path(handle + hair)) + path(hair, fill=COLOURS["ivory"])
    marks += path(
        "M-12 -120C-8 -140 -4 -156 0 -176C4 -156 8 -140 12 -120Q0 -108 -12 -120Z", fill=COLOURS["sumi"]
    )
    marks += (
        path(handle, fill=colour)
        + rect(-13, -70, 26, 16, rx=3, fill=tone)
        + path(handle + hair, fill=round_light)
    )
    loop = line("M0 172C-10 186 -8 196 0 198C8 196 10 186 0 172", COLOURS["vermilion"], 2)
    return moved(marks + loop, 0, 0, 1.05, 30)
