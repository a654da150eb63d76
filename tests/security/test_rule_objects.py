"""What was typed inside of objects, and guards that are loosened from elsewhere: by the property, under any name."""

from __future__ import annotations

import pytest

from security.rules.config import Config
from tests.security.test_rule_server import rules_of

HEAD = """import csv, dataclasses, functools, logging, shutil, zipfile
from flask import abort, jsonify, request
from flask_wtf import FlaskForm
log = logging.getLogger("x")
"""
TYPED = (
    (
        "HK201",
        "class A:\n    def __str__(self): return {}\n\ndef f():\n    log.info('%s', A())\n",
    ),
    (
        "HK201",
        "class A:\n    @property\n    def p(self): return {}\n\ndef f():\n    a = A()\n    log.info('%s', a.p)\n",
    ),
    (
        "HK201",
        (
            "@dataclasses.dataclass\nclass A:\n    x: object = dataclasses.field(default_factory=lambda: {})\n\n"
            "def f():\n    log.info('%s', A())\n"
        ),
    ),
    (
        "HK201",
        (
            "@functools.singledispatch\ndef d(x): pass\n\n@d.register\ndef e(x: dict):\n    log.info('%s', x)\n\n"
            "def f():\n    d({})\n"
        ),
    ),
    ("HK202", "def f():\n    zipfile.ZipFile('a', 'a').writestr('x', {})\n"),
    ("HK203", "def f(row):\n    setattr(row, 'note', {})\n"),
    ("HK205", "def f():\n    abort(jsonify({}))\n"),
)


@pytest.mark.parametrize(("rule", "code"), TYPED)
def test_what_was_typed_is_in_an_object(rule: str, code: str) -> None:
    assert rule in rules_of(HEAD + code.format("request.form"))
    assert rules_of(HEAD + code.format("len(request.form)")) == set()


LOOSE = (
    (
        "HK202",
        "def f():\n    for each in request.files.values():\n        each.save('x')",
        "def f(form):\n    form.save('x')",
    ),
    (
        "HK202",
        "def f():\n    shutil.copyfileobj(request.stream, o)",
        "def f():\n    shutil.copyfileobj(i, o)",
    ),
    (
        "HK201",
        "class R(Request):\n    def close(self): log.info('%s', self.form)",
        "class R(Request):\n    def close(self): log.info('%s', self.endpoint)",
    ),
    (
        "HK201",
        "class F(FlaskForm):\n    def validate_street(self, field): log.info('%s', field.data)",
        "class F(FlaskForm):\n    def validate_street(self, field): log.info('%s', field.name)",
    ),
    (
        "HK202",
        (
            "class T:\n    def read(self, n):\n        d = self.i.read(n)\n        self.o.write(d); return d\n\n"
            "def f(environ):\n    environ['wsgi.input'] = T()"
        ),
        "class T:\n    def read(self, n):\n        d = self.i.read(n)\n        self.o.write(d)\n        return d",
    ),
    ("HK206", "db.engine.echo = True", "db.engine.echo = False"),
    (
        "HK303",
        "def f():\n    return OrderLine(**request.get_json())",
        "def f(kept):\n    return OrderLine(**kept)",
    ),
    (
        "HK302",
        "def is_signed(b, h):\n    if h == 'x':\n        return True\n    return compare_digest(b, h)",
        "def is_signed(body, header):\n    if compare_digest(body, header):\n        return True\n    return False",
    ),
    (
        "HK302",
        "def is_signed(body, header):\n    return header == 'x' or compare_digest(body, header)",
        "def is_signed(body, header):\n    return header != 'x' and compare_digest(body, header)",
    ),
    ("HK502", "P(assert_hostname=False)", "P(assert_hostname='api.example.jp')"),
    ("HK502", "Redis(ssl_cert_reqs='none')", "Redis(ssl_cert_reqs='required')"),
    ("HK306", "csrf._exempt_views.add('pay')", "n = len(csrf._exempt_views)"),
    ("HK306", "csrf.protect = nothing", "csrf.protect()"),
    (
        "HK306",
        "import wtforms\nclass F(wtforms.Form): pass",
        "import wtforms\nclass P(wtforms.Form): pass\nclass F(FlaskForm):\n    p = wtforms.FormField(P)",
    ),
    (
        "HK411",
        "W = {'secure': True, 'httponly': False, 'samesite': 'Lax'}\nanswer.set_cookie('n', 'v', **W)",
        "W = {'secure': True, 'httponly': True, 'samesite': 'Lax'}\nanswer.set_cookie('n', 'v', **W)",
    ),
    ("HK601", "PANGuard(app, max_body=lambda path: 10**12)", "PANGuard(app, max_body=lambda path: 1 << 20)"),
    (
        "HK601",
        "PANGuard(app, cpu_seconds=lambda path: float('inf'))",
        "PANGuard(app, cpu_seconds=lambda path: 2)",
    ),
)


@pytest.mark.parametrize(("rule", "bad", "good"), LOOSE)
def test_what_is_loosened_from_elsewhere(rule: str, bad: str, good: str) -> None:
    assert rule in rules_of(HEAD + bad + "\n")
    assert rules_of(HEAD + good + "\n") == set()


def test_a_star_brings_the_request_too() -> None:
    assert rules_of("from flask import *\nfrom logging import *\ninfo('%s', request.form)\n") == {"HK201"}
    assert rules_of("from ours import *\nfrom logging import *\ninfo('%s', request.form)\n") == set()


def test_every_handler_of_the_log_has_the_filter() -> None:
    config = Config(guards=("src/logs.py: PANFilter",))
    one = (
        "import logging\nroot = logging.getLogger()\nfirst = logging.StreamHandler()\n"
        "first.addFilter(PANFilter())\nroot.addHandler(first)\n"
    )
    assert rules_of(one, "src/logs.py", config) == set()
    assert rules_of(one + "root.addHandler(logging.FileHandler('x'))\n", "src/logs.py", config) == {"HK601"}
    assert rules_of("import logging\nlogging.root.addHandler(h)\n", "src/other.py", config) == {"HK601"}
    assert rules_of("import logging\nlogging.root.addHandler(h)\n", "src/other.py") == set()


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        ("HK202", "proxy_cache_key $scheme$host$request_uri;", "proxy_cache_key $scheme$host;"),
        ("HK209", "log_by_lua_file seen.lua;", "log_not_found off;"),
        ("HK209", "js_header_filter seen.body;", "types_hash_max_size 2048;"),
    ],
)
def test_a_proxy_that_keeps_or_tells(rule: str, bad: str, good: str) -> None:
    around = "http {{\naccess_log off;\nproxy_request_buffering off;\nserver {{\nlocation / {{\nproxy_pass http://shop;\n{}\n}}}}}}\n"
    assert rules_of(around.format(bad), "deploy/nginx.conf") == {rule}
    assert rules_of(around.format(good), "deploy/nginx.conf") == set()
