"""Woven things: tenugui, towels, mats, bags, pouches, wrapping cloths."""

from __future__ import annotations

from dataclasses import replace

from shop.pictures.colours import COLOURS, INK, LIGHT, contrasting, darker, lighter
from shop.pictures.light import ground_shadow, lying_shadow, sheen
from shop.pictures.patterns import PATTERNS, flat_pattern, printed, swatch
from shop.pictures.recipe import Recipe
from shop.pictures.sheet import Sheet, circle, ellipse, group, line, moved, path, rect, trace, use
from shop.pictures.view import Block, View


def _dye(recipe: Recipe, default: str) -> tuple[str, str]:
    """The cloth's colour and that of its pattern."""
    colour = COLOURS[recipe.glaze or default]
    return colour, COLOURS[recipe.accent] if recipe.accent else contrasting(colour)


def _woven(sheet: Sheet, d: str, recipe: Recipe, tone: str, scale: float = 1.4) -> str:
    """The dyed pattern on a piece of cloth, and its weave."""
    pattern = recipe.pattern if recipe.pattern in PATTERNS else ""
    return printed(sheet, d, pattern, tone, scale=scale) + printed(sheet, d, "weave", INK, opacity=0.1)


def tenugui(sheet: Sheet, recipe: Recipe) -> str:
    """手ぬぐい folded in three, one corner turned over, lying."""
    colour, tone = _dye(recipe, "white")
    under, over = (
        "M-104 -150H112V156H-104Z",
        "M-112 -156H98Q104 -156 104 -150V96L50 150H-106Q-112 150 -112 144Z",
    )
    turned = "M104 96L50 150L44 92Q44 88 50 88Z"
    marks = (
        lying_shadow(sheet, path(under))
        + path(under, fill=darker(colour, 0.12))
        + _woven(sheet, under, recipe, tone)
    )
    marks += path("M104 -150V156H112V-150Z", fill=INK, opacity=0.14)
    marks += path(over, fill=INK, opacity=0.2, transform="translate(3 4)", filter=sheet.blur(3))
    marks += path(over, fill=colour) + _woven(sheet, over, recipe, tone) + path(over, fill=sheen(sheet))
    marks += path(
        "M-112 -52H104V-46H-112ZM-112 52H80V56H-112Z", fill=sheet.linear((0, INK, 0.14), (1, LIGHT, 0.3))
    )
    marks += path(turned, fill=lighter(colour, 0.3)) + path(
        turned, fill=sheet.linear((0, INK, 0.22), (1, LIGHT, 0), x2=1, y2=1)
    )
    fringe = "".join(f"M{x} 150v7" for x in range(-108, 50, 5))
    return moved(marks + line(fringe, lighter(colour, 0.4), 1.4), 0, 0, 1, -7)


def mat(sheet: Sheet, recipe: Recipe) -> str:
    """A cloth with a hem: place mat, `form` napkin, coaster (four of them) or trio (three handkerchiefs)."""
    colour, tone = _dye(recipe, "linen")
    if recipe.form == "coaster":
        one = _hemmed(sheet, 124, 124, colour, recipe, tone)
        places = ((-70, -66, -6), (70, -72, 5), (-66, 72, 4), (72, 66, -4))
        return "".join(moved(one, x, y, turn=turn) for x, y, turn in places)
    if recipe.form == "trio":
        fan = ((-58, 14, -16, "flowers"), (2, -8, 1, "stars"), (62, 18, 17, "dots"))
        return "".join(
            moved(_hemmed(sheet, 176, 176, colour, replace(recipe, pattern=pattern), tone), x, y, turn=turn)
            for x, y, turn, pattern in fan
        )
    wide, tall = (250, 300) if recipe.form == "napkin" else (300, 216)
    return moved(_hemmed(sheet, wide, tall, colour, recipe, tone), 0, 0, 1, -8)


