"""Kitchen things: kettle, pan, trays, boards, chopsticks, knives, spoons. Lying ones centre on the origin."""

from __future__ import annotations

from random import Random

from shop.pictures.colours import COLOURS, INK, LIGHT, darker, lighter
from shop.pictures.light import ground_shadow, lying_shadow, sheen
from shop.pictures.patterns import swatch
from shop.pictures.recipe import Recipe
from shop.pictures.sheet import Sheet, circle, ellipse, group, line, moved, path, rect, trace
from shop.pictures.surface import decorate
from shop.pictures.turned import Turned, body
from shop.pictures.view import Block, View

KETTLE = Turned(((0, 84), (8, 96), (40, 116), (84, 104), (112, 70), (118, 58)))
KETTLE_LID = Turned(((0, 60), (4, 60), (14, 44), (20, 18), (22, 10)))
STRAIGHT = (
    "M",
    -104,
    -40,
    "C",
    -126,
    -48,
    -134,
    -92,
    -166,
    -120,
    "L",
    -150,
    -132,
    "C",
    -120,
    -112,
    -108,
    -88,
    -92,
    -80,
)


def kettle(sheet: Sheet, recipe: Recipe) -> str:
    """A kettle with a bow; `form=drip` gives it a swan neck for coffee."""
    colour = COLOURS[recipe.glaze or "iron"]
    swan = recipe.form == "drip"
    neck = "M-92 -34C-140 -30 -120 -120 -172 -138" if swan else ""
    marks = ground_shadow(sheet, 104)
    if swan:
        marks += line(neck, darker(colour, 0.15), 15) + line(neck, lighter(colour, 0.3), 5, opacity=0.8)
    else:
        spout = trace(*STRAIGHT, "Z")
        marks += path(spout, fill=darker(colour, 0.1)) + path(
            spout, fill=sheet.linear((0, LIGHT, 0.25), (1, INK, 0.3))
        )
    chance = recipe.chance()
    surface = decorate(sheet, KETTLE, recipe.pattern, colour, recipe.accent, chance)
    metal = recipe.glaze in {"copper", "brass", "steel", "silver"}
    marks += body(sheet, KETTLE, colour, surface, gloss=0.7 if metal else 0.2)
    knob = Turned(((0, 7), (8, 9), (15, 13), (22, 7)))
    lid = body(sheet, KETTLE_LID, colour, gloss=0) + moved(
        body(sheet, knob, COLOURS["walnut"] if metal else colour), 0, -20
    )
    marks += ellipse(0, -114, 61, 19, fill=INK, opacity=0.3) + moved(lid, 0, -112)
    bow = "M88 -92C170 -120 176 -24 100 -30" if swan else "M-84 -100C-96 -226 96 -226 84 -100"
    grip = COLOURS["walnut"] if metal else darker(colour, 0.25)
    return marks + line(bow, grip, 11) + line(bow, lighter(grip, 0.4), 3, opacity=0.5)


def pan(sheet: Sheet, recipe: Recipe) -> str:
    """A small pot of beaten metal with one handle, or an iron pan (`form=skillet`)."""
    colour = COLOURS[recipe.glaze or "copper"]
    low = recipe.form == "skillet"
    shape = (
        Turned(((0, 96), (6, 104), (20, 112), (46, 118)))
        if low
        else Turned(((0, 86), (8, 98), (50, 106), (92, 108)))
    )
    top = -shape.height
    handle = trace(
        "M", 92, top + 8, "L", 196, top - 36, "a", 9, 9, " 0 0 1 ", 10, 16, "L", 104, top + 26, "Z"
    )
    wood = COLOURS[recipe.accent or "oak"]
    beaten = "".join(
        circle(*shape.at(level, degrees), 9, fill=LIGHT, opacity=0.1)
        for level in range(16, int(shape.height), 25)
        for degrees in range(-72, 73, 24)
    )
    marks = ground_shadow(sheet, shape.foot * 1.15) + path(handle, fill=wood)
    marks += path(handle, fill=sheet.linear((0, LIGHT, 0.25), (1, INK, 0.35)))
    marks += body(sheet, shape, colour, "" if low else beaten, gloss=0.25 if low else 0.6)
    inside = lighter(colour, 0.12) if low else COLOURS["silver"]
    light = sheet.linear((0, INK, 0.45), (0.5, INK, 0.12), (1, LIGHT, 0.35), x2=1, y2=0.5)
    wide = shape.mouth
    marks += ellipse(0, top, wide, wide * shape.tilt, fill=lighter(colour, 0.35))
    for fill in (inside, light):
        marks += ellipse(0, top + 2, wide - 5, (wide - 5) * shape.tilt, fill=fill)
    return marks


