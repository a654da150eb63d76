"""Hand a mail to the SMTP server that MAIL_URL names: smtps://user:password@host:port, or smtp://… with STARTTLS.

A mail holds names and addresses, so a server that offers no encryption gets none, unless it is on this machine or the
address says smtp+plain://, which never sends a password.
"""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from security.outgoing import require_clean_message

TIMEOUT_S = 15
_PLAIN = "smtp+plain"
_SCHEMES = ("smtps", "smtp", _PLAIN)


class MailNotTaken(Exception):
    """The server did not take the mail; it is tried again later."""


def fault_of(mail_url: str) -> str:
    """Why this can't be MAIL_URL, one line for a person; empty when it can. Asks nobody."""
    try:
        parts = urlsplit(mail_url)
        is_address = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        return "not smtps://host, smtp://host or smtp+plain://host, with a port where it is another"
    if parts.scheme == _PLAIN and parts.username:
        return f"a password is not sent by {_PLAIN}"
    return ""


def deliver(mail_url: str, message: EmailMessage) -> None:
    """Return when the server has taken the mail. Raises MailNotTaken otherwise, without the recipient in its text.

    A mail with a card number in it is not sent: CardNumberRefused names the place.
    """
    require_clean_message(message)
    try:
        with connect(mail_url) as server:
            server.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        raise MailNotTaken(type(error).__name__) from error


def connect(mail_url: str) -> smtplib.SMTP:
    """A connection to the server, its certificate checked, signed in where MAIL_URL names a user.

    Raises OSError and what smtplib does; SMTPNotSupportedError where it would have to speak in the open.
    """
    parts = urlsplit(mail_url)
    host, port = parts.hostname or "localhost", parts.port or (465 if parts.scheme == "smtps" else 25)
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
    try:
        if parts.scheme == "smtp":
            _encrypt(server, context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def _encrypt(server: smtplib.SMTP, context: ssl.SSLContext) -> None:
    server.ehlo()
    # Who stands between us and the server can take the offer out of its answer.
    if server.has_extn("starttls"):
        server.starttls(context=context)
    elif not _is_on_this_machine(server):
        raise smtplib.SMTPNotSupportedError("it offers no encryption")


def _is_on_this_machine(server: smtplib.SMTP) -> bool:
    return server.sock is not None and ip_address(server.sock.getpeername()[0]).is_loopback
