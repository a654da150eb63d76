"""Money, goods and mails agree after any story of faults and deaths (`tests.storm.machine`)."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.storm.machine import StormMachine, stage


def test_books_agree_after_any_story_of_faults_and_deaths(sqlite_template: Path) -> None:
    with stage(sqlite_template) as on:
        StormMachine.on = on
        run_state_machine_as_test(
            StormMachine,
            settings=settings(
                max_examples=40,
                stateful_step_count=30,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
