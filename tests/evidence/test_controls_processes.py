"""Positive controls: a number kept by any single process of the system is found in that process, by its id."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from security.canary.evidence import gather
from security.canary.numbers import fresh_number
from shop.scope.databases import postgres_processes
from shop.scope.processes import Process, python
from shop.scope.recorded import WORKERS, Recorded, recorded_system, wait_for_workers
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def planted(folder: Path, tapes: Path, sqlite_in_folder: str) -> Iterator[Recorded]:
    """The system with each of its processes started again by the planting command."""
    plants = tapes / "plants"
    plants.mkdir()
    with recorded_system(folder, tapes, sqlite_in_folder) as recorded:
        system = recorded.system
        again: list[Process] = []
        try:
            for name in ("mailbox", "web", "worker"):
                again.append(restart_planted(getattr(system, name), plants, system.environ))
                setattr(system, name, again[-1])
            system.web.wait_ready(f"{system.url}/readyz")
            wait_for_workers(system)
            yield recorded
        finally:
            for process in again:
                process.stop()


def restart_planted(process: Process, plants: Path, environ: dict[str, str]) -> Process:
    """End a `python -m MODULE …` and start the same under the planting command."""
    words = Path(f"/proc/{process.pid}/cmdline").read_text().split("\0")[:-1]
    module = words[words.index("-m") + 1 :]
    process.stop()
    return Process(python("-m", "tests.evidence.planted", str(plants), *module), process.log, environ)


@pytest.mark.parametrize(
    ("part", "at"), [("web", at) for at in range(1 + WORKERS)] + [("worker", 0), ("mailbox", 0)]
)
def test_a_number_kept_by_one_process_is_found_in_it_and_in_no_other(
    part: str, at: int, planted: Recorded, tapes: Path
) -> None:
    number, pid = fresh_number(), planted.pids()[part][at]
    plant = tapes / "plants" / str(pid)
    (tapes / "new").write_text(number)
    (tapes / "new").rename(plant)
    wait_until(lambda: not plant.exists(), f"process {pid} to take its plant")

    evidence = gather(planted.processes(), {"canary": number})

    assert evidence.status == 1
    assert evidence.faults == []
    assert {hit.place.where.split(",")[0] for hit in evidence.hits} == {f"memory of process {pid}"}


@pytest.mark.postgres
def test_a_number_in_a_query_is_found_in_the_backend_that_answered_it(postgres_of_ours: str) -> None:
    number, url = fresh_number(), make_url(postgres_of_ours)
    with psycopg.connect(
        url.set(drivername="postgresql").render_as_string(hide_password=False)
    ) as connection:
        connection.execute("SELECT set_config('canary.note', %s, false)", (number,))
        backend = connection.info.backend_pid

        evidence = gather(postgres_processes(url), {"canary": number})

    assert evidence.faults == []
    assert f"memory of process {backend}" in {hit.place.where.split(",")[0] for hit in evidence.hits}
