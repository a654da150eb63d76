"""Writing SVG: marks as strings, shared definitions on a sheet. Imported by every file of shop.pictures.

Only presentation attributes are written: no script, no style, so a picture passes any content policy.
"""

from __future__ import annotations

from html import escape
from zlib import crc32

Attribute = str | float
Stop = tuple[float, str, float]  # offset 0 to 1, colour, opacity


def num(value: float) -> str:
    """A coordinate in as few characters as a tenth of a unit needs."""
    return _short(f"{value:.1f}".removesuffix(".0"))


def _short(number: str) -> str:
    """Without the nought before the point: some hundred bytes a picture."""
    return number.replace("0.", ".", 1) if number.startswith(("0.", "-0.")) else number


def tag(name: str, content: str = "", /, **attributes: Attribute) -> str:
    """One element; `stroke_width=2` writes `stroke-width="2"`. Values are the kit's own: none is escaped."""
    written = ""
    for key, value in attributes.items():
        text = value if isinstance(value, str) else _short(f"{value:.3g}")
        written += f' {key.replace("_", "-")}="{text}"'
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def trace(*parts: str | float) -> str:
    """The text of a path: `trace("M", 0, 0.04, "L", 3, 4)` is `M0 0L3 4`."""
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
        else:
            text += num(part) if text[-1:].isalpha() else f" {num(part)}"
    return text


def path(d: str, /, **attributes: Attribute) -> str:
    return tag("path", d=d, **attributes)


def line(d: str, colour: str, width: float, /, *, cap: str = "round", **attributes: Attribute) -> str:
    """A stroke along `d`."""
    return tag(
        "path", d=d, fill="none", stroke=colour, stroke_width=num(width), stroke_linecap=cap, **attributes
    )


def ellipse(cx: float, cy: float, rx: float, ry: float, /, **attributes: Attribute) -> str:
    return tag("ellipse", **_set(cx=cx, cy=cy, rx=rx, ry=ry), **attributes)


def circle(cx: float, cy: float, r: float, /, **attributes: Attribute) -> str:
    return tag("circle", **_set(cx=cx, cy=cy, r=r), **attributes)


def rect(x: float, y: float, width: float, height: float, /, **attributes: Attribute) -> str:
    return tag("rect", **_set(x=x, y=y, width=width, height=height), **attributes)


def _set(**numbers: float) -> dict[str, Attribute]:
    """Coordinates to write: nought is what a viewer takes anyway."""
    return {key: num(value) for key, value in numbers.items() if value}


def group(content: str, /, **attributes: Attribute) -> str:
    return tag("g", content, **attributes)


def moved(content: str, x: float, y: float, scale: float = 1, turn: float = 0) -> str:
    """`content` with its origin at (x, y), scaled, turned by degrees clockwise."""
    transform = f"translate({num(x)} {num(y)})"
    if turn:
        transform += f" rotate({num(turn)})"
    if scale != 1:
        transform += f" scale({scale:.3g})"
    return group(content, transform=transform)


def use(href: str, /, **attributes: Attribute) -> str:
    """An outline of the sheet, painted; or a stamp, set down."""
    return tag("use", href=href, **attributes)


class Sheet:
    """The definitions of one picture. Ids start with a hash of `key`, so pictures may share one page."""

    def __init__(self, key: str) -> None:
        self._prefix = f"p{crc32(key.encode()) >> 8:x}-"
        self._ids: dict[str, str] = {}

    def define(self, name: str, content: str, /, **attributes: Attribute) -> str:
        """The `url(#…)` of a definition; the same definition twice is written once."""
        markup = tag(name, content, **attributes)
        if markup not in self._ids:
            self._ids[markup] = f"{self._prefix}{len(self._ids)}"
        return f"url(#{self._ids[markup]})"

    def outline(self, d: str) -> str:
        """The `#id` of an outline to be painted several times with `use`."""
        return self.define("path", "", d=d)[4:-1]

    def stamp(self, content: str) -> str:
        """The `#id` of a drawing to be set down several times with `use`."""
        return self.define("g", content, opacity=1)[4:-1]

    def linear(self, *stops: Stop, x2: float = 0, y2: float = 1) -> str:
        """A gradient across the painted mark from its top left to (x2, y2), both 0 to 1."""
        return self.define("linearGradient", _stops(stops), x2=x2, y2=y2)

    def radial(self, *stops: Stop, cx: float = 0.5, cy: float = 0.5, r: float = 0.5) -> str:
        return self.define("radialGradient", _stops(stops), cx=cx, cy=cy, r=r)

    def clip(self, content: str) -> str:
        """A clip to the outlines drawn by `content`."""
        return self.define("clipPath", content, clipPathUnits="userSpaceOnUse")

    def blur(self, deviation: float) -> str:
        blurred = tag("feGaussianBlur", stdDeviation=deviation)
        return self.define("filter", blurred, x="-30%", y="-30%", width="160%", height="160%")

    def svg(self, content: str, *, width: int, height: int, title: str) -> str:
        """The whole picture. `title` may be anything: it is escaped."""
        definitions = "".join(
            markup.replace(" ", f' id="{key}" ', 1) for markup, key in self._ids.items()
        )  # every definition has an attribute, so the first blank ends its name
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
            f"<title>{escape(title)}</title><defs>{definitions}</defs>{content}</svg>"
        )


def _stops(stops: tuple[Stop, ...]) -> str:
    written = ""
    for offset, colour, opacity in stops:
        fade: dict[str, Attribute] = {"stop_opacity": opacity} if opacity < 1 else {}
        written += tag("stop", offset=offset, stop_color=colour, **fade)
    return written
