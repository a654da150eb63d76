"""A bar chart as SVG text, readable in light and dark."""

from __future__ import annotations

from collections.abc import Sequence
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
