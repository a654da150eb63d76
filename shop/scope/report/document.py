"""The whole run as one document: what it was taken from, what was found, what it does not show."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shop.build import ROOT, build_id
from shop.cards.green import FORMAT
from shop.scope.lab import Lab
from shop.scope.registry import BY_PEOPLE, CHECKS
from shop.scope.result import Result, Status, exit_status
from shop.scope.verdict import headline, store_lines
from shop.settings import STRIPE_CHECKOUT, STRIPE_FRAMES, STRIPE_JS

_TOOLS = (
    "flask",
    "werkzeug",
    "sqlalchemy",
    "stripe",
    "playwright",
    "cryptography",
    "pip-audit",
    "cyclonedx-bom",
    "bandit",
)


_OWN = frozenset({"--report", "--sign", "--challenge", "--database"})
"""Options whose values are files of this machine, or a secret."""


@dataclass(frozen=True)
class Run:
    """When a run was, and what of it is fixed."""

    started: dt.datetime
    ended: dt.datetime
    words: tuple[str, ...]
    """The command line."""


def document(results: list[Result], lab: Lab, run: Run) -> dict[str, Any]:
    """Everything that report.json holds. No number, no secret, no path of this machine."""
    return {
        "format": FORMAT,
        "verdict": headline(results),
        "stores": store_lines(results),
        "exit_status": exit_status(results),
        "about": about(results, lab, run),
        "results": [result.document() for result in results],
        "by_people": {who: list(ids) for who, ids in BY_PEOPLE.items()},
        "legs": legs(lab, results),
    }


def about(results: list[Result], lab: Lab, run: Run) -> dict[str, Any]:
    """The first line: environment, hosts, mode, script, address, build, and what was not exercised."""
    return {
        "environment": "sandbox; and the production configuration, request level, without the provider"
        + ("; and the pages of a deployed address" if _was_seen(results) else ""),
        "provider_hosts": sorted(
            {urlsplit(address).netloc for address in (STRIPE_JS, STRIPE_CHECKOUT, *STRIPE_FRAMES)}
        ),
        "tried_with": "the sandbox provider on this machine (payments.sandbox), not with the hosts above",
        "livemode": False,
        "script": STRIPE_JS,
        "url": lab.url or "not given",
        "build": build_id(),
        "commit": commit(),
        "tools": versions(),
        "started": run.started.isoformat(timespec="seconds"),
        "ended": run.ended.isoformat(timespec="seconds"),
        "command": " ".join(told(run.words)),
        "challenge": lab.challenge.digest or "none",
        "not_exercised": [
            f"{result.id}: {result.line}" for result in results if result.status is Status.NOT_EXERCISED
        ]
        + [f"not chosen for this run: {', '.join(left)}" for left in [not_chosen(results)] if left],
    }


def told(words: tuple[str, ...]) -> list[str]:
    """A command line without what is this machine's own: of a file its name, of a database nothing."""
    told, option = list[str](), ""
    for word in words:
        name, equals, value = word.partition("=") if word.startswith("--") else ("", "", "")
        if equals and name in _OWN:
            told.append(f"{name}={_shown(name, value)}")
        else:
            told.append(_shown(option, word))
        option = word
    return told


def _shown(option: str, value: str) -> str:
    if option not in _OWN or (option == "--challenge" and not Path(value).suffix):
        return value
    return "…" if option == "--database" else Path(value).name


def not_chosen(results: list[Result]) -> list[str]:
    """The checks that `--only` left out: of these the run says nothing."""
    ran = {result.id for result in results}
    return [check.id for check in CHECKS if check.id not in ran]


def legs(lab: Lab, results: list[Result]) -> list[dict[str, str]]:
    """The three legs, and how far this run went."""
    deployed = _deployed(lab, results)
    return [
        {
            "leg": "sandbox",
            "state": _leg("E1", results),
            "what": "both payment types bought in, with the sandbox provider",
        },
        {
            "leg": "production configuration",
            "state": _leg("E7", results),
            "what": "headers and pages as production makes them",
        },
        {"leg": "deployed address with the provider's own script", "state": deployed, "what": lab.url or "-"},
    ]


def _leg(check: str, results: list[Result]) -> str:
    """Whether the check that walks this leg came to its end."""
    status = {result.id: result.status for result in results}.get(check)
    if status in {Status.GREEN, Status.FINDING}:
        return "run"
    return f"not run: {check} was not chosen" if status is None else f"not run: {check}: {status}"


def _deployed(lab: Lab, results: list[Result]) -> str:
    """What was done at the deployed address, and what never is."""
    if not lab.url:
        return "not run: no --url was given"
    if not _was_seen(results):
        return (
            "not run: it gave no answer"
            if "E6" in {result.id for result in results}
            else "not run: E6 was not chosen"
        )
    how_far, left = (
        ("the payment step", "")
        if lab.orders
        else (
            "the last page before payment",
            "an order, the payment step, ",
        )
    )
    return (
        f"run: its pages as three visitors, up to {how_far}; not exercised there: {left}a payment, the provider's own "
        "page, fields typed into, its files, logs and database"
    )


def _was_seen(results: list[Result]) -> bool:
    return any("pages of the deployed address" in result.notes.figures for result in results)


def commit() -> str:
    """The commit of the tree, with "+changes" when files differ from it; "none" outside of git."""
    try:
        head = _git("rev-parse", "HEAD")
        return head + ("+changes" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "none"


def versions() -> dict[str, str]:
    """Of the interpreter and the tools that this run leans on."""
    found = {"python": platform.python_version()}
    for name in _TOOLS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not here"
    return found


def _git(*words: str) -> str:
    done = subprocess.run(
        [shutil.which("git") or "git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
