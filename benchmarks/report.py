"""What a benchmark prints and keeps: a table with min, median, max and ratios; JSON; a bar chart."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

import click
from rich.console import Console
from rich.table import Table as Grid

from benchmarks.chart import bars
from benchmarks.meter import Cost


@dataclass(frozen=True)
class Row:
    """One target: CPU milliseconds a unit (min, median, max), units a second, and times its base's median."""

    name: str
    cpu_min: float
    cpu_median: float
    cpu_max: float
    per_second: float
    ratio: float | None


@dataclass
class Table:
    """The rows of one benchmark."""

    name: str
    title: str
    unit: str
    rows: list[Row] = field(default_factory=list)

    def add(self, name: str, cost: Cost, base: Cost | None = None) -> None:
        """A row; `base` is what it is compared with. The ratio is the median of the ratios round by round."""
        ratio = (
            median(ours / theirs for ours, theirs in zip(cost.cpu_ms, base.cpu_ms, strict=True))
            if base is not None
            else None
        )
        figures = (min(cost.cpu_ms), median(cost.cpu_ms), max(cost.cpu_ms))
        self.rows.append(Row(name, *figures, cost.per_second, ratio))


def publish(table: Table, *, as_json: bool, save: Path | None) -> None:
    """Print it, and keep figures and chart in `save` if given."""
    figures = json.dumps(asdict(table), ensure_ascii=False, indent=1)
    if as_json:
        click.echo(figures)
    else:
        _print(table)
    if save is not None:
        save.mkdir(parents=True, exist_ok=True)
        (save / f"{table.name}.json").write_text(figures + "\n", "utf-8")
        chart = bars(table.title, table.unit, [(row.name, row.cpu_median) for row in table.rows])
        (save / f"{table.name}.svg").write_text(chart, "utf-8")


def _print(table: Table) -> None:
    grid = Grid(table.title, "min", "median", "max", "a second", "ratio", box=None)
    for row in table.rows:
        ratio = f"{row.ratio:.2f}×" if row.ratio is not None else ""
        figures = (f"{value:.2f}" for value in (row.cpu_min, row.cpu_median, row.cpu_max))
        grid.add_row(row.name, *figures, f"{row.per_second:.0f}", ratio)
    Console(width=120).print(grid)
