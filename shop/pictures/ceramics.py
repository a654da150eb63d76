"""Thrown pots: bowls, cups, plates, teapots, vases, lidded pots. The origin is where they stand."""

from __future__ import annotations

from shop.pictures.colours import COLOURS, INK, LIGHT, darker, lighter
from shop.pictures.light import ground_shadow
from shop.pictures.recipe import Recipe
from shop.pictures.sheet import Sheet, ellipse, line, moved, num, path, trace
from shop.pictures.surface import decorate
from shop.pictures.turned import Turned, body, opening, smooth

MATT = frozenset({"clay", "iron", "kohiki", "terracotta", "ash", "linen"})
RUST = COLOURS["cocoa"]

BOWLS = {
    "rice": Turned(((0, 44), (10, 44), (13, 60), (42, 96), (82, 118), (106, 124))),
    "donburi": Turned(((0, 52), (12, 54), (16, 74), (50, 118), (96, 142), (124, 150))),
    "matcha": Turned(((0, 50), (8, 50), (12, 78), (34, 104), (92, 110), (122, 106))),
    "shallow": Turned(((0, 60), (8, 60), (12, 76), (40, 126), (72, 154), (82, 160)), tilt=0.3),
    "soup": Turned(((0, 46), (14, 44), (18, 60), (46, 108), (88, 112), (104, 108))),
    "small": Turned(((0, 38), (8, 38), (12, 50), (34, 84), (58, 98), (66, 101)), tilt=0.36),
    "katakuchi": Turned(((0, 46), (10, 46), (14, 58), (44, 104), (80, 116), (96, 117))),
}
CUPS = {
    "yunomi": Turned(((0, 50), (6, 52), (10, 62), (40, 72), (110, 74), (142, 72))),
    "guinomi": Turned(((0, 34), (6, 36), (10, 46), (40, 64), (76, 70))),
    "soba": Turned(((0, 46), (6, 48), (10, 54), (60, 70), (104, 84))),
    "tumbler": Turned(((0, 48), (6, 52), (60, 62), (120, 70), (170, 75))),
    "mug": Turned(((0, 58), (6, 66), (14, 70), (70, 72), (134, 72))),
    "tea": Turned(((0, 36), (8, 36), (12, 46), (42, 78), (84, 92))),
}
VASES = {
    "bottle": Turned(((0, 62), (8, 70), (60, 88), (120, 74), (170, 30), (214, 24), (244, 30))),
    "round": Turned(((0, 50), (8, 58), (50, 98), (100, 100), (142, 56), (158, 36), (172, 40))),
    "bud": Turned(((0, 48), (8, 54), (50, 60), (110, 46), (160, 22), (200, 17), (216, 20))),
    "cylinder": Turned(((0, 50), (6, 54), (100, 56), (190, 54), (206, 55))),
}


def glaze_of(recipe: Recipe, default: str) -> str:
    return COLOURS[recipe.glaze or default]


def vessel(sheet: Sheet, recipe: Recipe, shape: Turned, colour: str, *, wall: float = 5) -> str:
    """Shadow, wall with its pattern, and mouth."""
    chance = recipe.chance()
    gloss = 0.12 if recipe.glaze in MATT else 0.5
    surface = decorate(sheet, shape, recipe.pattern, colour, recipe.accent, chance)
    lip = RUST if recipe.extra == "rust" else colour
    inside = COLOURS["white"] if recipe.extra == "white-inside" else darker(colour, 0.08)
    return (
        ground_shadow(sheet, shape.foot * 1.25)
        + body(sheet, shape, colour, surface, gloss=gloss)
        + opening(sheet, shape, lip, inside, wall=wall)
    )


