"""How fast the scanner is, with both engines, beside programs that look for numbers in another way; one thread each.

python -m benchmarks.scan

`ripgrep` runs a pattern of thirteen to nineteen digits, spaces and hyphens between them allowed, and its matches go
through Luhn: it knows no encodings, issuers or neighbours. With `--ccsrch PROGRAM` that program (built apart; Debian,
PyPI and npm do not have it) is measured as well.
"""

from __future__ import annotations

import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from unittest.mock import patch

import click

from benchmarks.chart import lines
from security.pan import is_luhn_valid
from security.scan import Scan
from security.scanner import by_hyperscan, engine
from security.scanner.engine import EngineName

_PATTERN = r"\b(?:[0-9][ -]?){12,18}[0-9]\b"
_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
)


def access_log(size: int) -> bytes:
    """Lines as nginx writes them in its usual format."""
    dice, made, done = random.Random(1), list[str](), 0
    while done < size:
        address = ".".join(str(dice.randint(1, 254)) for _ in range(4))
        path = f"/products/{dice.randint(1, 10**6)}?q=%E6%80%A5%E9%A0%88&page={dice.randint(1, 9)}"
        line = (
            f"{address} - - [23/Nov/2026:04:{dice.randint(10, 59)}:{dice.randint(10, 59)} +0900] "
            f'"GET {path} HTTP/1.1" 200 {dice.randint(900, 99999)} "https://www.google.com/" "{_AGENT}"\n'
        )
        made.append(line)
        done += len(line)
    return "".join(made).encode()


def source_text(size: int) -> bytes:
    """Python's own library, as often as it takes."""
    files = sorted(Path(sys.prefix).rglob("*.py"))[:3000]
    text = b"".join(file.read_bytes() for file in files)
    return (text * (size // max(1, len(text)) + 1))[:size]


def with_engine(name: EngineName) -> Callable[[Path], int]:
    """Scan by one engine; how many findings."""

    def scan(file: Path) -> int:
        done = Scan(engine_name=name)
        done.run([str(file)])
        return len(done.findings)

    return scan


def not_compiled(file: Path) -> int:
    """The fast engine without the compiled looks; how many findings."""
    with patch.object(engine, "by_name", lambda _name: by_hyperscan.engine(with_compiled=False)):
        return with_engine("fast")(file)


def ripgrep(file: Path) -> int:
    """ripgrep for the digits, Luhn for its matches."""
    command = [
        "rg",
        "--threads",
        "1",
        "--text",
        "--only-matching",
        "--no-filename",
        "--no-config",
        _PATTERN,
        str(file),
    ]
    found = subprocess.run(command, capture_output=True, check=False).stdout.split(b"\n")
    numbers = (re.sub(rb"[^0-9]", b"", each).decode() for each in found)
    return sum(bool(number) and is_luhn_valid(number) for number in numbers)


def program(path: str) -> Callable[[Path], int]:
    """Another program that takes a folder or file."""

    def run(file: Path) -> int:
        done = subprocess.run([path, str(file)], capture_output=True, check=False)
        return done.stdout.count(b"\n")

    return run


def command(*words: str) -> Callable[[Path], int]:
    """Python with these words and the file."""
    return lambda file: (
        subprocess.run([sys.executable, *words, str(file)], capture_output=True, check=True).returncode
    )


def cpu_s(work: Callable[[Path], int], file: Path) -> float:
    """CPU seconds of this process and its children."""

    def spent() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + children.ru_utime + children.ru_stime

    started = spent()
    work(file)
    return spent() - started


@click.command()
@click.option("--megabytes", default=16, show_default=True)
@click.option("--rounds", default=5, show_default=True)
@click.option("--ccsrch", help="The program ccsrch, to be measured as well.")
@click.option("--save", type=click.Path(path_type=Path), help="Folder for the curve of cost over size.")
def main(megabytes: int, rounds: int, ccsrch: str | None, save: Path | None) -> None:
    """Measure the scanner."""
    ways: dict[str, Callable[[Path], int]] = {
        "fast engine": with_engine("fast"),
        "not compiled": not_compiled,
        "plain engine": with_engine("plain"),
    }
    if shutil.which("rg"):
        ways["ripgrep + Luhn"] = ripgrep
    if ccsrch:
        ways["ccsrch"] = program(ccsrch)
    with tempfile.TemporaryDirectory() as folder:
        for kind, make in (("access log", access_log), ("source text", source_text)):
            file = Path(folder) / "file"
            file.write_bytes(make(megabytes << 20))
            _table(kind, ways, file, rounds)
        _starts(Path(folder))
        if save:
            _curve(ways, Path(folder), save)


def _table(kind: str, ways: dict[str, Callable[[Path], int]], file: Path, rounds: int) -> None:
    size = file.stat().st_size / 1e6
    times: dict[str, list[float]] = {name: [] for name in ways}
    for round_ in range(rounds + 1):
        for name, work in ways.items():
            spent = cpu_s(work, file)
            if round_:
                times[name].append(spent)
    print(f"\n{kind}, {size:.0f} MB, MB a second of CPU")
    fast = median(times["fast engine"])
    for name, rounds_s in times.items():
        rate, ratio = size / median(rounds_s), median(rounds_s) / fast
        print(
            f"  {name:16} {rate:8.0f}   {ratio:5.1f} times the fast engine's time   found {ways[name](file)}"
        )


def _starts(folder: Path) -> None:
    """A hook before each commit looks at a few lines: what the command costs before it has read any."""
    file = folder / "line"
    file.write_text("one line, with 2 digits\n")
    nothing = median(cpu_s(command("-c", "pass"), file) for _ in range(5))
    print(f"\none line, the whole command, ms of CPU\n  Python itself    {nothing * 1000:8.0f}")
    for name in ("fast", "plain"):
        spent = median(cpu_s(command("-m", "security", "scan", "--engine", name), file) for _ in range(5))
        print(f"  {name} engine{spent * 1000:{20 - len(name) - 3}.0f}   {spent / nothing:5.1f} times")


def _curve(ways: dict[str, Callable[[Path], int]], folder: Path, save: Path) -> None:
    points: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for megabytes in (1, 2, 4, 8, 16):
        file = folder / "curve"
        file.write_bytes(access_log(megabytes << 20))
        for name, work in ways.items():
            points[name].append((megabytes, min(cpu_s(work, file) for _ in range(3)) * 1000))
    save.mkdir(parents=True, exist_ok=True)
    (save / "scan.svg").write_text(lines("Scanning an access log", "MB", "ms CPU", points))


if __name__ == "__main__":
    main()
