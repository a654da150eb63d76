"""The whole system as processes between recorders, for one run: what the browser checks stand on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shop.scope.recorded import Recorded, recorded_system

if TYPE_CHECKING:
    from shop.scope.lab import Lab
    from shop.scope.walking import Walk


@dataclass
class Stage:
    """A running system, and what the walk through it saw, once it was made."""

    recorded: Recorded
    walk: Walk | None = field(default=None)

    @classmethod
    @contextlib.contextmanager
    def opened(cls, lab: Lab) -> Iterator[Stage]:
        """Start it in folders of the lab. Raises MissingEvidence when the database refuses."""
        from shop.scope.lab import fill

        folder, tapes = lab.folder / "system", lab.folder / "tapes"
        folder.mkdir()
        tapes.mkdir()
        url = lab.database_url or lab.copy_of_template(folder / "shop.sqlite")
        if lab.database_url:
            fill(url)
        with recorded_system(folder, tapes, url) as recorded:
            yield cls(recorded)
