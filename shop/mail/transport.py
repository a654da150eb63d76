"""Hand a mail to the SMTP server that MAIL_URL names: smtp://user:password@host:port, or smtps://…"""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from security.outgoing import require_clean_message

TIMEOUT_S = 15


class MailNotTaken(Exception):
    """The server did not take the mail; it is tried again later."""


def deliver(mail_url: str, message: EmailMessage) -> None:
    """Return when the server has taken the mail. Raises MailNotTaken otherwise, without the recipient in its text.

    A mail with a card number in it is not sent: CardNumberRefused names the place.
    """
    require_clean_message(message)
    parts = urlsplit(mail_url)
    try:
        with connect(mail_url) as server:
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        raise MailNotTaken(type(error).__name__) from error


def connect(mail_url: str) -> smtplib.SMTP:
    """A connection to the server, encrypted where it can be, and then with its certificate checked."""
    parts = urlsplit(mail_url)
    host, port = parts.hostname or "localhost", parts.port or (465 if parts.scheme == "smtps" else 25)
    context = ssl.create_default_context()
    if parts.scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=context)
    server = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=context)
    return server
