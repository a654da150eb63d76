"""The command `python -m payments.sandbox`."""

from __future__ import annotations

import argparse
import io
import signal
import sqlite3
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from .app import close, create_app
from .config import Config
from .keys import KeyRing
from .server import make_server

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, as for everything else that keeps it from starting; `--help` says how to use it."""
        self.exit(2, f"payments.sandbox: {message}\n")

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """argparse's own says nothing when the help can't be written, and ends with 0. This raises OSError."""
        (file or sys.stdout).write(self.format_help())
        sys.stdout.flush()


def parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m payments.sandbox",
        description="A stand-in for the payment provider, offline. Its manual: docs/sandbox.md.",
    )
    parser.add_argument("--port", type=port_number, default=8001)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    parser.add_argument("--store", type=Path, metavar="FILE", help="SQLite file to keep (default: temporary)")
    parser.add_argument(
        "--public-url", default="", metavar="URL", help="for browsers (default: http://pay.localhost:PORT)"
    )
    parser.add_argument(
        "--shop-origin", action="append", metavar="ORIGIN", help="may hold the card fields; repeatable"
    )
    parser.add_argument(
        "--account", action="append", default=[], metavar="NAME", help="a further account; repeatable"
    )
    parser.add_argument(
        "--webhook", action="append", default=[], metavar="URL", help="endpoint to register; repeatable"
    )
    parser.add_argument(
        "--rate-limit", default="25", metavar="N|off", help="calls a second (default: %(default)s)"
    )
    parser.add_argument(
        "--retry-schedule", default="1,5,30", metavar="S,S,…", help="webhook retries (default: %(default)s)"
    )
    parser.add_argument(
        "--control-key", default="ctl_hitsuka", metavar="KEY", help="for /_sandbox (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="the same ids and chances in every run")
    parser.add_argument(
        "--frozen-at", type=float, metavar="SECONDS", help="the clock stands still at this moment since 1970"
    )
    parser.add_argument(
        "--authorisation-days",
        type=float,
        default=7,
        metavar="N",
        help="until a reservation ends by itself (default: %(default)s)",
    )
    parser.add_argument(
        "--restricted-key",
        action="append",
        default=[],
        metavar="KEY=PERMISSION,…",
        help="a further restricted key of the default account; repeatable",
    )
    return parser


def port_number(text: str) -> int:
    """1 to 65535. Raises ValueError, which argparse tells with the text."""
    if not 1 <= (port := int(text)) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: 1 to 65535")
    return port


def number(text: str, what: str) -> float:
    """Raises ValueError with the option's name; what makes no sense as its value is for Config to say."""
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{what} {text!r} is no number") from None


def restricted_key(text: str) -> tuple[str, tuple[str, ...]]:
    """`rk_test_reports=charge_read,refund_read` as key and permissions. Raises ValueError."""
    key, equals, permissions = text.partition("=")
    if not equals:
        raise ValueError(f"{text!r} is not KEY=PERMISSION,…")
    return key, tuple(name for name in permissions.split(",") if name)


def config_from(arguments: argparse.Namespace) -> Config:
    """Raises ValueError with a sentence for the person who typed it."""
    limit = arguments.rate_limit
    return Config(
        port=arguments.port,
        host=arguments.host,
        store=arguments.store,
        public_url=arguments.public_url,
        shop_origins=tuple(arguments.shop_origin or Config.shop_origins),
        accounts=tuple(arguments.account),
        webhooks=tuple(arguments.webhook),
        rate_limit=None if limit == "off" else number(limit, "--rate-limit"),
        retry_schedule_s=tuple(
            number(s, "--retry-schedule") for s in arguments.retry_schedule.split(",") if s
        ),
        control_key=arguments.control_key,
        seed=arguments.seed,
        frozen_at=arguments.frozen_at,
        authorisation_s=arguments.authorisation_days * 86_400,
        restricted_keys=tuple(restricted_key(text) for text in arguments.restricted_key),
    )


def main(argv: list[str] | None = None) -> int:
    """Serves until SIGTERM or Ctrl-C. Exit status 0, or 2 with one line when it cannot start."""
    if (
        sys.stdout is None
    ):  # closed before we began (`>&-`): what it would have said is lost, and nothing else
        sys.stdout = io.StringIO()
    try:
        config = config_from(parser().parse_args(argv))
        app = create_app(config)
    except (ValueError, OSError, sqlite3.Error) as error:
        return _failed(error)
    try:
        server = make_server(config.host, config.port, app)
    except OSError as error:
        close(app)
        print(f"payments.sandbox: port {config.port}: {error.strerror}", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        # `shutdown` waits for the serving loop, which this thread runs: another thread must ask.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    try:
        _announce(config)
        server.serve_forever(poll_interval=0.1)
    except OSError as error:
        return _failed(error)
    finally:
        server.server_close()
        close(app)
    return 0


def _failed(error: Exception) -> int:
    """2, and a line; a reader who left (`| head -1`) needs no word."""
    if not isinstance(error, BrokenPipeError):
        print(f"payments.sandbox: {error}", file=sys.stderr)
    # What is left of the output would fail once more when the interpreter ends, with a status of its own.
    sys.stdout = io.StringIO()
    return 2


def _announce(config: Config) -> None:
    print(f"payment sandbox   {config.browser_url}/_sandbox/")
    print(f"  API             http://{config.host}:{config.port}/v1")
    print(f"  card fields     {config.browser_url}/endive/stripe.js")
    print(f"  test cards      {config.browser_url}/test-cards")
    for account in KeyRing(config.accounts).accounts:
        print(
            f"  keys            {account.key('sk_test_')}  {account.key('pk_test_')} "
            f" {account.webhook_secret}"
        )
    print("ready", flush=True)


if __name__ == "__main__":
    sys.exit(main())
