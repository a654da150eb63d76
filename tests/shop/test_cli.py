"""The `shop` command as its user meets it: what it prints, its exit status, and no traceback for a mistake."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from payments.database import Database
from payments.models import Payment
from shop.cli import main
from shop.clock import seconds_ahead
from shop.db.migrate import head, is_current
from tests.environment import make_environ
from tests.servers.sandbox import Sandbox, running_sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A provider of this file's own: what others sold at theirs would be a difference to this empty shop."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def environ(sqlite_url: str, sandbox: Sandbox) -> dict[str, str]:
    return make_environ(sqlite_url, STRIPE_API_BASE=sandbox.url)


def _run(environ: dict[str, str], *words: str) -> Result:
    result = CliRunner(env=environ).invoke(main, words)
    assert "Traceback" not in result.output
    return result


def test_faults_of_the_configuration_are_one_line_each_and_exit_2() -> None:
    result = _run({"SHOP_ENV": "production"}, "payments", "status")
    assert result.exit_code == 2
    assert "configuration: SECRET_KEY is missing" in result.output
    assert len(result.output.splitlines()) > 5


def test_an_env_file_configures_a_command(environ: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "demo.env"
    path.write_text("# a comment\n" + "".join(f"{name}={value}\n" for name, value in environ.items()))
    result = CliRunner().invoke(main, ["--env-file", str(path), "payments", "status"])
    assert result.exit_code == 0


def test_an_env_file_that_is_no_text_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "demo.env"
    path.write_bytes(b"\xff\xfe=1\n")
    result = _run({}, "--env-file", str(path), "doctor")
    assert result.exit_code == 2
    assert "UTF-8" in result.output


@pytest.mark.parametrize("text", ["SHOP_ENV=test\nA=b\0c\n", "SHOP_ENV=test\n=value\n"])
def test_a_line_of_an_env_file_that_sets_nothing_is_told_with_its_number(tmp_path: Path, text: str) -> None:
    path = tmp_path / "demo.env"
    path.write_text(text)
    result = _run({}, "--env-file", str(path), "doctor")
    assert result.exit_code == 2
    assert "line 2 is not NAME=value" in result.output


NEEDING_A_DATABASE = (
    ("payments", "status"),
    ("payments", "status", "--json"),
    ("payments", "status", "--watch"),
    ("payments", "reconcile", "--json"),
    ("payments", "pause", "style", "--for", "30m", "--reason", "a test"),
    ("payments", "stop", "--all", "--reason", "a test"),
    ("payments", "gate", "show", "style", "--json"),
    ("payments", "after-stop", "list"),
    ("approvals", "list"),
    ("audit", "verify", "--json"),
    ("audit", "head"),
    ("keys", "rotate"),
    ("seed", "--products", "1"),
    ("staff", "list"),
    ("scope", "reports"),
)


@pytest.mark.parametrize("words", NEEDING_A_DATABASE, ids=" ".join)
@pytest.mark.parametrize("fault", ["no folder", "no schema", "no server"])
def test_a_database_that_is_not_there_is_told_in_a_line_and_exit_2(
    environ: dict[str, str], tmp_path: Path, fault: str, words: tuple[str, ...]
) -> None:
    url = {
        "no folder": f"sqlite:///{tmp_path / 'nowhere' / 'shop.sqlite'}",
        "no schema": f"sqlite:///{tmp_path / 'empty.sqlite'}",
        "no server": "postgresql+psycopg://shop@127.0.0.1:9/shop",
    }[fault]
    result = _run(environ | {"DATABASE_URL": url}, *words)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1  # a bar of progress has ended a line before it
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_takes_nothing_is_told_in_a_line_and_exit_2(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(*_given: object, **_named: object) -> int:
        raise OSError(number, os.strerror(number), "/somewhere")

    monkeypatch.setattr("shop.payments_cli.run_status", full)
    result = _run(environ, "payments", "status")
    assert result.exit_code == 2
    assert result.stderr == f"/somewhere: {os.strerror(number)}\n"


SAYING_MUCH = (("--help",), ("payments", "status", "--help"), ("payments", "status"), ("staff", "list"))


def _into(output: int, environ: dict[str, str], words: tuple[str, ...]) -> tuple[int, list[str]]:
    """The command as a process of its own, for what happens when one ends: its status and its last words."""
    command = [sys.executable, "-m", "shop.cli", *words]
    done = subprocess.run(
        command,
        env=os.environ | environ,
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        timeout=240,
        check=False,
    )
    return done.returncode, done.stderr.splitlines()


@pytest.mark.parametrize("words", SAYING_MUCH, ids=" ".join)
def test_a_reader_who_left_is_exit_2_without_a_word(environ: dict[str, str], words: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        assert _into(write, environ, words) == (2, [])
    finally:
        os.close(write)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux alone has a device that is always full")
@pytest.mark.parametrize("words", SAYING_MUCH, ids=" ".join)
def test_an_output_that_is_full_is_told_in_a_line(environ: dict[str, str], words: tuple[str, ...]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        assert _into(full, environ, words) == (2, [os.strerror(errno.ENOSPC)])
    finally:
        os.close(full)


def test_a_mistake_of_our_own_keeps_its_traceback(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(**_named: object) -> int:
        raise KeyError("missing")

    monkeypatch.setattr("shop.payments_cli.run_status", mistaken)
    assert isinstance(_run(environ, "payments", "status").exception, KeyError)


@pytest.mark.parametrize(
    "words",
    [
        ("payments", "reconcile", "--days", "99999999999"),
        ("payments", "reconcile", "--days", "-3"),
        ("serve", "--port", "99999"),
        ("serve", "--workers", "0"),
        ("demo", "--port", "70000"),
        ("demo", "--workers", "0"),
        ("seed", "--products", "-1"),
    ],
)
def test_a_number_out_of_range_is_refused_in_words(environ: dict[str, str], words: tuple[str, ...]) -> None:
    result = _run(environ, *words)
    assert result.exit_code == 2
    assert "is not in the range" in result.output


def test_status_is_calm_and_exit_0_on_a_fresh_shop(environ: dict[str, str]) -> None:
    result = _run(environ, "payments", "status", "--json")
    assert result.exit_code == 0
    assert json.loads(result.output)["sessions_payable"] == 0


def test_status_is_exit_1_when_a_payment_needs_a_person(environ: dict[str, str], sqlite_url: str) -> None:
    payment = Payment(
        store_id="style",
        reference="r",
        amount_minor=100,
        currency="JPY",
        method="card",
        state="review",
        provider="stripe",
        account="default",
    )
    Database(sqlite_url).write(lambda session: session.add(payment))
    result = _run(environ, "payments", "status")
    assert result.exit_code == 1


def test_reconcile_agrees_on_a_fresh_shop(environ: dict[str, str]) -> None:
    result = _run(environ, "payments", "reconcile", "--json")
    assert result.exit_code == 0
    assert json.loads(result.output.splitlines()[-1])[0]["agrees"] is True


def test_reconcile_without_the_provider_is_exit_2_and_never_green(environ: dict[str, str]) -> None:
    result = _run(environ | {"STRIPE_API_BASE": "http://127.0.0.1:9"}, "payments", "reconcile")
    assert result.exit_code == 2
    assert "nothing is proved" in result.output


def test_upgrade_makes_the_schema_and_a_second_run_changes_nothing(
    environ: dict[str, str], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'fresh.sqlite'}"
    for expected in ("empty ->", f"{head()} -> {head()}"):
        result = _run(environ | {"DATABASE_URL": url}, "db", "upgrade")
        assert result.exit_code == 0
        assert expected in result.output
    with Database(url).read() as session:
        assert is_current(session.connection())


def test_seeding_a_production_database_is_refused(environ: dict[str, str]) -> None:
    production = environ | {
        "SHOP_ENV": "production",
        "SHOP_URLS": "style=https://a.example cocomo=https://b.example staff=https://c.example",
        "STRIPE_API_BASE": "https://api.stripe.com",
        "STRIPE_SECRET_KEY": "sk_live_" + "x" * 20,
        "STRIPE_PUBLISHABLE_KEY": "pk_live_" + "x" * 20,
        "STRIPE_WEBHOOK_SECRET": "whsec_" + "x" * 20,
        "MAIL_URL": "smtps://mail.example",
        "MAIL_FROM": "shop@a.example",
        "STAFF_NETWORKS": "192.0.2.0/24",
    }
    result = _run(production, "seed", "--products", "1")
    assert result.exit_code == 1
    assert "demo and test" in result.output


@pytest.mark.parametrize(
    ("store", "key_id"), [("third", "k1"), ("style", "not an id"), ("style", "x" * 21), ("style", "鍵")]
)
def test_a_key_for_nobody_is_refused(store: str, key_id: str) -> None:
    assert _run({}, "keys", "new", store, key_id).exit_code == 1


def test_a_new_key_can_be_put_into_the_configuration(environ: dict[str, str]) -> None:
    entry = _run({}, "keys", "new", "style", "2026a").output.strip()
    result = _run(environ | {"DATA_KEYS": f"{entry} {environ['DATA_KEYS']}"}, "keys", "rotate")
    assert result.exit_code == 0
    assert result.output.splitlines()[-1].startswith("resealed 0")


def test_doctor_names_what_is_missing(environ: dict[str, str]) -> None:
    result = _run(
        environ | {"STRIPE_API_BASE": "http://127.0.0.1:9", "MAIL_URL": "smtp://127.0.0.1:9"}, "doctor"
    )
    assert result.exit_code == 1
    assert "FAIL provider account default" in result.output
    assert "FAIL mail" in result.output
    assert "ok   database: SQLite" in result.output


def test_doctor_tells_programs_the_same(environ: dict[str, str]) -> None:
    away = environ | {"MAIL_URL": "smtp://127.0.0.1:9"}
    lines, told = _run(away, "doctor"), _run(away, "doctor", "--json")
    assert (lines.exit_code, told.exit_code) == (1, 1)
    looks = json.loads(told.output)
    assert [look["what"] for look in looks if not look["ok"]] == ["mail"]
    assert all(set(look) == {"what", "found", "advice", "ok"} for look in looks)
    assert len(looks) == len(lines.output.splitlines())


@pytest.mark.parametrize(
    ("off", "says"), [(0, "ok   clock"), (400, "FAIL clock: 400 s ahead"), (-40, "FAIL clock: 40 s behind")]
)
def test_doctor_compares_the_clock_with_the_providers(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, off: int, says: str
) -> None:
    assert abs(seconds_ahead(environ["STRIPE_API_BASE"])) < 20
    monkeypatch.setattr("shop.doctor.seconds_ahead", lambda _url: float(off))
    result = _run(environ, "doctor")
    assert says in result.output
    assert result.exit_code == 1 or not off


def test_a_clock_that_can_not_be_compared_is_not_right(environ: dict[str, str]) -> None:
    result = _run(environ | {"STRIPE_API_BASE": "http://127.0.0.1:9"}, "doctor")
    assert "FAIL clock: not compared with the provider's: no answer (ConnectionRefusedError)" in result.output


def test_doctor_asks_redis_where_it_counts(environ: dict[str, str]) -> None:
    assert "limits" not in _run(environ, "doctor").output
    found = _run(environ | {"REDIS_URL": "redis://127.0.0.1:9"}, "doctor")
    assert (found.exit_code, "FAIL limits: Redis does not answer" in found.output) == (1, True)


def test_serving_on_a_taken_port_is_refused(environ: dict[str, str], sandbox: Sandbox) -> None:
    result = _run(environ, "serve", "--port", str(sandbox.port))
    assert result.exit_code == 1
    assert "is taken" in result.output


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1"])
def test_an_address_that_is_not_ours_is_not_said_to_be_taken(environ: dict[str, str], host: str) -> None:
    result = _run(environ, "serve", "--host", host, "--port", "9")
    assert result.exit_code == 1
    assert "taken" not in result.output


@pytest.mark.parametrize(
    "words", [("payments", "status"), ("db", "upgrade"), ("payments", "reconcile", "--json")]
)
def test_a_file_that_is_no_database_is_told_in_a_line(
    environ: dict[str, str], tmp_path: Path, words: tuple[str, ...]
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no database at all\n" * 100)
    result = _run(environ | {"DATABASE_URL": f"sqlite:///{file}"}, *words)
    assert (result.exit_code, "file is not a database" in result.output) == (2, True)


@pytest.mark.parametrize("columns", ["0", "1", "x"])
def test_a_terminal_without_a_width_leaves_no_figure_out(environ: dict[str, str], columns: str) -> None:
    assert _run(environ, "db", "upgrade").exit_code == 0
    command = [sys.executable, "-m", "shop.cli", "payments", "status"]
    done = subprocess.run(
        command, env=os.environ | environ | {"COLUMNS": columns}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "needs a person after stop" in done.stdout


def test_a_terminal_without_the_letters_of_a_name_is_told_them_escaped(environ: dict[str, str]) -> None:
    assert _run(environ, "db", "upgrade").exit_code == 0
    invited = ("invite", "--email", "hanako@example.jp", "--name", "試験 花子", "--role", "owner")
    assert _run(environ, "staff", *invited).exit_code == 0
    done = subprocess.run(
        [sys.executable, "-m", "shop.cli", "staff", "list"],
        env=os.environ | environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u8a66\\u9a13" in done.stdout
