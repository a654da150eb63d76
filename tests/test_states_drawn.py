"""The pictures of the tables of states are those of today's tables."""

from __future__ import annotations

from enum import StrEnum

from tools import draw_states


def test_pictures_and_page_are_up_to_date() -> None:
    different = [path.name for path, text in draw_states.files().items() if path.read_text("utf-8") != text]
    assert different == [], "run: python tools/draw_states.py write"


def test_a_changed_table_gives_another_picture() -> None:
    class Light(StrEnum):
        RED = "red"
        GREEN = "green"

    there = draw_states.Table(
        "l", "Light", "nobody", {Light.RED: frozenset({Light.GREEN}), Light.GREEN: frozenset()}
    )
    back = draw_states.Table(
        "l", "Light", "nobody", {Light.RED: frozenset(), Light.GREEN: frozenset({Light.RED})}
    )
    assert draw_states.picture(there) != draw_states.picture(back)
    assert draw_states.picture(there).count("marker-end") == 1
    assert 'class="box end"' in draw_states.picture(there)
