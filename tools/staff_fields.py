"""Write docs/staff-fields.md from the declared rights: `python tools/staff_fields.py write|check`."""

from __future__ import annotations

import sys
from pathlib import Path

from shop.backoffice.fields import FIELDS
from shop.staff.rights import RIGHTS, Right, Role

PAGE = Path(__file__).resolve().parent.parent / "docs" / "staff-fields.md"
HEAD = """# Which role sees and changes what

Made from `shop/staff/rights.py` and `shop/backoffice/fields.py` by `python tools/staff_fields.py write`. Somebody with
several roles has what any of them has. Rights are asked for on the server at each request; what a page does not offer,
its route refuses too. `tests/shop/test_backoffice_fields.py` opens every page as every role and holds routes and pages
to this table.

## Fields
"""
IN_PART = "\n*changes in part*: some of the ways to change it, not all; the rights below say which.\n"
FOOT = """
Everybody sees and changes their own password, second factor, recovery codes and sessions, and nobody else's. The
numbers of the home page are shown to who sees orders or payments. The bar with each store's card payment is on every
page, for every member.

## Rights
"""


def page() -> str:
    """The whole page."""
    roles = list(Role)
    fields = [[each.what, *(each.of(role) for role in roles)] for each in FIELDS]
    rights = [[f"`{right}`", *("yes" if right in RIGHTS[role] else "" for role in roles)] for right in Right]
    names = [str(role) for role in roles]
    of_fields = _table(["Field", *names], fields)
    if "changes in part" in of_fields:
        of_fields += IN_PART
    return HEAD + of_fields + FOOT + _table(["Right", *names], rights)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main(words: list[str]) -> int:
    """Run a command; its exit status."""
    if words == ["write"]:
        PAGE.write_text(page(), "utf-8")
        return 0
    if words == ["check"]:
        return 0 if PAGE.exists() and PAGE.read_text("utf-8") == page() else 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
