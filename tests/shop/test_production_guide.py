"""The guide to production names every setting that there is, and none that there is not."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from shop.settings import SettingsError, load
from shop.stores import all_stores

GUIDE = Path(__file__).parents[2] / "docs" / "production.md"


class _Asked(Mapping[str, str]):
    """An empty environment that remembers what was looked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return False

    def __getitem__(self, name: str) -> str:
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _known() -> set[str]:
    """The names that settings are read from, without the ending that makes one a store's own."""
    asked = _Asked()
    with contextlib.suppress(SettingsError):
        load(asked)
    stores = "|".join(store.upper() for store in all_stores())
    return {re.sub(rf"_({stores})$", "", name) for name in asked.names}


def test_every_setting_stands_in_the_guide_and_nothing_else_does() -> None:
    known = _known()
    guide = GUIDE.read_text()
    rows = re.findall(r"^\| (`[A-Z].*?) \|", guide, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert len(known) > 25
    assert named | {"SECRET_KEY_FALLBACKS"} == known
    assert "`SECRET_KEY_FALLBACKS`" in guide
