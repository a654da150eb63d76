"""Bandit reports the same findings, by its own ids and at the same lines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CODE = """import logging
from flask import request

def begin():
    logging.info(dict(request.form))
    print(request.get_data())

class PayForm(FlaskForm):
    cvc = StringField("x")
"""


def test_bandit_reports_our_rules(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(CODE)
    command = [sys.executable, "-m", "bandit", "--quiet", "--format", "json", "--recursive", str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, check=False, cwd=tmp_path)
    found = {(each["test_id"], each["line_number"]) for each in json.loads(ran.stdout)["results"]}
    assert {("HK201", 5), ("HK202", 6), ("HK101", 9)} <= found
