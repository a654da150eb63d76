"""A change that somebody brings, as their tools write it: it goes into a copy whole, or nothing does."""

from __future__ import annotations

from pathlib import Path

import pytest

from shop.scope import patches
from shop.scope.patches import MutantError

BEFORE, AFTER = "a\nb\nc\n", "a\nB\nc\n"
HUNK = "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"
PLAIN = f"--- a/shop/x.py\n+++ b/shop/x.py\n{HUNK}"
WRITTEN = {
    "by git": f"diff --git a/shop/x.py b/shop/x.py\nindex 1..2 100644\n{PLAIN}",
    "by diff": PLAIN,
    "without letters": f"diff --git shop/x.py shop/x.py\n--- shop/x.py\n+++ shop/x.py\n{HUNK}",
    "with other letters": f"diff --git i/shop/x.py w/shop/x.py\n--- i/shop/x.py\n+++ w/shop/x.py\n{HUNK}",
    "on Windows": PLAIN.replace("\n", "\r\n"),
    "as a mail": f"From 1 Mon Sep 17 00:00:00 2001\nSubject: [PATCH] x\n\n---\n shop/x.py | 2 +-\n\n{PLAIN}-- \n2.40\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree/shop").mkdir(parents=True)
    (tmp_path / "tree/shop/x.py").write_text(BEFORE)
    return tmp_path / "tree"


def applied(text: str, tree: Path) -> str:
    patch = tree.parent / "his.diff"
    patch.write_bytes(text.encode())
    patches.apply(patch, tree, ("shop",))
    return (tree / "shop/x.py").read_text()


@pytest.mark.parametrize("how", WRITTEN)
def test_a_patch_is_taken_as_it_is_written(how: str, tree: Path) -> None:
    assert applied(WRITTEN[how], tree) == AFTER


def test_a_file_with_lines_as_on_windows_keeps_them(tree: Path) -> None:
    (tree / "shop/x.py").write_bytes(BEFORE.replace("\n", "\r\n").encode())

    applied(PLAIN.replace("\n", "\r\n"), tree)

    assert (tree / "shop/x.py").read_bytes() == AFTER.replace("\n", "\r\n").encode()


OUTSIDE = "--- /dev/null\n+++ b/other/y.py\n@@ -0,0 +1 @@\n+y\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PLAIN + OUTSIDE, "his.diff: other/y.py is outside of what is looked at (shop)"),
        (PLAIN.replace("-b", "-z"), "his.diff: shop/x.py: patch does not apply"),
        (WRITTEN["without letters"].replace("-b", "-z"), "his.diff: shop/x.py: patch does not apply"),
    ],
)
def test_one_that_cannot_be_taken_changes_nothing(text: str, said: str, tree: Path) -> None:
    with pytest.raises(MutantError) as error:
        applied(text, tree)

    assert str(error.value) == said
    assert (tree / "shop/x.py").read_text() == BEFORE
    assert not (tree / "other").exists()
