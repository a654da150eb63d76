"""A number that only these tests know, and short ways to look for it."""

from __future__ import annotations

from pathlib import Path

from security.scan import Finding, Scan

from .cards import luhn_digit

# Not published by anyone: made up here, digit by digit.
CARD = "455612340098765" + luhn_digit("455612340098765")
PUBLISHED = "4242424242424242"


def scanned(path: Path, **options: list[str]) -> Scan:
    scan = Scan(**options)  # type: ignore[arg-type]  # lists of globs
    scan.run([str(path)])
    return scan


def only(scan: Scan) -> Finding:
    (finding,) = scan.findings
    return finding