def _grain(width: float, height: float, colour: str, chance: Random) -> str:
    """Growth rings along a board."""
    d = ""
    for row in range(7):
        y = height * (row + 0.6) / 7
        sway = [chance.uniform(-5, 5) for _ in range(2)]
        d += trace("M", 3, y, "C", width / 3, y + sway[0], width * 2 / 3, y + sway[1], width - 3, y)
    return line(d, darker(colour, 0.4), 1.3, opacity=0.35)


def tray(sheet: Sheet, recipe: Recipe) -> str:
    """An oblong tray with a raised edge; `form=round` is turned from one piece of wood."""
    colour = COLOURS[recipe.glaze or "walnut"]
    chance = recipe.chance()
    if recipe.form == "round":
        return _round_tray(sheet, colour, chance)
    block = Block(270, 190, 18, view=View(turn=24, tilt=0.56), radius=10)
    inner = group(
        path(swatch(246, 166, 6), fill=darker(colour, 0.34), stroke=lighter(colour, 0.3), stroke_width=2),
        transform="translate(12 12)",
    )
    shade = sheet.linear((0, INK, 0.4), (0.16, INK, 0.05), (1, LIGHT, 0.2), x2=1, y2=1)
    inner += group(
        path(swatch(246, 166, 6), fill=shade) + _grain(246, 166, colour, chance), transform="translate(12 12)"
    )
    return block.shadow(sheet) + moved(block.solid(sheet, colour, on_top=inner), 0, -6)


def _round_tray(sheet: Sheet, colour: str, chance: Random) -> str:
    shape = Turned(((0, 128), (4, 138), (24, 146)), tilt=0.46)
    rings = "".join(
        ellipse(
            chance.uniform(-3, 3),
            -20,
            134 * share,
            134 * share * 0.46,
            fill="none",
            stroke=darker(colour, 0.4),
        )
        for share in (0.92, 0.78, 0.66, 0.5, 0.36, 0.2)
    )
    shade = sheet.linear((0, INK, 0.36), (0.3, INK, 0.08), (1, LIGHT, 0.3), x2=1, y2=0.8)
    return (
        ground_shadow(sheet, 140, reach=0.46)
        + body(sheet, shape, colour, gloss=0)
        + ellipse(0, -24, 146, 67, fill=lighter(colour, 0.25))
        + ellipse(0, -21, 138, 62, fill=darker(colour, 0.1))
        + group(rings, opacity=0.3)
        + ellipse(0, -21, 138, 62, fill=shade)
    )


def board(sheet: Sheet, recipe: Recipe) -> str:
    """A cutting board, lying; `form=handle` has a grip with a hole, `form=round` is a disc."""
    colour = COLOURS[recipe.glaze or "hinoki"]
    chance = recipe.chance()
    outline = {
        "handle": "M-92 -150H92Q104 -150 104 -138V84Q104 98 88 102Q34 112 30 132V176Q30 192 0 192T-30 176V132"
        "Q-34 112 -88 102Q-104 98 -104 84V-138Q-104 -150 -92 -150Z",
        "round": "M-140 0a140 140 0 1 1 280 0a140 140 0 1 1 -280 0Z",
    }.get(
        recipe.form,
        "M-104 -168H104Q116 -168 116 -156V156Q116 168 104 168H-104Q-116 168 -116 156V-156Q-116 -168 -104 -168Z",
    )
    grain = moved(_grain(400, 300, colour, chance), 150, -200, turn=90)
    painted = group(grain, clip_path=sheet.clip(path(outline)))
    marks = lying_shadow(sheet, path(outline)) + group(
        path(outline, fill=darker(colour, 0.3)), transform="translate(2 5)"
    )
    marks += path(outline, fill=colour) + painted + path(outline, fill=sheen(sheet))
    hole = circle(0, 164, 9, fill=darker(colour, 0.55)) if recipe.form == "handle" else ""
    return moved(marks + hole, 0, -6, turn=8)


