"""See to it that browser tests have a browser: what is here, else Playwright's download, else the system's package.

Chromium without windows (Debian's chromium-headless-shell) takes two thirds of the time of the whole one, so root's
machines, CI's, get it even where the whole one is.

Prints the browser's path. When none can be had it says why, and its exit status is 1: a missing tool is never a pass.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import sync_playwright

from tests.servers.browser import LIGHT, chromium_path

PATIENCE_S: float = 600
"""How long one installer may take."""

IMPATIENT = ("--quiet", "--yes", "--option", "Acquire::http::Timeout=20", "--option", "Acquire::Retries=1")


def found() -> str | None:
    """The browser that tests would start."""
    with sync_playwright() as playwright:
        try:
            return chromium_path(playwright)
        except RuntimeError:
            return None


def tried(*command: str) -> str:
    """Run an installer; its last line of output is the reason when it fails, else empty."""
    name = " ".join(command[:3])
    if shutil.which(command[0]) is None:
        return f"{command[0]} is not here"
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            env=environ,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{name} … did not end within {PATIENCE_S:.0f} seconds"
    except OSError as error:
        return f"{name} … failed: {error.strerror}"
    lines = (done.stderr or done.stdout).strip().splitlines()
    reason = lines[-1] if lines else f"exit status {done.returncode}"
    return "" if done.returncode == 0 else f"{name} … failed: {reason}"


def ways(path: str | None) -> list[tuple[str, ...]]:
    """What to try, in turn, until a browser is here. With `path`, a lighter one than that."""
    is_root, has_apt = os.geteuid() == 0, shutil.which("apt-get") is not None
    if path is not None:
        # Only on a machine where root runs tests, as CI's: nobody else asked for another package.
        is_fine = Path(path).name in LIGHT or os.environ.get("CHROMIUM_PATH") or not (is_root and has_apt)
        return [] if is_fine else system((), LIGHT[0])
    packages = system(() if is_root else ("sudo", "-n"), "chromium", "fonts-noto-cjk") if has_apt else []
    return [(sys.executable, "-m", "playwright", "install", "chromium"), *packages]


def system(sudo: tuple[str, ...], *packages: str) -> list[tuple[str, ...]]:
    """Debian's ways, which do not wait long for a network that is not there."""
    return [(*sudo, "apt-get", "update", *IMPATIENT), (*sudo, "apt-get", "install", *packages, *IMPATIENT)]


def main() -> int:
    """Look, then get."""
    path, reasons = found(), []
    for way in ways(path):
        words = [word for word in way if word not in IMPATIENT]
        print("a lighter Chromium;" if path else "no Chromium yet;", "trying", *words, flush=True)
        if reason := tried(*way):
            reasons.append(reason)
        now = found()
        if now != path:
            path = now
            break
    if path is None:
        print("No Chromium could be had. " + " ".join(reasons), file=sys.stderr)
        print("Install one (Debian: apt-get install chromium) or set CHROMIUM_PATH.", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
