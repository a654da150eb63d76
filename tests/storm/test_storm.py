"""A storm in short: real processes, faults on a fifth of all calls, kills; `benchmarks.storm` is the long form."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.stage import fill
from benchmarks.storm.plan import Plan
from benchmarks.storm.run import storm
from tests.servers.postgres import make_database, postgres_cluster

SEED = 2016


def test_a_storm_leaves_the_books_in_order_on_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.sqlite'}"
    fill(url)
    result = storm(Plan(40, 3, 0.2, SEED, shoppers=16), tmp_path, url)
    assert result.faults == []
    assert sum(result.killed.values()) == 3
    assert len(result.gone_wrong) == 10, "every kind of fault was met"
    assert result.orders["paid"] > 10


@pytest.mark.postgres
def test_a_storm_leaves_the_books_in_order_while_postgresql_ends_and_comes_back(tmp_path: Path) -> None:
    with postgres_cluster() as cluster:
        url = make_database(cluster.url, "hitsuka_storm").render_as_string(hide_password=False)
        fill(url)
        result = storm(Plan(40, 2, 0.2, SEED, shoppers=16), tmp_path, url, cluster=cluster)
    assert result.faults == []
    assert result.killed["database"] == 1
    assert result.orders["paid"] > 10
