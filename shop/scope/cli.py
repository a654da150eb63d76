"""`shop scope`: verify, and what belongs to it. Exit status 0 green, 1 a finding, 2 evidence missing."""

from __future__ import annotations

import sys
from pathlib import Path

import click

_FILE = click.Path(dir_okay=False, path_type=Path)
_DIR = click.Path(file_okay=False, path_type=Path)


@click.group()
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
@click.option("--url", default="", help="Of a deployed shop: look at its pages too.")
def verify(
    report_dir: Path | None,
    names: tuple[str, ...],
    list_only: bool,
    as_json: bool,
    challenge: str,
    key_file: Path | None,
    database_url: str,
    url: str,
) -> None:
    """Gather the evidence anew. Exit 0: all automatic evidence green; 1: a finding; 2: evidence is missing."""
    from shop.scope.verify import Wish, list_checks, run_verify

    if list_only:
        list_checks()
        return
    wish = Wish(names, report_dir, as_json, challenge, key_file, database_url, url)
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
    from shop.scope.challenge import read
    from shop.scope.signing import run_check

    digest = read(challenge).digest if challenge is not None else None
    sys.exit(run_check(file, keys, digest))
