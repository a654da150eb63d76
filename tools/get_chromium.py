"""See to it that browser tests have a browser: what is here, else Playwright's download, else the system's package.

Prints its path. When none can be had it says why, and its exit status is 1: a missing tool is never a pass.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import sync_playwright

from tests.servers.browser import chromium_path


def found() -> str | None:
    """The browser that tests would start."""
    with sync_playwright() as playwright:
        try:
            return chromium_path(playwright)
        except RuntimeError:
            return None


def tried(*command: str) -> str:
    """Run an installer; its last line of output is the reason when it fails, else empty."""
    if shutil.which(command[0]) is None:
        return f"{command[0]} is not here"
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=600, check=False)
    lines = (done.stderr or done.stdout).strip().splitlines()
    reason = lines[-1] if lines else f"exit status {done.returncode}"
    return "" if done.returncode == 0 else f"{' '.join(command[:3])} … failed: {reason}"


def main() -> int:
    """Look, then get."""
    reasons: list[str] = []
    ways = [(sys.executable, "-m", "playwright", "install", "chromium")]
    if shutil.which("apt-get"):
        sudo = () if os.geteuid() == 0 else ("sudo", "-n")
        ways += [
            (*sudo, "apt-get", "update", "--quiet"),
            (*sudo, "apt-get", "install", "--quiet", "--yes", "chromium", "fonts-noto-cjk"),
        ]
    path = found()
    for way in ways:
        if path:
            break
        print("no Chromium yet; trying", " ".join(way[-3:]), flush=True)
        if reason := tried(*way):
            reasons.append(reason)
        path = found()
    if path is None:
        print("No Chromium could be had. " + " ".join(reasons), file=sys.stderr)
        print("Install one (Debian: apt-get install chromium) or set CHROMIUM_PATH.", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
