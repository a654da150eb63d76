"""Each check at request level or over files is red for the right reason when a protection is out.

That each is green as things are is seen in the one run of the whole command, in tests/evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Column, String, select
from sqlalchemy.orm import Session

from payments import settle as settling
from payments.columns import INTERNAL, utcnow
from payments.inbox import PAID_EVENTS
from payments.providers import checkout
from payments.providers.stripe import StripeProvider
from security.headers import CSP
from security.secret_scan import find
from shop import app as shop_app
from shop import web
from shop.accounts import claim, throttle
from shop.accounts.current import SignedIn
from shop.app import create_shop
from shop.card_testing import rules as card_rules
from shop.cards import gate
from shop.context import Shop
from shop.csrf import csrf
from shop.db.tables import metadata
from shop.identity import totp
from shop.orders import access as order_access
from shop.orders.links import order_of_token
from shop.orders.models import Order
from shop.orders.queries import OrderView, order_view
from shop.scope import lab, mutants_running
from shop.scope.challenge import Challenge, Patch
from shop.scope.checks import (
    dependencies,
    injection,
    integrity,
    secrets,
    staff,
    staff_posts,
    staff_rights,
    stop,
    walls,
)
from shop.scope.colleagues import Colleague, make_colleague, session_of, staff_app
from shop.scope.lab import Lab
from shop.scope.registry import CHECKS
from shop.scope.result import Notes, Result, Status
from shop.scope.running import run_one
from shop.scope.staff_pages import LIST, read, reviewed
from shop.settings import Keys
from shop.staff import access, lock, people, sessions, signing_in
from shop.staff.access import Door, Need
from shop.staff.models import Member
from shop.staff.rights import RIGHTS, Right, Role
from shop.staff.sealed import email_hash
from shop.stores import all_stores
from tests.scope.conftest import Look


def rules(result: Result) -> set[str]:
    return {finding.rule for finding in result.notes.findings}


def test_e4_a_card_column_of_a_model(look: Look) -> None:
    table = metadata.tables["payment"]
    table.append_column(Column("cc_no", String(19), info=INTERNAL))
    try:
        result = look("E4")
    finally:
        table._columns.remove(table.c.cc_no)
    assert {"card-column", "schema"} <= rules(result)


@pytest.fixture
def anew() -> Any:
    """Headers are reckoned once for each kind of page: forget them before and after."""
    web._headers.cache_clear()
    yield
    web._headers.cache_clear()


WEAKER = {
    "script_src": ("'self'", "'unsafe-inline'"),
    "connect_src": ("'self'", "https://elsewhere.example"),
}


def test_e7_a_weaker_policy_a_cookie_that_scripts_can_read_and_a_fault_that_is_shown(
    anew: None, look: Look, here: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One walk for four holes, each of which is told by itself: the walk is what takes its time."""
    written = CSP.__str__

    def weaker(self: CSP) -> str:
        for name, value in WEAKER.items():
            object.__setattr__(self, name, value)
        return written(self)

    monkeypatch.setattr(CSP, "__str__", weaker)
    monkeypatch.setitem(here.desk.app.config, "SESSION_COOKIE_HTTPONLY", False)
    monkeypatch.setattr(web, "_error_page", lambda _status, _message, _code: (_fault_shown(), 500))
    result = look("E7")
    policy = [one.message for one in result.notes.findings if one.rule == "header-csp"]
    for name, value in WEAKER.items():
        assert any(
            told.startswith(f"{name.replace('_', '-')} ") and told.endswith(value[-1]) for told in policy
        )
    assert {"header-cookie", "header-detail"} <= rules(result)


def _fault_shown() -> str:
    return "<pre>Traceback (most recent call last): …</pre>"


def test_e8_a_signature_that_is_not_checked(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StripeProvider, "_is_signed", staticmethod(lambda *_about: True))
    assert "webhook-signature" in rules(look("E8"))


