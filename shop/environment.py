"""Values of the environment by their names; what is wrong with them is collected, so that one start shows every fault.

Every name can also be given as NAME_FILE, the path of a file that holds the value. Values that give power are
`Secret`: their `repr` is masked, so no log and no traceback shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")


class Secret(str):
    """Text that `repr` does not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(***)"


class Reader:
    """Reads values by name. `faults` has one sentence for each that can't be used."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.faults: list[str] = []

    def raw(self, name: str) -> str | None:
        value = self._environ[name].strip() if name in self._environ else None
        path = self._environ.get(name + "_FILE")
        # What passes variables on (a service manager, a compose file) often passes those that nobody set as "".
        if value or not path:
            return value
        try:
            return Path(path).read_text("utf-8").strip()
        except OSError as error:
            self.faults.append(f"{name}_FILE can't be read: {error.strerror}")
        except UnicodeDecodeError:
            self.faults.append(f"{name}_FILE can't be read: it is no UTF-8 text")
        return None

    def text(self, name: str, default: str = "") -> str:
        value = self.raw(name) or default
        if not value and not self.faults_about(name):
            self.faults.append(f"{name} is missing")
        return value

    def faults_about(self, name: str) -> bool:
        return any(fault.startswith((f"{name} ", f"{name}:", f"{name}_FILE ")) for fault in self.faults)

    def optional_secret(self, name: str) -> Secret | None:
        value = self.raw(name)
        return Secret(value) if value else None

    def secret(self, name: str, *, at_least: int = 32) -> Secret:
        value = self.text(name)
        if value and len(value) < at_least:
            self.faults.append(f"{name} is shorter than {at_least} characters")
        return Secret(value)

    def secrets(self, name: str, *, at_least: int = 32) -> tuple[Secret, ...]:
        """One or more, parted by white space."""
        values = self.text(name).split()
        if any(len(value) < at_least for value in values):
            self.faults.append(f"{name} is shorter than {at_least} characters")
        if len(set(values)) < len(values):
            self.faults.append(f"{name} holds the same key twice")
        return tuple(Secret(value) for value in values)

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.text(name, default)
        if value not in allowed:
            self.faults.append(f"{name} must be one of {', '.join(allowed)}")
        return value

    def address(self, name: str, default: str, fault_of: Callable[[str], str | None]) -> Secret:
        """One that may hold a password: of what is wrong only the fault is told."""
        text = self.text(name, default)
        if text and (fault := fault_of(text)):
            self.faults.append(f"{name}: {fault}")
        return Secret(text)

    def parsed_if_given(self, name: str, parse: Callable[[str], T]) -> T | None:
        return self.parsed(name, parse, None) if self.raw(name) else None

    def parsed(self, name: str, parse: Callable[[str], T], otherwise: U) -> T | U:
        value = self.text(name)
        if not value:
            return otherwise
        try:
            return parse(value)
        except (ValueError, KeyError) as error:
            self.faults.append(f"{name} can't be understood: {error}")
            return otherwise
