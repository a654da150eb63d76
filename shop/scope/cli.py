"""`shop scope`: verify, and what belongs to it. Exit status 0 green, 1 a finding, 2 evidence missing."""

from __future__ import annotations

import os
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import click

from security.ending import clean_end

# Whether there is such a file is said by what reads it, in one line; click would show how to use the command.
_FILE = _DIR = click.Path(path_type=Path)


class _OneLine(click.Group):
    """Says what is wrong with a command line in one line; `--help` says how to use it."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            name = error.ctx.info_name if error.ctx is not None else self.name
            click.echo(f"{name}: {' '.join(error.format_message().split())}", err=True)
            sys.exit(2)


@click.group(cls=_OneLine)
def scope() -> None:
    """Evidence on whether card data reaches this shop."""


@scope.command()
@click.option(
    "--report", "report_dir", type=_DIR, help="Write report.html, report.json and report.sarif there."
)
@click.option("--only", "names", multiple=True, metavar="ID", help="Only this check (E1 … E25); repeatable.")
@click.option("--list", "list_only", is_flag=True, help="Name the checks and end.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option(
    "--challenge", default="", metavar="TEXT|FILE", help="A nonce, or a TOML or JSON file; docs/evidence.md."
)
@click.option(
    "--sign", "key_file", type=_FILE, help="Sign report.json with this private key (shop scope keygen)."
)
@click.option(
    "--database", "database_url", default="", metavar="URL", help="Of an empty PostgreSQL for the purchases."
)
@click.option("--url", default="", help="Of a deployed shop: look at its pages too (a part of E6).")
@click.option(
    "--provider",
    default="",
    metavar="ORIGIN",
    help="With --url: the sandbox stands in for Stripe there.",
)
@click.option(
    "--order", "orders", is_flag=True, help="With --url: go on to the payment step by an order left unpaid."
)
def verify(
    report_dir: Path | None,
    names: tuple[str, ...],
    list_only: bool,
    as_json: bool,
    challenge: str,
    key_file: Path | None,
    database_url: str,
    url: str,
    provider: str,
    orders: bool,
) -> None:
    """Gather the evidence anew. Exit 0: all automatic evidence green; 1: a finding; 2: evidence is missing."""
    with clean_end("verify"):
        from shop.scope.verify import Wish, list_checks, run_verify

        if list_only:
            list_checks()
            return
        wish = Wish(
            names, report_dir, as_json, challenge, key_file, database_url, url, provider.rstrip("/"), orders
        )
        sys.exit(run_verify(wish, tuple(sys.argv[1:])))


@scope.command()
@click.option("--json", "as_json", is_flag=True)
def reports(as_json: bool) -> None:
    """What browsers said our Content-Security-Policy stopped."""
    from shop.csp_reports.listing import run_listing

    sys.exit(run_listing(as_json=as_json))


@scope.command()
@click.argument("file", type=_FILE)
def keygen(file: Path) -> None:
    """Make a key that signs reports and sightings; print its public half for VERIFY_KEYS."""
    from shop.scope.signing import run_keygen

    sys.exit(run_keygen(file))


@scope.command("check-report")
@click.argument("file", type=_FILE)
@click.option("--key", "keys", multiple=True, metavar="ID:BASE64", help="A public key; else VERIFY_KEYS.")
@click.option("--challenge", default=None, metavar="TEXT|FILE", help="It must be for this challenge.")
def check_report(file: Path, keys: tuple[str, ...], challenge: str | None) -> None:
    """Whether a report is signed by a known key. Exit 0 it is, 1 it is not, 2 it could not be read."""
    from shop.scope.challenge import BadChallenge, read
    from shop.scope.signing import run_check

    try:
        digest = read(challenge).digest if challenge is not None else None
    except BadChallenge as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    sys.exit(run_check(file, keys, digest))


@scope.command()
@click.option("--url", "urls", multiple=True, metavar="URL", help="A store's live address; repeatable.")
@click.option(
    "--script", default="", metavar="URL", help="The provider's script, for a store of the token type."
)
@click.option(
    "--frames", multiple=True, metavar="ORIGIN", help="Where the provider's frames come from; repeatable."
)
@click.option("--checkout", default="", metavar="ORIGIN", help="The provider's own payment page.")
@click.option(
    "--order", "orders", is_flag=True, help="Go on to the payment step: an order that is left unpaid."
)
@click.option("--state", "folder", type=_DIR, default=Path("watch"), show_default=True)
@click.option("--key", "key_file", type=_FILE, help="The watcher's private key (shop scope keygen).")
@click.option(
    "--accept", is_flag=True, help="Approve what is there now, if nothing is wrong with it by itself."
)
@click.option("--once", is_flag=True, help="One round, then end.")
@click.option("--every", default="10m", show_default=True, help="Time between rounds.")
@click.option("--check", "check_folder", type=_DIR, help="Is there a fresh sighting? Exit 1 when not.")
@click.option("--max-age", default="30m", show_default=True)
@click.option(
    "--public", "public_keys", multiple=True, metavar="ID:BASE64", help="For --check; else VERIFY_KEYS."
)
def watch(
    urls: tuple[str, ...],
    script: str,
    frames: tuple[str, ...],
    checkout: str,
    orders: bool,
    folder: Path,
    key_file: Path | None,
    accept: bool,
    once: bool,
    every: str,
    check_folder: Path | None,
    max_age: str,
    public_keys: tuple[str, ...],
) -> None:
    """Look at live pages from another host. Exit 0 as approved, 1 an alarm, 2 it could not look."""
    from shop.scope.watching import Target, Wish, duration, run_check, run_watch

    try:
        pause, oldest = duration(every), duration(max_age)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--every, --max-age") from error
    if check_folder is not None:
        sys.exit(
            run_check(check_folder, oldest, public_keys or tuple(os.environ.get("VERIFY_KEYS", "").split()))
        )
    if not urls or key_file is None:
        raise click.UsageError("give --url and --key, or --check")
    targets = tuple(
        Target(url.rstrip("/"), script, frozenset(frames), checkout.rstrip("/"), orders=orders)
        for url in urls
    )
    with clean_end("watch"):
        sys.exit(run_watch(Wish(targets, folder, key_file, accept, once, pause)))


@scope.command()
@click.option("--only", "ids", multiple=True, metavar="ID", help="Only this mutant; repeatable.")
@click.option("--running", is_flag=True, help="Those that only a running shop shows; minutes.")
@click.option(
    "--patch", type=_FILE, help="A change of your own: the rules, then all that can look at a copy."
)
@click.option(
    "--check", "checks", multiple=True, metavar="ID", help="With --patch: the rules and this check alone."
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcomes as JSON.")
def mutants(
    ids: tuple[str, ...], running: bool, patch: Path | None, checks: tuple[str, ...], as_json: bool
) -> None:
    """Small harmful changes that the checks must catch. Exit 0: all caught for their reason, no control red."""
    if patch is None and checks:
        raise click.UsageError("--check says who looks at a --patch, and there is none")
    if patch is not None and (ids or running):
        raise click.UsageError(
            "--patch is a change of your own: --only and --running choose from the catalogue"
        )
    with clean_end("mutants"):
        from security.rules import config
        from shop.scope import mutants as runner
        from shop.scope import mutants_running
        from shop.scope.patches import MutantError
        from shop.scope.registry import UnknownCheck, chosen

        try:
            if patch is not None:
                named = tuple(check.id for check in chosen(checks)) if checks else ()
                sys.exit(mutants_running.judge_patch(patch, named, as_json=as_json))
            wanted = runner.named(runner.load(), ids)
            wanted = [each for each in wanted if ids or bool(each.checks) is running]
            in_copies = mutants_running.in_copies([each for each in wanted if each.checks])
            outcomes = chain(runner.run_all(wanted), in_copies)
            sys.exit(runner.report(list(runner.told(outcomes, len(wanted))), as_json=as_json))
        except (MutantError, config.ConfigError, UnknownCheck) as error:
            click.echo(f"mutants: {error}", err=True)
            sys.exit(2)
