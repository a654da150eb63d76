"""The storm in one process, by itself. Exit 1, with the reason, when it finds a fault.

python -m tests.storm --stories 60
"""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

import click

from benchmarks.stage import fill
from tests.storm.machine import StormMachine, tell_stories
from tests.storm.stage import stage


@click.command()
@click.option("--stories", default=60, show_default=True)
@click.option("--steps", default=30, show_default=True)
def main(stories: int, steps: int) -> None:
    """Tell the same stories at every run."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="hitsuka-storm-") as folder:
        template = Path(folder) / "shop.sqlite"
        fill(f"sqlite:///{template}")
        with stage(template) as StormMachine.on:
            try:
                tell_stories(stories=stories, steps=steps, same=True)
            except Exception as error:  # noqa: BLE001  (whatever the shop does wrong is a find)
                click.echo(f"FOUND {reason_of(error)}")
                sys.exit(1)
    click.echo("nothing found")


def reason_of(error: BaseException) -> str:
    """One line. What holds only for the first story of a process comes wrapped: told twice, it ends in two ways."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    first, _, _ = str(error).partition("\n")
    return f"{type(error).__name__}: {first}"


if __name__ == "__main__":
    main()