def bowl(sheet: Sheet, recipe: Recipe) -> str:
    shape = BOWLS[recipe.form or "rice"]
    colour = glaze_of(recipe, "white")
    marks = vessel(sheet, recipe, shape, colour)
    if recipe.form == "katakuchi":
        top = -shape.height
        out = trace("M", 84, top - 24, "C", 118, top - 26, 148, top - 18, 158, top - 2)
        spout = out + trace("C", 140, top + 18, 120, top + 30, 104, top + 20, "Z")
        marks += path(spout, fill=darker(colour, 0.06)) + path(
            spout, fill=sheet.linear((0, LIGHT, 0.3), (1, INK, 0.3))
        )
    return marks


def cup(sheet: Sheet, recipe: Recipe) -> str:
    shape = CUPS[recipe.form or "yunomi"]
    colour = glaze_of(recipe, "celadon")
    handle = _ear(sheet, shape, colour) if recipe.form == "mug" else ""
    marks = handle + vessel(sheet, recipe, shape, colour)
    drink = {"with-tea": "matcha", "with-coffee": "cocoa", "with-hojicha": "hojicha"}.get(recipe.accent)
    return marks + (liquid(shape, COLOURS[drink]) if drink else "")


def liquid(shape: Turned, colour: str) -> str:
    """What stands a finger below the lip."""
    inner, top = shape.mouth - 11, -shape.height + 5
    marks = ellipse(0, top, inner, inner * shape.tilt * 0.86, fill=colour)
    return marks + ellipse(-inner * 0.35, top - 2, inner * 0.34, inner * 0.06, fill=LIGHT, opacity=0.3)


def _ear(sheet: Sheet, shape: Turned, colour: str) -> str:
    """A mug's handle, on the right, behind the wall."""
    high, low, out = -shape.height * 0.8, -shape.height * 0.24, shape.widest
    d = trace("M", out - 6, high, "C", out + 58, high - 10, out + 54, low + 8, out - 10, low)
    shade = sheet.linear((0, LIGHT, 0.25), (1, INK, 0.4))
    return (
        line(d, darker(colour, 0.14), 17) + line(d, lighter(colour, 0.2), 6, opacity=0.6) + line(d, shade, 17)
    )


def plate(sheet: Sheet, recipe: Recipe) -> str:
    """Seen from higher up, so that its face shows; `form` oval and leaf-shaped dishes share the face."""
    colour = glaze_of(recipe, "white")
    tilt = 0.56
    wide = {"small": 112, "oval": 168}.get(recipe.form, 152)
    flat = tilt * (0.78 if recipe.form == "oval" else 1)
    tall = wide * flat
    middle = -tall * 0.62
    marks = ground_shadow(sheet, wide * 0.86, depth=0.34, reach=flat)
    marks += ellipse(0, middle + 13, wide * 0.96, tall * 0.98, fill=darker(colour, 0.36))
    marks += ellipse(0, middle, wide, tall, fill=colour)
    clip = sheet.clip(ellipse(0, middle, wide, tall))
    painted = _face_marks(sheet, recipe, colour, middle, wide, flat)
    marks += f'<g clip-path="{clip}">{painted}</g>'
    light = sheet.linear((0, INK, 0.16), (0.3, LIGHT, 0.06), (0.7, LIGHT, 0.3), (1, INK, 0.05), x2=1, y2=1)
    marks += ellipse(0, middle, wide, tall, fill=light)
    well = sheet.linear((0, INK, 0.24), (0.4, INK, 0.04), (1, LIGHT, 0.35), x2=1, y2=1)
    marks += ellipse(0, middle + 4, wide * 0.68, tall * 0.68, fill="none", stroke=well, stroke_width=5)
    rim = RUST if recipe.extra == "rust" else lighter(colour, 0.6)
    return marks + ellipse(
        0, middle, wide - 2, tall - 2, fill="none", stroke=rim, stroke_width=3, opacity=0.8
    )


