"""What each page of the staff's host needs, by the reviewed list in `staff_pages.toml` and not by its own word."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shop.staff.rights import Right, Role

LIST = Path(__file__).with_name("staff_pages.toml")
ANYONE, MEMBER = "anyone", "member"


@dataclass(frozen=True)
class Wanted:
    """What one page needs. `right` is ANYONE, MEMBER or the name of a right."""

    right: str
    fresh: bool = False

    def __str__(self) -> str:
        return f"{self.right}, fresh" if self.fresh else self.right


@dataclass(frozen=True)
class Reviewed:
    """The list. Pages are by method and rule, roles are all that their members may."""

    pages: dict[tuple[str, str], Wanted]
    roles: dict[str, frozenset[str]]
    proof: dt.timedelta

    @property
    def open(self) -> frozenset[tuple[str, str]]:
        """What is answered before signing in."""
        return frozenset(page for page, wanted in self.pages.items() if wanted.right == ANYONE)

    def without(self, right: str) -> tuple[Role, ...]:
        """Every role that has not the right: together they may all else that anybody may without it."""
        return tuple(role for role in Role if right not in self.roles.get(role, ()))


@cache
def reviewed() -> Reviewed:
    """The list as it stands beside this file."""
    return read(LIST)


def read(path: Path) -> Reviewed:
    """A list of this kind. Raises ValueError when a page needs what is no right."""
    table = tomllib.loads(path.read_text("utf-8"))
    pages = {}
    for page, said in table["pages"].items():
        method, _, rule = page.partition(" ")
        right, _, fresh = said.partition(", ")
        if right not in {ANYONE, MEMBER, *Right} or fresh not in {"", "fresh"}:
            raise ValueError(f"{path.name}: {page} needs {said!r}, which is no right")
        pages[method, rule] = Wanted(right, bool(fresh))
    roles = {role: frozenset(rights) for role, rights in table["roles"].items()}
    return Reviewed(pages, roles, dt.timedelta(minutes=table["proof"]["minutes"]))
