"""Doors, stores' walls and what was sealed: each leak that the rules find, beside its honest neighbour."""

from __future__ import annotations

import pytest

from security.rules.config import Config
from security.rules.run import Result, judge

OWNED = (
    "class TenantRow:\n    tenant_id: str = mapped_column(primary_key=True)\n"
    "class Invoice(TenantRow):\n    __tablename__ = 'invoice'\n"
)
SEALS = "from columns import Sealed, Hashed, PERSONAL\n"

PAIRS = """
== HK308
@app.get('/f/<path:which>')
def show(which):
    return send_file(os.path.join('notes', which))
-- beside
@app.get('/f/<which>')
def show(which):
    return send_file('notes/one.txt')
== HK308
def keep(sent):
    at = Path('in') / sent.filename
    at.write_bytes(sent.read())
-- beside
def keep(sent):
    at = Path('in') / secure_filename(sent.filename)
    at.write_bytes(b'')
== HK308
def show():
    return Path('notes', request.args['of']).read_text()
-- beside
def show():
    of = request.args['of']
    if of not in NOTES:
        raise NotFound
    return Path('notes', of).read_text()
== HK309
from urllib.request import urlopen
def show():
    return urlopen(request.form['u']).read()
-- beside
from urllib.request import urlopen
def show():
    return urlopen('https://a.example/?q=1').read()
== HK406
def do():
    return getattr(actions, request.args['do'])()
-- beside
def do():
    return getattr(actions, 'list')()
== HK503
import random
reset_code = random.randint(1000, 9999)
-- beside
import random
shade = random.randint(1, 9)
== HK503
import random
def new_session_token():
    return random.getrandbits(128)
-- beside
import secrets
token = secrets.token_hex()
== HK504
print(settings.secret_key)
-- beside
print(settings.publishable)
== HK504
def f(account):
    k = account.webhook_secret
    log.info('with %s', k)
-- beside
log.info('with %s', account.name)
== HK504
import subprocess
subprocess.run(['psql', settings.signing_key])
-- beside
import subprocess
subprocess.run(['psql'], env={'K': settings.signing_key})
== HK602
import os
def verify_code(code):
    if os.getenv('QA'):
        return True
    return check(code)
-- beside
import os
def page_length():
    if os.getenv('SHORT'):
        return 10
    return 50
== HK602
def refuse_strangers():
    if request.cookies.get('beta'):
        return
    abort(403)
-- beside
def refuse_strangers():
    if request.headers.get('Origin') != OURS or not request.headers.get('Authorization'):
        abort(403)
== HK602
def may_pass():
    if need not in member.roles and request.content_type != 'application/json':
        abort(403)
-- beside
def may_pass():
    if need not in member.roles and need not in member.extra:
        abort(403)
== HK602
ip = request.headers['X-Forwarded-For']
-- beside
ip = request.remote_addr
== HK602
@staff.get('/all', right=Door.ANYONE)
def everything(session):
    return session.scalars(select(Order)).all()
-- beside
@staff.get('/all', right=Right.SEE)
def everything(session):
    return session.scalars(select(Order)).all()
== HK601
def wrap(app):
    inside = PANGuard(app)
    def go(env, start):
        if env.get('HTTP_X'):
            return app(env, start)
        return inside(env, start) if start else None
    return go
-- beside
def wrap(app, settings):
    inside = PANGuard(app)
    if settings.debug:
        inside = Noisy(inside)
    return inside
application = PANGuard(application)
if __name__ == '__main__':
    serve(application if len(argv) > 1 else None)
== HK302
def id_of(token):
    return token.split('.')[0]
-- beside
def id_of(token):
    return signer.unsign(token).split('.')[0]
== HK302
def read(body):
    try:
        return self.read(body)
    except BadSignature:
        return json.loads(body)
-- beside
def read(body):
    try:
        return self.read(body)
    except BadSignature:
        return None
== HK412
def page():
    who = signed_in()
    answer.headers['Cache-Control'] = 'public, max-age=60'
-- beside
def page():
    who = signed_in()
    answer.headers['Cache-Control'] = 'private, no-store'
== HK701
# with seals
email = Column('email', String(254))
-- beside
# with seals
email = Column('email', Sealed)
== HK701
# with seals
class A:
    nickname: str = mapped_column(String(9), info=PERSONAL)
-- beside
# with seals
class A:
    brand_name: str = mapped_column(String(9), info=INTERNAL)
== HK701
import hashlib
h = hashlib.md5(phone.encode())
-- beside
import hashlib
h = hashlib.md5(picture.encode())
== HK702
def show(vault, row):
    mail = vault.open_personal(row.at, row.mail)
    cache.set(row.id, mail)
-- beside
def show(vault, row):
    mail = vault.open_personal(row.at, row.mail)
    cache.set(row.id, row.state)
== HK702
def who(v, r):
    return v.open_personal(r.at, r.name)
def tell(v, r):
    requests.post('https://a.example', json={'n': who(v, r)})
-- beside
def who(v, r):
    return v.open_personal(r.at, r.name)
def tell(v, r):
    return {'n': who(v, r)}
== HK702
pages = StaffPages('a', 'b')
def show(v, r):
    return v.open_personal(r.at, r.name, purpose='mail')
-- beside
pages = StaffPages('a', 'b')
def show(v, r):
    return v.open_personal(r.at, r.name, reader=me())
== HK702
def nothing(_one):
    pass
v = Vault(keys, nothing)
-- beside
def note(one):
    write(one)
v = Vault(keys, note)
== HK703
# with owners
q = select(Invoice).filter_by(number=n)
-- beside
# with owners
q = select(Invoice).filter_by(number=n, tenant_id=t)
== HK703
# with owners
q = delete(Invoice).where(Invoice.id == i)
-- beside
# with owners
def mine(t):
    return Invoice.tenant_id == t
q = delete(Invoice).where(mine(t), Invoice.id == i)
== HK703
# with owners
def f(i):
    at = Invoice.id == i
    return select(Invoice).where(at)
-- beside
# with owners
def f(at):
    return select(Invoice).where(at)
== HK203
session.execute(update(T).where(a).values(**request.form))
-- beside
session.execute(update(T).where(a).values(seen=now))
== HK104
make = operator.attrgetter('v1.tokens.create')(client)
-- beside
show = operator.attrgetter('v1.events.list')(client)
== HK202
def app(environ, start):
    at.write_bytes(environ.get('wsgi.input').read())
-- beside
def app(environ, start):
    at.write_bytes(environ.get('wsgi.version'))
"""
"""Rule and leak, then the neighbour; a first line says what other classes the file has."""