def _face_marks(sheet: Sheet, recipe: Recipe, colour: str, middle: float, wide: float, flat: float) -> str:
    """A pattern on the plate's face is a pattern on a disc, laid flat."""
    if not recipe.pattern:
        return ""
    disc = Turned(((0, wide), (wide * 0.9, wide), (wide * 2, wide)), tilt=0.01)
    chance = recipe.chance()
    if recipe.pattern in {"stripes", "rings", "band"}:
        accent = COLOURS[recipe.accent or "ruri"]
        shares = {"stripes": (0.93, 0.86), "rings": (0.93, 0.8, 0.58, 0.44, 0.3, 0.16), "band": (0.86,)}
        width = 13 if recipe.pattern == "band" else 3
        return "".join(
            ellipse(
                0, middle, wide * share, wide * flat * share, fill="none", stroke=accent, stroke_width=width
            )
            for share in shares[recipe.pattern]
        )
    painted = decorate(sheet, disc, recipe.pattern, colour, recipe.accent, chance)
    place = f"translate(0 {num(middle + wide * flat)}) scale(1 {flat:.2f})"
    return f'<g transform="{place}">{painted}</g>'


POT = Turned(((0, 58), (8, 64), (14, 78), (52, 112), (92, 106), (118, 72), (124, 60)))
LID = Turned(((0, 66), (4, 66), (18, 52), (28, 22), (31, 12)))


def teapot(sheet: Sheet, recipe: Recipe) -> str:
    """急須: `form` side (横手, handle towards the viewer's right), back (後手), or top (土瓶, a cane bow)."""
    colour = glaze_of(recipe, "clay")
    chance = recipe.chance()
    gloss = 0.16 if recipe.glaze in MATT or not recipe.glaze else 0.5
    surface = decorate(sheet, POT, recipe.pattern, colour, recipe.accent, chance)
    marks = ground_shadow(sheet, 88) + _spout(sheet, colour)
    form = recipe.form or "side"
    if form == "back":
        marks += _back_handle(sheet, colour)
    marks += body(sheet, POT, colour, surface, gloss=gloss)
    if form == "side":
        marks += _side_handle(sheet, colour)
    lid = COLOURS[recipe.accent] if recipe.pattern in {"", "shinogi"} and recipe.accent else colour
    marks += moved(_lid(sheet, lid), 0, -112)
    return marks + (_bow() if form == "top" else "")


def _spout(sheet: Sheet, colour: str) -> str:
    d = "M-84 -52C-118 -58 -128 -96 -150 -128L-128 -134C-116 -112 -96 -104 -74 -100Z"
    mouth = path("M-150 -128Q-142 -140 -128 -134Q-136 -124 -150 -128Z", fill=darker(colour, 0.5))
    light = sheet.linear((0, LIGHT, 0.28), (0.5, INK, 0), (1, INK, 0.34), x2=0.6, y2=1)
    return path(d, fill=colour) + path(d, fill=light) + mouth


def _side_handle(sheet: Sheet, colour: str) -> str:
    """横手: a hollow grip at a right angle to the spout, coming towards us."""
    d = "M46 -84C66 -92 82 -88 92 -76L150 -22C158 -8 140 8 124 0L58 -42C44 -54 40 -72 46 -84Z"
    light = sheet.linear((0, LIGHT, 0.42), (0.4, LIGHT, 0), (1, INK, 0.46), x2=-0.3, y2=1)
    hole = ellipse(137, -10, 9, 13, fill=darker(colour, 0.6), transform="rotate(38 137 -10)")
    return (
        path(d, fill=INK, opacity=0.25, transform="translate(4 8)", filter=sheet.blur(4))
        + path(d, fill=lighter(colour, 0.06))
        + path(d, fill=light)
        + hole
    )


def _back_handle(sheet: Sheet, colour: str) -> str:
    d = "M88 -108C150 -132 172 -60 92 -40"
    shade = sheet.linear((0, LIGHT, 0.3), (1, INK, 0.4))
    return line(d, darker(colour, 0.1), 16) + line(d, shade, 16)


