"""Light and shadow: one lamp, upper left, for every drawing of the kit."""

from __future__ import annotations

from shop.pictures.colours import INK, LIGHT
from shop.pictures.sheet import Sheet, ellipse, group


def round_shade(sheet: Sheet) -> str:
    """Laid over an upright round body: lit on the left, core shadow on the right, a little light back."""
    return sheet.linear(
        (0, INK, 0.2),
        (0.1, INK, 0.04),
        (0.28, LIGHT, 0.3),
        (0.48, LIGHT, 0),
        (0.8, INK, 0.27),
        (0.94, INK, 0.36),
        (1, INK, 0.24),
        x2=1,
        y2=0,
    )


def fall_shade(sheet: Sheet) -> str:
    """Laid over a body: it darkens towards the ground."""
    return sheet.linear((0, LIGHT, 0.12), (0.45, INK, 0), (1, INK, 0.28))


def inner_shade(sheet: Sheet) -> str:
    """Laid into a mouth: the near left wall is in shade, the far right one is lit."""
    return sheet.linear((0, INK, 0.5), (0.35, INK, 0.24), (0.75, LIGHT, 0.08), (1, LIGHT, 0.3), x2=1, y2=0.35)


def sheen(sheet: Sheet) -> str:
    """Laid over a flat thing: a slow fall of light from the upper left."""
    return sheet.linear((0, LIGHT, 0.32), (0.5, LIGHT, 0), (1, INK, 0.14), x2=1, y2=1)


def ground_shadow(sheet: Sheet, radius: float, *, depth: float = 0.3, reach: float = 0.34) -> str:
    """Thrown to its right by what stands on the origin with a foot of `radius`; dark close under it."""
    cast = sheet.radial((0, INK, depth), (0.55, INK, depth * 0.45), (1, INK, 0))
    return ellipse(radius * 0.3, radius * 0.06, radius * 1.55, radius * reach * 1.5, fill=cast) + ellipse(
        radius * 0.05, 2, radius * 1.04, radius * reach * 1.02, fill=INK, opacity=0.3, filter=sheet.blur(4)
    )


def lying_shadow(sheet: Sheet, marks: str, *, x: float = 6, y: float = 9, depth: float = 0.28) -> str:
    """The shadow of a flat thing seen from above; `marks` is its outline, filled by inheritance."""
    return group(
        marks,
        transform=f"translate({x:g} {y:g})",
        fill=INK,
        opacity=depth,
        filter=sheet.blur(7),
    )
