"""The purchases of the evidence (E1) once more, with everything on PostgreSQL; and a database that refuses."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from shop.cli import main
from shop.scope import lab
from shop.scope.recorded import WORKERS
from shop.scope.registry import CHECKS
from shop.scope.result import Status
from shop.scope.running import run_one

pytestmark = pytest.mark.browser


@pytest.mark.postgres
def test_no_number_lies_anywhere_with_us_on_postgresql_either(postgres_of_ours: str) -> None:
    canary = next(check for check in CHECKS if check.id == "E1")
    with lab.opened(database_url=postgres_of_ours) as here:
        result = run_one(canary, here)
        here.close_browser()
    assert result.status is Status.GREEN, result.notes
    sinks = {row[0]: row[1:] for row in result.notes.tables[0].rows}
    # The master, its helpers, and a backend for each connection of ours.
    assert int(sinks["PostgreSQL"][0]) > WORKERS
    assert sinks["PostgreSQL"][1] == "0"


def test_a_database_that_refuses_is_missing_evidence() -> None:
    words = ["scope", "verify", "--only", "E1", "--database", "postgresql+psycopg://nobody@127.0.0.1:9/none"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert "evidence missing: the database refuses" in result.stdout
