"""Bodies of revolution: what comes off a potter's wheel or a lathe, seen from a little above."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import cos, radians, sin

from shop.pictures.colours import LIGHT, darker, lighter
from shop.pictures.light import fall_shade, inner_shade, round_shade
from shop.pictures.sheet import Sheet, ellipse, num, path, use

TILT = 0.32  # a circle on the ground is this much flatter than wide
SAMPLES = 6  # per piece of a profile, for finding a radius

Point = tuple[float, float]


def smooth(points: list[Point]) -> str:
    """Bézier pieces through `points` (Catmull-Rom), the first one already being the pen's place.

    A point given twice makes a corner.
    """
    pieces = []
    for i in range(len(points) - 1):
        (x0, y0), (x1, y1) = points[max(i - 1, 0)], points[i]
        (x2, y2), (x3, y3) = points[i + 1], points[min(i + 2, len(points) - 1)]
        if (x1, y1) == (x2, y2):
            continue
        first = f"{num(x1 + (x2 - x0) / 6)} {num(y1 + (y2 - y0) / 6)}"
        second = f"{num(x2 - (x3 - x1) / 6)} {num(y2 - (y3 - y1) / 6)}"
        pieces.append(f"C{first} {second} {num(x2)} {num(y2)}")
    return "".join(pieces)


@dataclass(frozen=True)
class Turned:
    """A body from its profile: (height above the ground, radius), from the foot up."""

    profile: tuple[Point, ...]
    tilt: float = TILT

    @property
    def height(self) -> float:
        return self.profile[-1][0]

    @property
    def mouth(self) -> float:
        return self.profile[-1][1]

    @property
    def foot(self) -> float:
        return self.profile[0][1]

    @cached_property
    def widest(self) -> float:
        return max(radius for _, radius in self.profile)

    @cached_property
    def outline(self) -> str:
        """The silhouette with the curve of the foot; the mouth is left to `opening`."""
        down = [(-radius, -height) for height, radius in reversed(self.profile)]
        up = [(radius, -height) for height, radius in self.profile]
        left, top = down[0]
        foot = num(self.foot)
        base = -self.profile[0][0]
        arc = f"A{foot} {num(self.foot * self.tilt)} 0 0 0 {foot} {num(base)}"
        return f"M{num(left)} {num(top)}{smooth(down)}{arc}{smooth(up)}Z"

    @cached_property
    def _samples(self) -> list[Point]:
        points, samples = self.profile, []
        for i in range(len(points) - 1):
            before, start = points[max(i - 1, 0)][1], points[i]
            end, after = points[i + 1], points[min(i + 2, len(points) - 1)][1]
            for step in range(SAMPLES):
                t = step / SAMPLES
                bend = (end[1] - before) / 2 * (t - 2 * t**2 + t**3) + (after - start[1]) / 2 * (t**3 - t**2)
                radius = start[1] * (1 - 3 * t**2 + 2 * t**3) + end[1] * (3 * t**2 - 2 * t**3) + bend
                samples.append((start[0] + (end[0] - start[0]) * t, radius))
        return [*samples, points[-1]]

    def radius(self, height: float) -> float:
        """The radius at `height`, which may lie outside the body: then the nearest end's."""
        low = self._samples[0]
        for high in self._samples:
            if high[0] >= height:
                span = high[0] - low[0]
                share = (height - low[0]) / span if span else 0
                return low[1] + (high[1] - low[1]) * max(share, 0)
            low = high
        return self.mouth

    def at(self, height: float, degrees: float) -> Point:
        """The place on the surface, 0° facing the viewer, -90° the left edge."""
        radius = self.radius(height)
        return radius * sin(radians(degrees)), -height + radius * self.tilt * cos(radians(degrees))

    def ring(self, height: float) -> str:
        """The near half of the circle at `height`, left to right."""
        radius = self.radius(height)
        return (
            f"M{num(-radius)} {num(-height)}"
            f"A{num(radius)} {num(radius * self.tilt)} 0 0 0 {num(radius)} {num(-height)}"
        )

    def below(self, height: float) -> str:
        """The part of the surface under `height`, as an outline."""
        points = [point for point in self._samples if point[0] < height]
        left = [(-radius, -level) for level, radius in reversed(points)]
        right = [(radius, -level) for level, radius in points]
        edge, foot = self.radius(height), num(self.foot)
        walls = "".join(f"L{num(x)} {num(y)}" for x, y in left[::2])
        back = "".join(f"L{num(x)} {num(y)}" for x, y in right[::2])
        base = f"L-{foot} {num(-self.profile[0][0])}A{foot} {num(self.foot * self.tilt)} 0 0 0 {foot} 0"
        return (
            f"M{num(-edge)} {num(-height)}{walls}{base}{back}L{num(edge)} {num(-height)}"
            f"A{num(edge)} {num(edge * self.tilt)} 0 0 1 {num(-edge)} {num(-height)}Z"
        )


def body(sheet: Sheet, shape: Turned, colour: str, surface: str = "", *, gloss: float = 0.4) -> str:
    """The lit wall: colour (`none` for glass), then `surface` (marks, cut to the silhouette), then light over both."""
    outline = sheet.outline(shape.outline)
    marks = use(outline, fill=colour) if colour != "none" else ""
    if surface:
        marks += f'<g clip-path="{sheet.clip(use(outline))}">{surface}</g>'
    marks += use(outline, fill=round_shade(sheet)) + use(outline, fill=fall_shade(sheet))
    return marks + (glint(sheet, shape, gloss) if gloss else "")


def glint(sheet: Sheet, shape: Turned, strength: float) -> str:
    """The lamp's reflection: a narrow sickle down the lit side."""
    low, high = shape.profile[0][0], shape.height
    span = high - low
    levels = [low + span * share for share in (0.88, 0.7, 0.5, 0.3)]
    out = [shape.at(level, degrees) for level, degrees in zip(levels, (-48, -50, -50, -46), strict=True)]
    back = [shape.at(level, degrees) for level, degrees in zip(levels[2:0:-1], (-42, -40), strict=True)]
    start = out[0]
    d = f"M{num(start[0])} {num(start[1])}{smooth(out)}{smooth([out[-1], *back, start])}Z"
    return path(d, fill=LIGHT, opacity=strength, filter=sheet.blur(1.4))


def opening(sheet: Sheet, shape: Turned, lip: str, inside: str, *, wall: float = 5) -> str:
    """The mouth: the lip as a ring, the inside behind it."""
    outer, inner = shape.mouth, shape.mouth - wall
    top = -shape.height
    marks = ellipse(0, top, outer, outer * shape.tilt, fill=lighter(lip, 0.25))
    marks += ellipse(1, top + 1, outer, outer * shape.tilt, fill=darker(lip, 0.12), opacity=0.35)
    hollow = (0.0, top + wall * 0.16, inner, inner * shape.tilt)
    return marks + ellipse(*hollow, fill=inside) + ellipse(*hollow, fill=inner_shade(sheet))
