"""A bar chart as SVG text, readable in light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

_LEFT, _WIDTH, _ROW, _TOP = 330, 760, 30, 56
_STYLE = (
    "text{font:13px sans-serif;fill:#222}.bar{fill:#3b6ea5}.title{font-size:16px;font-weight:bold}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.bar{fill:#7fb0e0}}"
)


def bars(title: str, unit: str, values: Sequence[tuple[str, float]]) -> str:
    """One bar a value, named at its left, with its figure at its end."""
    longest = max((value for _name, value in values), default=0) or 1
    room = _WIDTH - _LEFT - 90
    lines = [_bar(number, name, value, room * value / longest) for number, (name, value) in enumerate(values)]
    height = _TOP + _ROW * len(values) + 10
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
        f'<text class="title" x="10" y="24">{escape(title)}</text>'
        f'<text x="10" y="44">{escape(unit)}, median of the rounds</text>'
    )
    return "\n".join([head, *lines, "</svg>\n"])


def _bar(number: int, name: str, value: float, length: float) -> str:
    y = _TOP + _ROW * number
    return (
        f'<text x="{_LEFT - 10}" y="{y + 16}" text-anchor="end">{escape(name)}</text>'
        f'<rect class="bar" x="{_LEFT}" y="{y}" width="{length:.1f}" height="22" rx="3"/>'
        f'<text x="{_LEFT + length + 8:.1f}" y="{y + 16}">{value:.2f}</text>'
    )


_COLOURS = ("#3b6ea5", "#b5562f", "#4c8c4a", "#8a5aa3", "#777777")


def lines(title: str, across: str, up: str, curves: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """One line for each curve of (x, y); both axes are linear from 0, so that linear cost is a straight line."""
    width, height, left, top = 760, 360, 60, 60
    far = max((x for points in curves.values() for x, _ in points), default=1) or 1
    high = max((y for points in curves.values() for _, y in points), default=1) or 1
    room_x, room_y = width - left - 190, height - top - 40
    drawn = []
    for number, (name, points) in enumerate(curves.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(
            f"{left + room_x * x / far:.1f},{top + room_y * (1 - y / high):.1f}" for x, y in points
        )
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        last = f"{name}: {points[-1][1]:.2f}" if points else name
        drawn.append(
            f'<text x="{width - 180}" y="{top + 20 * number}" style="fill:{colour}">{escape(last)}</text>'
        )
    axes = (
        f'<path d="M{left} {top}V{top + room_y}H{left + room_x}" fill="none" stroke="#888"/>'
        f'<text x="{left + room_x}" y="{height - 14}" text-anchor="end">{escape(across)}, to {far:g}</text>'
        f'<text x="10" y="44">{escape(up)}, to {high:.2f}</text>'
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
        f'<text class="title" x="10" y="24">{escape(title)}</text>'
    )
    return "\n".join([head, axes, *drawn, "</svg>\n"])
