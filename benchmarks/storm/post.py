"""A mail server that counts, and that turns some mails away before it has taken them."""

from __future__ import annotations

import email
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers.processes import free_port


class PostOffice:
    """What it took, by Message-ID. `faults` is the share that it turns away for now."""

    def __init__(self, seed: int, faults: float) -> None:
        self.taken: Counter[str] = Counter()
        self.turned_away = 0
        self.faults = faults
        self._dice = random.Random(f"{seed} post")

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd's name for it)
        if self._dice.random() < self.faults:
            self.turned_away += 1
            return "451 Try again later"
        content = envelope.content or b""
        message = email.message_from_bytes(content.encode() if isinstance(content, str) else content)
        self.taken[str(message["Message-ID"])] += 1
        return "250 OK"


@contextmanager
def post_office(seed: int, faults: float) -> Iterator[tuple[PostOffice, str]]:
    """One that listens; and its address for MAIL_URL."""
    office, port = PostOffice(seed, faults), free_port()
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield office, f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()
