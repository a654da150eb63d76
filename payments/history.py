"""What every table of changes of state has in common; each adds what changed."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from payments.columns import INTERNAL, BigIntegerId, UTCDateTime, utcnow


class Change:
    """One change of a state, and why. Written by the one function that writes the state, never altered."""

    id: Mapped[int] = mapped_column(BigIntegerId, primary_key=True, info=INTERNAL)
    store_id: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    before: Mapped[str] = mapped_column(String(12), info=INTERNAL)
    after: Mapped[str] = mapped_column(String(12), info=INTERNAL)
    cause: Mapped[str] = mapped_column(String(80), info=INTERNAL)
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)
