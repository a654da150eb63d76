"""Draw each table of states as a picture, and the page that shows them: `python tools/draw_states.py write|check`.

The pictures come from the tables that the code obeys; a test says when they differ.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from pathlib import Path
from typing import TypeVar

from payments import states as payments
from payments import stop as cards
from shop.approvals import states as approvals
from shop.fulfilment import states as fulfilment
from shop.orders import states as orders

State = TypeVar("State", bound=StrEnum)

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "states.md"
PICTURES = ROOT / "docs" / "images" / "states"

_GAP, _BOX, _HEIGHT, _MARGIN = 60, 112, 36, 24
_RISE = 26
"""How much higher an arc goes for each state that it passes over."""


@dataclass(frozen=True)
class Table:
    """One kind of thing that has states."""

    name: str
    title: str
    writer: str
    next: Mapping[StrEnum, frozenset[StrEnum]]


def _table(following: Mapping[State, frozenset[State]]) -> dict[StrEnum, frozenset[StrEnum]]:
    return {state: frozenset(then) for state, then in following.items()}


TABLES = (
    Table(
        "order", "Order", "`shop.orders.states.advance`, with a row in `order_history`", _table(orders.NEXT)
    ),
    Table(
        "payment",
        "Payment",
        "`payments.states.advance`, with a row in `payment_history`",
        _table(payments.NEXT),
    ),
    Table(
        "fulfilment",
        "Fulfilment of an order",
        "`shop.fulfilment.states.advance`, with a row in `fulfilment_history`",
        _table(fulfilment.NEXT),
    ),
    Table(
        "attempt",
        "Attempt: one session at the provider",
        "`payments.states.advance_attempt`, with a row in `attempt_history` (the common first step in one conditional "
        "statement of `payments.making`)",
        _table(payments.ATTEMPT_NEXT),
    ),
    Table(
        "refund",
        "Refund",
        "`payments.states.advance_refund`, with a row in `refund_history`",
        _table(payments.REFUND_NEXT),
    ),
    Table(
        "hold",
        "Hold",
        "`shop.orders.holds`, by one conditional statement, with a row in `hold_history`",
        _table(orders.HOLD_NEXT),
    ),
    Table(
        "approval",
        "Approval",
        "`shop.approvals.states.advance`, with a row in `approval_history`",
        _table(approvals.NEXT),
    ),
    Table(
        "cards",
        "Card payment of a store",
        "`payments.stop.turn`, with a row in `card_switch_history`",
        _table(cards.NEXT),
    ),
)


def picture(table: Table) -> str:
    """An SVG: the states in a row, steps forward as arcs above it, steps back below."""
    states = list(table.next)
    at = {state: _MARGIN + number * (_BOX + _GAP) for number, state in enumerate(states)}
    steps = [(states.index(one), states.index(other)) for one in states for other in table.next[one]]
    above = _MARGIN + _RISE * max((end - start for start, end in steps if end > start), default=0)
    below = _MARGIN + _RISE * max((start - end for start, end in steps if end < start), default=0)
    width = 2 * _MARGIN + len(states) * _BOX + (len(states) - 1) * _GAP
    arcs = "\n".join(_arc(start, end, above) for start, end in sorted(steps))
    boxes = "\n".join(_box(state, x, above, is_last=not table.next[state]) for state, x in at.items())
    return _FRAME.format(
        width=width, height=above + _HEIGHT + below, title=escape(table.title), arcs=arcs, boxes=boxes
    )


def _box(state: StrEnum, x: int, top: int, *, is_last: bool) -> str:
    kind = "box end" if is_last else "box"
    return (
        f'<rect class="{kind}" x="{x}" y="{top}" width="{_BOX}" height="{_HEIGHT}" rx="6"/>'
        f'<text x="{x + _BOX // 2}" y="{top + _HEIGHT // 2 + 5}">{escape(state.value)}</text>'
    )


def _arc(start: int, end: int, top: int) -> str:
    """From the right half of the first box to the left half of the other; nested, so that no two lie on each other."""
    forward = end > start
    span = abs(end - start)
    level = top if forward else top + _HEIGHT
    shift = min(40, 8 * span)
    begin = _middle(start) + (shift if forward else -shift)
    finish = _middle(end) - (shift if forward else -shift)
    peak = level - _RISE * span * 4 // 3 if forward else level + _RISE * span * 4 // 3
    return f'<path d="M{begin},{level} C{begin},{peak} {finish},{peak} {finish},{level}" marker-end="url(#tip)"/>'


def _middle(number: int) -> int:
    return _MARGIN + number * (_BOX + _GAP) + _BOX // 2


_FRAME = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"
  width="{width}" height="{height}" role="img">
<title>{title}</title>
<style>
.box {{ fill: #fffdf9; stroke: #1f3a5f; stroke-width: 1.5 }} .end {{ stroke-dasharray: 4 3 }}
path {{ fill: none; stroke: #5f5b53; stroke-width: 1.4 }} marker path {{ fill: #5f5b53; stroke: none }}
text {{ font: 14px system-ui, sans-serif; text-anchor: middle; fill: #1d1d1b }}
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">
<path d="M0,0 L8,4 L0,8 z"/></marker></defs>
<rect width="100%" height="100%" fill="#f7f5f0"/>
{arcs}
{boxes}
</svg>
"""


def page() -> str:
    """The page of all tables, in words too, for whoever sees no pictures."""
    parts = [_HEAD, *(_section(table) for table in TABLES)]
    return "\n".join(parts)


_HEAD = """# States

Drawn by `python tools/draw_states.py write` from the tables that the code obeys. What is not listed raises an error and
changes nothing. Steps forward go above the row, steps back below; from a box with a dashed edge nothing goes on.
"""


def _section(table: Table) -> str:
    rows = [f"| {state.value} | {', '.join(_named(table, state)) or 'nothing'} |" for state in table.next]
    return "\n".join(
        [
            f"## {table.title}\n",
            f"Only {table.writer} writes it.\n",
            f"![{table.title}](images/states/{table.name}.svg)\n",
            "| From | To |",
            "|---|---|",
            *rows,
            "",
        ]
    )


def _named(table: Table, state: StrEnum) -> list[str]:
    return [other.value for other in table.next if other in table.next[state]]


def files() -> dict[Path, str]:
    """What should stand where."""
    drawn = {PICTURES / f"{table.name}.svg": picture(table) for table in TABLES}
    return drawn | {PAGE: page()}


def main(arguments: list[str]) -> int:
    """`write` makes the files, `check` names those that differ."""
    if arguments not in (["write"], ["check"]):
        print("usage: python tools/draw_states.py write|check", file=sys.stderr)
        return 2
    different = [
        path for path, text in files().items() if not path.is_file() or path.read_text("utf-8") != text
    ]
    for path in different:
        if arguments == ["write"]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files()[path], "utf-8")
        print(f"{'written' if arguments == ['write'] else 'differs'}: {path.relative_to(ROOT)}")
    return 1 if different and arguments == ["check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
