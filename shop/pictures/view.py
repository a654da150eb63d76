"""Boxes and other things with edges: a parallel projection whose faces take flat drawings."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

from shop.pictures.colours import INK, LIGHT, darker
from shop.pictures.light import sheen
from shop.pictures.sheet import Sheet, group, num, rect, use

Vector = tuple[float, float]


@dataclass(frozen=True)
class View:
    """The camera: `turn` degrees about the upright axis, `tilt` how much of the ground's depth shows."""

    turn: float = 28
    tilt: float = 0.5
    upright: float = 0.9

    @property
    def right(self) -> Vector:
        return cos(radians(self.turn)), sin(radians(self.turn)) * self.tilt

    @property
    def near(self) -> Vector:
        return -sin(radians(self.turn)), cos(radians(self.turn)) * self.tilt

    def point(self, x: float, y: float, z: float) -> Vector:
        """Where (right, near, up) falls on the picture."""
        (rx, ry), (nx, ny) = self.right, self.near
        return x * rx + y * nx, x * ry + y * ny - z * self.upright

    def top(self, content: str, x: float, y: float, z: float) -> str:
        """A flat drawing laid on the level `z` with its own origin at (x, y)."""
        return _placed(content, self.right, self.near, self.point(x, y, z))

    def front(self, content: str, x: float, y: float, z: float) -> str:
        """A flat drawing on the lit side, hanging down from (x, y, z)."""
        return _placed(content, self.right, (0, self.upright), self.point(x, y, z))

    def side(self, content: str, x: float, y: float, z: float) -> str:
        """A flat drawing on the shaded side, hanging down from (x, y, z)."""
        nx, ny = self.near
        return _placed(content, (-nx, -ny), (0, self.upright), self.point(x, y, z))


def _placed(content: str, u: Vector, v: Vector, origin: Vector) -> str:
    numbers = " ".join([*(f"{value:.3g}" for value in (*u, *v)), num(origin[0]), num(origin[1])])
    return group(content, transform=f"matrix({numbers})")


@dataclass(frozen=True)
class Block:
    """A box standing on level `base`, its middle over the origin."""

    width: float
    depth: float
    height: float
    base: float = 0
    view: View = View()
    radius: float = 0

    def top(self, content: str) -> str:
        """`content` drawn from (0, 0) to (width, depth), on the lid."""
        return self.view.top(content, -self.width / 2, -self.depth / 2, self.base + self.height)

    def front(self, content: str) -> str:
        return self.view.front(content, -self.width / 2, self.depth / 2, self.base + self.height)

    def side(self, content: str) -> str:
        return self.view.side(content, self.width / 2, self.depth / 2, self.base + self.height)

    def shadow(self, sheet: Sheet, depth: float = 0.3) -> str:
        """On the ground, to the right; and the dark line under the edges."""
        face = rect(0, 0, self.width, self.depth, rx=8)
        cast = self.view.top(face, -self.width / 2 + 16, -self.depth / 2 + 6, 0)
        close = self.view.top(face, -self.width / 2 + 1, -self.depth / 2 + 5, 0)
        return group(cast, fill=INK, opacity=depth * 0.8, filter=sheet.blur(11)) + group(
            close, fill=INK, opacity=depth, filter=sheet.blur(3)
        )

    def solid(
        self, sheet: Sheet, colour: str, *, on_top: str = "", on_front: str = "", on_side: str = ""
    ) -> str:
        """The three faces in the lamp's light, with flat drawings on them."""
        down = sheet.linear((0, LIGHT, 0.1), (1, INK, 0.16))
        flank = sheet.linear((0, INK, 0.24), (1, INK, 0.42), x2=0.3, y2=1)
        side = self._face(self.depth, self.height, darker(colour, 0.1), on_side, flank)
        front = self._face(self.width, self.height, colour, on_front, down)
        top = self._face(self.width, self.depth, colour, on_top, sheen(sheet))
        edge = sheet.stamp(rect(0, 0, self.width, 1.4, fill=LIGHT, opacity=0.5))
        return self.side(side) + self.front(front + use(edge)) + self.top(top)

    def _face(self, width: float, height: float, colour: str, content: str, light: str) -> str:
        rounded: dict[str, float] = {"rx": self.radius} if self.radius else {}
        plain = rect(0, 0, width, height, fill=colour, **rounded)
        return plain + content + rect(0, 0, width, height, fill=light, **rounded)
