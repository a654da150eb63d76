"""Where a project says that a guard stands, and how far a number may go: what it lists holds, and nothing else does."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from security.rules.config import BOUND, GUARD, REVIEWED, Config
from security.rules.python.reviewed import fingerprint, named
from security.rules.run import Result, judge, run


def rules_of(text: str, path: str = "src/app.py", config: Config | None = None) -> set[str]:
    result = Result()
    judge({path: text, "src/other.py": "other = 1\n"}, config or Config(), result)
    assert result.unreadable == []
    return {finding.rule for finding in result.findings}


LOCK = """import datetime as dt
MOST = 6
LIFE = dt.timedelta(minutes=15)
ONE = Rule('a', 60, LIFE)


def f(n):
    return n > MOST, LIFE, ONE
"""
BOUNDS = Config(
    bounds=("src/lock.py: MOST <= 10", "src/lock.py: LIFE <= 15 minutes", "src/lock.py: ONE[1] <= 60")
)
OUT = {
    "more tries": LOCK.replace("MOST = 6", "MOST = 5 * 1000"),
    "more time": LOCK.replace("minutes=15", "days=1"),
    "another argument": LOCK.replace("60", "60_000"),
    "told by the environment": LOCK.replace("MOST = 6", "MOST = int(os.environ['MOST'])"),
    "another kind": LOCK.replace("dt.timedelta(minutes=15)", "900"),
    "said twice": LOCK.replace("LIFE = ", "MOST = 99\nLIFE = "),
    "gone": LOCK.replace("MOST = 6\n", "").replace("MOST", "99"),
    "not asked": LOCK.replace("n > MOST", "n > 99"),
}
IN = {
    "as it is": LOCK,
    "stricter": LOCK.replace("MOST = 6", "MOST = 3").replace("minutes=15", "seconds=30"),
    "by another name": LOCK.replace("MOST = 6", "_FEW = 5\nMOST: int = _FEW"),
}


@pytest.mark.parametrize("text", OUT.values(), ids=OUT.keys())
def test_a_number_out_of_its_bounds_is_found(text: str) -> None:
    assert "HK603" in rules_of(text, "src/lock.py", BOUNDS)


def test_of_a_file_by_itself_nobody_can_tell_who_asks_for_its_numbers() -> None:
    result = Result()
    judge({"src/lock.py": OUT["not asked"]}, BOUNDS, result)
    assert result.findings == []


@pytest.mark.parametrize("text", IN.values(), ids=IN.keys())
def test_a_number_within_them_is_not(text: str) -> None:
    assert "HK603" not in rules_of(text, "src/lock.py", BOUNDS)


def test_a_number_that_another_file_changes_is_found() -> None:
    assert "HK603" in rules_of("from src import lock\nlock.MOST = 1000\n", "src/app.py", BOUNDS)
    assert "HK603" in rules_of("from src import lock\nsetattr(lock, 'MOST', 9)\n", "src/app.py", BOUNDS)
    assert "HK603" not in rules_of("page.MOST = 1000\n", "src/app.py", BOUNDS)


STAYS = """def take(s):
    row = s.get(A, with_for_update=True)
    letters.sweep(row)


def other(s):
    s.get(A)
