"""`shop scope keygen` and `check-report`: reports signed by a key that is on no shop host, and how to check one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from security.signatures import BadKey, BadSignature, SigningKey, opened
from shop.cards.green import FORMAT


def run_keygen(path: Path) -> int:
    """Write a private key, print its public half. 2 when the file is there already or cannot be written."""
    key = SigningKey.new()
    try:
        key.write(path)
    except OSError as error:
        click.echo(f"{path.name}: {error.strerror}", err=True)
        return 2
    click.echo(key.public)
    click.echo(f"Keep {path.name} off every shop host; the line above belongs into VERIFY_KEYS.", err=True)
    return 0


def key_in(path: Path) -> SigningKey | str:
    """The private key of a file, or one line that says why there is none."""
    try:
        return SigningKey.read(path)
    except (OSError, UnicodeDecodeError, BadKey) as error:
        return str(error) if isinstance(error, BadKey) else f"{path.name} cannot be read"


def run_check(path: Path, keys: tuple[str, ...], challenge_digest: str | None) -> int:
    """0 signed by a known key (and for this challenge), 1 not so, 2 it could not be looked at."""
    known = keys or tuple(os.environ.get("VERIFY_KEYS", "").split())
    if not known:
        click.echo("no public key: give --key, or set VERIFY_KEYS", err=True)
        return 2
    try:
        document = json.loads(path.read_text("utf-8"))
        payload: Any = opened(document, known)
    except BadSignature as reason:
        click.echo(f"{path.name}: {reason}")
        return 1
    except (OSError, ValueError, RecursionError) as error:
        click.echo(f"{path.name} cannot be read: {getattr(error, 'strerror', None) or error}", err=True)
        return 2
    if not isinstance(payload, dict) or payload.get("format") != FORMAT:
        click.echo(f"{path.name}: signed, but no report of a verification")
        return 1
    about = payload["about"]
    if challenge_digest is not None and about["challenge"] != challenge_digest:
        click.echo(f"{path.name}: signed, but for another challenge")
        return 1
    click.echo(
        f"{path.name}: signed by {document['signature']['key']}, build {about['build']}, ended {about['ended']}, "
        f"challenge {about['challenge'][:16]}, exit status {payload['exit_status']}"
    )
    click.echo(payload["verdict"])
    return 0
