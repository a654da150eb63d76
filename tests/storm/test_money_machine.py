"""Money, goods and mails agree after any story of faults and deaths (`tests.storm.machine`)."""

from __future__ import annotations

from pathlib import Path

from tests.storm.machine import StormMachine, tell_stories
from tests.storm.stage import stage


def test_books_agree_after_any_story_of_faults_and_deaths(sqlite_template: Path) -> None:
    with stage(sqlite_template) as StormMachine.on:
        # The same ones at every run; `python -m tests.storm` tells more.
        tell_stories(stories=25, steps=30, same=True)