def chopsticks(sheet: Sheet, recipe: Recipe) -> str:
    """`count` pairs, lying aslant; `accent` colours the tops, `extra=rest` adds a rest under the tips."""
    colour = COLOURS[recipe.glaze or "walnut"]
    tip = COLOURS[recipe.accent] if recipe.accent else darker(colour, 0.35)
    stick = "M-7 -172Q0 -177 7 -172L3.4 168Q0 174 -3.4 168Z"
    one = path(stick, fill=colour) + path("M-7 -172Q0 -177 7 -172L6 -96H-6Z", fill=tip)
    one += rect(-6.2, -94, 12.4, 3, fill=COLOURS["gold"]) + path(
        "M-4 -170L-2 160L-3.4 160L-6.4 -170Z", fill=LIGHT, opacity=0.4
    )
    shadow = path(stick, fill=INK)
    pairs = recipe.count
    sticks, shadows = "", ""
    for step in range(2 * pairs):
        x = (step - pairs + 0.5) * 22 + (step // 2 - (pairs - 1) / 2) * 26
        sticks += moved(one, x, 0, turn=(step % 2) * 2 - 1)
        shadows += moved(shadow, x + 7, 8, turn=(step % 2) * 2 - 1)
    rest = ""
    if recipe.extra == "rest":
        pebble = sheet.linear((0, LIGHT, 0.4), (1, INK, 0.3), x2=1, y2=1)
        for fill in (COLOURS["celadon"], pebble):
            rest += rect(-46 * pairs + 8, 110, 92 * pairs - 16, 26, rx=12, fill=fill)
        rest = lying_shadow(sheet, rect(-46 * pairs + 8, 110, 92 * pairs - 16, 26, rx=12)) + rest
    return moved(rest + group(shadows, opacity=0.3, filter=sheet.blur(5)) + sticks, 0, 0, 1.04, 26)


def knife(sheet: Sheet, recipe: Recipe) -> str:
    """`form` santoku, nakiri or petty; `glaze` is the handle's wood."""
    wood = COLOURS[recipe.glaze or "hinoki"]
    blade = {
        "nakiri": "M-24 -168Q-30 -168 -30 -160V34H30V-156Q30 -168 20 -168Z",
        "petty": "M-14 34V-100Q-12 -146 12 -172Q16 -130 16 34Z",
    }.get(recipe.form, "M-28 34V-96Q-26 -150 22 -176Q30 -140 30 34Z")
    steel = sheet.linear(
        (0, "#8d9599", 1), (0.3, "#dfe4e5", 1), (0.62, "#aeb6b9", 1), (1, "#f2f5f5", 1), x2=1, y2=0
    )
    edge = {"nakiri": "M-24 -164V34", "petty": "M-9 34V-98Q-7 -138 10 -164"}.get(
        recipe.form, "M-21 34V-94Q-20 -140 18 -168"
    )
    handle = "M-13 56H13L15 178Q0 188 -15 178Z"
    marks = lying_shadow(sheet, path(blade) + path(handle))
    marks += path(blade, fill=steel) + line(edge, LIGHT, 5, opacity=0.75)
    marks += path("M-9 34H11L13 60H-13Z", fill="#3a3633") + path(handle, fill=wood)
    marks += path(handle, fill=sheet.linear((0, LIGHT, 0.4), (0.5, LIGHT, 0), (1, INK, 0.36), x2=1, y2=0))
    return moved(marks, 0, 0, 1.05, 32)


def spoon(sheet: Sheet, recipe: Recipe) -> str:
    """`form` spoon, spatula or ladle; `count` lie side by side."""
    colour = COLOURS[recipe.glaze or "cherry"]
    d = {
        "spatula": "M-30 -168Q0 -184 30 -160L26 -70Q14 -46 9 -30L8 176Q0 184 -8 176L-9 -30Q-14 -46 -26 -70Z",
        "ladle": "M-9 -70L-8 178Q0 186 8 178L9 -70C52 -76 58 -164 0 -166C-58 -164 -52 -76 -9 -70Z",
    }.get(recipe.form, "M-6 -86L-9 176Q0 184 9 176L6 -86C40 -98 36 -172 0 -174C-36 -172 -40 -98 -6 -86Z")
    hollow = {"spatula": "", "ladle": "M0 -156C-44 -154 -42 -84 0 -82C42 -84 44 -154 0 -156Z"}.get(
        recipe.form, "M0 -165C-28 -162 -30 -102 0 -96C30 -102 28 -162 0 -165Z"
    )
    dip = sheet.linear((0, INK, 0.42), (0.6, INK, 0.06), (1, LIGHT, 0.4), x2=1, y2=1)
    light = sheet.linear((0, LIGHT, 0.35), (0.55, LIGHT, 0), (1, INK, 0.35), x2=1, y2=0)
    one = path(d, fill=colour) + path(d, fill=light) + path(hollow, fill=dip)
    places = [(step - (recipe.count - 1) / 2) * 72 for step in range(recipe.count)]
    marks = "".join(moved(lying_shadow(sheet, path(d)) + one, x, 0) for x in places)
    return moved(marks, 0, 0, 1, 24)
