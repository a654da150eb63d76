"""What is wrong with a file that locks dependencies, and with how it is installed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)

_INSTALLS = re.compile(r"\b(?:pip3?|pipx|uv pip)\s+install\b|\buv\s+(?:add|tool install)\b")
_OWN = re.compile(r"install\b(?:\s+-\S+)*\s+(?:\.|-e\s+\.|--editable\s+\.|dist/\S+|-h|--help)(?:\s|$|[;&|])")


def lock_faults(text: str) -> Iterator[tuple[str, str]]:
    """What is wrong with a lock file: rule and message."""
    for without in unhashed(text):
        yield "no-hash", f"{without} is not locked by hash"
    if re.search(
        r"^\s*(?:--index-url|--extra-index-url|-i|--find-links|--trusted-host)\b", text, re.MULTILINE
    ):
        yield "index", "it names a place to load from: the machine's own setting decides that"
    if re.search(r"^\s*(?:-e|git\+|https?://|[\w.-]+ @ )", text, re.MULTILINE):
        yield "address", "a dependency is loaded from an address and not by name and hash"
    for line in text.splitlines():
        name = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line)
        if name and not PIN.match(line) and not re.search(r"://|git\+| @ ", line):
            yield "no-pin", f"{name[0]} is not locked to one version"


def install_faults(text: str) -> Iterator[tuple[int, str]]:
    """Lines of a Makefile, script or workflow that install something whose hash nobody has looked at before."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or not _INSTALLS.search(line) or "--require-hashes" in line:
            continue
        if ".lock" in line:
            yield number, "installs from the lock without --require-hashes"
        elif "--no-deps" not in line and not _OWN.search(line):
            yield number, f"installs what no lock holds: {line.strip()[:60]}"


def unhashed(lock: str) -> list[str]:
    """Requirements of a lock file that no hash follows."""
    pins = list(PIN.finditer(lock))
    ends = [pin.start() for pin in pins[1:]] + [len(lock)]
    return [
        pin[1] for pin, end in zip(pins, ends, strict=True) if "--hash=sha256:" not in lock[pin.start() : end]
    ]