"""
TASKS = "TASKS = {'a': (1, sweep_all), 'b': tidy}\n"


def test_a_guard_stands_in_its_function_with_what_makes_it_one() -> None:
    def found(guard: str, text: str) -> bool:
        return "HK601" in rules_of(text, "src/a.py", Config(guards=(guard,)))

    lock, sweep = "src/a.py: get(with_for_update=True) in take", "src/a.py: letters.sweep in take"
    assert not found(lock, STAYS)
    assert found(lock, STAYS.replace("=True", "=False"))
    assert found(lock, STAYS.replace("def take", "def took"))
    assert found("src/a.py: get(with_for_update=True) in other", STAYS)
    assert not found(sweep, STAYS)
    assert found(sweep, STAYS.replace("letters.sweep(row)", "sessions.sweep(row)"))
    assert found(sweep, STAYS.replace("letters.sweep(row)", "if s: letters.sweep(row)"))
    assert found(sweep, STAYS.replace("    letters", "    with suppress(Refused):\n        letters"))
    assert found(sweep, STAYS.replace("    row =", "    if s: return\n    row ="))
    assert not found(sweep, STAYS.replace("    row =", "    if s: return None\n    row ="))
    swallowed = "    try:\n        letters.sweep(row)\n    except Refused:\n        {}\n"
    assert found(sweep, STAYS.replace("    letters.sweep(row)\n", swallowed.format("pass")))
    assert not found(sweep, STAYS.replace("    letters.sweep(row)\n", swallowed.format("raise")))
    assert not found("src/a.py: letters.sweep? in take", STAYS.replace("letters", "if s: letters"))
    over = "def f(a, b):\n    if a.sum > b.left:\n        raise NotNow('over')\n"
    assert not found("src/a.py: NotNow('over')? in f", over)
    assert found("src/a.py: NotNow('over')? in f", over.replace("'over'", "'state'"))
    assert not found("src/a.py: b.left in f", over)
    assert found("src/a.py: b.left in f", over.replace("b.left", "b.all"))
    assert not found("src/a.py: post(fresh=True) in g", "@p.post('/', fresh=True)\ndef g(): ...\n")
    assert found("src/a.py: post(fresh=True) in g", "@p.post('/')\ndef g(): ...\n")
    assert not found("src/a.py: sweep_all", TASKS)
    assert found("src/a.py: sweep_all", TASKS.replace("sweep_all", "idle"))


def test_mail_and_http_past_their_guards_are_found() -> None:
    guards = Config(guards=("src/transport.py: require_clean_message in deliver", "src/out.py: guarded_http"))
    mail, http = "import smtplib\ns = smtplib.SMTP('mail')\n", "import httpx\nhttpx.post(url, json=it)\n"
    assert "HK601" in rules_of(mail, "src/letters.py", guards)
    assert "HK601" in rules_of(http, "src/app.py", guards)
    assert "HK601" not in rules_of(mail, "src/app.py")
    assert "HK601" not in rules_of(http, "src/app.py")
    home = "import smtplib\ndef deliver(m):\n    require_clean_message(m)\n    smtplib.SMTP('mail').send_message(m)\n"
    assert "HK601" not in rules_of(home, "src/transport.py", guards)


@pytest.mark.parametrize("entry", ["a.py: X", "a.py: x.y?", "a.py: f(k=True) in g", "a.py: f(k)? in g"])
def test_what_an_entry_of_guards_may_say(entry: str) -> None:
    assert GUARD.fullmatch(entry)


@pytest.mark.parametrize("entry", ["a.py: X", "a.py: X = 12", "X = 0123456789ab", "a.py: X = 0123456789AB"])
def test_what_an_entry_of_reviewed_may_not_say(entry: str) -> None:
    assert not REVIEWED.fullmatch(entry)
    assert REVIEWED.fullmatch("a.py: A.b = 0123456789ab")


@pytest.mark.parametrize(
    "entry", ["a.py: X", "a.py: X < 3", "a.py: X <= three", "a.py: X <= 3 weeks", "X <= 3"]
)
def test_what_an_entry_of_bounds_may_not_say(entry: str) -> None:
    assert not BOUND.fullmatch(entry)


ALONE = """def is_allowed(address, networks):
    '''Whether it lies in one of them.'''
    known = parsed(address)  # or nobody
    return known is not None and any(known in each for each in networks)


class Gate:
    LEVEL = 3

    def failed(self, error):
        return 500