def pairs() -> list[tuple[str, str, str]]:
    found = []
    for pair in PAIRS.split("\n== ")[1:]:
        leak, _, neighbour = pair.partition("-- beside\n")
        rule, _, leak = leak.partition("\n")
        found.append((rule, whole(leak), whole(neighbour)))
    return found


def whole(code: str) -> str:
    return code.replace("# with seals\n", SEALS).replace("# with owners\n", OWNED)


def rules_of(files: dict[str, str]) -> set[str]:
    result = Result()
    judge({path: f"from flask import request\n{code}\n" for path, code in files.items()}, Config(), result)
    assert not result.unreadable
    return {finding.rule for finding in result.findings}


@pytest.mark.parametrize(("rule", "leak", "neighbour"), pairs())
def test_the_leak_is_found_and_its_neighbour_is_not(rule: str, leak: str, neighbour: str) -> None:
    assert rule in rules_of({"src/code.py": leak})
    assert rule not in rules_of({"src/code.py": neighbour})


def test_a_method_of_another_files_class_stays_what_it_is() -> None:
    box = "class Box:\n    def shut(self): ..."
    assert "HK601" in rules_of({"box.py": box, "a.py": "from box import Box\nBox.shut = lambda self: None"})
    assert "HK601" not in rules_of({"box.py": box, "a.py": "from box import Box\nBox.colour = 'red'"})


def test_a_record_of_another_file_is_no_place_for_a_body() -> None:
    slip = "@dataclass\nclass Slip:\n    given: dict"
    leak = "from slip import Slip\ndef f():\n    one = Slip({})\n    one.given.update(request.form)"
    assert "HK203" in rules_of({"slip.py": slip, "a.py": leak})
    assert "HK203" not in rules_of({"slip.py": slip, "a.py": leak.replace("request.form", "known")})
