"""What the verifier's parts say of small things: headers, columns, forms, challenges, signatures, results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from security.canary.numbers import fresh_number
from security.canary.sinks import MissingEvidence
from security.columns import why_forbidden
from security.header_rules import Expected, judge
from security.markup import forms
from security.result_sarif import sarif
from security.signatures import BadKey, BadSignature, SigningKey, opened
from shop.cli import main
from shop.scope import challenge
from shop.scope.lab import Lab
from shop.scope.registry import CHECKS, Check, Group, UnknownCheck, chosen
from shop.scope.result import Notes, NotExercised, Result, Status, exit_status
from shop.scope.running import run, run_one
from shop.scope.shopper import code_of
from shop.scope.verdict import headline, store_lines

GOOD = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; report-uri /r",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}
WANTED = Expected(https=True, wants_reports=True)


def faults(changes: dict[str, str], expected: Expected = WANTED) -> set[str]:
    headers = {name: value for name, value in (GOOD | changes).items() if value}
    return {fault.rule for fault in judge(headers.items(), expected)}


def policy(old: str, new: str) -> dict[str, str]:
    assert old in GOOD["Content-Security-Policy"]
    return {"Content-Security-Policy": GOOD["Content-Security-Policy"].replace(old, new)}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"Content-Security-Policy": ""}, "csp"),
        ({"Content-Security-Policy": "", "Content-Security-Policy-Report-Only": "default-src 'none'"}, "csp"),
        (policy("script-src 'self'", "script-src 'self' 'unsafe-eval'"), "csp"),
        (policy("script-src 'self'", "script-src 'self' 'strict-dynamic'"), "csp"),
        (policy("script-src 'self'", "script-src 'nonce-1'"), "csp"),
        (policy("script-src 'self'", "script-src https://*.example"), "csp"),
        (policy("script-src 'self'", "script-src data:"), "csp"),
        (policy("script-src 'self'", "script-src-elem *; script-src 'self'"), "csp"),
        (policy("script-src 'self'", "script-src *; script-src 'self'"), "csp"),
        (policy("default-src 'none'; ", ""), "csp"),
        (policy("form-action 'self'; ", ""), "csp"),
        (policy("base-uri 'none'; ", ""), "csp"),
        (policy("frame-ancestors 'none'; ", ""), "csp"),
        (policy("form-action 'self'", "form-action 'self' https:"), "csp"),
        (policy("connect-src 'self'", "connect-src 'self' https://api.stripe.com"), "csp"),
        (policy("; report-uri /r", ""), "csp"),
        (policy("report-uri /r", "report-uri https://elsewhere.example/r"), "csp"),
        ({"X-Content-Type-Options": ""}, "nosniff"),
        ({"Referrer-Policy": "unsafe-url"}, "referrer"),
        ({"Permissions-Policy": "camera=()"}, "permissions"),
        ({"Strict-Transport-Security": "max-age=60; includeSubDomains"}, "hsts"),
        ({"Cache-Control": ""}, "cache"),
        (
            {
                "Cache-Control": "public, max-age=1",
                "Set-Cookie": "__Host-a=1; Secure; HttpOnly; SameSite=Lax; Path=/",
            },
            "cache",
        ),
        ({"Set-Cookie": "__Host-a=1; Secure; SameSite=Lax; Path=/"}, "cookie"),
        ({"Set-Cookie": "a=1; Secure; HttpOnly; SameSite=Lax; Path=/"}, "cookie"),
        ({"Set-Cookie": "__Host-a=1; Secure; HttpOnly; SameSite=None; Path=/"}, "cookie"),
        ({"Link": "<https://elsewhere.example/a.js>; rel=preload"}, "link"),
        ({"Server": "thing/1.2.3"}, "version"),
    ],
)
def test_a_weaker_header_is_seen(changes: dict[str, str], rule: str) -> None:
    assert faults(changes) == {rule}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        policy("script-src 'self'", "script-src 'self' 'nonce-dGhpcyBpcyBsb25nIGVub3VnaA=='"),
        policy(
            "script-src 'self'", "script-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
        ),
        policy("img-src 'self'", "img-src 'self' data:"),
        {"Cache-Control": "public, max-age=60"},
        {"Set-Cookie": "__Host-a=1; Secure; HttpOnly; SameSite=Lax; Path=/"},
    ],
)
def test_what_is_well_is_let_pass(changes: dict[str, str]) -> None:
    assert faults(changes) == set()


def test_the_providers_host_is_fine_where_it_belongs() -> None:
    given = policy("form-action 'self'", "form-action 'self' https://checkout.stripe.com")
    expected = Expected(True, {"form-action": frozenset({"https://checkout.stripe.com"})}, wants_reports=True)
    assert faults(given, expected) == set()
    assert faults(given) == {"csp"}


@pytest.mark.parametrize(
    "name",
    [
        "card_number",
        "cardNumber",
        "cardno",
        "cc_num",
        "pan",
        "cvc",
        "cvv2",
        "card_holder_name",
        "track2_data",
        "card",
    ],
)
def test_a_card_column_is_known_by_its_name(name: str) -> None:
    assert why_forbidden("payment", name)


@pytest.mark.parametrize(
    "name",
    ["card_brand", "card_last4", "card_exp_month", "card_fingerprint", "card_stock", "gift_card", "company", "number",
     "postcard_number", "discard_reason", "panel", "japan_code", "session_id"],
)  # fmt: skip
def test_a_column_that_only_sounds_like_a_card_is_let_pass(name: str) -> None:
    assert why_forbidden("order", name) is None


def test_a_number_in_a_table_of_cards_is_a_card_number() -> None:
    assert why_forbidden("saved_cards", "number")
    assert why_forbidden("gift_card", "number") is None


def test_forms_are_read_with_their_values_and_outside_controls() -> None:
    (form,) = forms(
        '<form id=f method=post action=/a><input name=a value="1&amp;2"><textarea name=t>x</textarea>'
        "<select name=s><option value=1>one<option value=2 selected>two</select>"
        "<input type=radio name=r value=x><input type=radio name=r value=y checked><button name=b>go</button></form>"
        "<input form=f name=outside value=3><input name=stranger>"
    )
    assert (form.action, form.method) == ("/a", "post")
    assert form.defaults() == {"a": "1&2", "t": "x", "s": "2", "r": "y", "outside": "3"}
    assert form.fields["s"].options == ["1", "2"]


# --- Results ---


def result(name: str = "E1", **notes: object) -> Result:
    return Result(name, "t", "t", Notes(**notes), {}, "c")  # type: ignore[arg-type]  # fields by name


GREEN = result(figures={"looks": 1})


@pytest.mark.parametrize(
    ("notes", "status"),
    [
        (Notes(), Status.MISSING),
        (Notes(figures={"looks": 1}), Status.GREEN),
        (Notes(figures={"looks": 1}, missing=["x"]), Status.MISSING),
        (Notes(figures={"looks": 1}, not_exercised=["x"]), Status.NOT_EXERCISED),
        (Notes(not_exercised=["x"]), Status.NOT_EXERCISED),
    ],
)
def test_a_check_that_saw_nothing_is_not_green(notes: Notes, status: Status) -> None:
    assert notes.status is status


def test_a_finding_is_worse_than_missing_evidence_and_nothing_is_not_green() -> None:
    found, lacks = result(), result(missing=["x"])
    found.notes.found("p", "r", "m")
    assert exit_status([GREEN, found, lacks]) == 1
    assert exit_status([GREEN, lacks]) == 2
    assert exit_status([GREEN, result(not_exercised=["x"])]) == 0
    assert exit_status([result(not_exercised=["x"])]) == 2
    assert exit_status([]) == 2


def test_a_control_that_fails_is_missing_evidence() -> None:
    notes = Notes()
    notes.control(True, "a")
    assert notes.status is Status.GREEN
    notes.control(False, "a planted number is not found")
    assert notes.missing == ["its control failed: a planted number is not found"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (MissingEvidence("no browser"), Status.MISSING),
        (NotExercised("feature not present"), Status.NOT_EXERCISED),
        (ValueError("broken\nin two lines"), Status.MISSING),
        (AssertionError("x"), Status.MISSING),
    ],
)
def test_whatever_goes_wrong_in_a_check_is_told(
    error: Exception, status: Status, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_about: object) -> None:
        raise error

    monkeypatch.setattr(Check, "look", fail)
    said: list[str] = []
    (made,) = run([Check("E0", "t", "t", Group.STATIC, "x:y")], Lab(tmp_path), said.append)
    assert made.status is status
    assert "\n" not in made.line
    assert "[1 of 1] E0" in said[0]


def test_every_check_is_in_the_table_once_and_names_code_that_is_there(tmp_path: Path) -> None:
    assert [check.id for check in CHECKS] == [f"E{number}" for number in range(1, 26)]
    for check in CHECKS:
        if check.is_built:
            import importlib

            module, _, function = check.where.partition(":")
            assert callable(getattr(importlib.import_module(f"shop.scope.checks.{module}"), function))
        else:
            assert run_one(check, Lab(tmp_path)).status is Status.NOT_EXERCISED


def test_only_known_names_are_chosen() -> None:
    assert [check.id for check in chosen(("e24", "E4"))] == ["E4", "E24"]
    with pytest.raises(UnknownCheck):
        chosen(("E99",))


def test_the_verdict_never_says_more_than_it_may() -> None:
    words = headline([GREEN]) + " ".join(store_lines([GREEN]))
    assert "1 of 1 automatic checks without finding" in words
    assert "Not a statement of PCI DSS compliance" in words
    for too_much in ("PCI compliant", "SAQ A eligible", "is compliant", "満たす"):
        assert too_much not in words
    assert "passage of card data found: not known" in words
    found = result("E1")
    found.notes.found("p", "card-number", "m")
    assert "passage of card data found: yes" in " ".join(store_lines([found]))


def test_sarif_has_findings_and_what_is_missing() -> None:
    found = result(missing=["no browser"])
    found.notes.found("shop/a.py", "rule", "a sentence", 3)
    (one,) = sarif([found], "tool")["runs"]
    assert one["results"][0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 3}
    assert one["invocations"][0]["executionSuccessful"] is False


# --- Challenge and signature ---


def test_a_challenge_is_a_text_or_a_file(tmp_path: Path) -> None:
    assert challenge.read("hello").nonce == "hello"
    assert challenge.read("").digest == ""
    number = fresh_number()
    path = tmp_path / "c.toml"
    path.write_text(f'nonce = "n"\nnumbers = ["{number}"]\nentry_points = ["/search?q={{canary}}"]\n')
    read = challenge.read(str(path))
    assert (read.numbers, read.entry_points) == ((number,), ("/search?q={canary}",))
    assert number not in read.digest
    assert read.digest != challenge.read("n").digest


@pytest.mark.parametrize(
    "text",
    [
        "nonce = ", 'other = 1', 'numbers = ["123"]', 'numbers = "x"', 'entry_points = ["search"]',
        'numbers = ["4242424242424242"]', 'numbers = ["4242424242424241"]', "numbers = [1]",
    ],
)  # fmt: skip
def test_a_bad_challenge_is_refused_without_repeating_it(text: str, tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(challenge.BadChallenge) as caught:
        challenge.read(str(path))
    assert "4242" not in str(caught.value)
    result = CliRunner().invoke(main, ["scope", "verify", "--challenge", str(path), "--only", "E25"])
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("prefix", "length", "taken"),
    [
        ("4", 16, True), ("4", 19, True), ("5425", 16, True), ("37", 15, True), ("36", 14, True), ("3530", 16, True),
        ("62", 19, True), ("4", 18, False), ("36", 17, False), ("3530", 19, False),
    ],
)  # fmt: skip
def test_a_number_that_the_providers_fields_do_not_take_is_told_before_the_run(
    prefix: str, length: int, *, taken: bool, tmp_path: Path
) -> None:
    path, number = tmp_path / "c.toml", fresh_number(prefix, length)
    path.write_text(f'numbers = ["{number}"]')
    if taken:
        assert challenge.read(str(path)).numbers == (number,)
        assert len(code_of(number)) == (4 if prefix == "37" else 3)
    else:
        with pytest.raises(challenge.BadChallenge, match=f"number 1 has {length} digits") as caught:
            challenge.read(str(path))
        assert number not in str(caught.value)


def test_a_number_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path, number = tmp_path / "c.toml", fresh_number()
    path.write_text(f'numbers = ["{number}", "{number}"]')
    with pytest.raises(challenge.BadChallenge, match="twice"):
        challenge.read(str(path))


def test_a_signature_holds_for_exactly_what_was_signed(tmp_path: Path) -> None:
    key = SigningKey.new()
    key.write(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert SigningKey.read(tmp_path / "key").id == key.id
    document = json.loads(json.dumps(key.sign({"b": "文", "a": [1, None]})))
    assert opened(document, [key.public]) == {"a": [1, None], "b": "文"}
    assert key.id in repr(key)
    for change in ({"a": [2, None]}, {"c": 1}):
        with pytest.raises(BadSignature):
            opened(document | {"payload": document["payload"] | change}, [key.public])
    with pytest.raises(BadSignature):
        opened(document, [SigningKey.new().public])
    with pytest.raises(BadSignature):
        opened({"payload": 1}, [key.public])
    with pytest.raises(BadKey):
        opened(document, ["nonsense"])


def test_a_damaged_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hitsuka-private:x:y")
    result = CliRunner().invoke(main, ["scope", "verify", "--only", "E25", "--sign", str(tmp_path / "key")])
    assert result.exit_code == 2
    assert "holds no private key" in result.output


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["scope", "keygen", str(tmp_path / "key")]).exit_code == 0
    kept = (tmp_path / "key").read_text()
    assert CliRunner().invoke(main, ["scope", "keygen", str(tmp_path / "key")]).exit_code == 2
    assert (tmp_path / "key").read_text() == kept


def test_the_list_names_every_check() -> None:
    result = CliRunner().invoke(main, ["scope", "verify", "--list"])
    assert result.exit_code == 0
    assert len(result.output.splitlines()) == len(CHECKS)


def test_an_unknown_check_is_one_line_and_exit_2() -> None:
    result = CliRunner().invoke(main, ["scope", "verify", "--only", "E77"])
    assert result.exit_code == 2
    assert len(result.output.splitlines()) == 1


UNREPORTS: dict[str, tuple[bytes | list[str] | dict[str, list[str]] | None, int]] = {
    "no such file": (None, 2),
    "nonsense": (b"nonsense", 2),
    "no text": (b"\xff\xfe", 2),
    "deep": (b"[" * 100_000, 2),
    "not signed": (b"[]", 1),
    "a key that is no text": (b'{"signature": {"key": [], "ed25519": ""}, "payload": 1}', 1),
    "a signed list": (["a"], 1),
    "a signed sighting": ({"sightings": []}, 1),
}


@pytest.mark.parametrize("what", UNREPORTS)
def test_what_is_no_report_is_told_in_one_line(what: str, tmp_path: Path) -> None:
    key, (content, status) = SigningKey.new(), UNREPORTS[what]
    if isinstance(content, bytes):
        (tmp_path / "r.json").write_bytes(content)
    elif content is not None:
        (tmp_path / "r.json").write_text(json.dumps(key.sign(content)))
    result = CliRunner().invoke(
        main, ["scope", "check-report", str(tmp_path / "r.json"), "--key", key.public]
    )
    assert (result.exit_code, len(result.output.splitlines())) == (status, 1), result.output
    assert result.output.startswith("r.json")
    assert str(tmp_path) not in result.output
