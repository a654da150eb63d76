"""`shop doctor` at a disk that takes nothing: it writes where the shop does, and says where it could not."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from shop.app import create_shop
from shop.cli import main
from shop.doctor import Finding, _database, _disk
from shop.settings import Settings, load
from tests.environment import make_environ


@pytest.fixture
def environ(sqlite_url: str) -> dict[str, str]:
    return make_environ(sqlite_url)


@contextmanager
def _no_room() -> Iterator[None]:
    """What the system does at a limit of the size of files: it opens, and refuses to write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_doctor_tries_to_write_wherever_the_shop_does(environ: dict[str, str], tmp_path: Path) -> None:
    shop = create_shop(load(environ | {"AUDIT_HEADS_FILE": str(tmp_path / "heads")}))
    places = ["temporary files", "database's folder", "folder of AUDIT_HEADS_FILE"]
    assert [(one.what, one.advice) for one in _disk(shop)] == [(place, "") for place in places]
    with _no_room():
        findings = list(_disk(shop))
    assert [one.what for one in findings] == places
    assert all(one.advice and "nothing can be written" in one.found for one in findings)


def test_doctor_names_a_folder_for_temporary_files_that_is_gone(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    result = CliRunner(env=environ).invoke(main, ["doctor"])
    assert result.exit_code == 1
    assert "FAIL temporary files: nothing can be written (No such file or directory)" in result.output


def test_doctor_tries_to_change_the_database(postgres_url: str) -> None:
    """A role that may only read is answered every question."""
    environ = make_environ(postgres_url)
    settings = load(environ)
    assert not _found_of_database(settings).advice
    read_only = f"{postgres_url}?options=-c%20role%3Dpg_read_all_data"
    finding = _found_of_database(load(environ | {"DATABASE_URL": read_only}))
    assert finding.found == "PostgreSQL takes no changes (permission denied for table payment_attempt)"
    assert finding.advice


def _found_of_database(settings: Settings) -> Finding:
    shop = create_shop(settings)
    try:
        return _database(shop)
    finally:
        shop.db.dispose()
