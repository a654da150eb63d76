"""The `shop` command. Each sub-command says what it did, and its exit status says whether it worked.

Options and help stand here or, of a large group, in a file of its own; what a command does is imported when it is
called, so that `shop --help` loads no database.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from shop.command_faults import Commands
from shop.garbage import look_seldom
from shop.payments_commands import payments
from shop.scope.cli import scope

look_seldom()  # before the commands load what they need
AT_LEAST_ONE = click.IntRange(min=1)
NOT_NEGATIVE = click.IntRange(min=0)


@click.group(cls=Commands)
@click.option(
    "--env-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="NAME=value lines to add to the environment; `make run` writes var/demo.env.",
)
def main(env_file: Path | None) -> None:
    """Hitsuka: a shop that never sees a card number."""
    if env_file is not None:
        os.environ.update(_settings_of(env_file))


def _settings_of(env_file: Path) -> dict[str, str]:
    try:
        text = env_file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"{env_file} is no readable UTF-8 text", param_hint="--env-file") from error
    settings = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = line.partition("=")
        if line.startswith("#") or not equals:
            continue
        if not name or "\0" in line:
            raise click.BadParameter(f"{env_file} line {number} is not NAME=value", param_hint="--env-file")
        settings[name] = value
    return settings


@main.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65000),
    default=8000,
    show_default=True,
    help="Port of the shop; the sandbox takes the next one.",
)
@click.option(
    "--workers", type=AT_LEAST_ONE, default=2, show_default=True, help="Processes that answer requests."
)
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), default=Path("var"), show_default=True
)
def demo(port: int, workers: int, data: Path) -> None:
    """Everything at once on this machine: stores, sandbox provider, worker, mailbox. Ctrl-C ends all."""
    from shop.demo import run

    sys.exit(run(port, workers, data))


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=AT_LEAST_ONE, default=2, show_default=True)
def serve(host: str, port: int, workers: int) -> None:
    """Answer requests (granian). Configured by the environment."""
    from shop.serve import serve as start
    from shop.serve import why_not_free
    from shop.settings import load

    load(os.environ)
    if reason := why_not_free(host, port):
        raise click.ClickException(f"port {port} of {host}: {reason}")
    start(host, port, workers)


@main.command()
def worker() -> None:
    """Apply events, send mails and refunds, end unpaid orders. Any number may run."""
    from shop.serve import run_worker

    run_worker()


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print what each look found as JSON.")
def doctor(as_json: bool) -> None:
    """Look at everything that a running shop needs. Exit 0 all is well, 1 something needs a hand."""
    from shop.doctor import run

    sys.exit(run(as_json=as_json))


@main.group()
def db() -> None:
    """The database's schema."""


@db.command()
def upgrade() -> None:
    """Bring the schema to this build's. Safe to call from several nodes at once."""
    from payments.database import Database
    from shop.db.migrate import upgrade as run
    from shop.settings import load
    from shop.stores.rows import ensure_stores

    database = Database(load(os.environ).database_url)
    run(database, click.echo)
    ensure_stores(database)


@main.command()
@click.option(
    "--products", type=NOT_NEGATIVE, default=0, help="Made-up products a store, beside the written ones."
)
@click.option("--orders", type=NOT_NEGATIVE, default=0, help="Made-up orders a store.")
@click.option(
    "--customers",
    type=NOT_NEGATIVE,
    default=0,
    help="Made-up accounts a store, guest0@example.jp and on; with --orders they have a history.",
)
def seed(products: int, orders: int, customers: int) -> None:
    """Fill the stores with goods, in bulk if you like. Never on a production database."""
    from shop.seeding import seed as run
    from shop.settings import load

    settings = load(os.environ)
    if settings.is_production:
        raise click.ClickException("seeding is for demo and test databases")
    run(settings, products=products, orders=orders, customers=customers)


@main.group()
def keys() -> None:
    """The keys of personal data."""


@keys.command()
def rotate() -> None:
    """Seal everything anew to each store's first key in DATA_KEYS. Can be stopped and started again."""
    from shop.keys import run_rotation

    sys.exit(run_rotation())


@keys.command("new")
@click.argument("store")
@click.argument("key_id")
def new_key(store: str, key_id: str) -> None:
    """Print a new entry for the front of DATA_KEYS."""
    from shop.keys import new_entry

    click.echo(new_entry(store, key_id))


@main.group()
def audit() -> None:
    """The audit chain: who did what."""


@audit.command("verify")
@click.option(
    "--heads",
    type=click.Path(path_type=Path),
    help="Signed heads that were kept elsewhere: a file of them, a mailbox, a syslog file.",
)
@click.option("--json", "as_json", is_flag=True)
def verify_audit(heads: Path | None, as_json: bool) -> None:
    """Name the first row that is not as it was written. Exit 0 agrees with the heads, 1 a finding, 2 not proved."""
    from shop.audit.cli import run_verify

    sys.exit(run_verify(heads, as_json=as_json))


@audit.command("head")
def audit_head() -> None:
    """Print the signed head of the chain as it is now: one line, to keep somewhere else."""
    from shop.audit.cli import run_head

    sys.exit(run_head())


main.add_command(payments)
main.add_command(scope)


class StaffCommands(click.Group):
    """`shop staff …`, imported when it is asked for: other commands need not wait for it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from shop.staff.cli import staff

        return staff.list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from shop.staff.cli import staff

        return staff.get_command(ctx, cmd_name)


main.add_command(StaffCommands("staff", help="Who works here: invite, list, unlock, disable, reset."))


@main.group()
def approvals() -> None:
    """What two people have to approve. The command line asks; it never signs."""


@approvals.command("request")
@click.argument("kind")
@click.option(
    "--json-payload",
    "payload",
    required=True,
    type=click.Path(path_type=Path),
    help="A file with the JSON object that is to be approved.",
)
@click.option("--json", "as_json", is_flag=True)
def request_approval(kind: str, payload: Path, as_json: bool) -> None:
    """Ask two people to approve exactly this. Exit 0 asked, 2 it can't be asked."""
    from shop.approvals.cli import run_request

    sys.exit(run_request(kind, payload, as_json=as_json))


@approvals.command("list")
@click.option("--all", "every", is_flag=True, help="The newest hundred, ended ones too.")
@click.option("--json", "as_json", is_flag=True)
def list_approvals(every: bool, as_json: bool) -> None:
    """What waits for signatures or for its use."""
    from shop.approvals.cli import run_list

    sys.exit(run_list(every=every, as_json=as_json))


if __name__ == "__main__":
    main()
