"""Leaks that got past the rules at a sixth blind round, in the smallest form that shows them, each with a neighbour."""

from __future__ import annotations

import pytest

from security.rules.config import Config
from security.rules.python.reviewed import fingerprint_of
from security.rules.run import Result, judge
from tests.security.asked import rules_in

FLASK = "from flask import Flask, request\napp = Flask(__name__)\n"
ENTRY = "import hmac, os\nfrom flask import request\ndef may():\n    key = os.environ.get('K', '')\n    %s\n"
ASKS = "return hmac.compare_digest(request.headers.get('X-K', ''), key)"
SERVER = "http {\n access_log /l bare;\n proxy_request_buffering off;\n server { listen 443 ssl; %s }\n %s\n}"
SHOP = "location / { proxy_pass http://shop; }"
UPLOAD = """
from flask_wtf import FlaskForm
def keep(name, data):
    open("var/" + name, "wb").write(data)
class AnswerForm(FlaskForm):
    def take(self):
        file = self.file.data
        keep(file.filename, b"")
"""

LEAKS = {
    "a helper of templates that leads": (
        "HK305",
        "a.py",
        FLASK + "app.jinja_env.globals['back'] = lambda: request.args.get('next', '/')\n",
    ),
    "one of a table": (
        "HK305",
        "a.py",
        FLASK + "def f():\n    return request.args['url']\nTEMPLATE_GLOBALS = {'f': f}\n",
    ),
    "one by a decorator": (
        "HK205",
        "a.py",
        FLASK + "@app.template_global()\ndef typed(name):\n    return request.form.get(name)\n",
    ),
    "what every page finds": (
        "HK305",
        "a.py",
        FLASK + "@app.context_processor\ndef f():\n    return {'back': request.args.get('return_to')}\n",
    ),
    "the greater of two amounts": ("HK601", "a.py", "provider.refund(row.id, max(row.minor, row.amount))\n"),
    "the greater by a variable": (
        "HK601",
        "a.py",
        "def f(p, due, taken_minor):\n    amount = max([due, taken_minor])\n    p.capture(amount)\n",
    ),
    "the greater by a condition": (
        "HK601",
        "a.py",
        "def f(p, due, total):\n    p.charge(total if total >= due else due)\n",
    ),
    "a file by its own name, through a helper": (
        "HK308",
        "a.py",
        UPLOAD,
    ),
    "an empty word": ("HK602", "a.py", ENTRY % ASKS),
    "an empty word in bytes": (
        "HK602",
        "a.py",
        ENTRY.replace("os.environ.get('K', '')", "s.token or ''")
        % ASKS.replace("'')", "'').encode()").replace("key)", "key.encode())"),
    ),
    "the environment at last": (
        "HK602",
        "a.py",
        FLASK + "app.config.update(SESSION_COOKIE_SECURE=True)\napp.config.from_prefixed_env()\n",
    ),
    "a tracer by its import": ("HK207", "wsgi.py", "import ddtrace.auto\n"),
    "a tracer by a call": ("HK207", "wsgi.py", "import newrelic.agent\nnewrelic.agent.initialize('a.ini')\n"),
    "words of a search in a metric": ("HK207", "a.py", FLASK + "SEEN.labels(request.args.get('q')).inc()\n"),
    "led by the visitor's host": (
        "HK305",
        "a.conf",
        SERVER % (SHOP, "server { listen 80 default_server; return 301 https://$host$request_uri; }"),
    ),
    "led by it in any server": (
        "HK305",
        "a.conf",
        SERVER % (SHOP, "server { listen 80; server_name _; rewrite ^ https://$http_host/ permanent; }"),
    ),
    "shared words go elsewhere": (
        "HK108",
        "app.webmanifest",
        '{"share_target": {"action": "https://in.example.net/", "method": "POST"}}',
    ),
    "shared words in an address": (
        "HK109",
        "manifest.json",
        '{"share_target": {"action": "/in", "params": {"text": "t"}}}',
    ),
    "an icon from elsewhere": ("HK404", "manifest.json", '{"icons": [{"src": "//cdn.example.net/i.png"}]}'),
    "request lines of a server": (
        "HK201",
        "Dockerfile",
        'CMD ["gunicorn", "a:app", "--access-logfile", "-"]\n',
    ),
    "request lines by a format": (
        "HK201",
        "run.sh",
        "gunicorn a:app --access-logformat '%(h)s %(r)s'\n",
    ),
    "memory on a disk": ("HK208", "a.service", "[Service]\nUser=shop\nLimitCORE=infinity\n"),
    "the library's talk": ("HK206", "a.service", "[Service]\nUser=shop\nEnvironment=STRIPE_LOG=debug\n"),
    "what goes over the line": ("HK202", "run.sh", "tcpdump -i any -w /var/tmp/a.pcap &\n"),
}
NEIGHBOURS = {
    "a helper that compares": (
        "a.py",
        FLASK + "app.jinja_env.globals['is_here'] = lambda path: request.path == path\n",
    ),
    "a helper of ours": ("a.py", FLASK + "app.jinja_env.globals['hours'] = lambda: '10-17'\n"),
    "a floor": ("a.py", "provider.refund(row.id, max(0, row.amount))\n"),
    "a floor in money": ("a.py", "provider.refund(row.id, max(row.amount - fee, Money(0)))\n"),
    "a greater number of pieces": ("a.py", "shelf.show(max(page.total, page.left))\n"),
    "the lesser of two amounts": ("a.py", "provider.refund(row.id, min(row.minor, row.amount))\n"),
    "a word that is there": ("a.py", ENTRY % ("if not key:\n        return False\n    " + ASKS)),
    "the environment at first": (
        "a.py",
        FLASK + "app.config.from_prefixed_env()\napp.config.update(SESSION_COOKIE_SECURE=True)\n",
    ),
    "a count by route": ("a.py", FLASK + "SEEN.labels(request.url_rule.rule).inc()\n"),
    "one named host": (
        "a.conf",
        SERVER % (SHOP, "server { listen 80; server_name a.jp; return 301 https://a.jp$request_uri; }"),
    ),
    "a manifest": (
        "app.webmanifest",
        '{"start_url": "/", "icons": [{"src": "/i.png"}], "share_target": {"action": "/in", "method": "post"}}',
    ),
    "times of a server": ("run.sh", "gunicorn a:app --access-logformat '%(m)s %(s)s %(D)s'\n"),
    "no memory on a disk": ("a.service", "[Service]\nUser=shop\nLimitCORE=0\n"),
}


