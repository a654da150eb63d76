"""Build the wheel `hitsuka-security` from the folder `security` alone; prints its path. `make wheel` runs this.

    .venv/bin/python tools/build_wheel.py [FOLDER] [--compiled]

It fits every machine. With `--compiled` it holds the scanner's compiled look as well and fits machines of this kind.
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
_NOT_PACKED = shutil.ignore_patterns("__pycache__", "inventory.toml", "build", "*.egg-info", "*.so")
_COMPILED = """
[[tool.setuptools.ext-modules]]
name = "security.scanner._runs"
sources = ["scanner/_runs.c"]
py-limited-api = true
extra-compile-args = ["-O3", "-g0"]
define-macros = [["Py_LIMITED_API", "0x030B0000"]]
"""


def build(target: Path, *, compiled: bool = False) -> Path:
    """The wheel, in `target`. Raises RuntimeError with the builder's last line when it fails."""
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder) / "security"
        shutil.copytree(ROOT / "security", sources, ignore=_NOT_PACKED)
        shutil.copy(ROOT / "LICENSE", sources)
        if compiled:
            with (sources / "pyproject.toml").open("a", encoding="utf-8") as project:
                project.write(_COMPILED)
        # Without isolation: the locked setuptools builds it, and no network is needed.
        command = [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            str(target),
            *(["--config-setting=--build-option=--py-limited-api=cp311"] if compiled else []),
            str(sources),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the wheel was not built: {(done.stdout + done.stderr).strip().splitlines()[-1]}")
    return max(target.glob("hitsuka_security-*.whl"), key=lambda wheel: wheel.stat().st_mtime)


if __name__ == "__main__":
    folders = [word for word in sys.argv[1:] if word != "--compiled"]
    print(build(Path(folders[0]) if folders else ROOT / "dist", compiled="--compiled" in sys.argv))