"""


def test_what_was_reviewed_stays_as_it_was() -> None:
    def found(name: str, text: str) -> bool:
        node = named(ast.parse(ALONE), name)
        assert node is not None
        entry = f"src/a.py: {name} = {fingerprint(node)}"
        return "HK601" in rules_of(text, "src/a.py", Config(reviewed=(entry,)))

    for name in ("is_allowed", "Gate", "Gate.failed", "Gate.LEVEL"):
        assert not found(name, ALONE)
    same = ALONE.replace("known", "found").replace("or nobody", "nobody").replace("Whether", "If")
    assert not found(
        "is_allowed", same.replace("(address, networks):", "(address: str, networks: list) -> bool:")
    )
    assert found("is_allowed", ALONE.replace("is not None", "is None"))
    assert found("is_allowed", ALONE + "def is_allowed(address, networks):\n    return True\n")
    assert found("is_allowed", ALONE.replace("def is_allowed", "def may_come"))
    assert found("Gate.failed", ALONE.replace("return 500", "return None"))
    assert found("Gate", ALONE.replace("return 500", "return None"))
    assert not found("is_allowed", ALONE.replace("return 500", "return None"))
    said = ALONE.replace(
        "        return 500", "        _log.info('failed', extra={'n': len(error)})\n        return 500"
    )
    assert not found("Gate.failed", said)
    assert found("Gate.failed", said.replace("len(error)", "forget(error)"))
    assert found("Gate.failed", said.replace("_log.info", "_audit.info"))
    assert not found("*", same)
    assert found("*", ALONE.replace("LEVEL = 3", "LEVEL = 4"))
    assert found("*", ALONE + "OTHERS = ()\n")
    assert found("Gate.LEVEL", ALONE.replace("= 3", "= 0"))


DECIDES = """
def _decide(order, staff, now):
    rows = session.scalars(select(Hold).where(Hold.order_id == order.id, Hold.store_id == order.store_id))
    for row in rows:
        row.end(now)
    who = given or staff
    who.sees(who)
    if order.is_closed or staff is None or not staff.may("refund"):
        raise Refused
    if now > order.due and order.state == "paid":
        order.late = True
    else:
        order.late = False
