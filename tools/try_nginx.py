"""Run deploy/nginx.conf with the real nginx, send card numbers through it, and search its files for them.

    .venv/bin/python -m tools.try_nginx

Exit status 0: no file of nginx holds one, and a log that tells the request line does (the control). 1: found. 2: nginx
is not here, or did not start. Only names, ports and paths of the configuration are replaced.
"""

from __future__ import annotations

import datetime as dt
import http.client
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from security.canary.door import Probe, probes
from security.canary.numbers import fresh_number
from security.canary.sinks import Files
from security.forms import forms_of
from security.guard import PANGuard
from shop.scope.processes import free_port
from shop.scope.waiting import wait_until

CONF = Path(__file__).parents[1] / "deploy/nginx.conf"
HOST = "style.example.jp"


class Quiet(WSGIRequestHandler):
    """Only nginx writes here."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the method's own name for it)
        pass


def application(_environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
    """Stands for the shop."""
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"shop"]


def main() -> int:
    """Try the configuration, then the control."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        print("nginx is not here: apt-get install nginx-light", file=sys.stderr)
        return 2
    text = CONF.read_text()
    told = text.replace("$request_method $server_name", "$request")
    try:
        found, control = hits(nginx, text), hits(nginx, told)
    except (RuntimeError, TimeoutError) as error:
        print(f"not tried: {error}", file=sys.stderr)
        return 2
    for place in found:
        print(f"found: {place}")
    if not control:
        print("the control was not found: this search proves nothing", file=sys.stderr)
        return 2
    print(f"{len(found)} places with a number; the control, a log of request lines, has {len(control)}")
    return 1 if found else 0


def hits(nginx: str, text: str) -> list[str]:
    """Where a number lies after it was sent by every way, and by requests that nginx itself refuses."""
    number = fresh_number()
    with tempfile.TemporaryDirectory(prefix="nginx-") as name:
        folder, port, up = Path(name), free_port(), free_port()
        conf = folder / "nginx.conf"
        conf.write_text(placed(text, folder, port, up))
        with make_server("127.0.0.1", up, PANGuard(application), handler_class=Quiet) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            child = subprocess.Popen([nginx, "-c", str(conf), "-p", name, "-g", "daemon off;"])
            try:
                wait_until(lambda: child.poll() is not None or is_open(port), "nginx listens", seconds=20)
                if child.poll() is not None:
                    raise RuntimeError(f"nginx ended with {child.returncode}")
                for probe in probes(number):
                    send(port, probe)
                refused_by_nginx(port, number)
                return [str(place) for place in Files("nginx", folder, b"").search(forms_of(number))]
            finally:
                child.terminate()
                child.wait(10)
                server.shutdown()


def placed(text: str, folder: Path, port: int, up: int) -> str:
    """The configuration with this run's folder, ports and certificate."""
    for name in ("log", "ssl"):
        (folder / name).mkdir()
    certificate(folder / "ssl")
    for path in ("/var/log/nginx", "/run", "/etc/ssl"):
        inside = {"/var/log/nginx": "log", "/run": "log", "/etc/ssl": "ssl"}[path]
        text = text.replace(f"{path}/", f"{folder / inside}/")
    text = text.replace("listen 80 default_server", f"listen 127.0.0.1:{free_port()} default_server")
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl").replace(
        "127.0.0.1:8000", f"127.0.0.1:{up}"
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder / kind};\n    " for kind in kinds)
    return re.sub(r"http \{\n", lambda match: match[0] + "    " + temporary, text, count=1)


def certificate(folder: Path) -> None:
    """One of our own, for a day."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    signed = (
        builder.not_valid_before(now).not_valid_after(now + dt.timedelta(days=1)).sign(key, hashes.SHA256())
    )
    (folder / "shop.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    kinds = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "shop.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *kinds))


def unchecked() -> ssl.SSLContext:
    """The certificate is this run's own."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def send(port: int, probe: Probe) -> None:
    """One request through nginx."""
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=unchecked())
    connection.request(probe.method, probe.path, body=probe.body, headers={"Host": HOST, **probe.headers})
    connection.getresponse().read()
    connection.close()


def refused_by_nginx(port: int, number: str) -> None:
    """What never reaches the shop: no request at all, a header that is too long, a host with a number."""
    for request in (
        f"{number}\r\n\r\n",
        f"GET /{number} HTTP/1.1\r\nHost: {HOST}\r\nX-Long: {'x' * 70000}{number}\r\n\r\n",
        f"GET /?n={number} HTTP/1.1\r\nHost: {number}.example\r\n\r\n",
        f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 99999999\r\n\r\nn={number}",
    ):
        with (
            socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
            unchecked().wrap_socket(plain, server_hostname=HOST) as secured,
        ):
            secured.sendall(request.encode())
            secured.recv(1000)


def is_open(port: int) -> bool:
    """Whether somebody listens."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    sys.exit(main())
