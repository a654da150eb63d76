"""What a function refuses is listed; a change that lets somebody through breaks a line, another way of writing none."""

from __future__ import annotations

from pathlib import Path

import pytest

from security.commands import parser
from security.rules.config import Config, load
from security.rules.project import Project
from security.rules.refusals import listed, making
from security.rules.run import Result, judge
from security.rules.source import Module

ORDER = '''
from shop.errors import NotFound


def the_order(session: Session, account: Account, order_id: str) -> Order:
    """One's own."""
    order = session.get(Order, order_id, with_for_update=True)
    if order is None or order.account_id != account.id:
        raise NotFound
    if order.state in {State.DONE, State.OVER}:
        return None
    try:
        told = ask(order)
    except Silent:
        raise Later from None
    forget(session, order)
    return told


def mine(session: Session, account: Account) -> list[Order]:
    query = select(Order).where(Order.store_id == account.store_id, Order.account_id == account.id)
    return list(session.scalars(query))


@pages.post("/orders/<id>", right=Right.REFUND, fresh=True)
def refund(id: str) -> Answer:
    if not is_allowed(id):
        return page(status=403)
    return pay_back(id)


def is_allowed(id: str) -> bool:
    return bool(id) and id.isalnum()


def close(session: Session, row: Row, now: Moment) -> None:
    if row.state == "done":
        return
    for each in row.parts:
        if each.is_kept:
            continue
        session.delete(each)
    refuse_if(row.since > now, Why.TOO_NEW)
    end(row, idempotency_key=row.id)
'''

WEAKER = {
    "a check goes": ("    if order is None or order.account_id != account.id:\n        raise NotFound\n", ""),
    "half of it goes": ("order is None or order.account_id != account.id", "order is None"),
    "or becomes and": ("order is None or order.account_id", "order is None and order.account_id"),
    "it is turned round": ("order.account_id != account.id", "order.account_id == account.id"),
    "it has an exception": ("!= account.id:", "!= account.id and not account.is_staff:"),
    "it compares with itself": ("order.account_id != account.id", "order.account_id != order.account_id"),
    "it is written down only": ("        raise NotFound\n", "        _log.warning('odd')\n"),
    "somebody leaves before it": (
        "    if order is None or",
        "    if account.is_known:\n        return order\n    if order is None or",
    ),
    "a state goes": ("{State.DONE, State.OVER}", "{State.DONE}"),
    "silence is an answer": ("        raise Later from None\n", "        told = None\n"),
    "what is done is not": ("    forget(session, order)\n", ""),
    "what is done may fail": (
        "    forget(session, order)\n",
        "    try:\n        forget(session, order)\n    except Exception:\n        pass\n",
    ),
    "a lock goes": (", with_for_update=True", ""),
    "a query is wider": ("Order.store_id == account.store_id, ", ""),
    "another right": ("right=Right.REFUND", "right=Right.SEE"),
    "no fresh proof": (", fresh=True", ""),
    "refused with 200": ("page(status=403)", "page(status=200)"),
    "asked for something else": ("not is_allowed(id)", "not id"),
    "who is asked says yes": ("bool(id) and id.isalnum()", "bool(id) or id.isalnum()"),
    "what was done is done again": ('    if row.state == "done":\n        return\n', ""),
    "what is kept goes": ("        if each.is_kept:\n            continue\n", ""),
    "a call that refuses goes": ("    refuse_if(row.since > now, Why.TOO_NEW)\n", ""),
    "a key for each try": ("idempotency_key=row.id", 'idempotency_key=f"{row.id}-{row.tries}"'),
    "the function goes": ("def is_allowed(id: str) -> bool:\n    return bool(id) and id.isalnum()\n", ""),
}

CLOSE = ORDER[ORDER.index('    if row.state == "done"') :]
NESTED = """    if row.state != "done":
        for each in row.parts:
            if not each.is_kept:
                session.delete(each)
        refuse_if(now < row.since, Why.TOO_NEW)
        end(row, idempotency_key=row.id)
"""
THE_SAME = {
    "other names": ("query", "wanted"),
    "two names": ("order = session.get(", "order = found = session.get("),
    "the check in two": (
        "    if order is None or order.account_id != account.id:\n        raise NotFound\n",
        "    if order is None:\n        raise NotFound\n    if account.id != order.account_id:\n        raise Gone\n",
    ),
    "De Morgan": (
        "if order is None or order.account_id != account.id:",
        "if not (order is not None and order.account_id == account.id):",
    ),
    "in a variable": (
        "    if order is None or order.account_id != account.id:\n",
        "    is_other = order is None or order.account_id != account.id\n    if is_other:\n",
    ),
    "in a new helper that refuses": (
        "    if order is None or order.account_id != account.id:\n        raise NotFound\n",
        "    require_own(order, account)\n",
    ),
    "in a new helper that is asked": (
        "if order is None or order.account_id != account.id:",
        "if is_others(order, account):",
    ),
    "stricter": ("if order is None or", "if order is None or order.is_hidden or"),
    "one check more": (
        "    try:\n        told",
        "    if order.is_old:\n        raise TooOld\n    try:\n        told",
    ),
    "another order of them": ("{State.DONE, State.OVER}", "(State.OVER, State.DONE)"),
    "a line for the log": (
        "        raise NotFound\n",
        "        _log.info('not there')\n        raise NotFound\n",
    ),
    "one condition more in a query": (
        " == account.id)\n    return",
        " == account.id, Order.is_shown)\n    return",
    ),
    "a query in two": (
        "select(Order).where(Order.store_id == account.store_id, Order.account_id == account.id)",
        "select(Order).where(account.store_id == Order.store_id).where(Order.account_id == account.id)",
    ),
    "another path": ('"/orders/<id>"', '"/order/<id>"'),
    "a stricter answer": ("bool(id) and id.isalnum()", "bool(id) and id.isalnum() and len(id) < 9"),
    "nested": (CLOSE, NESTED),
    "a function is called otherwise": ("is_allowed", "may_come"),
}

