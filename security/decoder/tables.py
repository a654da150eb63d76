"""Tables as text, whose first line names the columns: what stands below a card's name. Pure; used by `layers`."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from ..keys import is_card_key
from .budget import Budget
from .fields import Piece, joined
from .trees import SHORTEST
from .view import View

_DIVIDERS = ",;\t|"
_LONGEST_HEAD, _LONGEST_NAME = 2000, 40
_CARD = re.compile(r"card|pan|cc|credit|カード|クレジット", re.IGNORECASE)


def may_be(text: str) -> bool:
    """Whether there are lines, and the first of them speaks of cards. A fast look."""
    return "\n" in text and bool(_CARD.search(_head(text)))


def of_table(view: View, budget: Budget) -> Iterator[View]:
    """Each value under a card's name, and those of one row put together."""
    head = _head(view.text)
    divider = max(_DIVIDERS, key=head.count)
    rows = csv.reader(view.text.splitlines(), delimiter=divider)
    try:
        names = [name.strip() for name in next(rows)]
        columns = [at for at, name in enumerate(names) if len(name) <= _LONGEST_NAME and is_card_key(name)]
        for row in rows if columns else ():
            if not budget.spend(0, tokens=1 + len(row) // 4):
                return
            cells = [Piece(names[at], row[at]) for at in columns if at < len(row)]
            yield from (View(cell.value, cell.name, "table") for cell in cells if len(cell.value) >= SHORTEST)
            yield from joined([cell for cell in cells if len(cell.value) <= SHORTEST], budget)
    except (csv.Error, StopIteration):
        return


def _head(text: str) -> str:
    return text[:_LONGEST_HEAD].lstrip().partition("\n")[0]
