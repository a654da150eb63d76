"""How long tests wait, and by what chance they look: the same on a quiet machine as on one that does much else.

A limit ends a test that waits in vain, so it may be long: what comes is seen as soon as it is there.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from playwright.sync_api import expect

from shop.jobs import worker

EXPECT_MS = 60_000
TURN_S = 600
"""A turn of a worker in this process does all that is due, and leaves nothing to the next for its slowness."""


def be_patient() -> None:
    """From now on, for every test of this process.

    Hypothesis tells the same stories at every run, so that a run which turns red has met a change and not a chance;
    `pytest --hypothesis-profile explore` tells new ones. It times none of them.
    """
    expect.set_options(timeout=EXPECT_MS)
    worker.CLOSING_S = worker.STEP_S = TURN_S
    untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("explore", untimed)
    settings.register_profile("same", untimed, derandomize=True)
    settings.load_profile("same")
