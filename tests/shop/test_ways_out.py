"""Behind the door: what would carry a card number out of the shop, or write it down, is refused there as well."""

from __future__ import annotations

import os
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from payments.columns import new_id
from security.canary.numbers import fresh_number
from security.refused import CardNumberRefused
from shop.context import Shop
from shop.mail.transport import MailNotTaken, deliver
from shop.passages import PassageRow
from shop.vault import Place
from tests.environment import make_environ

ROOT = Path(__file__).parents[2]


ASKS = """
import http.client, sys
from security.refused import CardNumberRefused
{start}
number = sys.stdin.read()
for host, path in (("127.0.0.2", "/?q=" + number), ("127.0.0.2", "/?q=1"), ("127.0.0.1", "/?q=" + number)):
    try:
        http.client.HTTPConnection(host, 9, timeout=1).request("GET", path)
    except (CardNumberRefused, OSError) as error:
        print(type(error).__name__)
"""


@pytest.mark.parametrize(
    "start",
    [
        "import wsgi",
        "from shop.serve import application; application()",
        "from shop import serve; serve.Worker.run = lambda self: None; serve.run_worker()",
    ],
)
def test_no_process_sends_one_to_anyone_but_the_provider(start: str, sqlite_url: str) -> None:
    """Nobody listens at these ports: what was tried ended with a refused connection."""
    environ = {**os.environ, **make_environ(sqlite_url, STRIPE_API_BASE="http://127.0.0.1:9")}
    command = [sys.executable, "-c", ASKS.format(start=start)]
    done = subprocess.run(
        command, env=environ, input=fresh_number(), capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.stdout.split() == ["CardNumberRefused", "ConnectionRefusedError", "ConnectionRefusedError"]


def test_no_mail_carries_one(shop: Shop) -> None:
    message = EmailMessage()
    message["To"] = "guest@example.jp"
    message.set_content(f"paid with {fresh_number()}")
    with pytest.raises(CardNumberRefused):
        deliver("smtp://127.0.0.1:9", message)
    message.set_content("paid")
    with pytest.raises(MailNotTaken):
        deliver("smtp://127.0.0.1:9", message)


def test_no_row_holds_one_and_nothing_that_is_sealed(shop: Shop) -> None:
    number = fresh_number()

    def write(session: Session, host: str) -> None:
        session.add(PassageRow(host=host, place="body"))

    with pytest.raises(CardNumberRefused):
        shop.db.write(lambda session: write(session, number))
    shop.db.write(lambda session: write(session, "style.example"))
    with shop.db.read() as session:
        assert [row.host for row in session.query(PassageRow)] == ["style.example"]
    place = Place("style", "orders", "note", new_id())
    with pytest.raises(CardNumberRefused, match=r"orders\.note"):
        shop.vault.seal(place, f"my card is {number}")
    assert shop.vault.seal(place, "03-1234-5678")