def _hemmed(sheet: Sheet, width: float, height: float, colour: str, recipe: Recipe, tone: str) -> str:
    d = swatch(width, height, 3)
    stitches = rect(
        7,
        7,
        width - 14,
        height - 14,
        fill="none",
        stroke=tone,
        stroke_width=1.3,
        stroke_dasharray="6 4",
        opacity=0.6,
    )
    marks = lying_shadow(sheet, path(d), x=4, y=6) + path(d, fill=colour) + _woven(sheet, d, recipe, tone)
    return group(
        marks + stitches + path(d, fill=sheen(sheet)), transform=f"translate({-width / 2:g} {-height / 2:g})"
    )


def towel(sheet: Sheet, recipe: Recipe) -> str:
    """`count` folded towels in a pile, the folds towards us; `extra=ribbon` ties them."""
    colour, tone = _dye(recipe, "cream")
    view = View(turn=20, tilt=0.5)
    marks, base, high = "", 0.0, 42.0
    tones = [
        colour,
        tone if recipe.accent else lighter(colour, 0.4),
        lighter(colour, 0.25),
        darker(colour, 0.08),
    ]
    for step in range(recipe.count):
        block = Block(230, 160, high, base=base, view=view, radius=8)
        shade = tones[step % len(tones)]
        marks += block.shadow(sheet) if not step else ""
        marks += _folded(sheet, block, shade, recipe, tone if shade != tone else lighter(tone, 0.6))
        base += high - 2
    if recipe.extra == "ribbon":
        marks += _tied(base + 2, view, COLOURS["coral" if recipe.accent != "coral" else "leaf"])
    return marks


def _folded(sheet: Sheet, block: Block, colour: str, recipe: Recipe, tone: str) -> str:
    width, depth, high = block.width, block.depth, block.height
    pattern = recipe.pattern if recipe.pattern in PATTERNS else "waffle"
    top = rect(0, 0, width, depth, fill=flat_pattern(sheet, pattern, tone), opacity=0.4)
    top += rect(width - 34, 0, 12, depth, fill=tone, opacity=0.5)
    layers = "".join(f"M4 {high * k:.0f}H{width - 4:.0f}" for k in (0.34, 0.68))
    ends = "".join(f"M{depth - 4:.0f} {high * k:.0f}H6" for k in (0.18, 0.34, 0.5, 0.68, 0.84))
    folds, rolls = (use(sheet.stamp(line(d, INK, 2.3, opacity=0.21))) for d in (layers, ends))
    return block.solid(sheet, colour, on_top=use(sheet.stamp(top)), on_front=folds, on_side=rolls)


def _tied(top: float, view: View, colour: str) -> str:
    band = view.top(rect(-11, -80, 22, 160, fill=colour), 0, 0, top)
    x, y = view.point(0, 80, top)
    drop = rect(
        -10, 0, 20.5, top * view.upright, fill=darker(colour, 0.1), transform=f"translate({x:.1f} {y:.1f})"
    )
    knot = "M0 0C-16 -26 -52 -30 -52 -12C-52 6 -20 8 0 0C20 8 52 6 52 -12C52 -30 16 -26 0 0Z"
    tails = line("M0 2Q-16 18 -30 24M0 2Q14 20 32 24", darker(colour, 0.2), 9)
    middle = view.point(0, 0, top)
    return (
        band
        + drop
        + moved(tails + path(knot, fill=colour) + circle(0, -3, 8, fill=darker(colour, 0.2)), *middle)
    )


