"""Work that was given up: a job and a provider's event, as the worker leaves them after their last try."""

from __future__ import annotations

from payments.columns import utcnow
from payments.models import ProviderEvent
from shop.jobs.models import Job


def park(job: Job, reason: str) -> None:
    """What becomes of a job after ten tries."""
    job.state, job.tries, job.reason = "parked", 10, reason


def parked_event() -> ProviderEvent:
    """An event whose object the provider did not show."""
    return ProviderEvent(
        provider="stripe",
        account="default",
        id="evt_parked",
        type="charge.updated",
        object_id="ch_1",
        livemode=False,
        body_sha256="0a" * 32,
        created_at=utcnow(),
        state="parked",
        tries=84,
        note="out_of_reach",
    )
