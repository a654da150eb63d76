"""A mail server in this process that keeps what it takes by receiver, for tests in which somebody reads their mail."""

from __future__ import annotations

import email
import email.policy
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers.processes import free_port

_LINK = re.compile(r"https?://[^/\s]+(/checkout/mail/\S+)")


class Letters:
    """Every mail's plain text, by the address that it was sent to. `url` is for MAIL_URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.taken = 0
        self._texts: defaultdict[str, list[str]] = defaultdict(list)
        self._lock = threading.Lock()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        body = email.message_from_bytes(raw, policy=email.policy.default).get_body(("plain",))
        with self._lock:
            self.taken += 1
            for receiver in envelope.rcpt_tos:
                self._texts[receiver].append(str(body.get_content()) if body is not None else "")
        return "250 OK"

    def link_to(self, address: str) -> str | None:
        """The path of the newest link by which this address is proved; None when no mail has come with one."""
        with self._lock:
            found = [link for text in self._texts[address] for link in _LINK.findall(text)]
        return found[-1] if found else None


@contextmanager
def letters() -> Iterator[Letters]:
    """One that listens."""
    port = free_port()
    office = Letters(f"smtp://127.0.0.1:{port}")
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
