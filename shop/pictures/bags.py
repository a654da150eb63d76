"""Things to carry with: bags, purses, wrapping cloths."""

from __future__ import annotations

from shop.pictures.cloth import dyed, woven
from shop.pictures.colours import COLOURS, INK, LIGHT, darker, lighter
from shop.pictures.light import ground_shadow
from shop.pictures.patterns import PATTERNS, flat_pattern
from shop.pictures.recipe import Recipe
from shop.pictures.sheet import Sheet, circle, ellipse, group, line, moved, path, rect, trace


def tote(sheet: Sheet, recipe: Recipe) -> str:
    """A bag with two handles, standing; `form=wide` is low, `form=basket` woven."""
    colour, tone = dyed(recipe, "natural")
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
        return woven(sheet, d, recipe, tone)
    pocket = rect(-44, top + 74, 88, 76, rx=4, fill=LIGHT, opacity=0.16)
    seam = rect(-44, top + 74, 88, 76, rx=4, fill="none", stroke=tone, stroke_dasharray="5 4", opacity=0.5)
    return woven(sheet, d, recipe, tone) + pocket + seam


def pouch(sheet: Sheet, recipe: Recipe) -> str:
    """A small bag: `form` zip, clasp (がま口) or string (巾着)."""
    colour, tone = dyed(recipe, "indigo")
    form = recipe.form or "zip"
    d = {
        "clasp": "M-96 -112Q0 -142 96 -112C140 -80 142 -8 104 -3Q0 8 -104 -3C-142 -8 -140 -80 -96 -112Z",
        "string": "M-36 -134C-60 -120 -128 -70 -112 -14Q-104 6 0 6T112 -14C128 -70 60 -120 36 -134Z",
    }.get(
        form, "M-124 -118Q-128 -126 -118 -126H118Q128 -126 124 -118L134 -12Q134 0 122 0H-122Q-134 0 -134 -12Z"
    )
    marks = ground_shadow(sheet, 126, reach=0.2) + path(d, fill=colour)
    marks += group(woven(sheet, d, recipe, tone, 1.2), clip_path=sheet.clip(path(d)))
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
    colour, tone = dyed(recipe, "plum")
    d = (
        "M-34 -208C-48 -150 -66 -110 -66 -20Q-64 4 0 6T66 -20C66 -110 48 -150 34 -208Z"
        if recipe.form == "bottle"
        else "M-30 -128C-80 -118 -132 -108 -138 -84L-128 -10Q-122 8 0 8T128 -10L138 -84C132 -108 80 -118 30 -128Z"
    )
    top = -208 if recipe.form == "bottle" else -126
    marks = ground_shadow(sheet, 70 if recipe.form == "bottle" else 124, reach=0.24) + path(d, fill=colour)
    marks += group(woven(sheet, d, recipe, tone), clip_path=sheet.clip(path(d)))
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
