"""What a git repository holds: every object, whether something leads to it or not, and the names. Used by `sources`.

By git itself, with a fixed list of arguments. What it lacks or cannot read raises UnreadableError, after the rest.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess  # nosec B404  # git, by a fixed list of arguments
from collections.abc import Iterable, Iterator
from typing import IO, cast

from .archives import UnreadableError

# A clone that lacks objects would fetch them, from wherever its settings say.
_HERE_ALONE = ("-c", "protocol.allow=never", "--no-replace-objects")
_Object = tuple[str, str | None, bytes]
_ENTRY = {size: re.compile(rb"[0-7]{5,6} ([^\0]+)\0.{%d}" % size, re.DOTALL) for size in (20, 32)}


def objects_of(repository: str) -> Iterator[tuple[str, bytes]]:
    """Each commit, tag and file: short name with path, and what it holds; names in trees and of references as text.

    Objects that nothing leads to any more are among them (a dropped stash, say). Raises UnreadableError.
    """
    yield "references", _git(repository, "for-each-ref", "--format=%(refname)")
    listed = _git(repository, "rev-list", "--objects", "--all", "--reflog")
    names = dict(line.partition(" ")[::2] for line in listed.decode("utf-8", "surrogateescape").splitlines())
    there = (
        _git(repository, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").decode().split()
    )
    seen_in_trees = set[bytes]()
    missing = 0
    for identity, kind, content in _contents(repository, dict.fromkeys([*names, *there])):
        if kind is None:
            missing += 1
        elif kind == "tree":
            seen_in_trees.update(_ENTRY[len(identity) // 2].findall(content))
        else:
            yield f"{identity[:12]}:{names.get(identity) or kind}", content
    told = {part.encode("utf-8", "surrogateescape") for path in names.values() for part in path.split("/")}
    yield "names of files", b"\n".join(sorted(seen_in_trees - told))
    if missing:
        raise UnreadableError(f"{missing} objects of the repository are missing or damaged")
    if _git(repository, "rev-parse", "--is-shallow-repository").strip() == b"true":
        raise UnreadableError("a shallow repository: its older history is not here")


def _contents(repository: str, identities: Iterable[str]) -> Iterator[_Object]:
    """Each object's kind and content; no kind, where git cannot give it. It ends there, and is begun anew."""
    left = list(identities)
    while left:
        done = 0
        batch = _command(repository, "cat-file", "--batch")
        with subprocess.Popen(  # nosec B603  # a fixed list of arguments
            batch,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        ) as git:
            into, out = cast("IO[bytes]", git.stdin), cast("IO[bytes]", git.stdout)
            try:
                for identity in left:
                    done += 1
                    into.write(identity.encode() + b"\n")
                    into.flush()
                    kind, content = _read_object(out)
                    yield identity, kind, content
                    if kind is None and git.poll() is not None:
                        break
            except BrokenPipeError:
                yield left[done - 1], None, b""
            finally:
                _close(into)
        left = left[done:]


def _close(into: IO[bytes]) -> None:
    with contextlib.suppress(BrokenPipeError):
        into.close()


def _read_object(out: IO[bytes]) -> tuple[str | None, bytes]:
    header = out.readline().decode().split()
    if len(header) != 3:
        return None, b""
    size = int(header[2])
    content = out.read(size)
    return (header[1], content) if out.read(1) == b"\n" and len(content) == size else (None, b"")


def _command(repository: str, *arguments: str) -> list[str]:
    return ["git", *_HERE_ALONE, "-C", repository, *arguments]


def _environment() -> dict[str, str]:
    return {**os.environ, "GIT_NO_LAZY_FETCH": "1"}


def _git(repository: str, *arguments: str) -> bytes:
    try:
        done = subprocess.run(  # nosec B603  # as above, and their own git
            _command(repository, *arguments), capture_output=True, check=False, env=_environment()
        )
    except OSError as error:
        raise UnreadableError(f"git could not be run: {error.strerror}") from error
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise UnreadableError(f"git: {reason}")
    return done.stdout
