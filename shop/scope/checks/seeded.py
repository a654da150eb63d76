"""E25: changes that an assessor brings with the challenge, each on a copy of the tree, must turn something red.

The catalogue of this repository has a command of its own, `shop scope mutants`: what is known beforehand says less.
"""

from __future__ import annotations

from pathlib import Path

from security.canary.sinks import MissingEvidence
from shop.scope import mutants, mutants_running
from shop.scope.challenge import Patch
from shop.scope.lab import Lab
from shop.scope.patches import MutantError
from shop.scope.result import Notes, NotExercised, Table

_CONTROL = """\
diff --git a/static/seeded.js b/static/seeded.js
new file mode 100644
--- /dev/null
+++ b/static/seeded.js
@@ -0,0 +1 @@
+document.addEventListener("keydown", (event) => { navigator.sendBeacon("/seen", event.key); });
"""


def look(lab: Lab, notes: Notes) -> None:
    """Raises NotExercised when nobody brought a change."""
    asked = lab.challenge
    if not asked.patches:
        raise NotExercised("no change was brought by a challenge; `shop scope mutants` tries the catalogue")
    folder = lab.folder / "seeded"
    folder.mkdir()
    try:
        clean = mutants.parsed_tree()
        known = mutants.judge_patch(_file(folder, Patch("control", _CONTROL)), clean)
        notes.control(any(each.rule == "HK210" for each in known.findings), "a known leak is not seen")
        table = Table("Changes of the challenge", ("Change", "What turned red"))
        for patch in asked.patches:
            fired = _fired(clean, folder, patch, asked.checks, notes)
            table.rows.append((patch.name, ", ".join(fired) or "nothing"))
        notes.tables.append(table)
    except MutantError as error:
        raise MissingEvidence(str(error)) from error


def _file(folder: Path, patch: Patch) -> Path:
    file = folder / Path(patch.name).name
    file.write_text(patch.text, "utf-8")
    return file


def _fired(
    clean: mutants.Clean, folder: Path, patch: Patch, checks: tuple[str, ...], notes: Notes
) -> list[str]:
    """The rules and checks that a change turned red. What could not look at it is missing evidence."""
    file, lacking = _file(folder, patch), list[str]()
    try:
        result = mutants.judge_patch(file, clean)
        fired = sorted({each.rule for each in result.findings})
        lacking += [f"not read by the static rules: {line}" for line in result.unreadable]
        if checks or not (fired or lacking):
            for each in mutants_running.looked_at(file, checks, folder):
                fired += sorted({f"{each['id']} {finding['rule']}" for finding in each["findings"]})
                lacking += [f"{each['id']}: {line}" for line in each["missing"]]
    except MutantError as error:
        notes.lack(str(error))
        return ["not tried"]
    notes.add("changes")
    for line in lacking if not fired or checks else []:
        notes.lack(f"{patch.name}: {line}")
    if not fired and not lacking:
        notes.found(patch.name, "seeded-leak", "a change was not noticed by what looked at it")
    return fired