def tote(sheet: Sheet, recipe: Recipe) -> str:
    """A bag with two handles, standing; `form=wide` is low, `form=basket` woven."""
    colour, tone = _dye(recipe, "natural")
    wide = 26 if recipe.form == "wide" else 0
    d = trace("M", -112 - wide, -196 + wide, "L", 112 + wide, -196 + wide)
    d += trace("C", 118 + wide, -120, 118 + wide, -60, 110 + wide, -8, "Q", 0, 8, -110 - wide, -8)
    d += trace("C", -118 - wide, -60, -118 - wide, -120, -112 - wide, -196 + wide, "Z")
    top = -196 + wide
    grip = f"M-58 {top + 26}C-64 {top - 104} 64 {top - 104} 58 {top + 26}"
    back = f"M-54 {top}C-58 {top - 84} 66 {top - 84} 60 {top}"
    strap = (
        COLOURS[recipe.accent] if recipe.accent and recipe.pattern in {"", "weave"} else darker(colour, 0.2)
    )
    folds = f"M-70 {top + 50}Q-82 -80 -58 -10M74 {top + 60}Q86 -90 70 -14M10 {top + 90}Q2 -60 14 -8"
    marks = ground_shadow(sheet, 118, reach=0.2) + line(back, darker(strap, 0.35), 13)
    marks += ellipse(0, top, 112 + wide, 9, fill=darker(colour, 0.5)) + path(d, fill=colour)
    marks += group(_bag_pattern(sheet, d, recipe, tone, top), clip_path=sheet.clip(path(d)))
    marks += path(d, fill=sheet.linear((0, LIGHT, 0.3), (0.5, INK, 0), (1, INK, 0.28), x2=1, y2=0.5))
    marks += line(folds, INK, 9, opacity=0.1, filter=sheet.blur(4))
    hem = f"M{-110 - wide} {top + 16}H{110 + wide}"
    marks += line(hem, darker(colour, 0.3), 1.4, stroke_dasharray="7 4", opacity=0.7)
    return marks + line(grip, strap, 14) + line(grip, lighter(strap, 0.3), 3, opacity=0.4)


def _bag_pattern(sheet: Sheet, d: str, recipe: Recipe, tone: str, top: float) -> str:
    if recipe.form == "basket":
        reeds = path(d, fill=flat_pattern(sheet, "ichimatsu", INK, 0.8), opacity=0.2)
        return reeds + path(d, fill=flat_pattern(sheet, "pinstripe", LIGHT, 1.4), opacity=0.25)
    if recipe.extra == "block":
        return rect(-170, -76, 340, 120, fill=tone)
    if recipe.pattern:
        return _woven(sheet, d, recipe, tone)
    pocket = rect(-44, top + 74, 88, 76, rx=4, fill=LIGHT, opacity=0.16)
    seam = rect(-44, top + 74, 88, 76, rx=4, fill="none", stroke=tone, stroke_dasharray="5 4", opacity=0.5)
    return _woven(sheet, d, recipe, tone) + pocket + seam


def pouch(sheet: Sheet, recipe: Recipe) -> str:
    """A small bag: `form` zip, clasp (がま口) or string (巾着)."""
    colour, tone = _dye(recipe, "indigo")
    form = recipe.form or "zip"
    d = {
        "clasp": "M-96 -112Q0 -142 96 -112C140 -80 142 -8 104 -3Q0 8 -104 -3C-142 -8 -140 -80 -96 -112Z",
        "string": "M-36 -134C-60 -120 -128 -70 -112 -14Q-104 6 0 6T112 -14C128 -70 60 -120 36 -134Z",
    }.get(
        form, "M-124 -118Q-128 -126 -118 -126H118Q128 -126 124 -118L134 -12Q134 0 122 0H-122Q-134 0 -134 -12Z"
    )
    marks = ground_shadow(sheet, 126, reach=0.2) + path(d, fill=colour)
    marks += group(_woven(sheet, d, recipe, tone, 1.2), clip_path=sheet.clip(path(d)))
    marks += path(d, fill=sheet.linear((0, LIGHT, 0.34), (0.5, INK, 0), (1, INK, 0.36), x2=0.8, y2=1))
    return marks + {"clasp": _clasp, "string": _drawstring}.get(form, _zip)(sheet, colour, tone)


def _clasp(sheet: Sheet, _colour: str, _tone: str) -> str:
    brass = COLOURS["brass"]
    frame = "M-98 -106Q-96 -124 -80 -128Q0 -150 80 -128Q96 -124 98 -106"
    metal = sheet.linear((0, lighter(brass, 0.6), 1), (0.5, brass, 1), (1, darker(brass, 0.3), 1), x2=1, y2=0)
    balls = "".join(
        circle(x, y, 11, fill=metal) + circle(x - 3, y - 4, 3, fill=LIGHT, opacity=0.8)
        for x, y in ((-8, -150), (10, -152))
    )
    return line(frame, darker(brass, 0.3), 10) + line(frame, lighter(brass, 0.3), 5) + balls


