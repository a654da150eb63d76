"""Money's keys, bounds, hashes, rows that stay, what the database holds: each leak beside its honest neighbour."""

from __future__ import annotations

import pytest

from .test_rule_server import rules_of

PAIRS = (
    # Money
    (
        "HK310",
        (
            "def take(c, i, row):\n    c.payment_intents.capture(i, {'n': 1})\n"
            "    c.refunds.create({}, {'idempotency_key': row.id})"
        ),
        (
            "def take(c, i, row):\n    c.payment_intents.retrieve(i, {'n': 1})\n"
            "    c.refunds.create({}, {'idempotency_key': row.id})"
        ),
    ),
    (
        "HK310",
        "def take(p, a):\n    p.capture(a, idempotency_key='capture')",
        "def take(p, a):\n    p.capture(a, idempotency_key='capture-' + a.id)",
    ),
    (
        "HK310",
        (
            "import time\ndef take(p, a):\n    moment = time.time()\n"
            "    p.capture(a, idempotency_key=f'{a.id}-{moment}')"
        ),
        (
            "import uuid\ndef take(p, a):\n    key = uuid.uuid4().hex\n"
            "    for _ in range(3):\n        p.capture(a, idempotency_key=key)"
        ),
    ),
    (
        "HK310",
        (
            "import uuid\ndef key(row):\n    return f'{row.id}-{uuid.uuid4()}'\n"
            "def take(p, r):\n    p.capture(r, idempotency_key=key(r))"
        ),
        (
            "def key(row):\n    return f'{row.id}-{row.tries}'\n"
            "def take(p, r):\n    p.capture(r, idempotency_key=key(r))"
        ),
    ),
    (
        "HK310",
        (
            "import uuid\ndef go(c):\n    o = {'idempotency_key': str(uuid.uuid4())}\n"
            "    c.checkout.sessions.create({}, o)"
        ),
        (
            "import uuid\ndef go(c, row):\n    row.key = key = str(uuid.uuid4())\n"
            "    save(row)\n    c.refunds.create({}, {'idempotency_key': key})\n    note(key)"
        ),
    ),
    (
        "HK311",
        "def fee(total):\n    return int(total.minor * 1.1)",
        "def fee(total):\n    return total.minor * 11 // 10",
    ),
    ("HK311", "fee = round(price * 0.036)", "height = round(width * 0.036)"),
    ("HK311", "left = float(order.amount_minor) - 1", "shown = float(order.amount_minor)"),
    # Hashes, stamps, seals
    (
        "HK505",
        "from argon2 import PasswordHasher\nh = PasswordHasher(time_cost=1, memory_cost=1024)",
        "from argon2 import PasswordHasher\nh = PasswordHasher(time_cost=2, memory_cost=19456)",
    ),
    (
        "HK505",
        "from argon2 import PasswordHasher\nh = PasswordHasher(1, 8, 1)",
        "from argon2 import PasswordHasher\nh = PasswordHasher()",
    ),
    ("HK505", "import bcrypt\ns = bcrypt.gensalt(4)", "import bcrypt\ns = bcrypt.gensalt(12)"),
    (
        "HK505",
        "import hashlib\nk = hashlib.pbkdf2_hmac('sha256', p, salt, 1000)",
        "import hashlib\nk = hashlib.pbkdf2_hmac('sha256', p, salt, 600_000)",
    ),
    (
        "HK505",
        "h = generate_password_hash(p, method='pbkdf2:sha256:1000')",
        "h = generate_password_hash(p, method='scrypt')",
    ),
    (
        "HK505",
        "import hashlib\ndef kept(new_password):\n    return hashlib.sha512(new_password.encode()).hexdigest()",
        (
            "import hashlib\ndef leaked(password):\n"
            "    return ask(hashlib.sha1(password.encode()).hexdigest()[:5])"
        ),
    ),
    (
        "HK505",
        "import hashlib\ndef _signature(key, body):\n    return hashlib.sha256(key + body).hexdigest()",
        (
            "import hashlib, hmac\ndef _signature(key, body):\n"
            "    return hmac.new(key, hashlib.sha256(body).digest(), 'sha256').hexdigest()"
        ),
    ),
    (
        "HK505",
        "import hashlib\ndef stamp(row):\n    return hashlib.md5(row).hexdigest()",
        "import hashlib\ndef fingerprint(picture):\n    return hashlib.sha256(picture).hexdigest()",
    ),
    (
        "HK505",
        "def seal(place, text):\n    check(text)\n    return base64.b64encode(text)",
        "def seal(place, text):\n    check(text)\n    return keys[place].encrypt(text)",
    ),
    (
        "HK505",
        "from cryptography.hazmat.primitives.ciphers import modes\nm = modes.ECB()",
        "from cryptography.hazmat.primitives.ciphers import modes\nm = modes.GCM(nonce)",
    ),
    (
        "HK505",
        "from Crypto.Cipher import ARC4\nc = ARC4.new(k)",
        "from Crypto.Cipher import AES\nc = AES.new(k, AES.MODE_GCM)",
    ),
    (
        "HK506",
        "from flask import request\nok = request.headers.get('X-Key') == settings.probe_token",
        "from flask import request\nok = request.headers.get('X-Kind') == settings.kind",
    ),
    (
        "HK506",
        (
            "from flask import request\ndef ok(token):\n"
            "    given = request.headers['A'].strip()\n    return token and given == token"
        ),
        (
            "from flask import request\ndef ok(token):\n"
            "    given = request.headers['A'].strip()\n    return token and given == 'none'"
        ),
    ),
    (
        "HK506",
        "import hmac\ndef ok(k, b, s):\n    want = hmac.new(k, b, 'sha256').hexdigest()\n    return want == s",
        (
            "import hmac\ndef ok(k, b, s):\n    want = hmac.new(k, b, 'sha256').hexdigest()\n"
            "    return hmac.compare_digest(want, s)"
        ),
    ),
    # Numbers
    (
        "HK603",
        "import secrets\ntoken = secrets.token_urlsafe(4)",
        "import secrets\nrequest_id = secrets.token_hex(4)",
    ),
    (
        "HK603",
        "import secrets\ndef new_token():\n    return secrets.token_hex(3)",
        "import secrets\ndef new_token():\n    return secrets.token_hex(16)",
    ),
    ("HK603", "who = signer.loads(text, max_age=10 ** 9)", "who = signer.loads(text, max_age=3600)"),
    ("HK604", "import os\nos.chmod(path, 0o777)", "import os\nos.chmod(path, 0o644)"),
    ("HK604", "import os\nos.umask(0)", "import os\nos.umask(0o077)"),
    ("HK604", "path.mkdir(0o777)", "path.mkdir(0o1777)"),
    # Rows that are only added to
    (
        "HK704",
        "s.execute(update(LedgerEntry).where(LedgerEntry.id == i).values(amount_minor=0))",
        "s.execute(insert(LedgerEntry).values(amount_minor=0))",
    ),
    (
        "HK704",
        "s.query(AuditLog).filter(AuditLog.id < i).delete()",
        "s.query(Basket).filter(Basket.id < i).delete()",
    ),
    (
        "HK704",
        "s.execute(text('DELETE FROM public.audit_entry WHERE number < 9'))",
        "s.execute(text('DELETE FROM basket'))",
    ),
    (
        "HK704",
        "def fix(entry: LedgerEntry):\n    entry.amount_minor = 0",
        "def fix(payment: Payment):\n    payment.state = 'paid'",
    ),
    (
        "HK704",
        "def go(s, k):\n    row = s.get(AuditEntry, k)\n    s.delete(row)",
        "def go(s, k):\n    row = s.get(Basket, k)\n    s.delete(row)",
    ),
    (
        "HK704",
        "s.execute(text(f'TRUNCATE ledger_entry, {more}'))",
        "s.execute(text('SELECT * FROM ledger_entry'))",
    ),
    # What the database holds
    (
        "HK705",
        "def upgrade():\n    with op.batch_alter_table('refund') as b:\n        b.drop_index('uq_refund_once')",
        "def upgrade():\n    with op.batch_alter_table('refund') as b:\n        b.drop_index('ix_refund_due')",
    ),
    (
        "HK705",
        "def upgrade():\n    op.drop_constraint(op.f('fk_a_b'), 'a', type_='foreignkey')",
        "def downgrade():\n    op.drop_constraint(op.f('fk_a_b'), 'a', type_='foreignkey')",
    ),
    (
        "HK705",
        "op.execute('GRANT ALL ON \"order\" TO PUBLIC')",
        "op.execute('GRANT SELECT ON product TO shelf_reader')",
    ),
    (
        "HK705",
        "op.execute('ALTER TABLE refund DROP CONSTRAINT uq_refund_once')",
        "op.execute('DROP INDEX ix_refund_due')",
    ),
    (
        "HK705",
        "op.execute('ALTER TABLE payment DISABLE TRIGGER ALL')",
        "op.execute('ALTER TABLE payment ADD CHECK (amount > 0)')",
    ),
    (
        "HK705",
        'op.execute("COPY \\"order\\" TO \'/tmp/orders.csv\'")',
        "op.execute('COPY products FROM STDIN')",
    ),
    # Settings, faults, debuggers, stand-ins
    (
        "HK411",
        "app.config['SESSION_COOKIE_DOMAIN'] = '.example.jp'",
        "app.config['SESSION_COOKIE_DOMAIN'] = None",
    ),
    (
        "HK411",
        "r.set_cookie('a', v, secure=True, httponly=True, samesite='Lax', domain='example.jp')",
        "r.set_cookie('a', v, secure=True, httponly=True, samesite='Lax', domain=None)",
    ),
    ("HK306", "app.config.update(WTF_CSRF_TIME_LIMIT=None)", "app.config.update(WTF_CSRF_TIME_LIMIT=3600)"),
    (
        "HK206",
        "e = create_engine(url, hide_parameters=False)",
        "e = create_engine(url, hide_parameters=True)",
    ),
    ("HK206", "log.warning('%s', error.http_body)", "log.warning('%s', error.code)"),
    (
        "HK208",
        "@app.errorhandler(Exception)\ndef f(error):\n    return {'error': str(error)}, 500",
        "@app.errorhandler(Exception)\ndef f(error):\n    return {'error': type(error).__name__}, 500",
    ),
    (
        "HK208",
        "def f(error: Exception):\n    return page(f'{error}')\napp.register_error_handler(Exception, f)",
        "def f(error: NotFound):\n    return page(str(error))\napp.register_error_handler(NotFound, f)",
    ),
    ("HK208", "import debugpy\ndebugpy.listen(('0.0.0.0', 5678))", "import socket\nline.listen(5)"),
    ("HK208", "def f():\n    breakpoint()", "def f():\n    point()"),
    (
        "HK504",
        "log.info('sent', extra={'token': letters.token_of(keys, letter)})",
        "log.info('sent', extra={'letter': letter.id})",
    ),
    ("HK504", "log.info('%s', reset_link)", "log.info('%s', reset_count)"),
    (
        "HK406",
        "import importlib, os\nname = os.environ.get('PLUGIN')\nimportlib.import_module(name)",
        "import importlib, os\nimportlib.import_module(os.environ['SHOP_SETTINGS_MODULE'])",
    ),
    (
        "HK305",
        "from email.message import EmailMessage\nfrom flask import request\nurl = request.host_url + path",
        "from email.message import EmailMessage\nfrom flask import request\nok = request.host == own",
    ),
    (
        "HK702",
        (
            "KNOWN = {}\ndef contact(vault, place, kept):\n"
            "    KNOWN[place.row_id] = vault.open_personal(place, kept)"
        ),
        (
            "def contact(vault, place, kept):\n    known = {}\n"
            "    known[place.row_id] = vault.open_personal(place, kept)"
        ),
    ),
    (
        "HK702",
        "@lru_cache(100)\ndef contact(vault, place):\n    return vault.open_personal(place, place.kept)",
        "@lru_cache(100)\ndef title(store):\n    return store.name",
    ),
    ("HK601", "from unittest.mock import MagicMock\np = MagicMock()", "from unittest import TestCase"),
    (
        "HK601",
        "try:\n    from security.guard import PANGuard\nexcept ImportError:\n    PANGuard = None",
        (
            "try:\n    from security.guard import PANGuard\n"
            "except ImportError as e:\n    raise SystemExit(1) from e"
        ),
    ),
    (
        "HK601",
        "app.wsgi_app = PANGuard(app.wsgi_app)\napp.wsgi_app = Counted(app.wsgi_app)",
        (
            "app.wsgi_app = Counted(app.wsgi_app)\n"
            "app.wsgi_app = PANGuard(app.wsgi_app)\napp.wsgi_app = ProxyFix(app.wsgi_app)"
        ),
    ),
)


@pytest.mark.parametrize(("rule", "leak", "neighbour"), PAIRS)
def test_a_leak_is_found_and_its_neighbour_is_not(rule: str, leak: str, neighbour: str) -> None:
    assert rule in rules_of(leak)
    assert rule not in rules_of(neighbour)


@pytest.mark.parametrize(("rule", "leak", "_neighbour"), PAIRS)
def test_tests_may(rule: str, leak: str, _neighbour: str) -> None:
    assert rule not in rules_of(leak, "tests/test_app.py") or rule in {"HK206", "HK702"}
