"""What the storms said of each bug, kept from run to run: a list takes an hour, and nobody runs it in one go.

Every result names the commit whose code it is of; a `+` behind it says that files differed from that commit.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.servers import ROOT

AS_IT_IS = "as it is"
BEGIN, END = "<!-- seeded bugs: begin -->", "<!-- seeded bugs: end -->"
Wanted = tuple[str, str, str]
"""The id, the title and the storm of something that must be looked at."""


@dataclass(frozen=True)
class Found:
    """What a storm said of one bug: its reason, "" when it found nothing."""

    id: str
    title: str
    storm: str
    reason: str
    took_s: float
    commit: str

    @property
    def is_right(self) -> bool:
        """A bug is found; the project as it is passes."""
        return bool(self.reason) != (self.id == AS_IT_IS)

    @property
    def about(self) -> Wanted:
        return self.id, self.title, self.storm


def commit_of(folders: Sequence[str]) -> str:
    """The last commit that changed one of these, with a `+` when a file differs from it; "?" where there is no
    history. The results themselves don't count."""
    paths = ["--", *folders, ":(exclude)benchmarks/results"]
    try:
        last = _git("log", "-1", "--format=%h", "--abbrev=10", *paths)
        return f"{last}+" if _git("status", "--porcelain", *paths) else last
    except (OSError, subprocess.CalledProcessError):
        return "?"


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def read(path: Path) -> list[Found]:
    """What was kept; nothing when there is no such file."""
    if not path.exists():
        return []
    return [Found(**one) for one in json.loads(path.read_text("utf-8"))]


def merged(wanted: Sequence[Wanted], *runs: Iterable[Found]) -> list[Found]:
    """The newest result of each that is wanted, in that order. What is another bug by now has none."""
    newest = {one.about: one for run in runs for one in run}
    return [newest[about] for about in wanted if about in newest]


def keep(path: Path, found: Sequence[Found]) -> None:
    rows = [json.dumps(asdict(one), ensure_ascii=False) for one in found]
    path.write_text("[\n" + ",\n".join(rows) + "\n]\n", "utf-8")


def table(wanted: Sequence[Wanted], found: Sequence[Found]) -> str:
    """For the page. What has no result says so."""
    by_thing = {one.about: one for one in found}
    rows = [_row(about, by_thing.get(about)) for about in wanted]
    head = ["| | Bug put in | Storm | First thing that did not hold | Commit |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def _row(about: Wanted, one: Found | None) -> str:
    if one is None:
        said, commit = "not run", ""
    else:
        said, commit = _short(one.reason) or "nothing", one.commit
        said = said if one.is_right else f"{said} (wrong)"
    return f"| {' | '.join(about)} | {said} | {commit} |"


def _short(reason: str) -> str:
    """Ids and amounts are others in every run."""
    words = [
        "…" if len(word) > 20 and any(letter.isdigit() for letter in word) else word
        for word in reason.split()
    ]
    return " ".join(words)[:110].replace("|", "/")


def write(page: Path, wanted: Sequence[Wanted], found: Sequence[Found]) -> None:
    """Put the table between its marks."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{table(wanted, found)}\n{END}{after}", "utf-8")
