"""Build the wheel `hitsuka-security` from the folder `security` alone; prints its path. `make wheel` runs this.

The folder is copied first: a build leaves files beside its sources, and this project's own script inventory is nobody
else's.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
_NOT_PACKED = shutil.ignore_patterns("__pycache__", "inventory.toml", "build", "*.egg-info")


def build(target: Path) -> Path:
    """The wheel, in `target`. Raises RuntimeError with the builder's last line when it fails."""
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder) / "security"
        shutil.copytree(ROOT / "security", sources, ignore=_NOT_PACKED)
        shutil.copy(ROOT / "LICENSE", sources)
        # Without isolation: the locked setuptools builds it, and no network is needed.
        command = [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            str(target),
            str(sources),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the wheel was not built: {(done.stdout + done.stderr).strip().splitlines()[-1]}")
    return next(target.glob("hitsuka_security-*.whl"))


if __name__ == "__main__":
    print(build(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist")))
