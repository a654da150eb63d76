"""What is painted, carved or poured on a round body. Each takes the body and gives marks on its wall."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, radians
from random import Random

from shop.pictures.colours import COLOURS, INK, LIGHT, contrasting, darker, lighter, mix
from shop.pictures.patterns import flat_pattern
from shop.pictures.sheet import Sheet, ellipse, line, num, path, use
from shop.pictures.turned import Turned, smooth


def _levels(shape: Turned, *shares: float) -> list[float]:
    return [shape.height * share for share in shares]


def stripes(_sheet: Sheet, shape: Turned, colour: str, _chance: Random) -> str:
    """Rings drawn while the wheel turns, two fine and one broad."""
    widths = zip(_levels(shape, 0.86, 0.77, 0.71), (2.2, 6.5, 2.2), strict=True)
    return "".join(line(shape.ring(level), colour, width, opacity=0.9) for level, width in widths)


def rings(_sheet: Sheet, shape: Turned, colour: str, _chance: Random) -> str:
    levels = [shape.height * (0.1 + 0.115 * step) for step in range(8)]
    return "".join(line(shape.ring(level), colour, 2, opacity=0.7) for level in levels)


def band(_sheet: Sheet, shape: Turned, colour: str, _chance: Random) -> str:
    return line(shape.ring(shape.height * 0.66), colour, shape.height * 0.16, cap="butt")


def _upright(shape: Turned, degrees: float, high: float = 0.97) -> str:
    points = [shape.at(shape.height * (high + (0.02 - high) * step / 3), degrees) for step in range(4)]
    return f"M{num(points[0][0])} {num(points[0][1])}{smooth(points)}"


def tokusa(_sheet: Sheet, shape: Turned, colour: str, chance: Random) -> str:
    """十草: upright brush lines round the body."""
    d = "".join(_upright(shape, degrees + chance.uniform(-1.5, 1.5)) for degrees in range(-80, 81, 16))
    return line(d, colour, 2.6, opacity=0.88)


def shinogi(sheet: Sheet, shape: Turned, colour: str, _chance: Random) -> str:
    """鎬: facets cut with a plane; each edge takes light on one side and shade on the other."""
    edges = sheet.outline("".join(_upright(shape, degrees, high=0.88) for degrees in range(-78, 80, 12)))
    dark = use(edges, stroke=darker(colour, 0.45), opacity=0.5)
    light = use(edges, stroke=LIGHT, opacity=0.55, x="-2")
    return f'<g fill="none" stroke-width="1.6">{dark}{light}</g>'


def dots(_sheet: Sheet, shape: Turned, colour: str, _chance: Random) -> str:
    """水玉: rows of spots that narrow as the wall turns away."""
    size = shape.widest * 0.062
    marks = ""
    for row, share in enumerate((0.82, 0.6, 0.38)):
        for degrees in range(-72 + 12 * (row % 2), 80, 24):
            x, y = shape.at(shape.height * share, degrees)
            marks += ellipse(x, y, size * cos(radians(degrees)), size)
    return f'<g fill="{colour}" opacity=".88">{marks}</g>'


def petals(_sheet: Sheet, shape: Turned, colour: str, chance: Random) -> str:
    """小花: three scattered five-petal flowers with a leaf."""
    marks = ""
    for degrees, share in ((-46, 0.62), (4, 0.72), (44, 0.5), (-14, 0.36)):
        x, y = shape.at(shape.height * (share + chance.uniform(-0.03, 0.03)), degrees)
        width, size = cos(radians(degrees)), shape.widest * 0.075
        flower = "".join(
            f'<ellipse cy="-6" rx="3.6" ry="5.4" transform="rotate({turn})"/>' for turn in range(0, 360, 72)
        )
        place = f"translate({num(x)} {num(y)}) scale({width * size / 9:.2f} {size / 9:.2f})"
        heart = f'<circle r="2.6" fill="{COLOURS["mustard"]}"/>'
        marks += f'<g transform="{place}">{flower}{heart}</g>'
    return f'<g fill="{colour}" opacity=".9">{marks}</g>'


def vine(_sheet: Sheet, shape: Turned, colour: str, _chance: Random) -> str:
    """唐草: a running tendril with leaves."""
    middle, swing = shape.height * 0.6, shape.height * 0.1
    points = [
        shape.at(middle + swing * (1 if step % 2 else -1), degrees)
        for step, degrees in enumerate(range(-88, 90, 22))
    ]
    marks = line(f"M{num(points[0][0])} {num(points[0][1])}{smooth(points)}", colour, 2.4)
    for step, (x, y) in enumerate(points[1:-1]):
        side = 1 if step % 2 else -1
        out, back = num(-19 * side), f"{num(6 * side)} -2 {num(19 * side)}"
        marks += path(f"M{num(x)} {num(y)}q8 {num(-11 * side)} 2 {out}q-10 {back}", fill=colour)
    return marks


def brushed(_sheet: Sheet, shape: Turned, colour: str, chance: Random) -> str:
    """刷毛目: white slip swept on with a straw brush."""
    marks = ""
    for _ in range(9):
        level = shape.height * chance.uniform(0.3, 0.9)
        marks += line(shape.ring(level), colour, chance.uniform(2, 9), opacity=chance.uniform(0.3, 0.7))
    return marks


def _poured(shape: Turned, chance: Random, share: float) -> str:
    """The part a glaze leaves bare: under a wavering edge at `share` of the height."""
    points = []
    for degrees in range(-92, 93, 23):
        level = shape.height * (share + chance.uniform(-0.06, 0.06))
        points.append(shape.at(max(level, 2), degrees))
    (left, _), (right, _) = points[0], points[-1]
    top = num(points[0][1])
    return f"M{num(left - 9)} {top}L{num(left)} {top}{smooth(points)}L{num(right + 9)} 60H{num(left - 9)}Z"


def drip(_sheet: Sheet, shape: Turned, colour: str, chance: Random) -> str:
    """流し掛け: the glaze stops above the foot and the clay shows, with a thick edge."""
    edge = _poured(shape, chance, 0.26)
    return path(edge, fill=colour) + line(edge, INK, 2.5, opacity=0.22)


def two_tone(_sheet: Sheet, shape: Turned, colour: str, _chance: Random) -> str:
    """掛け分け: dipped twice, the lower half in another glaze."""
    level = shape.height * 0.52
    return path(shape.below(level), fill=colour) + line(shape.ring(level), INK, 1.6, opacity=0.25)


def speckle(_sheet: Sheet, shape: Turned, colour: str, chance: Random) -> str:
    """鉄粉: iron specks that came up through the glaze."""
    d = ""
    for _ in range(34):
        x, y = shape.at(shape.height * chance.uniform(0.05, 0.97), chance.uniform(-84, 84))
        d += f"M{num(x)} {num(y)}h.1"
    return line(d, darker(colour, 0.2), 2.1, opacity=0.5)


def cloud(sheet: Sheet, shape: Turned, colour: str, chance: Random) -> str:
    """窯変: paler and darker patches from the kiln."""
    marks = ""
    for step in range(6):
        x, y = shape.at(shape.height * chance.uniform(0.15, 0.95), chance.uniform(-75, 75))
        tone = lighter(colour, 0.5) if step % 2 else darker(colour, 0.4)
        marks += ellipse(x, y, chance.uniform(16, 40), chance.uniform(12, 30), fill=tone, opacity=0.28)
    return f'<g filter="{sheet.blur(7)}">{marks}</g>'


def _flat(name: str) -> Callable[[Sheet, Turned, str, Random], str]:
    def printed(sheet: Sheet, shape: Turned, colour: str, _chance: Random) -> str:
        fill = flat_pattern(sheet, name, colour, 0.76)
        return path(shape.outline, fill=fill, opacity=0.85)

    return printed


SURFACES: dict[str, Callable[[Sheet, Turned, str, Random], str]] = {
    "stripes": stripes,
    "rings": rings,
    "band": band,
    "tokusa": tokusa,
    "shinogi": shinogi,
    "dots": dots,
    "petals": petals,
    "vine": vine,
    "brushed": brushed,
    "drip": drip,
    "two-tone": two_tone,
    "speckle": speckle,
    "cloud": cloud,
}
# What a mark is painted in when the recipe names no second colour.
OWN_COLOUR = {"drip": "clay", "brushed": "white", "speckle": "cocoa"}


def decorate(sheet: Sheet, shape: Turned, pattern: str, colour: str, accent: str, chance: Random) -> str:
    """The marks of `pattern` on `shape`, a flat one printed round it.

    `colour` is the body's `#rrggbb`, `accent` a colour name or empty.
    """
    if not pattern:
        return ""
    if pattern in {"shinogi", "cloud"}:
        tone = colour
    elif accent:
        tone = COLOURS[accent]
    elif pattern in OWN_COLOUR:
        tone = COLOURS[OWN_COLOUR[pattern]]
    else:
        tone = mix(contrasting(colour), COLOURS["ruri"], 0.5)
    return SURFACES.get(pattern, _flat(pattern))(sheet, shape, tone, chance)
