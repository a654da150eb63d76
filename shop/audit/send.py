"""Send a signed head off this host, where whoever breaks in here can't take it back: mail, a file, syslog."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial
from pathlib import Path

from payments.columns import utcnow
from security.audit import Head
from shop.mail.transport import MailNotTaken, deliver
from shop.settings import Settings, SyslogPlace

TIMEOUT_S = 10
SENT = "sent"
_LOG_AUDIT_INFO = 13 * 8 + 6
"""Facility "log audit", severity "informational" (RFC 5424, section 6.2.1)."""


def send_head(settings: Settings, head: Head) -> dict[str, str]:
    """Hand the head to every place that is configured: SENT, or why not, by the kind of place. Calls out."""
    return {kind: _tried(send, head) for kind, send in _places(settings)}


def _places(settings: Settings) -> Iterator[tuple[str, Callable[[Head], None]]]:
    places = settings.heads
    if places.mail is not None:
        yield "mail", partial(_mail, settings, places.mail)
    if places.file is not None:
        yield "file", partial(append_head, places.file)
    if places.syslog is not None:
        yield "syslog", partial(_syslog, places.syslog)


def _tried(send: Callable[[Head], None], head: Head) -> str:
    try:
        send(head)
    except (OSError, MailNotTaken) as error:
        return f"not taken ({error if isinstance(error, MailNotTaken) else type(error).__name__})"
    return SENT


def _mail(settings: Settings, address: str, head: Head) -> None:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = settings.mail_from, address
    message["Subject"] = f"audit head: {head.number} rows at {head.at}"
    message["Date"] = format_datetime(utcnow())
    message["Auto-Submitted"] = "auto-generated"
    # Unfolded, so that a saved mailbox can be given to `shop audit verify --heads` as it is.
    message.set_content(
        f"{head.line()}\n\nKeep this mail where the shop's host can't reach it.\n", cte="7bit"
    )
    deliver(settings.mail_url, message)


def append_head(path: Path, head: Head) -> None:
    """Add one line to a file; it is on the disk when this returns. OSError when it can't be."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, head.line().encode("ascii") + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)


def _syslog(place: SyslogPlace, head: Head) -> None:
    """One message of RFC 5424; over TCP with its length in front (RFC 6587, 3.4.1)."""
    host = socket.gethostname().replace(" ", "-")[:255] or "-"
    text = f"<{_LOG_AUDIT_INFO}>1 {head.at} {host} hitsuka {os.getpid()} audit-head - {head.line()}"
    message = text.encode("ascii", "replace")
    if place.protocol == "tcp":
        with socket.create_connection((place.host, place.port), TIMEOUT_S) as connection:
            connection.sendall(b"%d %s" % (len(message), message))
        return
    family, kind, protocol, _name, address = socket.getaddrinfo(
        place.host, place.port, type=socket.SOCK_DGRAM
    )[0]
    with socket.socket(family, kind, protocol) as datagram:
        datagram.settimeout(TIMEOUT_S)
        datagram.sendto(message, address)
