"""A change that somebody brings, put into a copy of the repository by git. Used by `mutants` and `mutants_running`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath


class MutantError(Exception):
    """The catalogue, the tree or a patch cannot be used; the message is one line for a person."""


class _OutsideError(MutantError):
    """It names files that nobody looks at."""


def apply(patch: Path, tree: Path, looked_at: Collection[str]) -> None:
    """Change a copy as a patch says, if all that it changes lies below `looked_at`. Raises MutantError, and then
    nothing is changed.

    Patches come as people's tools write them: names with a letter and a slash before them or without, lines that
    end as on Windows.
    """
    if not patch.is_file():
        raise MutantError(f"{patch.name}: there is no such file")
    errors = list[MutantError]()
    for text, names in _ways(patch.read_bytes()):
        try:
            _require_inside(_git_apply(patch, text, tree, names, "--numstat", "-z"), patch, looked_at)
            _git_apply(patch, text, tree, names)
        except MutantError as error:
            errors.append(error)
        else:
            return
    raise next((each for each in errors if not isinstance(each, _OutsideError)), errors[0])


def _ways(text: bytes) -> Iterator[tuple[bytes, str]]:
    for each in dict.fromkeys([text, text.replace(b"\r\n", b"\n")]):
        yield each, "-p1"
        yield each, "-p0"


def _require_inside(numstat: str, patch: Path, looked_at: Collection[str]) -> None:
    for line in filter(None, numstat.split("\0")):
        name = line.split("\t")[-1]
        parts = PurePosixPath(name).parts
        if ".." in parts or parts[0] not in looked_at:
            raise _OutsideError(
                f"{patch.name}: {name} is outside of what is looked at ({', '.join(looked_at)})"
            )


def _git_apply(patch: Path, text: bytes, tree: Path, *words: str) -> str:
    """What git says; it refuses paths that lead out of the folder by itself."""
    done = git("apply", *words, "-", folder=tree, given=text)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["git apply failed"]
        raise MutantError(f"{patch.name}: {said[-1].removeprefix('error: ')}")
    return done.stdout.decode(errors="replace")


def git(
    *words: str, folder: Path | None = None, given: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    """git, whatever its status is, with `given` on its standard input. Raises MutantError where there is none."""
    # A temporary folder may lie below some checkout, whose files are none of ours.
    limits = {"GIT_CEILING_DIRECTORIES": str(folder.resolve().parent)} if folder else {}
    environ = os.environ | limits | {"LC_ALL": "C"}
    try:
        return subprocess.run(
            ["git", *words], capture_output=True, check=False, cwd=folder, env=environ, input=given
        )  # nosec B607  # their own git
    except OSError as error:
        raise MutantError(f"git, which makes the copies, cannot be started: {error.strerror}") from error
