"""E17: every dependency locked by hash and installed as locked, all of them listed, and audited where that can be."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

from security.canary.sinks import MissingEvidence
from shop.scope.lab import Lab
from shop.scope.locks import PIN, install_faults, lock_faults, unhashed
from shop.scope.result import Notes

LOCKS = ("requirements/run.lock", "requirements/dev.lock")
_AUDIT_S = 45
_SBOM_S = 240


def look(lab: Lab, notes: Notes) -> None:
    """Locks first, for they need nobody; then the list, then the audit."""
    for name in LOCKS:
        _lock(lab.root / name, name, notes)
    _installed(lab.root / LOCKS[0], notes)
    _makefile(lab.root, notes)
    notes.files["sbom.cdx.json"] = _sbom(lab.root, notes)
    _audit(lab, notes)


def _lock(path: Path, name: str, notes: Notes) -> None:
    if not path.is_file():
        notes.lack(f"{name} is not there")
        return
    text = path.read_text("utf-8")
    for rule, message in lock_faults(text):
        notes.found(name, rule, message)
    notes.add("locked", len(PIN.findall(text)))
    notes.control(list(unhashed("flask==1.0\n")) == ["flask"], "a requirement without a hash is not seen")


def _installed(lock: Path, notes: Notes) -> None:
    """What runs is what is locked. A package that this platform does not need is not installed, and that is well."""
    for name, version in PIN.findall(lock.read_text("utf-8")):
        try:
            here = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        notes.expect(here == version, name, "not-as-locked", f"{here} is installed, {version} is locked")


def _makefile(root: Path, notes: Notes) -> None:
    path = root / "Makefile"
    if not path.is_file():
        notes.lack("there is no Makefile to read how dependencies are installed")
        return
    for number, message in install_faults(path.read_text("utf-8")):
        notes.found("Makefile", "install", message, number)


def _sbom(root: Path, notes: Notes) -> str:
    command = [
        sys.executable,
        "-m",
        "cyclonedx_py",
        "requirements",
        str(root / LOCKS[0]),
        "--output-format",
        "JSON",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SBOM_S, check=False)
        parts = json.loads(done.stdout)["components"]
    except subprocess.TimeoutExpired:
        raise MissingEvidence(
            f"cyclonedx-py was not done with the list of components in {_SBOM_S} s"
        ) from None
    except (ValueError, KeyError):
        raise MissingEvidence("cyclonedx-py made no list of components; is it installed?") from None
    notes.add("components listed", len(parts))
    if not parts:
        notes.lack("the list of components is empty")
    return done.stdout


def _audit(lab: Lab, notes: Notes) -> None:
    """Known weaknesses, by pip-audit. Without an answer of its service nothing is claimed."""
    report = lab.folder / "audit.json"
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "-r",
        str(lab.root / LOCKS[0]),
        "--require-hashes",
        "--disable-pip",
    ]
    command += ["--format", "json", "--output", str(report), "--progress-spinner", "off", "--timeout", "10"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_AUDIT_S, check=False)
    except subprocess.TimeoutExpired:
        notes.not_exercised.append(f"audit not run: its service gave no answer in {_AUDIT_S} s")
        return
    if not report.is_file() or not report.stat().st_size:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        notes.not_exercised.append(f"audit not run: {last[:160]}")
        return
    audited = json.loads(report.read_text("utf-8"))["dependencies"]
    unseen = [each["name"] for each in audited if "skip_reason" in each]
    if unseen or not audited:
        notes.not_exercised.append(f"audit not run for {len(unseen)} of {len(audited)} dependencies")
    for each in audited:
        for weakness in each.get("vulns", ()):
            notes.found(each["name"], "advisory", f"{each.get('version')}: {weakness['id']}")
    notes.add("audited", len(audited) - len(unseen))