def _bow() -> str:
    cane = COLOURS["bamboo"]
    d = "M-86 -104C-92 -236 92 -236 86 -104"
    wraps = "".join(
        f"M{x} {y}l8 -12" for x, y in ((-52, -192), (-30, -200), (-6, -202), (18, -198), (40, -190))
    )
    knots = ellipse(-86, -102, 8, 9, fill=darker(cane, 0.4)) + ellipse(86, -102, 8, 9, fill=darker(cane, 0.5))
    return (
        line(d, darker(cane, 0.28), 12)
        + line(d, lighter(cane, 0.3), 4, opacity=0.8)
        + line(wraps, darker(cane, 0.55), 3)
        + knots
    )


def _lid(sheet: Sheet, colour: str) -> str:
    knob = Turned(((0, 9), (8, 8), (14, 14), (22, 15), (28, 8)))
    edge = ellipse(0, 2, 67, 67 * LID.tilt, fill=INK, opacity=0.35)
    return edge + body(sheet, LID, colour, gloss=0.2) + moved(body(sheet, knob, colour, gloss=0), 0, -29)


def vase(sheet: Sheet, recipe: Recipe) -> str:
    shape = VASES[recipe.form or "round"]
    colour = glaze_of(recipe, "ash")
    stems = _branch(shape) if recipe.extra == "branch" else ""
    marks = vessel(sheet, recipe, shape, colour, wall=4)
    return marks + stems


def _branch(shape: Turned) -> str:
    """One sprig with a few leaves, leaning left."""
    top = -shape.height
    stem = [(3.0, top + 4), (-6.0, top - 40), (-34.0, top - 84), (-50.0, top - 118)]
    d = f"M{num(stem[0][0])} {num(stem[0][1])}{smooth(stem)}M-5 {num(top - 38)}q16 -22 34 -30"
    marks = line(d, COLOURS["walnut"], 3)
    leaves = (
        (-16, -52, -70),
        (-28, -78, 30),
        (-44, -100, -60),
        (-50, -118, -10),
        (29, -68, 60),
        (14, -56, 10),
    )
    for step, (x, y, turn) in enumerate(leaves):
        green = COLOURS["leaf"] if step % 2 else COLOURS["moss"]
        leaf = path("M0 0C-11 -8 -10 -24 0 -32C10 -24 11 -8 0 0Z", fill=green)
        marks += moved(leaf, x, top + y, turn=turn)
    return marks


def lidded(sheet: Sheet, recipe: Recipe) -> str:
    """A pot with a lid: 土鍋 (`donabe`), jar, or butter case."""
    colour = glaze_of(recipe, "kohiki")
    chance = recipe.chance()
    donabe = recipe.form != "jar"
    low = (
        Turned(((0, 84), (10, 92), (16, 108), (50, 136), (80, 142)))
        if donabe
        else Turned(((0, 66), (8, 74), (60, 90), (120, 88), (140, 84)))
    )
    top = low.widest - 6 if donabe else 78
    lid = Turned(((0, top), (5, top), (24, top * 0.82), (42, top * 0.4), (47, top * 0.2)))
    knob = Turned(((0, 20), (10, 18), (20, 27), (26, 26)))
    ears = "".join(
        path(
            f"M{side * 130} -76C{side * 178} -82 {side * 178} -50 {side * 126} -46Z",
            fill=darker(colour, 0.22),
        )
        for side in (-1, 1)
    )
    over = COLOURS[recipe.accent] if recipe.accent and recipe.pattern in {"", "drip"} else colour
    surface = decorate(sheet, low, recipe.pattern, colour, recipe.accent, chance)
    marks = (
        ground_shadow(sheet, low.foot * 1.2)
        + (ears if donabe else "")
        + body(sheet, low, colour, surface, gloss=0.25)
    )
    marks += ellipse(0, -low.height, low.mouth, low.mouth * low.tilt, fill=darker(colour, 0.45))
    cover = body(sheet, lid, over, gloss=0) + moved(body(sheet, knob, over, gloss=0), 0, -43)
    return marks + moved(cover, 0, -low.height + 2)
