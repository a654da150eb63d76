"""Card testing against the shop: what an attack gets to the provider, and whether honest buyers still buy.

    python -m benchmarks.card_testing --attempts 1000

Real shop, real SDK, real sandbox, in one process; only waiting is skipped by moving an order's time back.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from benchmarks.attacked import attacked_shop
from benchmarks.stage import DATABASES
from tests.shop.card_testers import Attack, Score
from tests.shop.crowd import Mailboxes


@dataclass(frozen=True)
class Kind:
    """One kind of attack."""

    addresses: int
    browsers: int
    patient: bool = False
    mailboxes: Mailboxes = field(default_factory=Mailboxes)


KINDS: Mapping[str, Kind] = {
    "one address, one browser": Kind(1, 1),
    "one address, 500 customers": Kind(1, 500),
    "500 addresses, one browser": Kind(500, 1),
    "500 addresses, 500 customers": Kind(500, 500),
    "500 addresses, 500 customers who wait": Kind(500, 500, patient=True),
}


def attack(kind: Kind, database: str, *, attempts: int, honest: int) -> Score:
    """One attack on a fresh shop."""
    with attacked_shop(database, 1_000_000) as at:
        made = Attack(
            at.shop,
            at.sandbox,
            at.sku,
            addresses=kind.addresses,
            browsers=kind.browsers,
            patient=kind.patient,
            letters=at.letters,
            mailboxes=kind.mailboxes,
        )
        return made.run(attempts, honest=honest)


@click.command()
@click.option("--database", type=click.Choice(DATABASES), default="sqlite", show_default=True)
@click.option("--attempts", default=1000, show_default=True, help="Cards that each attack wants to try.")
@click.option("--honest", default=40, show_default=True, help="Honest buyers among them.")
@click.option("--only", type=click.Choice(list(KINDS)), help="One kind of attack.")
@click.option("--json", "as_json", is_flag=True)
@click.option("--save", type=click.Path(path_type=Path), help="Folder for the figures.")
def main(
    database: str, attempts: int, honest: int, only: str | None, *, as_json: bool, save: Path | None
) -> None:
    """Let bots try cards, and count what reaches the provider."""
    logging.disable(logging.WARNING)
    rows = []
    for name in [only] if only else KINDS:
        score = attack(KINDS[name], database, attempts=attempts, honest=honest)
        rows.append(
            {
                "attack": name,
                "attempts": score.attempts,
                "cards_tried": score.tried,
                "provider_calls": score.calls,
                "calls_for_an_attempt_once_limits_act": round(score.share_since, 4),
                "honest": score.honest,
                "honest_paid": score.paid,
                "honest_slowed": score.slowed,
                "honest_mailed": score.mailed,
                "mailboxes_proved": score.proofs,
                "paused": score.paused,
            }
        )
    text = json.dumps(rows, ensure_ascii=False, indent=1)
    if save is not None:
        save.mkdir(parents=True, exist_ok=True)
        (save / "card_testing.json").write_text(text + "\n", "utf-8")
    if as_json:
        click.echo(text)
        return
    grid = Table(*(name.replace("_", " ") for name in rows[0]), box=None)
    for row in rows:
        grid.add_row(*(str(value) for value in row.values()))
    Console(width=160).print(grid)


if __name__ == "__main__":
    main()
