"""What a server does with what was typed, and how it lets its own checks slip: by the property, under any name."""

from __future__ import annotations

import pytest

from security.rules.config import Config
from security.rules.run import Result, judge

BAD = (
    ("HK203", "order = session.scalars(q).one()\n    order.snapshot = {'more': request.form.to_dict()}"),
    ("HK205", "problem = Problem()\n    problem.description = repr(request.form)"),
    ("HK203", "pipe.hincrby('typed', '|'.join(request.form.values()), 1)"),
    ("HK203", "statsd.incr('typed.' + request.form['street'])"),
    ("HK203", "shop.audit.record(s, fields=tuple(request.form.values()))"),
    ("HK203", "functools.lru_cache(parse)(request.get_data())"),
    ("HK203", "kept(request.get_data())"),
    ("HK209", "line = websockets.connect('wss://a.example')\n    line.send(request.get_data())"),
    ("HK209", "producer.send('topic', request.get_data())"),
    (
        "HK303",
        "return dataclasses.replace(quote, total=Money(quote.total.minor - int(request.cookies['off'])))",
    ),
)
GOOD = (
    "order = session.scalars(q).one()\n    order.snapshot = {'more': len(request.form)}",
    "self.body = request.get_data()",
    "g.body = request.get_data()",
    "pipe.hincrby('orders', store.id, 1)",
    "shop.audit.record(s, fields=tuple(request.form.keys()))",
    "kept(request.endpoint)",
    "line = websockets.connect('wss://a.example')\n    line.send(order.id)",
    "return dataclasses.replace(line, quantity=int(request.form['quantity']))",
)
VIEW = """import dataclasses, functools, websockets
from flask import g, request

@functools.lru_cache
def kept(body):
    return body[:1]

def pay(self, session, shop, quote, line, s, q):
    {}
"""


def rules_of(text: str, path: str = "src/app.py", config: Config | None = None) -> set[str]:
    result = Result()
    judge({path: text}, config or Config(), result)
    assert result.unreadable == []
    return {finding.rule for finding in result.findings}


@pytest.mark.parametrize(("rule", "code"), BAD)
def test_what_was_typed_outlives_the_request(rule: str, code: str) -> None:
    assert rule in rules_of(VIEW.format(code))


@pytest.mark.parametrize("code", GOOD)
def test_ids_counts_and_names_may(code: str) -> None:
    assert rules_of(VIEW.format(code)) == set()


def test_what_one_file_puts_on_g_is_found_in_another() -> None:
    result = Result()
    files = {
        "src/web.py": "from flask import g, request\ndef begin():\n    g.off = request.cookies['off']\n",
        "src/pay.py": "from flask import g\ndef pay(quote):\n    return Money(amount=g.off)\n",
    }
    judge(files, Config(), result)
    assert {(each.path, each.rule) for each in result.findings} == {("src/pay.py", "HK303")}


SLIPS = (
    ("HK201", "Granian(x, log_access=True)", "Granian(x, log_access=False)"),
    (
        "HK206",
        "logging.config.dictConfig({'loggers': dict.fromkeys(NAMES, {'level': 'DEBUG'})})",
        "logging.config.dictConfig({'loggers': dict.fromkeys(NAMES, {'level': 'INFO'})})",
    ),
    (
        "HK206",
        "logging.getLogger('stripe').setLevel(logging.getLevelName(10))",
        "logging.getLogger('stripe').setLevel(logging.getLevelName(30))",
    ),
    ("HK101", "x = click.prompt('カード番号')", "x = click.prompt('ギフトカード番号')"),
    (
        "HK101",
        "parser.add_argument('--card-number')",
        "parser.add_argument('--order-number', help='no card number')",
    ),
    ("HK502", "smtplib.SMTP_SSL(host)", "smtplib.SMTP_SSL(host, context=ssl.create_default_context())"),
    ("HK502", "server.starttls(context=None)", "server.starttls(context=made)"),
    ("HK407", "env.finalize = markupsafe.Markup", "env.finalize = str"),
    (
        "HK411",
        "app.session_interface.get_cookie_secure = lambda app: False",
        "app.session_interface.get_cookie_name = lambda app: 'f'",
    ),
    (
        "HK411",
        "class S(SessionInterface):\n    def get_cookie_httponly(self, app): return None",
        "class S(SessionInterface):\n    def get_cookie_path(self, app): return '/'",
    ),
    (
        "HK306",
        "class F(FlaskForm):\n    class Meta:\n        def csrf(self): return self.on",
        "class F(FlaskForm):\n    class Meta:\n        def csrf(self): return True",
    ),
    (
        "HK306",
        "app.config['WTF_CSRF_METHODS'] = ['PUT']",
        "app.config['WTF_CSRF_METHODS'] = ['POST', 'PUT']",
    ),
    (
        "HK302",
        "verify_header(b, s, k, tolerance=int(dt.timedelta(days=2).total_seconds()))",
        "verify_header(b, s, k, tolerance=int(dt.timedelta(minutes=2).total_seconds()))",
    ),
    (
        "HK302",
        "verify_header(b, s, k, tolerance=int(os.environ.get('AGE', '999999')))",
        "verify_header(b, s, k, tolerance=int(os.environ.get('AGE', '300')))",
    ),
)


@pytest.mark.parametrize(("rule", "bad", "good"), SLIPS)
def test_a_check_that_slips(rule: str, bad: str, good: str) -> None:
    head = "import click, datetime as dt, logging.config, markupsafe, os, smtplib, ssl\n"
    assert rule in rules_of(head + bad + "\n")
    assert rules_of(head + good + "\n") == set()


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        ("HK411", "proxy_cookie_flags ~ nosecure;", "proxy_cookie_flags ~ secure httponly samesite=lax;"),
        ("HK412", "proxy_hide_header Strict-Transport-Security;", "proxy_hide_header X-Powered-By;"),
    ],
)
def test_a_proxy_that_weakens_answers(rule: str, bad: str, good: str) -> None:
    around = "http {{\naccess_log off;\nproxy_request_buffering off;\nserver {{\nlocation / {{\nproxy_pass http://shop;\n{}\n}}}}}}\n"
    assert rules_of(around.format(bad), "deploy/nginx.conf") == {rule}
    assert rules_of(around.format(good), "deploy/nginx.conf") == set()
