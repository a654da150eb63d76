"""Run the rules over files: walk, read, judge, take away what is suppressed. Standard library alone.

What cannot be read or parsed is reported, never passed over.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..counted import counted
from ..finding import Finding
from . import (
    asking,
    deployed,
    manifest,
    proxy,
    script_list,
    secret_keys,
    styles,
    suppress,
    templates,
    translations,
    warned,
)
from .config import Allow, Config
from .javascript import check as javascript
from .project import Project
from .python import columns, leaks, reviewed
from .python.base import Context
from .python.families import FAMILIES
from .source import Module
from .suppress import Suppression

_PYTHON = frozenset({".py", ".pyi", ".pyw"})
_PAGES = frozenset(
    {
        ".html",
        ".htm",
        ".xhtml",
        ".jinja",
        ".jinja2",
        ".j2",
        ".vue",
        ".svelte",
        ".ejs",
        ".hbs",
        ".mustache",
        ".twig",
        ".svg",
        ".tmpl",
    }
)
_BY_SUFFIX = {".css": styles.check_text, ".c": reviewed.of_script}
_SCRIPTS = frozenset({".js", ".mjs", ".cjs", ".jsx"})
_TEXTS = frozenset(
    {
        ".txt",
        ".toml",
        ".yml",
        ".yaml",
        ".json",
        ".env",
        ".cfg",
        ".ini",
        ".conf",
        ".sh",
        ".po",
        ".md",
        ".rst",
        ".sql",
        ".css",
        ".mako",
        ".c",
        ".xml",
        ".ts",
        ".tsx",
        ".map",
        ".webmanifest",
        ".service",
        ".tf",
        ".properties",
    }
)
_NAMES = frozenset({"Dockerfile", "Makefile", ".env", "Procfile", "Containerfile"})
_PAGE_IN_TEXT = re.compile(r"<\s*(?:input|script|form|iframe|textarea)\b", re.IGNORECASE)
_SKIPPED = frozenset(
    {
        ".git",
        ".venv",
        "node_modules",
        "__pycache__",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        "dist",
        "build",
    }
)
_BIGGEST = 2 << 20  # bytes; a larger text is none that people write


@dataclass
class Result:
    """What a run found. `suppressed` are findings that a comment or the configuration took away, with who did."""

    findings: list[Finding] = field(default_factory=list)
    suppressed: list[tuple[Finding, Suppression | Allow]] = field(default_factory=list)
    suppressions: list[Suppression] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    files: int = 0

    @property
    def status(self) -> int:
        """The exit status: 0 clean, 1 found, 2 nothing found but something could not be read."""
        if self.findings:
            return 1
        return 2 if self.unreadable or not self.files else 0


def run(paths: Sequence[str], config: Config) -> Result:
    """Check files, and folders with all that lies below them."""
    result = Result()
    texts: dict[str, str] = {}
    for path in paths:
        for file in _walk(Path(path), config, result):
            _read(file, texts, result)
    judge(texts, config, result, below=_root(paths))
    return result


def parsed(paths: Sequence[str], config: Config, result: Result) -> list[Module]:
    """The Python files of these paths, read and judged by nobody; what cannot be read is noted in `result`."""
    texts: dict[str, str] = {}
    for path in paths:
        for file in _walk(Path(path), config, result):
            _read(file, texts, result)
    below = _root(paths)
    python = ((path, text) for path, text in texts.items() if path.endswith(tuple(_PYTHON)))
    found = (_module(path, text, {}, result, below, report=True) for path, text in python)
    return [module for module in found if module is not None]


def _root(paths: Sequence[str]) -> str:
    """The folder round all that is looked at: what lies there is imported by its name below it."""
    folders = [Path(path).parent.as_posix() for path in paths]
    same_kind = len({Path(path).is_absolute() for path in paths}) == 1
    return os.path.commonpath(folders) if same_kind else ""


def judge(
    texts: Mapping[str, str],
    config: Config,
    result: Result,
    only: Iterable[str] | None = None,
    modules: dict[str, Module] | None = None,
    *,
    below: str = "",
) -> None:
    """Check texts by their paths and add to `result`. With `only` these alone, the others just help to understand them.

    `modules` are Python files that were parsed before, by path; new ones are added. They are imported by their names
    `below` a folder.
    """
    known = {} if modules is None else modules
    wanted = set(texts if only is None else only)
    project, python = Project(), tuple(_PYTHON)
    for path, text in texts.items():
        if path.endswith(python) and (
            module := _module(path, text, known, result, below, report=path in wanted)
        ):
            project.add(module)
    context = Context(project, config)
    found = [
        finding for path in sorted(wanted) for finding in _file(path, texts[path], context, known, result)
    ]
    chosen = [known[path] for path in sorted(wanted) if path in known]
    found += leaks.check_all(context, chosen)
    result.files += len(wanted)
    _settle(found, {path: texts[path] for path in wanted}, config, result)


def _module(
    path: str, text: str, known: dict[str, Module], result: Result, below: str, *, report: bool
) -> Module | None:
    if path in known and known[path].text == text:
        return known[path]
    known.pop(path, None)
    try:
        known[path] = Module(path, text, _dotted(path, below))
    except (SyntaxError, ValueError, RecursionError) as error:
        if report:
            result.unreadable.append(f"{path}: {getattr(error, 'msg', None) or error}")
        return None
    return known[path]


def _dotted(path: str, below: str) -> str:
    file = Path(path).with_suffix("")
    parts = list((file.relative_to(below) if below and file.is_relative_to(below) else file).parts)
    if parts and parts[-1] == "__init__":
        parts.pop()
    return ".".join(part for part in parts if part not in {"/", ".", ".."})


def _walk(path: Path, config: Config, result: Result) -> Iterator[Path]:
    if config.excludes(path.as_posix()):
        return
    try:
        if path.is_symlink():
            return
        if path.is_dir():
            for below in sorted(path.iterdir()):
                if below.name not in _SKIPPED:
                    yield from _walk(below, config, result)
        elif path.is_file():
            yield path
        else:
            result.unreadable.append(f"{path}: no such file or folder")
    except OSError as error:
        result.unreadable.append(f"{path}: {error.strerror or error}")


def _read(file: Path, texts: dict[str, str], result: Result) -> None:
    if not _is_ours(file):
        return
    try:
        if file.stat().st_size > _BIGGEST:
            result.unreadable.append(f"{file}: larger than {_BIGGEST >> 20} MiB")
            return
        texts[file.as_posix()] = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        result.unreadable.append(f"{file}: no UTF-8 text")
    except OSError as error:
        result.unreadable.append(f"{file}: {error.strerror or error}")


def _is_ours(file: Path) -> bool:
    return (
        file.suffix.lower() in _PYTHON | _PAGES | _SCRIPTS | _TEXTS
        or file.name in _NAMES
        or file.name.startswith((".env", "Dockerfile", "Containerfile"))
    )


def _file(
    path: str, text: str, context: Context, known: Mapping[str, Module], result: Result
) -> Iterator[Finding]:
    config, suffix = context.config, Path(path).suffix.lower()
    yield from _any_text(path, text, config)
    if suffix in _PYTHON:
        if path in known:
            yield from _python(known[path], context)
    elif suffix in _SCRIPTS:
        try:
            yield from javascript.check_text(path, text, config)
            yield from reviewed.of_script(path, text, config)
        except javascript.UnreadableScript as error:
            result.unreadable.append(f"{path}: {error}")
    elif suffix in _PAGES or (suffix == ".txt" and re.search(r"\{[%{]", text)):
        yield from _page(path, text, config, result)
    elif suffix in _BY_SUFFIX:
        yield from _BY_SUFFIX[suffix](path, text, config)
    elif suffix == ".po":
        yield from _translations(path, text, config)
        yield from translations.check_text(path, text)
    elif suffix == ".sql":
        yield from _sql(path, text)
    elif suffix in {".toml", ".json", ".yml", ".yaml", ".txt", ".xml"} and _PAGE_IN_TEXT.search(text):
        yield from _page(path, re.sub(r"\\(['\"])", r"\1", text), config, result)


def _any_text(path: str, text: str, config: Config) -> Iterator[Finding]:
    yield from secret_keys.in_text(path, text, config)
    if Path(path).suffix.lower() in _PAGES | {".txt", ".po"}:
        yield from asking.check_text(path, text)
    elif Path(path).suffix == ".toml":
        yield from script_list.check_text(path, text, config)
    elif manifest.is_manifest(path):
        yield from manifest.check_text(path, text, config)
    elif deployed.is_start(path):
        yield from deployed.check_text(path, text, config)
    elif Path(path).suffix == ".conf" and proxy.is_proxy(text):
        yield from proxy.check_text(path, text, config)


def _python(module: Module, context: Context) -> Iterator[Finding]:
    for check in FAMILIES:
        yield from check(module, context)
    yield from secret_keys.in_module(module, context.config)


def _page(path: str, text: str, config: Config, result: Result) -> Iterator[Finding]:
    yield from warned.check_page(path, text, config)
    try:
        yield from templates.check_text(path, text, config)
    except (javascript.UnreadableScript, AssertionError, RecursionError) as error:
        result.unreadable.append(f"{path}: {error}")


def _translations(path: str, text: str, config: Config) -> Iterator[Finding]:
    """A translation may bring HTML into a page."""
    for number, line in enumerate(text.splitlines(), 1):
        if "<" in line and line.startswith(("msgstr", '"')):
            try:
                words = str(ast.literal_eval(line[line.index('"') :]))
            except (ValueError, SyntaxError):
                continue
            for each in templates.check_text(path, words, config, fragment=True):
                yield Finding(path, number, each.rule, each.message)


def _sql(path: str, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), 1):
        for message in columns.sql_columns(line.partition("--")[0]):
            yield Finding(path, number, "HK103", message)


def _settle(found: list[Finding], texts: Mapping[str, str], config: Config, result: Result) -> None:
    """Take away what is suppressed, count it, and hold bad suppressions against their files."""
    suppressions = {
        path: suppress.in_text(path, text, is_python=Path(path).suffix in _PYTHON)
        for path, text in texts.items()
    }
    used: set[Suppression] = set()
    for finding in sorted(set(found), key=lambda each: (each.path, each.line or 0, each.rule, each.message)):
        by = next(
            (
                each
                for each in suppressions.get(finding.path, ())
                if finding.line in each.covers and finding.rule in each.ours and each.reason
            ),
            None,
        )
        allowed = by or config.allowed(finding.path, finding.rule)
        if isinstance(allowed, Suppression):
            used.add(allowed)
        if allowed is None:
            result.findings.append(finding)
        else:
            result.suppressed.append((finding, allowed))
    listed = [each for path in sorted(suppressions) for each in suppressions[path]]
    result.suppressions += listed
    faults = [each for each in suppress.faults(listed, used) if config.allowed(each.path, each.rule) is None]
    result.findings += faults
    ours = [each for each in listed if each.ours]
    if len(ours) > config.max_suppressions:
        last = ours[-1]
        result.findings.append(
            Finding(
                last.path,
                last.line,
                "HK902",
                f"{counted(len(ours), 'suppressions')}; at most {config.max_suppressions}",
            )
        )
