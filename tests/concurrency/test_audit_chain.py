"""Many write to the audit chain at once: it stays one chain, on each database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from payments.database import Database
from security.audit import verify
from shop.audit.log import Audit, read_rows
from tests.environment import make_environ

ROOT = Path(__file__).resolve().parent.parent.parent
PROCESSES, ROWS = 4, 40


def test_four_processes_that_write_at_once_make_one_unbroken_chain(db: Database, database_url: str) -> None:
    command = [sys.executable, "-m", "tests.concurrency.auditor", database_url, str(ROWS)]
    writers = [
        subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _process in range(PROCESSES)
    ]
    ended = [(writer.communicate(timeout=240)[1], writer.returncode) for writer in writers]
    assert [code for _errors, code in ended] == [0] * PROCESSES, [errors for errors, _code in ended]
    verdict = verify(read_rows(db), Audit([make_environ(database_url)["AUDIT_KEY"]]).keys)
    assert (verdict.fault, verdict.rows) == (None, PROCESSES * ROWS)
