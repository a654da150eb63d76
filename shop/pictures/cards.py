"""Greeting cards and their emblems."""

from __future__ import annotations

from shop.pictures.colours import COLOURS, INK, LIGHT, darker, lighter
from shop.pictures.paper import print_of, sheet_of
from shop.pictures.patterns import printed, swatch
from shop.pictures.recipe import Recipe
from shop.pictures.sheet import Sheet, circle, group, line, moved, path, rect


def card(sheet: Sheet, recipe: Recipe) -> str:
    """A folded card on its envelope; the picture is `form`: cake, bouquet, sun, tree, star or heart."""
    colour = COLOURS[recipe.glaze or "paper"]
    tone = COLOURS[recipe.accent or "coral"]
    envelope = sheet_of(
        sheet,
        262,
        186,
        lighter(tone, 0.35),
        path("M0 0L131 104L262 0Z", fill=darker(tone, 0.05), opacity=0.5),
    )
    frame = printed(sheet, swatch(186, 250, 3), print_of(recipe), lighter(tone, 0.35), opacity=0.6)
    frame += rect(20, 22, 146, 206, rx=6, fill=COLOURS["paper"]) if frame else ""
    drawing = group(EMBLEMS[recipe.form or "bouquet"](tone), transform="translate(93 112) scale(1.12)")
    words = line("M62 196H124M76 208H110", darker(tone, 0.1), 2.6, opacity=0.8)
    front = sheet_of(sheet, 186, 250, colour, frame + drawing + words, radius=3)
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
