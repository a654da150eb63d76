"""`shop doctor` and the way to the mail server: a certificate that is trusted here and names the server, the right
password, and no mail in the open to another machine."""

from __future__ import annotations

import datetime as dt
import ipaddress
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shop.doctor import _mail
from shop.mail import transport
from tests.servers.processes import free_port

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
Starts = Callable[..., str]


class StartTls(Controller):
    """A server that offers STARTTLS; the plain controller's own context is for smtps."""

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        super().__init__(Sink(), hostname="127.0.0.1", port=port)
        self.context = context

    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="127.0.0.1", tls_context=self.context)


def _certificate(folder: Path, *, address: str = "127.0.0.1", ends: dt.datetime = NOW + DAY) -> Path:
    """A certificate that signed itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 3 * DAY)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    plain = serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture(params=["smtp", "smtps"])
def starts(request: pytest.FixtureRequest) -> Iterator[Starts]:
    """Start a mail server with this certificate, by STARTTLS and by smtps; gives its MAIL_URL."""
    with ExitStack() as running:

        def start(certificate: Path) -> str:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
            port = free_port()
            server: Controller
            if request.param == "smtp":
                server = StartTls(port, context)
            else:
                server = Controller(Sink(), hostname="127.0.0.1", port=port, ssl_context=context)
            server.start()
            running.callback(server.stop)
            return f"{request.param}://127.0.0.1:{port}"

        yield start


def test_a_certificate_that_nobody_trusts_is_a_fault_in_one_line(starts: Starts, tmp_path: Path) -> None:
    finding = _mail(starts(_certificate(tmp_path)))
    assert "certificate is not trusted (self-signed certificate)" in finding.found
    assert "SSL_CERT_FILE" in finding.advice
    assert "\n" not in finding.found + finding.advice


def test_a_trusted_certificate_passes(
    starts: Starts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = _certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    finding = _mail(starts(certificate))
    assert (finding.found, finding.advice) == ("a server answers", "")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"address": "192.0.2.1"}, "IP address mismatch"),
        ({"ends": NOW - DAY}, "certificate has expired"),
    ],
)
def test_a_trusted_one_for_another_server_or_past_its_end_is_a_fault(
    starts: Starts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: dict[str, object], told: str
) -> None:
    certificate = _certificate(tmp_path, **fault)  # type: ignore[arg-type]
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    finding = _mail(starts(certificate))
    assert told in finding.found
    assert finding.advice


class Signed:
    """What a server answers to its one user."""

    def __init__(self, word: bytes) -> None:
        self.word = word

    def __call__(
        self, server: object, session: object, envelope: object, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        return AuthResult(success=data.password == self.word, handled=False)


@pytest.fixture
def in_the_open() -> Iterator[str]:
    """A server without encryption; host and port."""
    port = free_port()
    server = Controller(
        Sink(), hostname="127.0.0.1", port=port, authenticator=Signed(b"right"), auth_require_tls=False
    )
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop()


def test_a_wrong_password_is_a_fault_before_any_mail_waits(in_the_open: str) -> None:
    finding = _mail(f"smtp://shop:wrong@{in_the_open}")
    assert finding.found == "the server refuses the user or the password"
    assert "wrong" not in finding.advice
    assert _mail(f"smtp://shop:right@{in_the_open}").found == "a server answers"


def test_another_machine_gets_no_mail_in_the_open(in_the_open: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not _mail(f"smtp://{in_the_open}").advice
    monkeypatch.setattr(transport, "_is_on_this_machine", lambda _server: False)

    finding = _mail(f"smtp://{in_the_open}")

    assert finding.found == "the server can't be used (it offers no encryption)"
    assert "smtp+plain" in finding.advice
    with pytest.raises(transport.MailNotTaken):
        transport.deliver(f"smtp://{in_the_open}", EmailMessage())
    assert not _mail(f"smtp+plain://{in_the_open}").advice


@pytest.mark.parametrize(
    ("address", "here"), [("127.0.0.1", True), ("::1", True), ("192.0.2.7", False), ("2001:db8::7", False)]
)
def test_this_machine_is_told_by_whom_it_is_connected_to(address: str, here: bool) -> None:
    class Connected(smtplib.SMTP):
        class sock:  # noqa: N801  (smtplib's name)
            @staticmethod
            def getpeername() -> tuple[str, int]:
                return address, 25

    assert transport._is_on_this_machine(Connected()) is here


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("smtps://user:word@mail.example", ""),
        ("smtp://mail.example:587", ""),
        ("smtp+plain://relay:25", ""),
        ("smtp+plain://user:word@relay", "a password is not sent by smtp+plain"),
        ("mail.example:25", "not smtps://"),
        ("https://mail.example", "not smtps://"),
        ("smtp://", "not smtps://"),
        ("smtp://mail.example:port", "not smtps://"),
        ("smtp://mail.example:99999", "not smtps://"),
    ],
)
def test_what_can_be_no_server_is_told_at_the_start(url: str, fault: str) -> None:
    assert transport.fault_of(url).startswith(fault)
    assert bool(transport.fault_of(url)) is bool(fault)
