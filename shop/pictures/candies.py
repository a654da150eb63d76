"""Candies in jars, twists of paper and boxes."""

from __future__ import annotations

from random import Random

from shop.pictures.colours import COLOURS, INK, LIGHT, darker, lighter
from shop.pictures.light import ground_shadow
from shop.pictures.recipe import Recipe
from shop.pictures.sheet import Sheet, circle, ellipse, group, line, moved, path, rect, use
from shop.pictures.sweets import dish
from shop.pictures.turned import Turned, body
from shop.pictures.view import Block, View


def candy(sheet: Sheet, recipe: Recipe) -> str:
    """`form` drops (in a glass jar), wrapped, caramel, chocolate or konpeito (in a paper twist)."""
    tones = [
        COLOURS[name]
        for name in (recipe.glaze or "coral", recipe.accent or "butter", "mint", "lilac", "peach")
    ]
    form = recipe.form or "drops"
    if form in {"drops", "konpeito"}:
        return _filled_jar(sheet, tones, recipe.chance(), form)
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
