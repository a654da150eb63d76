"""A list made anew from the code as it is. Of a function that answers yes or no only what its callers refuse by is
listed: `is_allowed` may say no more often, `is_closed` yes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from ..config import matches
from ..project import Project
from ..source import Module
from .functions import Names, functions_of
from .items import items_of, read_line
from .listed import Listed
from .outcomes import Outcome

_CALLED = re.compile(r"(?:.*\.)?(?P<name>\w+)\([^()]*\)(?P<none> is None)?")
_GIVES_A_REASON = re.compile(r"_?(?:why|\w*(?:refusal|fault|disagree|lack|missing|wrong|weak))")
_YES = {Outcome.TRUE, Outcome.VALUE}
_NO = {Outcome.FALSE, Outcome.NOTHING}


def made(project: Project, files: tuple[str, ...], without: tuple[str, ...]) -> Listed:
    """The list of all functions of these files."""
    found = {
        module.path: _of_module(module, project)
        for module in project.modules.values()
        if matches(module.path, files) and not matches(module.path, without)
    }
    refusing = _refusing_answers(
        line for table in found.values() for lines in table.values() for line in lines
    )
    return Listed(
        files,
        without,
        {
            path: {name: tuple(_wanted(name, lines, refusing)) for name, lines in table.items()}
            for path, table in found.items()
        },
    )


def _of_module(module: Module, project: Project) -> dict[str, list[str]]:
    names = Names(module, project, None)
    return {
        name: items_of(names.code(function), names.asked(function))
        for name, function in functions_of(module.tree)
    }


def _refusing_answers(lines: Iterable[str]) -> dict[str, set[bool]]:
    """For the name of a function, the answers for which somebody who asks it refuses."""
    found = defaultdict[str, set[bool]](set)
    for line in lines:
        literals, right = read_line(line)
        if right == Outcome.REFUSE:
            for key, truth in literals:
                if (match := _CALLED.fullmatch(key)) is not None:
                    found[match["name"]].add(truth is not bool(match["none"]))
    return found


def _wanted(name: str, lines: Iterable[str], refusing: Mapping[str, set[bool]]) -> Iterable[str]:
    answers = refusing.get(name.rpartition(".")[2], set())
    for line in lines:
        right = read_line(line)[1]
        if right in _YES | _NO and len(answers) == 1 and (right in _YES) not in answers:
            continue
        if right == Outcome.VALUE and not answers and not _GIVES_A_REASON.match(name.rpartition(".")[2]):
            continue
        yield line