def test_e8_money_that_is_not_compared(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "disagreement", lambda *_about, **_named: None)
    assert rules(look("E8")) == {"altered-money"}


def test_e8_an_event_that_is_believed(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mistake of many: what the body says is paid is paid."""
    asked = StripeProvider.retrieve_session

    def believed(self: StripeProvider, session_id: str) -> Any:
        from dataclasses import replace

        from payments.provider import Charge

        told = asked(self, session_id)
        charge = Charge("ch_1", told.amount, told.amount * 0, True, True, "card", "visa", "4242", utcnow())
        return replace(told, paid=True, payment_id=session_id, charge=told.charge or charge)

    monkeypatch.setattr(StripeProvider, "retrieve_session", believed)
    assert PAID_EVENTS
    assert "webhook-believed" in rules(look("E8"))


def test_e16_a_post_without_a_token(here: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = Notes()
    monkeypatch.setattr(csrf, "_exempt_views", {*csrf._exempt_views, "shop.checkout.views.place"})
    injection._exemptions(here.desk.app, notes)
    assert {finding.rule for finding in notes.findings} == {"csrf-exempt"}


def test_e16_posts_from_elsewhere_that_are_taken(here: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    notes, hooks = Notes(), here.desk.app.before_request_funcs
    monkeypatch.setitem(hooks, None, [hook for hook in hooks[None] if hook.__name__ != "_refuse_cross_site"])
    injection._cross_site(here.desk, "style", notes)
    assert "csrf" in {finding.rule for finding in notes.findings}


def test_e7_and_e16_see_the_staffs_host(here: Lab, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    host = here.desk.app.extensions["hitsuka_staff"]
    hooks = host.before_request_funcs
    monkeypatch.setitem(hooks, None, [hook for hook in hooks[None] if hook.__name__ != "_refuse_cross_site"])
    monkeypatch.setitem(host.config, "SESSION_COOKIE_HTTPONLY", False)
    found = look("E7").notes.findings
    assert {(one.path.split()[2].split(":")[0], one.rule) for one in found} == {("staff", "header-cookie")}
    notes = Notes()
    staff_posts.look(here.desk, injection._FOREIGN, injection.UNASKED_ENDPOINTS, notes)
    assert {finding.rule for finding in notes.findings} == {"csrf"}


# --- E12, E13: the staff's host ---


def staff_rules(look: Look, name: str) -> set[str]:
    result = look(name)
    assert result.status is Status.FINDING, result.notes
    return rules(result)


@pytest.fixture
def only_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    """E12 without its parts on rights and walls, which have tests of their own."""
    for part in (staff_rights, walls):
        monkeypatch.setattr(part, "look", lambda *_about: None)


@pytest.mark.usefixtures("only_the_door")
def test_e12_an_account_that_is_there_from_the_start(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff, "create_shop", lambda settings: with_somebody(create_shop(settings)))
    assert staff_rules(look, "E12") == {"default-account"}


def with_somebody(shop: Shop) -> Shop:
    make_colleague(shop)
    return shop


@pytest.mark.usefixtures("only_the_door")
def test_e12_a_page_that_anybody_opens(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that its own declaration calls a door for anyone: the closed list is the check's."""
    needs = access.needs

    def opened(app: Any) -> Any:
        return {**needs(app), "staff_audit.audit": access.Need(access.Door.ANYONE)}

    monkeypatch.setattr(access, "needs", opened)
    assert staff_rules(look, "E12") == {"anonymous"}


@pytest.mark.usefixtures("only_the_door")
def test_e12_a_password_that_is_enough(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def at_once(shop: Shop, address: str, *_typed: object) -> str:
        with shop.db.read() as session:
            hashed = email_hash(shop.vault, address)
            member = session.scalars(select(Member).where(Member.email_hash == hashed)).one()
        who = Colleague(member.id, address, "", "")
        return session_of(shop, who)

    monkeypatch.setattr(signing_in, "try_password", at_once)
    assert "one-factor" in rules(look("E12"))


@pytest.mark.usefixtures("only_the_door")
def test_e12_no_lock(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "MOST", 1000)
    assert staff_rules(look, "E12") == {"lock"}


@pytest.mark.usefixtures("only_the_door")
def test_e12_staff_from_everywhere(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "is_allowed", lambda _address, _networks: True)
    assert staff_rules(look, "E12") == {"address", "forged-address"}


@pytest.mark.usefixtures("only_the_door")
def test_e12_a_header_that_is_believed(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def first_of_all(inner: Any, **_hops: int) -> Any:
        def answer(environ: Any, start: Any) -> Any:
            claimed = environ.get("HTTP_X_FORWARDED_FOR", "")
            environ["REMOTE_ADDR"] = claimed.split(",")[0].strip() or environ["REMOTE_ADDR"]
            return inner(environ, start)

        return answer

    monkeypatch.setattr(shop_app, "ProxyFix", first_of_all)
    assert "forged-address" in rules(look("E12"))


@pytest.fixture
def installed(here: Lab) -> Iterator[Flask]:
    """The shop as after its installation, whose staff's pages a test may change."""
    with staff._installed(here) as app:
        yield app


LESS = {
    "staff_audit.audit": (Need(Door.MEMBER), {"right"}),
    "staff_members.members": (Need(Right.SEE_AUDIT), {"right"}),
    "staff_refunds.give_back": (Need(Right.REFUND), {"right", "stale-proof"}),
    "staff_more.more": (Need(Right.MANAGE_STAFF, fresh=True), {"unlisted"}),
}


def test_e12_pages_that_need_less_than_was_reviewed_and_one_that_nobody_reviewed(installed: Flask) -> None:
    app, notes = staff_app(installed), Notes()
    app.add_url_rule("/more", "staff_more.more", lambda: "more")
    access.needs(app).update({page: need for page, (need, _wanted) in LESS.items()})
    staff_rights.look(installed, notes)
    assert notes.missing == []
    rule_of = {rule.endpoint: f"staff:{rule.rule}" for rule in app.url_map.iter_rules()}
    by_page: dict[str, set[str]] = {}
    for finding in notes.findings:
        by_page.setdefault(finding.path, set()).add(finding.rule)
    assert by_page == {rule_of[page]: wanted for page, (_need, wanted) in LESS.items()}


LOOSER = {
    "everybody may everything": (access, "rights_of", lambda _roles: frozenset(Right), "right"),
    "every proof is fresh": (sessions, "is_fresh", lambda *_about: True, "stale-proof"),
    "nobody is sent to prove it": (access, "_to_prove", lambda: None, "stale-proof"),
    "any code proves": (totp, "step_of", lambda *_about, **_named: 1, "stale-proof"),
}


def test_e12_a_right_or_a_proof_that_is_not_asked_for(
    installed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the pages declare is as it should be: only trying shows it."""
    known = reviewed()
    for what, (place, name, instead, rule) in LOOSER.items():
        notes = Notes()
        with monkeypatch.context() as patched:
            patched.setattr(place, name, instead)
            staff_rights._declared(installed, known, notes)
            assert notes.findings == []
            staff_rights._without_a_role(installed, known, notes)
            staff_rights._stale(installed, known, notes)
            staff_rights._proof(installed, known, notes)
        assert {finding.rule for finding in notes.findings} == {rule}, what


def test_e12_a_role_that_may_more_than_was_reviewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RIGHTS, Role.SUPPORT, RIGHTS[Role.SUPPORT] | {Right.REFUND})
    notes = Notes()
    staff_rights._roles(reviewed(), notes)
    assert [(each.path, each.rule) for each in notes.findings] == [("role:support", "right")]


def test_e12_the_reviewed_list_names_rights_that_there_are(tmp_path: Path) -> None:
    bad = tmp_path / "pages.toml"
    bad.write_text(LIST.read_text().replace('"see_audit"\n', '"see_audits"\n'))
    with pytest.raises(ValueError, match="see_audits"):
        read(bad)


def test_e12_walls_between_stores_and_members_that_are_not_there(
    here: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_any_store(keys: Keys, _store_id: str, token: str) -> str | None:
        return next(filter(None, (order_of_token(keys, each, token) for each in all_stores())), None)

    def wherever(session: Session, _store_id: str, order_id: str) -> OrderView | None:
        store_id = session.scalars(select(Order.store_id).where(Order.id == order_id)).one()
        return order_view(session, store_id, order_id)

    monkeypatch.setattr(order_access, "order_of_token", of_any_store)
    monkeypatch.setattr(order_access, "order_view", wherever)
    monkeypatch.setattr(claim, "own_order_id", lambda _session, _account, order_id: order_id)
    notes = Notes()
    walls.look(here.desk, notes)
    assert {each.rule for each in notes.findings} == {"wall"}
    assert {"style:/account/orders/<id>", "cocomo:/orders/<token>"} <= {each.path for each in notes.findings}


def test_e13_sessions_that_outlive_their_member(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def only_marked(session: Any, _shop: Shop, member_id: str, **_about: object) -> None:
        session.get_one(Member, member_id).locale = "en"

    monkeypatch.setattr(people, "disable", only_marked)
    assert staff_rules(look, "E13") == {"leaver"}


def test_e16_a_page_that_does_not_escape(here: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = Notes()
    environment = here.desk.app.jinja_env
    monkeypatch.setattr(environment, "autoescape", False)
    monkeypatch.setattr(environment, "cache", type(environment.cache)(400))  # type: ignore[call-arg, misc]  # its kind
    guest = here.desk.guest()
    guest.add(here.desk.sku())
    injection._type_and_look(guest, "style", f"<{injection._MARK}>", notes)
    assert "injection" in {finding.rule for finding in notes.findings}


def test_e20_authentication_that_is_not_asked_for(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = checkout.create_params

    def without(request: Any) -> Any:
        return {name: value for name, value in wanted(request).items() if name != "payment_method_options"}

    monkeypatch.setattr(checkout, "create_params", without)
    assert "three-d-secure" in rules(look("E20"))


# --- Over files: a tree of its own ---


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small tree that is well."""
    (tmp_path / "static").mkdir()
    (tmp_path / "requirements").mkdir()
    (tmp_path / "static" / "a.js").write_text("1")
    (tmp_path / "wsgi.py").write_text("app = 1\n")
    (tmp_path / "Makefile").write_text("setup:\n\tpip install --require-hashes -r requirements/run.lock\n")
    lock = "flask==3.1.3 \\\n    --hash=sha256:00\n"
    for name in ("run.lock", "dev.lock"):
        (tmp_path / "requirements" / name).write_text(lock)
    return tmp_path


def secret_findings(tree: Path) -> set[str]:
    notes = Notes()
    for path in secrets._tree(tree):
        for finding in find(path.read_text(), path.name, is_page="static" in path.parts):
            notes.found(finding.path, finding.rule, finding.message)
    return {finding.path for finding in notes.findings}


def test_e18_keys_in_a_tree(tree: Path) -> None:
    assert secret_findings(tree) == set()
    (tree / "static" / "pay.js").write_text("const key = 'sk_" + "test_1';")
    (tree / "notes.txt").write_text("rk_" + "live_" + "0a1b2c3d4e5f")
    (tree / "id").write_text("-----BEGIN OPENSSH PRIVATE " + "KEY-----")
    assert secret_findings(tree) == {"pay.js", "notes.txt", "id"}


def test_e24_links_and_odd_files(tree: Path) -> None:
    (tree / "static" / "shop.js.bak").write_text("1")
    (tree / "static" / "out.css").symlink_to("/etc/hosts")
    notes = Notes()
    assert set(integrity.listing(tree, notes)) == {"static/a.js", "static/shop.js.bak", "wsgi.py"}
    assert {finding.rule for finding in notes.findings} == {"static-kind", "symlink"}


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("requirements/run.lock", "flask==3.1.3\n", "no-hash"),
        ("requirements/run.lock", "--index-url https://x.example\nflask==3.1.3 --hash=sha256:0\n", "index"),
        ("requirements/run.lock", "https://x.example/a.whl\nflask==3.1.3 --hash=sha256:0\n", "address"),
        ("requirements/run.lock", "flask==0.1 --hash=sha256:0\n", "not-as-locked"),
        ("Makefile", "setup:\n\tpip install -r requirements/run.lock\n", "install"),
    ],
)
def test_e17_a_lock_that_holds_nothing(name: str, text: str, rule: str, tree: Path) -> None:
    (tree / name).write_text(text)
    notes = Notes()
    dependencies._lock(tree / "requirements/run.lock", "requirements/run.lock", notes)
    dependencies._installed(tree / "requirements/run.lock", notes)
    dependencies._makefile(tree, notes)
    assert {finding.rule for finding in notes.findings} == {rule}


def test_e17_an_audit_that_got_no_answer_is_never_green(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependencies, "_AUDIT_S", 0.01)
    notes = Notes()
    dependencies._audit(Lab(tree, root=tree), notes)
    assert notes.status is Status.NOT_EXERCISED


# --- E10, E11, E21: attacks on cards and accounts, the stop ---


def test_e10_card_testing_that_nothing_slows(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DECLINES_OF_BROWSER", "DECLINES_OF_NETWORK", "DECLINES_OF_CUSTOMER", "DECLINES_OF_ORDER"):
        monkeypatch.setattr(card_rules, name, 1000)
    monkeypatch.setattr(card_rules, "SLOW_FROM", 1000)
    monkeypatch.setattr(card_rules, "PAUSE_FROM", 1000)
    assert rules(look("E10")) == {"card-testing", "no-pause"}


def test_e11_accounts_that_anybody_may_guess_and_change(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "hit_noted", lambda *_about: None)
    monkeypatch.setattr(SignedIn, "is_proved", lambda *_about: True)
    assert {"guessing", "no-proof"} <= rules(look("E11"))


def test_e21_a_stop_that_stops_nothing(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stop, "stop_cards", lambda *_about, **_named: None)
    monkeypatch.setattr(gate, "conditions", lambda *_about: [])
    assert {"no-stop", "sold-by-card", "gate-open", "no-record"} <= rules(look("E21"))


def _added(file: str, line: str) -> str:
    return f"--- /dev/null\n+++ b/{file}\n@@ -0,0 +1 @@\n+{line}\n"


def test_e25_what_the_rules_do_not_see_is_looked_at_by_the_checks_and_what_nothing_notices_is_a_finding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mutants_running, "STAGES", (("E4",), ("E24",)))
    leak = _added("static/more.js", "console.log(document.forms[0].card.value);")
    stray, silent = _added("static/shop.js.bak", "1"), _added("shop/noting.py", "X = 1")
    asked = Challenge(patches=(Patch("leak", leak), Patch("stray", stray), Patch("silent", silent)))
    check = next(check for check in CHECKS if check.id == "E25")
    with lab.opened(challenge=asked) as here:
        result = run_one(check, here)
    assert result.notes.tables[0].rows == [
        ("leak", "HK210"),
        ("stray", "E24 static-kind"),
        ("silent", "nothing"),
    ]
    assert [(finding.path, finding.rule) for finding in result.notes.findings] == [("silent", "seeded-leak")]


def test_e25_every_check_that_can_look_at_a_copy_is_asked_for_the_quick_ones_first() -> None:
    quick, slow = mutants_running.STAGES
    built = {check.id for check in CHECKS if check.is_built}
    assert {*quick, *slow} == built - {"E5", "E17", "E25"}
    assert set(slow) == {"E1", "E2", "E3", "E6", "E15"}
