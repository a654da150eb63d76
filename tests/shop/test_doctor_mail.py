"""`shop doctor` and the mail server's certificate: only one that is trusted here and names the server passes."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shop.doctor import _mail
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
