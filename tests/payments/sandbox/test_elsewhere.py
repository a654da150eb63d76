"""Another project uses the sandbox: only its package, Flask and the plain SDK are on the path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import payments.sandbox
from payments.sandbox.embedded import EmbeddedSandbox, SandboxError

PACKAGE = Path(payments.sandbox.__file__).parent
THEIR_CONFTEST = """
import pytest

pytest_plugins = ["payments.sandbox.pytest_plugin"]


@pytest.fixture(scope="session")
def payment_sandbox_settings():
    return {"seed": 11}
"""
THEIR_TESTS = """
import importlib.util
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import stripe


@pytest.fixture
def client(payment_sandbox):
    return stripe.StripeClient(payment_sandbox.secret_key, base_addresses=payment_sandbox.base_addresses)


def new_session(client):
    price = {"currency": "jpy", "unit_amount": 1200, "product_data": {"name": "Tea"}}
    return client.v1.checkout.sessions.create({
        "mode": "payment",
        "line_items": [{"price_data": price, "quantity": 1}],
        "success_url": "http://localhost:9000/done",
        "customer_email": "fill_never@example.com",
    })


def test_nothing_else_of_the_repository_is_here():
    for name in ("shop", "security", "payments.models", "payments.providers"):
        assert importlib.util.find_spec(name) is None


def test_webhook_tells_of_a_payment(payment_sandbox, client):
    heard = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append(stripe.Webhook.construct_event(body, self.headers["Stripe-Signature"], secret).type)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    secret = client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]}).secret
    session = new_session(client)
    assert payment_sandbox.pay(session.id)["result"] == "succeeded"
    payment_sandbox.wait_delivered()
    server.shutdown()
    server.server_close()
    assert "checkout.session.completed" in heard


def test_rehearses_what_comes_later(payment_sandbox, client):
    session = new_session(client)
    challenge = payment_sandbox.pay(session.id, "pm_card_threeDSecure2Required")["challenge"]
    payment_sandbox.answer_challenge(challenge)
    intent = client.v1.checkout.sessions.retrieve(session.id).payment_intent
    payment_sandbox.act(intent, "dispute", reason="duplicate")
    payment_sandbox.advance(30 * 86400)
    assert client.v1.disputes.list().data[0].status == "lost"
    payment_sandbox.fault("customers.create", "lost_answer")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.customers.create({}, {"max_network_retries": 0})
    assert len(client.v1.customers.list().data) == 1


@pytest.mark.parametrize("time", [1, 2])
def test_ids_are_the_same_in_every_test(payment_sandbox, client, time):
    seen.add(new_session(client).id)
    assert len(seen) == 1


seen = set()
"""


def test_empty_project_with_the_plain_sdk(tmp_path: Path) -> None:
    library = tmp_path / "library"
    shutil.copytree(PACKAGE, library / "payments" / "sandbox", ignore=shutil.ignore_patterns("__pycache__"))
    project = tmp_path / "project"
    project.mkdir()
    (project / "conftest.py").write_text(THEIR_CONFTEST)
    (project / "test_theirs.py").write_text(THEIR_TESTS)
    # -S leaves out the .pth files, and with them this repository's editable install.
    path = os.pathsep.join([str(library), sysconfig.get_paths()["purelib"]])
    run = subprocess.run(
        [sys.executable, "-S", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"],
        cwd=project,
        env={"PYTHONPATH": path, "PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "5 passed" in run.stdout


def test_embedded_sandbox_says_why_it_refuses_and_stops_twice() -> None:
    with EmbeddedSandbox() as sandbox:
        with pytest.raises(SandboxError, match="No such payment_intent"):
            sandbox.act("pi_none", "refund")
        with pytest.raises(OSError):
            EmbeddedSandbox(port=sandbox.config.port).start()
    sandbox.stop()