"""


@pytest.mark.parametrize(
    ("before", "after", "is_same"),
    [
        ("(order, staff, now)", "(order, clerk, now)", True),
        ("order.is_closed or staff is None", "staff is None or order.is_closed", True),
        ('or not staff.may("refund")', 'or not (staff.may("refund"))', True),
        ('order.is_closed or staff is None or not staff.may("refund")', "ALL", True),
        ("now > order.due", "order.due < now", True),
        ('order.state == "paid"', '"paid" == order.state', True),
        ("= True\n    else:\n        order.late", "= True\n        return\n    order.late", True),
        ("order.late = True", "order.late: bool = True", True),
        ("Hold.order_id == order.id, Hold.store_id == order.store_id", "WHERE", True),
        ("    if now > order.due", "    due = order.due\n    if now > due", True),
        ("    if now > order.due", "    due = order.due\n    log(due)\n    if now > due", False),
        ("row.end(now)", "row.end(None)", False),
        (", Hold.store_id == order.store_id", "", False),
        ("who = given or staff", "who = staff or given", False),
        ("now > order.due", "order.due > now", False),
        ("now > order.due", "now >= order.due", False),
        ("now > order.due and", "now > order.due or", False),
        ("order.is_closed or staff is None", "order.is_closed and staff is None", False),
        ("staff is None", "staff is not None", False),
        ("(order, staff, now)", "(staff, order, now)", False),
        ("raise Refused", "return", False),
        (" or staff is None", "", False),
        ("= True\n    else:\n        order.late", "= True\n    order.late", False),
        ("order.late = False", "order.late = None", False),
    ],
)
def test_what_does_the_same_has_the_same_fingerprint(before: str, after: str, is_same: bool) -> None:
    after = (
        'not (not order.is_closed and staff is not None and staff.may("refund"))' if after == "ALL" else after
    )
    if after == "WHERE":
        after = "Hold.store_id == order.store_id, Hold.order_id == order.id"
    changed = DECIDES.replace(before, after)
    assert changed != DECIDES
    if "clerk" in after:
        changed = changed.replace("staff", "clerk")
    one, other = (named(ast.parse(text), "_decide") for text in (DECIDES, changed))
    assert one is not None
    assert other is not None
    assert (fingerprint(one) == fingerprint(other)) is is_same


@pytest.mark.parametrize(
    "text",
    [
        "from src import other\nother.take = lambda: None\n",
        "from src.other import Lock\nLock.take = idle\n",
        "from src.other import Lock\ntype.__setattr__(Lock, 'take', idle)\n",
        "import src.other as o\nsetattr(o, 'take', idle)\n",
        "import src.other as o\nvars(o)['take'] = idle\n",
        "import src.other as o\no.__dict__.update(take=idle)\n",
    ],
)
def test_what_another_file_defines_is_not_replaced(text: str) -> None:
    def rules(text: str) -> set[str]:
        result = Result()
        other = "def take(): ...\nclass Lock:\n    def take(self): ...\n"
        judge({"src/app.py": text, "src/other.py": other}, Config(), result)
        return {finding.rule for finding in result.findings}

    assert "HK601" in rules(text)
    assert "HK601" not in rules(text.replace("take", "title"))


def test_a_table_with_bounds_is_not_changed_later() -> None:
    bounds = Config(bounds=("src/a.py: TASKS[a] <= 3",))
    table = "TASKS = {'a': 2}\nprint(TASKS)\n"
    assert "HK603" not in rules_of(table, "src/a.py", bounds)
    for line in (
        "TASKS.pop('a')",
        "del TASKS['a']",
        "TASKS['a'] = 9",
        "TASKS |= {'a': 9}",
        "TASKS.update(a=9)",
    ):
        assert "HK603" in rules_of(f"{table}{line}\n", "src/a.py", bounds)


def test_of_two_functions_in_one_place_the_later_is_the_guard() -> None:
    guard = Config(guards=("src/a.py: IDLE in alive",))
    text = "def alive(s):\n    return s.at > IDLE\n"
    assert "HK601" not in rules_of(text, "src/a.py", guard)
    assert "HK601" in rules_of(text + "def alive(s):\n    return True\n", "src/a.py", guard)


def test_names_are_those_below_what_is_looked_at(tmp_path: Path) -> None:
    """A copy of the tree anywhere on the machine: calls are followed from one file into another all the same."""
    for name, text in (
        ("shop/__init__.py", ""),
        ("shop/tell.py", "import logging\ndef tell(it):\n    logging.info(it)\n"),
        (
            "shop/a.py",
            "from flask import request\nfrom shop.tell import tell\ndef f():\n    tell(request.form)\n",
        ),
        ("wsgi.py", "import shop\n"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    result = run([str(tmp_path / "shop"), str(tmp_path / "wsgi.py")], Config())
    assert [(Path(each.path).name, each.rule) for each in result.findings] == [("tell.py", "HK201")]


PROXY = """http {{
  access_log off;
  proxy_request_buffering off;
  server {{
    {}
    proxy_pass http://shop;
  }}
}}
"""


@pytest.mark.parametrize(
    ("rule", "leak", "neighbour"),
    [
        ("HK308", "autoindex on;", "autoindex off;"),
        (
            "HK602",
            "proxy_set_header X-Forwarded-For $http_x_forwarded_for;",
            "proxy_set_header X-Forwarded-For $remote_addr;",
        ),
        (
            "HK602",
            "proxy_set_header X-Real-IP $http_x_real_ip;",
            "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
        ),
        ("HK601", "dav_methods PUT DELETE;", "dav_methods off;"),
        ("HK502", "ssl_ciphers ALL:aNULL;", "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:!aNULL:!MD5;"),
    ],
)
def test_the_proxy_opens_no_door(rule: str, leak: str, neighbour: str) -> None:
    assert rule in rules_of(PROXY.format(leak), "deploy/nginx.conf")
    assert rules_of(PROXY.format(neighbour), "deploy/nginx.conf") == set()