HELPERS = """

def require_own(found: Order | None, who: Account) -> None:
    if found is None or found.account_id != who.id:
        raise NotFound


def is_others(found: Order | None, who: Account) -> bool:
    return found is None or found.account_id != who.id
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(refusals=(kept(tmp_path, {"src/app.py": ORDER}),))


def kept(folder: Path, texts: dict[str, str]) -> str:
    """The path of a list of what these files refuse."""
    project = Project()
    for path, text in texts.items():
        project.add(Module(path, text, path.removesuffix(".py").replace("/", ".")))
    file = folder / "refusals.toml"
    file.write_text(listed.write(making.made(project, ("src/**",), ())), "utf-8")
    return str(file)


def told(texts: dict[str, str], config: Config) -> list[str]:
    result = Result()
    judge(texts, config, result)
    assert result.unreadable == []
    return [f"{each.path}: {each.message}" for each in result.findings if each.rule == "HK605"]


def test_as_it_is_every_line_holds(config: Config) -> None:
    assert told({"src/app.py": ORDER}, config) == []


@pytest.mark.parametrize("name", WEAKER)
def test_what_lets_somebody_through_is_found(name: str, config: Config) -> None:
    before, after = WEAKER[name]
    assert ORDER.count(before) == 1
    assert told({"src/app.py": ORDER.replace(before, after)}, config)


@pytest.mark.parametrize("name", THE_SAME)
def test_what_refuses_as_before_or_more_is_not(name: str, config: Config) -> None:
    before, after = THE_SAME[name]
    assert before in ORDER
    assert told({"src/app.py": ORDER.replace(before, after) + HELPERS}, config) == []


def test_a_helper_that_refuses_less_is_found(config: Config) -> None:
    check = "    if order is None or order.account_id != account.id:\n        raise NotFound\n"
    text = ORDER.replace(check, "    require_own(order, account)\n")
    less = HELPERS.replace(" or found.account_id != who.id:", ":")
    assert told({"src/app.py": text + less}, config)


def test_a_function_may_go_into_another_file_of_its_package(config: Config) -> None:
    start = ORDER.index("def close(")
    here, there = ORDER[:start], ORDER[start:]
    assert told({"src/app.py": here, "src/closing.py": there}, config) == []
    weaker = there.replace('    if row.state == "done":\n        return\n', "")
    assert told({"src/app.py": here, "src/closing.py": weaker}, config)


def test_the_finding_names_file_function_and_what_stood_there(config: Config) -> None:
    [found] = told({"src/app.py": ORDER.replace(" or order.account_id != account.id", "")}, config)
    assert found.startswith("src/app.py: the_order: does not hold any more: ")
    assert ".account_id == " in found


def test_without_a_list_nothing_is_claimed() -> None:
    assert told({"src/app.py": ORDER.replace("raise NotFound", "pass")}, Config()) == []


def test_a_list_of_the_same_name_elsewhere_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program may look at several projects, one after the other."""
    for name in ("first", "second"):
        (tmp_path / name / "src").mkdir(parents=True)
        (tmp_path / name / "scope.toml").write_text(
            '[rules]\npaths = ["src"]\nrefusals = ["refusals.toml"]\n', "utf-8"
        )
        (tmp_path / name / "refusals.toml").write_text(f'files = ["src/{name}.py"]\nwithout = []\n', "utf-8")
        monkeypatch.chdir(tmp_path / name)
        [path] = load(None).refusals
        assert listed.listed(path).files == (f"src/{name}.py",)


def test_the_command_tells_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text(ORDER, "utf-8")
    (tmp_path / "scope.toml").write_text('[rules]\npaths = ["src"]\nrefusals = ["refusals.toml"]\n', "utf-8")
    (tmp_path / "refusals.toml").write_text('files = ["src/**"]\nwithout = []\n', "utf-8")
    assert run("refusals") == 1
    told = capsys.readouterr()
    assert "+ src/app.py: the_order: " in told.out
    assert "add --write" in told.err
    assert run("refusals", "--write") == 0
    capsys.readouterr()
    assert run("refusals") == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("text", [None, "files = 3", "files = [", '["a.py"]\nf = "x"'])
def test_a_list_that_cannot_be_read_is_no_pass(
    text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scope.toml").write_text('[rules]\npaths = ["src"]\nrefusals = ["refusals.toml"]\n', "utf-8")
    if text is not None:
        (tmp_path / "refusals.toml").write_text(text, "utf-8")
    assert run("refusals", "--config", str(tmp_path / "scope.toml")) == 2
    assert run("rules", "--config", str(tmp_path / "scope.toml"), str(tmp_path)) == 2
    assert "refusals.toml" in capsys.readouterr().err


def run(*words: str) -> int:
    options = parser(words[0]).parse_args(list(words))
    status: int = options.run(options)
    return status