def _drawstring(_sheet: Sheet, colour: str, _tone: str) -> str:
    ruffle = "M-36 -134C-58 -154 -46 -172 -54 -182Q-26 -172 -10 -184Q6 -172 26 -184Q40 -172 54 -180"
    ruffle += "C46 -168 58 -152 36 -134Q0 -124 -36 -134Z"
    cord = COLOURS["vermilion"]
    knots = line("M-38 -134Q0 -122 38 -134", cord, 6) + line(
        "M36 -134Q66 -120 62 -84M36 -134Q80 -126 84 -92", cord, 4
    )
    tassels = circle(62, -80, 7, fill=cord) + circle(84, -88, 7, fill=cord)
    pleats = line(
        "M-24 -132Q-60 -100 -70 -50M0 -128Q-4 -90 -2 -50M24 -132Q60 -100 70 -56", INK, 5, opacity=0.14
    )
    return path(ruffle, fill=lighter(colour, 0.1)) + pleats + knots + tassels


def _zip(_sheet: Sheet, colour: str, tone: str) -> str:
    teeth = line("M-116 -117H116", COLOURS["brass"], 5, stroke_dasharray="2 5")
    pull = rect(98, -118, 9, 36, rx=4, fill=COLOURS["oak"]) + circle(102, -117, 6, fill=COLOURS["brass"])
    return (
        rect(-122, -123, 244, 13, rx=6, fill=darker(colour, 0.3))
        + teeth
        + pull
        + line("M-122 -104H122", lighter(tone, 0.2), 1.3, stroke_dasharray="6 4", opacity=0.6)
    )


def furoshiki(sheet: Sheet, recipe: Recipe) -> str:
    """風呂敷 round a box, knotted on top; `form=bottle` round a bottle."""
    colour, tone = _dye(recipe, "plum")
    d = (
        "M-34 -208C-48 -150 -66 -110 -66 -20Q-64 4 0 6T66 -20C66 -110 48 -150 34 -208Z"
        if recipe.form == "bottle"
        else "M-30 -128C-80 -118 -132 -108 -138 -84L-128 -10Q-122 8 0 8T128 -10L138 -84C132 -108 80 -118 30 -128Z"
    )
    top = -208 if recipe.form == "bottle" else -126
    marks = ground_shadow(sheet, 70 if recipe.form == "bottle" else 124, reach=0.24) + path(d, fill=colour)
    marks += group(_woven(sheet, d, recipe, tone), clip_path=sheet.clip(path(d)))
    marks += path(d, fill=sheet.linear((0, LIGHT, 0.34), (0.5, INK, 0), (1, INK, 0.4), x2=0.9, y2=0.8))
    wide = 40 if recipe.form == "bottle" else 104
    creases = trace(
        "M", -14, top, "Q", -wide * 0.6, top + 30, -wide, top + 66, "M", 14, top, "Q", wide * 0.5, top + 40
    )
    creases += trace("", wide * 0.8, top + 86, "M", 0, top + 6, "Q", -6, top + 60, 4, top + 116)
    marks += line(creases, INK, 6, opacity=0.2, filter=sheet.blur(2))
    ears = "M0 0C-30 -10 -60 -62 -104 -58C-100 -28 -50 4 0 8ZM0 0C30 -14 56 -70 98 -70C100 -36 52 2 0 8Z"
    knot = path(ears, fill=colour)
    if recipe.pattern in PATTERNS:
        knot += path(ears, fill=flat_pattern(sheet, recipe.pattern, tone, 1.4), opacity=0.8)
    knot += path(ears, fill=sheet.linear((0, LIGHT, 0.3), (1, INK, 0.3)))
    knot += ellipse(0, 2, 25, 19, fill=darker(colour, 0.08)) + ellipse(
        -6, -4, 11, 7, fill=LIGHT, opacity=0.25
    )
    return marks + moved(knot, 0, top)
