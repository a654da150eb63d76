"""The command: starts, says when it is ready, refuses bad settings in one line, ends cleanly."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from payments.sandbox.__main__ import main
from tests.servers.processes import free_port

from .running import Running, elements_params, hosted_params


def test_command_serves_until_told_to_end(tmp_path: Path) -> None:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "payments.sandbox",
        "--port",
        str(port),
        "--store",
        str(tmp_path / "s.db"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        # An empty line is the end of the output: the command stopped before it was ready.
        lines = list(itertools.takewhile(lambda line: line not in {"ready\n", ""}, process.stdout))
        assert any(f"http://pay.localhost:{port}/test-cards" in line for line in lines)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_sandbox/health", timeout=240) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=240)
        assert (process.returncode, out, errors) == (0, "", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux alone has a device that is always full")
@pytest.mark.parametrize("words", [["--help"], ["--port", str(free_port())]], ids=["help", "start"])
@pytest.mark.parametrize("buffered", [True, False])
def test_an_output_that_is_full_is_told_in_a_line(words: list[str], buffered: bool) -> None:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, *([] if buffered else ["-u"]), "-m", "payments.sandbox", *words]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, env=kept, stdout=full, stderr=subprocess.PIPE, text=True, timeout=240, check=False
        )
    assert done.returncode == 2
    assert done.stderr == "payments.sandbox: [Errno 28] No space left on device\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--host", "0.0.0.0"],
        ["--shop-origin", "style.localhost"],
        ["--shop-origin", "http://style.localhost:8000/"],
        ["--account", "a b"],
        ["--rate-limit", "0"],
        ["--rate-limit", "many"],
        ["--rate-limit", "nan"],
        ["--rate-limit", "inf"],
        ["--retry-schedule", "1,soon"],
        ["--retry-schedule", "1,-1"],
        ["--retry-schedule", "nan"],
        ["--frozen-at", "nan"],
        ["--frozen-at", "1e300"],
        ["--frozen-at", "-1"],
        ["--control-key", ""],
        ["--control-key", "鍵"],
        ["--webhook", "http://example.com/hook"],
        ["--store", "/nowhere/at/all.db"],
        ["--authorisation-days", "0"],
        ["--restricted-key", "rk_test_x"],
        ["--restricted-key", "rk_test_x=everything"],
        ["--restricted-key", "sk_test_x=charge_read"],
    ],
)
def test_bad_settings_end_with_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", str(free_port()), *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("payments.sandbox: ")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--port", "0"], ["--port", "70000"], ["--port", "x"], ["--nonsense"]])
def test_a_bad_command_line_is_told_in_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("payments.sandbox: ")
    assert captured.err.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell that closes outputs")
def test_help_to_an_output_that_is_closed_is_lost_without_a_word() -> None:
    command = f'"{sys.executable}" -m payments.sandbox --help >&-'
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_foreign_host_name_is_refused(running: Running) -> None:
    assert running.http("GET", "/_sandbox/", None, {"Host": "evil.example"})[0] == 403
    assert running.http("GET", "/_sandbox/", None, {"Host": "pay.localhost"})[0] == 200


@pytest.mark.parametrize(
    "path", ["/c/pay/cs_test_x", "/3ds/x", "/test-cards", "/_sandbox/", "/elements/payment"]
)
def test_pages_forbid_inline_script_foreign_files_and_cookies(running: Running, path: str) -> None:
    _, body, headers = running.http("GET", path)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors" in policy
    assert "Set-Cookie" not in headers
    assert re.search(rb'(src|href|action)="(https?:|//)|<script>|<style|style=|onclick', body) is None


def test_only_own_frames_may_confirm(running: Running) -> None:
    client = running.client()
    fields = client.v1.checkout.sessions.create(elements_params())
    page = client.v1.checkout.sessions.create(hosted_params())
    card = {"number": "4242424242424242", "expiry": "12/34", "cvc": "123"}
    as_json = json.dumps({**card, "client_secret": fields.client_secret, "key": "pk_test_hitsuka"}).encode()
    as_form = urllib.parse.urlencode(card).encode()
    for origin in ({"Origin": "http://evil.localhost"}, {}):
        plain = {"Content-Type": "application/json", **origin}
        assert running.http("POST", "/elements/confirm", as_json, plain)[0] == 403
        form = {"Content-Type": "application/x-www-form-urlencoded", **origin}
        assert running.http("POST", f"/c/pay/{page.id}", as_form, form)[0] == 403
    assert [s.status for s in client.v1.checkout.sessions.list()] == ["open", "open"]


@pytest.mark.parametrize("wrong", ["client_secret", "key"])
def test_card_fields_need_client_secret_and_key_of_the_session(running: Running, wrong: str) -> None:
    session = running.client().v1.checkout.sessions.create(elements_params())
    body = {"client_secret": session.client_secret, "key": "pk_test_hitsuka"}
    headers = {"Content-Type": "application/json", "Origin": running.config.browser_origin}
    assert running.http("POST", "/elements/session", json.dumps(body).encode(), headers)[0] == 200
    body[wrong] = {"client_secret": f"{session.id}_secret_x", "key": "pk_test_hitsuka_cocomo"}[wrong]
    assert running.http("POST", "/elements/session", json.dumps(body).encode(), headers)[0] in {401, 404}


def test_control_api_changes_nothing_without_its_key(running: Running) -> None:
    for method, path in (("POST", "reset"), ("POST", "faults"), ("DELETE", "faults"), ("POST", "clock")):
        assert (
            running.http(method, f"/_sandbox/{path}", b"{}", {"Content-Type": "application/json"})[0] == 401
        )


@pytest.mark.parametrize(("kind", "status"), [("429", 429), ("500", 500)])
def test_faults_strike_as_often_as_told(running: Running, kind: str, status: int) -> None:
    running.control("faults", {"operation": "customers.list", "kind": kind, "times": 2})
    headers = {"Authorization": "Bearer sk_test_hitsuka"}
    assert [running.http("GET", "/v1/customers", None, headers)[0] for _ in range(3)] == [status, status, 200]
