"""What the rules learned from leaks that were written blind: each beside its honest neighbour, which stays green."""

from __future__ import annotations

import pytest

from security.rules.config import Config
from security.rules.run import Result, judge

PAIRS = (
    (
        "HK104",
        "def keep(api, card: Mapping[str, str]):\n    api.payment_methods.create({'type': 'card', 'card': dict(card)})",
        "def keep(api, card_id: str):\n    api.payment_methods.attach(card_id, {'customer': 'cus_1'})",
    ),
    (
        "HK104",
        "def make(api, fields: dict[str, str]):\n    api.tokens.create(fields)",
        "def make(api, name: str):\n    api.customers.create({'name': name})",
    ),
    (
        "HK104",
        "def pass_on(api, path):\n    api.raw_request('post', f'/v1/{path}')",
        "def events(api):\n    api.raw_request('get', '/v1/events', limit=1)",
    ),
    (
        "HK104",
        "def pay(kind, given):\n    return {'type': kind, kind: dict(given)}",
        "def pay(kind):\n    return {'type': kind, kind: {}}",
    ),
    (
        "HK104",
        "def setup(p, **told):\n    p['payment_method_data']['card'] = told",
        "def setup(p, kind):\n    p['payment_method_data']['type'] = kind",
    ),
    (
        "HK302",
        "def read(body):\n    if LIVE and not verify_signature(body):\n        raise BadSignature",
        "def read(body):\n    if not SECRETS or not verify_signature(body):\n        raise BadSignature",
    ),
    (
        "HK302",
        "def parse_event(b):\n    if DEMO:\n        return Event(b)\n    verify_signature(b)\n    return Event(b)",
        "def parse_event(body):\n    verify_signature(body)\n    return Event(body)",
    ),
    (
        "HK304",
        "def on(event, order):\n    if event.type == 'checkout.session.completed':\n        mark_paid(order)",
        "def on(kind, o):\n    if kind == 'checkout.session.completed' and o.payment_status == 'paid': mark_paid(o)",
    ),
    (
        "HK305",
        "def go():\n    return Response(status=303, headers={'Location': request.args['back']})",
        "def go():\n    return Response(status=303, headers={'Location': '/list?after=' + request.args['after']})",
    ),
    (
        "HK305",
        "def go(answer):\n    answer.headers['Location'] = request.args['back']",
        "def go(answer):\n    answer.headers['Location'] = '/home'",
    ),
    (
        "HK306",
        "ok = request.headers.get('Sec-Fetch-Site') in {'same-origin', 'same-site'}",
        "ok = request.headers.get('Sec-Fetch-Site') in {'same-origin'}",
    ),
    (
        "HK306",
        "ok = request.headers['Sec-Fetch-Site'] == 'same-site'",
        "def look():\n    if request.headers['Sec-Fetch-Site'] == 'cross-site':\n        abort(403)",
    ),
    (
        "HK411",
        "answer.headers.add('Set-Cookie', f'cart={token}; Path=/')",
        "answer.headers.add('Set-Cookie', f'cart={token}; Path=/; Secure; HttpOnly; SameSite=Lax')",
    ),
    (
        "HK411",
        "start_response('200 OK', [('Set-Cookie', 'a=' + token + '; Path=/; Secure')])",
        "start_response('200 OK', [('Set-Cookie', 'a=; Path=/; Max-Age=0')])",
    ),
    (
        "HK501",
        "key = environ.get('SECRET_KEY', 'kX9v2LqPzR7mWcT4bYh8NfDs6JgAe3Uu')",
        "key = environ.get('SECRET_KEY', '')",
    ),
    (
        "HK107",
        r"import imaplib, re; found = re.search(r'(?:\d[ -]?){13,16}', text)",
        r"import imaplib, re; found = re.search(r'\d{4}-?\d{4}-?\d{4}', text)",
    ),
    (
        "HK406",
        "connection.exec_driver_sql(' '.join(['SELECT a FROM b ORDER BY', request.args['by']]))",
        "connection.exec_driver_sql('SELECT a FROM b WHERE c = ?', (request.args['by'],))",
    ),
    (
        "HK406",
        "import subprocess\nsubprocess.run(['sh', '-c', 'lp -d ' + request.form['printer']])",
        "import subprocess\nsubprocess.run(['lp', '-d', PRINTERS[request.form['printer']]])",
    ),
    (
        "HK406",
        "import yaml\nview = yaml.load(request.cookies['view'], Loader=yaml.Loader)",
        "import yaml\nview = yaml.load(request.cookies['view'], Loader=yaml.SafeLoader)",
    ),
    ("HK406", "import pickle\npickle.loads(request.get_data())", "import pickle\npickle.loads(kept)"),
    (
        "HK407",
        "@app.get('/find')\ndef find():\n    return '<p>' + request.args['q'] + '</p>'",
        "@app.get('/find')\ndef find():\n    return '<p>' + escape(request.args['q']) + '</p>'",
    ),
    (
        "HK407",
        "def find():\n    return Response(f'<p>{request.args[\"q\"]}</p>')",
        "def find():\n    return Response(f'{len(request.args[\"q\"])}', mimetype='text/plain')",
    ),
    (
        "HK601",
        "with guarded_http(frozenset(os.environ['HOSTS'].split())): serve()",
        "with guarded_http(frozenset(hosts)): serve()",
    ),
)


def rules_of(code: str, settings: Config | None = None, path: str = "src/code.py") -> set[str]:
    result = Result()
    judge({path: f"from flask import request\n{code}\n"}, settings or Config(), result)
    assert not result.unreadable
    return {finding.rule for finding in result.findings}


@pytest.mark.parametrize(("rule", "leak", "neighbour"), PAIRS)
def test_the_leak_is_found_and_its_neighbour_is_not(rule: str, leak: str, neighbour: str) -> None:
    assert rule in rules_of(leak)
    assert rule not in rules_of(neighbour)


def test_an_engine_is_made_where_the_project_says() -> None:
    settings = Config(guards=("src/database.py: create_engine",))
    assert rules_of("engine = create_engine(url)", settings) == {"HK601"}
    assert rules_of("link = psycopg.connect(url)", settings) == {"HK601"}
    assert rules_of("engine = create_engine(url)", settings, "src/database.py") == set()
    assert rules_of("engine = create_engine(url)") == set()
