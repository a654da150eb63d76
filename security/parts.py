"""The parts of `python -m security verify`: each looks at one thing and says what it found or could not see.

Standard library alone; the canary wants a browser when it is asked to look, and says so where there is none.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from .canary import door, visit
from .canary.numbers import fresh_number
from .canary.sinks import MissingEvidence
from .canary.site import running
from .config import ScopeConfig, SiteTable
from .result import Notes, NotExercised, Result
from .rules.run import run as run_rules
from .scan import Scan
from .scanner import baseline
from .scripts import inventory

Look = Callable[["Project", Notes], None]


@dataclass
class Project:
    """A project that is looked at: its configuration, and what the parts share."""

    config: ScopeConfig
    file: str = "scope.toml"

    def path(self, name: str) -> str:
        """A path of the configuration, seen from here."""
        return (self.config.folder / name).as_posix()

    @property
    def site(self) -> SiteTable:
        """Raises NotExercised when the configuration names no site."""
        if self.config.site is None:
            raise NotExercised(f"no [site] in {self.file}")
        return self.config.site

    def scripts(self) -> list[inventory.Script]:
        """The script inventory; no script at all is allowed where there is none."""
        table = self.config.inventory
        return inventory.load(Path(self.path(table.file))) if table else []


def scan(project: Project, notes: Notes) -> None:
    """Card numbers in the project's files."""
    table = project.config.scan
    run = Scan(table.allow_test_numbers, table.exclude)
    run.run([each if "://" in each else project.path(each) for each in table.paths])
    if table.baseline:
        run.findings = baseline.new_of(
            run.findings,
            baseline.load(Path(project.path(table.baseline)), date.today()),  # noqa: DTZ011  (the day where the reader is)
        )
    for each in run.findings:
        shown = f"{each.issuer}, {each.length} digits, ends {each.last4}, at {each.place}"
        notes.found(each.path, each.rule, shown, each.line)
    for line in run.unreadable:
        notes.lack(f"could not be read: {line}")
    if run.files:
        notes.add("files", run.files)


def rules(project: Project, notes: Notes) -> None:
    """Ways for card data in code, templates and scripts."""
    table = project.config.rules
    result = run_rules([project.path(each) for each in table.paths or (".",)], table)
    for each in result.findings:
        notes.found(each.path, each.rule, each.message, each.line)
    for line in result.unreadable:
        notes.lack(f"could not be read: {line}")
    if result.files:
        notes.add("files", result.files)
        notes.add("suppressed, each with its reason", len(result.suppressed))


def scripts(project: Project, notes: Notes) -> None:
    """The script inventory against the files."""
    table = project.config.inventory
    if table is None:
        raise NotExercised(f"no [inventory] in {project.file}")
    listed = project.scripts()
    for each in inventory.check(Path(project.path(table.static)), listed):
        if each.rule == "unapproved":
            notes.lack(f"{each.script}: {each.message}")
        else:
            notes.found(each.script, f"script-{each.rule}", each.message)
    for script in listed:
        if script.approved is not None and script.is_stale():
            notes.lack(f"{script.name}: its approval of {script.approved} has expired")
    notes.add("scripts", len(listed))


def guard(project: Project, notes: Notes) -> None:
    """Numbers sent to the running shop must be refused at its door."""
    site = project.site
    with _running(project, site) as output:
        number = fresh_number()
        door.look(site.url, number, notes)
        visit.search(site, project.config.folder, output, {"sent": number}, notes)


def canary(project: Project, notes: Notes) -> None:
    """The shop's pages in a browser, a number typed into every field."""
    site = project.site
    with _running(project, site) as output:
        number = fresh_number()
        visit.look(site, project.scripts(), number, notes)
        visit.search(site, project.config.folder, output, {"typed": number}, notes)


@contextlib.contextmanager
def _running(project: Project, site: SiteTable) -> Iterator[Path | None]:
    """The shop, started if the configuration tells how; the file with what it printed."""
    with tempfile.TemporaryDirectory(prefix="scope-") as folder:
        output = Path(folder) / "output.log"
        output.write_bytes(visit.MARK)
        with running(site.start, site.url, project.config.folder, output):
            yield output if site.start else None


PARTS: dict[str, tuple[str, str, Look]] = {
    "scan": ("No card number in the files", "ファイル中のカード番号なし", scan),
    "rules": ("No way for card data in code, templates and scripts", "静的規則", rules),
    "inventory": ("Scripts are those of the inventory", "スクリプト台帳との照合", scripts),
    "guard": ("Card numbers are refused at the door", "入口での拒否", guard),
    "canary": ("No page takes a card number, in a browser", "画面での不通過", canary),
}


def run(project: Project, names: tuple[str, ...] = ()) -> list[Result]:
    """The results of the named parts, of all without a name."""
    return [_run_one(name, project) for name in PARTS if not names or name in names]


def _run_one(name: str, project: Project) -> Result:
    title, title_ja, look = PARTS[name]
    notes, started = Notes(), time.monotonic()
    try:
        look(project, notes)
    except NotExercised as reason:
        notes.not_exercised.append(str(reason))
    except (MissingEvidence, baseline.BaselineError, inventory.InventoryError) as reason:
        notes.lack(str(reason))
    except Exception as error:  # noqa: BLE001  (a part that breaks has seen nothing; the run says so and goes on)
        notes.lack(f"the part itself failed: {type(error).__name__}: {str(error)[:200]}")
    command = f"python -m security verify --config {project.file} --only {name}"
    return Result(name, title, title_ja, notes, {}, command, time.monotonic() - started)


def at(config: ScopeConfig, url: str) -> ScopeConfig:
    """The configuration with another address: a shop that runs elsewhere, and that nobody starts here."""
    site = config.site or SiteTable(url)
    return replace(config, site=replace(site, url=url, start=()))
