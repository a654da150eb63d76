"""`shop payments …` as a command line: options, help and exit status.

What is done stands in `shop.payments_cli`, `shop.cards.cli` and `shop.cards.gate_cli`, imported when it is called.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import click

from shop.stores import all_stores

_STORES = click.Choice(sorted(all_stores()))
_REASON = click.option(
    "--reason", required=True, help="Why, in a few words: kept, and shown to those who act on it."
)
_WAIT = click.option(
    "--wait",
    type=click.IntRange(1, 86400),
    is_flag=False,
    flag_value=120,
    help="End open sessions here too, and wait so many seconds until none can be paid (120).",
)
_AS_JSON = click.option("--json", "as_json", is_flag=True)
_DATE = click.option("--date", required=True, type=click.DateTime(["%Y-%m-%d"]))
_REFERENCE = click.option("--reference", required=True)


@click.group()
def payments() -> None:
    """Look after payments."""


@payments.command()
@click.option(
    "--days", type=click.IntRange(1, 3650), default=2, show_default=True, help="How far back to compare."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def reconcile(days: int, as_json: bool) -> None:
    """Compare everything with the provider's lists, heal what can be. Exit 0 agrees, 1 differs, 2 no answer."""
    from shop.payments_cli import run_reconcile

    sys.exit(run_reconcile(days, as_json=as_json))


@payments.command()
@click.option(
    "--watch", is_flag=True, help="Count down what can still be paid in closed stores, until nothing can."
)
@_AS_JSON
def status(watch: bool, as_json: bool) -> None:
    """Payments by state, open sessions, what waits and what needs a person. Exit 1 when something does."""
    if watch:
        from shop.cards.cli import run_watch

        sys.exit(run_watch(as_json=as_json))
    from shop.payments_cli import run_status

    sys.exit(run_status(as_json=as_json))


@payments.command()
@click.argument("store", type=_STORES)
@click.option("--for", "length", default="30m", show_default=True, help="How long: 90s, 30m, 2h; up to 24h.")
@_REASON
@_WAIT
@_AS_JSON
def pause(store: str, length: str, reason: str, wait: int | None, as_json: bool) -> None:
    """Take no cards in a store for a while. Exit 0 it holds, 1 something can still be paid, 2 it could not be done."""
    from shop.cards.cli import run_pause

    sys.exit(run_pause(store, length, reason, wait, as_json=as_json))


@payments.command()
@click.argument("store", type=_STORES, required=False)
@click.option("--all", "every", is_flag=True, help="Every store.")
@_REASON
@_WAIT
@_AS_JSON
def stop(store: str | None, every: bool, reason: str, wait: int | None, as_json: bool) -> None:
    """Take no cards until two people open the gate. Exit 0 it holds, 1 something can still be paid, 2 it could not."""
    from shop.cards.cli import run_stop

    if (store is None) != every:
        raise click.UsageError("name a store, or say --all")
    sys.exit(run_stop([store] if store else sorted(all_stores()), reason, wait, as_json=as_json))


@payments.group()
def gate() -> None:
    """The way back after a stop: record what shows each condition, see what is missing. It never opens here."""


@gate.command("show")
@click.argument("store", type=_STORES)
@_AS_JSON
def show_gate(store: str, as_json: bool) -> None:
    """Each condition, and what is missing. With all of them, --json is what two people approve. Exit 1 when shut."""
    from shop.cards.gate_cli import run_show

    sys.exit(run_show(store, as_json=as_json))


@gate.command("cause")
@click.argument("store", type=_STORES)
@click.option("--cause", required=True)
@click.option("--fix", required=True)
@click.option("--test", required=True, metavar="tests/PATH.py::TEST")
@click.option("--red", required=True, type=click.Path(path_type=Path), help="JUnit file of the old build.")
@click.option(
    "--green", required=True, type=click.Path(path_type=Path), help="JUnit file of the running build."
)
def record_cause(store: str, cause: str, fix: str, test: str, red: Path, green: Path) -> None:
    """Record cause and fix, with one test that is red on the old build and green on the running one."""
    from shop.cards.gate_cli import run_cause

    sys.exit(run_cause(store, cause, fix, test, red, green))


@gate.command("diagnosis")
@click.argument("store", type=_STORES)
@click.option("--by", required=True, help="The company that looked.")
@_DATE
@_REFERENCE
@click.option(
    "--document", required=True, type=click.Path(path_type=Path), help="Its hash is kept, not the document."
)
def record_diagnosis(store: str, by: str, date: dt.datetime, reference: str, document: Path) -> None:
    """Record that someone outside looked."""
    from shop.cards.gate_cli import run_diagnosis

    sys.exit(run_diagnosis(store, by, date.date(), reference, document))


@gate.command("consent")
@click.argument("store", type=_STORES)
@click.option("--company", required=True, help="One of CARD_COMPANIES.")
@_DATE
@_REFERENCE
def record_consent(store: str, company: str, date: dt.datetime, reference: str) -> None:
    """Record that a card company agrees."""
    from shop.cards.gate_cli import run_consent

    sys.exit(run_consent(store, company, date.date(), reference))


@payments.group("after-stop")
def after_stop_group() -> None:
    """Payments confirmed after a stop. They can be given back here; only staff let goods go out."""


@after_stop_group.command("list")
@_AS_JSON
def list_after_stop(as_json: bool) -> None:
    """Orders that wait for a decision. Exit 1 when there are any."""
    from shop.cards.cli import run_after_stop

    sys.exit(run_after_stop(as_json=as_json))


@after_stop_group.command("refund")
@click.argument("store", type=_STORES)
@click.argument("order")
def refund_after_stop(store: str, order: str) -> None:
    """Give the money of one order back, by its number or id. Exit 2 when it waits for no decision."""
    from shop.cards.cli import run_give_back

    sys.exit(run_give_back(store, order))
