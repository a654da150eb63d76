"""Read one test's outcome from a JUnit file that pytest wrote, and the build on which it ran. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from xml.etree import ElementTree  # nosec B405  # no entities can be declared: see _parsed

LARGEST = 20_000_000
_TEST = re.compile(r"tests/[A-Za-z0-9_/]+\.py::test_[A-Za-z0-9_]+(\[.{1,80}\])?")


class NoOutcome(ValueError):
    """The file does not tell how this test went on which build."""


@dataclass(frozen=True)
class Outcome:
    """How one test went."""

    build: str
    passed: bool
    sha256: str
    """Of the file, so that it can be laid beside the record."""


def outcome_of(xml: bytes, test: str) -> Outcome:
    """The outcome of `test` ("tests/x/test_y.py::test_z"). Raises NoOutcome: also for a skipped or broken one."""
    if not _TEST.fullmatch(test):
        raise NoOutcome("name the test as tests/path.py::test_name")
    root = _parsed(xml)
    builds = {one.get("value", "") for one in root.iter("property") if one.get("name") == "build"}
    if len(builds) != 1 or not re.fullmatch(r"[0-9a-f]{16}", min(builds)):
        raise NoOutcome("the file does not name one build")
    cases = [case for case in root.iter("testcase") if _name(case) == test]
    if len(cases) != 1:
        raise NoOutcome(f"the file tells of {len(cases)} runs of that test")
    [case] = cases
    if case.find("error") is not None or case.find("skipped") is not None:
        raise NoOutcome("the test was skipped, or broke before it could look")
    return Outcome(builds.pop(), case.find("failure") is None, hashlib.sha256(xml).hexdigest())


def _parsed(xml: bytes) -> ElementTree.Element:
    """As UTF-8, whatever the file says of itself: in another encoding an entity could hide from the look for it."""
    if len(xml) > LARGEST:
        raise NoOutcome("too large")
    text = xml.decode("utf-8", "replace")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise NoOutcome("it has entities of its own")
    try:
        return ElementTree.fromstring(text)  # noqa: S314  # nosec B314  # no entities: refused above
    except (ElementTree.ParseError, ValueError) as error:
        raise NoOutcome("it is not XML in UTF-8") from error


def _name(case: ElementTree.Element) -> str:
    """pytest writes the module with dots as classname."""
    path = case.get("classname", "").replace(".", "/")
    return f"{path}.py::{case.get('name', '')}"
