"""Stationery: notebooks, 和紙, letters, pens and brushes. Most lie; they centre on the origin."""

from __future__ import annotations

from random import Random

from shop.pictures.boxes import sprig
from shop.pictures.colours import COLOURS, INK, LIGHT, contrasting, darker, lighter
from shop.pictures.light import lying_shadow, sheen
from shop.pictures.patterns import PATTERNS, printed, swatch
from shop.pictures.recipe import Recipe
from shop.pictures.sheet import Sheet, circle, ellipse, group, line, moved, path, rect


def sheet_of(
    sheet: Sheet,
    width: float,
    height: float,
    colour: str,
    marks: str = "",
    *,
    radius: float = 1,
) -> str:
    """One piece of paper, centred, with what is printed on it in its own coordinates."""
    d = swatch(width, height, radius)
    shadow = lying_shadow(sheet, path(d), x=6, y=9)
    inside = shadow + path(d, fill=colour) + marks + path(d, fill=sheen(sheet))
    return group(inside, transform=f"translate({-width / 2:g} {-height / 2:g})")


def print_of(recipe: Recipe) -> str:
    """The pattern to print, if the recipe names a flat one."""
    return recipe.pattern if recipe.pattern in PATTERNS else ""


def notebook(sheet: Sheet, recipe: Recipe) -> str:
    """`form` bound (cloth spine), stitched (和綴じ) or ring."""
    colour = COLOURS[recipe.glaze or "indigo"]
    tone = COLOURS[recipe.accent] if recipe.accent else contrasting(colour)
    width, height = 214.0, 296.0
    cover = printed(sheet, swatch(width, height, 4), print_of(recipe), tone, scale=1.3, opacity=0.7)
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
    pages = moved(sheet_of(sheet, width - 4, height - 6, COLOURS["paper"], radius=3), 6, 7)
    leaf = moved(sheet_of(sheet, width - 4, height - 6, lighter(COLOURS["ivory"], 0.2), radius=3), 3, 4)
    band = ""
    if recipe.extra == "band":
        band = rect(64, -height / 2, 8, height, fill=darker(colour, 0.5))
    ribbon = line("M30 140V186l-7 -9", COLOURS["vermilion"], 5) if recipe.extra == "ribbon" else ""
    return moved(
        ribbon + pages + leaf + sheet_of(sheet, width, height, colour, cover, radius=4) + band, 0, 0, 1, -8
    )


def washi(sheet: Sheet, recipe: Recipe) -> str:
    """和紙: `count` sheets fanned out with torn-soft edges; `form=roll` stands rolls side by side."""
    colour = COLOURS[recipe.glaze or "ivory"]
    tone = COLOURS[recipe.accent] if recipe.accent else darker(colour, 0.3)
    if recipe.form == "roll":
        return _rolls(sheet, recipe, colour, tone)
    chance = recipe.chance()
    marks = ""
    sheets = max(recipe.count, 2)
    for step in range(sheets):
        last = step == sheets - 1
        shade = colour if last else (lighter(tone, 0.55) if step % 2 == 0 else lighter(colour, 0.4))
        edge = _deckle(chance)
        ornament = printed(sheet, edge, print_of(recipe), tone, scale=1.5, opacity=0.75) if last else ""
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
            inside += printed(sheet, d, print_of(recipe), tone, scale=1.1, opacity=0.7)
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
    letter = sheet_of(sheet, 200, 270, COLOURS["paper"], rules + head)
    d = swatch(250, 166, 2)
    flap = "M0 0H250L131 92Q125 96 119 92Z"
    front = printed(sheet, d, print_of(recipe), tone, scale=1.2, opacity=0.55)
    folds = line("M0 166L104 82M250 166L146 82", INK, 1.6, opacity=0.18)
    front += folds + path(flap, fill=INK, opacity=0.22, transform="translate(0 4)", filter=sheet.blur(3))
    front += path(flap, fill=lighter(colour, 0.35)) + path(
        flap, fill=sheet.linear((0, LIGHT, 0.2), (1, INK, 0.08))
    )
    seal = circle(125, 88, 15, fill=COLOURS["vermilion"]) + circle(
        125, 88, 10, fill="none", stroke=LIGHT, opacity=0.5
    )
    envelope = sheet_of(sheet, 250, 166, colour, front + seal)
    return moved(letter, 14, -54, 1, 7) + moved(envelope, -4, 66, 1.02, -5)


def _pochi(sheet: Sheet, recipe: Recipe, colour: str, tone: str) -> str:
    marks = ""
    grounds = (colour, lighter(tone, 0.2), COLOURS["paper"])
    for step in range(3):
        fill = grounds[step]
        d = swatch(104, 176, 2)
        inks = tone if step != 1 else COLOURS["paper"]
        inside = printed(sheet, d, print_of(recipe), inks, scale=0.9, opacity=0.6)
        inside += rect(0, 0, 104, 30, fill=darker(fill, 0.06)) + rect(0, 30, 104, 2, fill=INK, opacity=0.2)
        inside += line("M36 96H68M52 96v40", COLOURS["vermilion"], 3) if step == 2 else ""
        marks += moved(
            sheet_of(sheet, 104, 176, fill, inside),
            (step - 1) * 92,
            16 * (1 - step % 2) - 6,
            turn=(step - 1) * 9,
        )
    return moved(marks, 0, 0, 1.12)


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
