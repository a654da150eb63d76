"""The scanner of a repository: what nothing leads to any more, names of all kinds, and what is missing or damaged."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from security.scan import Scan

from .cards import grouped
from .scanned import CARD


def git(folder: Path, *arguments: str) -> str:
    named = ["-c", "user.name=t", "-c", "user.email=t@example.jp", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *named, "-C", str(folder), *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(folder: Path, content: str) -> None:
    (folder / "a.txt").write_text(content)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "more")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    commit(folder, "x\n")
    return folder


def scanned(folder: Path) -> Scan:
    scan = Scan()
    scan.history(str(folder))
    return scan


def test_what_was_staged_or_stashed_once_is_read(repository: Path) -> None:
    (repository / "staged.txt").write_text(f"card {CARD}\n")
    git(repository, "add", "staged.txt")
    git(repository, "rm", "-qf", "staged.txt")
    assert scanned(repository).status == 1

    (repository / "a.txt").write_text(grouped(CARD, " "))
    git(repository, "stash", "-q")
    git(repository, "stash", "drop", "-q")
    assert len(scanned(repository).findings) == 2


def test_names_of_references_and_of_files_with_the_same_content_are_read(repository: Path) -> None:
    git(repository, "branch", f"fix/{CARD}")
    assert [each.last4 for each in scanned(repository).findings] == [CARD[-4:]]

    git(repository, "branch", "-D", f"fix/{CARD}")
    (repository / f"of {CARD}.txt").write_text("x\n")
    commit(repository, "x\n")
    assert "names of files" in scanned(repository).findings[0].path


@pytest.mark.parametrize("kind", ["sha1", "sha256"])
def test_behind_a_damaged_object_it_reads_on_and_tells(tmp_path: Path, kind: str) -> None:
    git(tmp_path, "init", "-q", f"--object-format={kind}")
    commit(tmp_path, "to be damaged\n")
    identity = git(tmp_path, "rev-parse", "HEAD:a.txt")
    commit(tmp_path, f"card {CARD}\n")
    damaged = tmp_path / ".git/objects" / identity[:2] / identity[2:]
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes()[:9] + b"?")

    scan = scanned(tmp_path)

    assert scan.status == 1
    assert "1 objects of the repository are missing or damaged" in scan.unreadable[0]


def test_a_clone_without_its_history_is_no_clean_one(repository: Path, tmp_path: Path) -> None:
    commit(repository, "y\n")
    git(tmp_path, "clone", "-q", "--depth=1", repository.as_uri(), "shallow")

    scan = scanned(tmp_path / "shallow")

    assert scan.status == 2
    assert "shallow" in scan.unreadable[0]


def test_what_a_replacement_hides_is_read(repository: Path) -> None:
    commit(repository, f"card {CARD}\n")
    commit(repository, "y\n")
    git(repository, "replace", "--graft", "HEAD")

    assert scanned(repository).status == 1