@pytest.mark.parametrize("what", LEAKS)
def test_leaks(what: str) -> None:
    rule, name, text = LEAKS[what]
    assert rule in rules_in(name, text)


@pytest.mark.parametrize("what", NEIGHBOURS)
def test_neighbours(what: str) -> None:
    assert rules_in(*NEIGHBOURS[what]) == set()


def found(path: str, text: str, config: Config) -> set[str]:
    result = Result()
    judge({path: text}, config, result)
    return {each.message for each in result.findings if each.rule == "HK601"}


def test_a_script_that_was_reviewed_is_as_it_was() -> None:
    script = "const longest = 19;\nif (text.length > longest) clear(text);\n"
    config = Config(reviewed=(f"src/a.js: * = {fingerprint_of('a.js', script)}",))
    assert not found("src/a.js", script.replace("if", "// what is too long\nif"), config)
    assert found("src/a.js", script.replace("19", "16"), config)


def test_a_file_in_c_that_was_reviewed_is_as_it_was() -> None:
    source = "/* Digits. */\nenum { FEWEST = 14 };\n"
    config = Config(reviewed=(f"src/a.c: * = {fingerprint_of('a.c', source)}",))
    assert not found("src/a.c", source.replace("Digits", "Digits\n   of a number"), config)
    assert found("src/a.c", source.replace("14", "20"), config)


def test_a_guard_stands_as_often_as_it_did() -> None:
    text = "def f(s):\n    a = s.get(A, 1, with_for_update=True)\n    return a, s.get(B, 2, with_for_update=True)\n"
    config = Config(guards=("src/a.py: get(with_for_update=True) x2 in f",))
    assert not found("src/a.py", text, config)
    assert found("src/a.py", text.replace("B, 2, with_for_update=True", "B, 2"), config)
