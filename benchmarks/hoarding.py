"""Bots that hold scarce goods and pay nothing: what they hold, and whether honest buyers reach payment.

    python -m benchmarks.hoarding --bots 500 --pieces 20

Real shop, SDK, sandbox and mails, in one process; only waiting is skipped, by moving orders' times back. Exit 1, with
the reasons, when somebody holds more than a limit allows, or fewer than 95 % of the honest buyers reach payment after
the first ten minutes.
"""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from benchmarks.attacked import attacked_shop
from benchmarks.stage import DATABASES
from tests.shop.crowd import Mailboxes
from tests.shop.hoarders import Hoarders, Score


def hoard(database: str, *, bots: int, pieces: int, rounds: int, honest: int, mailboxes: Mailboxes) -> Score:
    """One attack on a fresh shop."""
    with attacked_shop(database, pieces) as at:
        made = Hoarders(
            at.shop, at.sandbox, at.letters, at.sku, bots=bots, pieces=pieces, mailboxes=mailboxes
        )
        return made.run(rounds, honest)


@click.command()
@click.option("--database", type=click.Choice(DATABASES), default="sqlite", show_default=True)
@click.option("--bots", type=click.IntRange(1), default=500, show_default=True)
@click.option(
    "--pieces", type=click.IntRange(1), default=20, show_default=True, help="There are of the goods."
)
@click.option("--rounds", type=click.IntRange(2), default=4, show_default=True, help="Of ten minutes each.")
@click.option(
    "--honest", type=click.IntRange(1), default=3, show_default=True, help="Honest buyers in a round."
)
@click.option("--domains", type=click.IntRange(0), default=3, show_default=True, help="The bots' owner has.")
@click.option(
    "--boxes", type=click.IntRange(0), default=4, show_default=True, help="At large hosts, besides."
)
@click.option("--json", "as_json", is_flag=True)
def main(
    database: str,
    bots: int,
    pieces: int,
    rounds: int,
    honest: int,
    domains: int,
    boxes: int,
    *,
    as_json: bool,
) -> None:
    """Let bots hold what others want."""
    logging.disable(logging.WARNING)
    score = hoard(
        database,
        bots=bots,
        pieces=pieces,
        rounds=rounds,
        honest=honest,
        mailboxes=Mailboxes(domains, boxes),
    )
    faults = score.faults()
    if as_json:
        click.echo(json.dumps(asdict(score) | {"database": database, "faults": faults}, indent=1))
    else:
        grid = Table("round", *(name.replace("_", " ") for name in asdict(score.rounds[0])), box=None)
        for number, one in enumerate(score.rounds, 1):
            grid.add_row(str(number), *(str(value) for value in asdict(one).values()))
        Console(width=160).print(grid)
        for fault in faults:
            click.echo(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
