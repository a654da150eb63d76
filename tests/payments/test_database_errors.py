"""What a database error says ends in logs: the statement may stand there, its values may not."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from payments.database import Database


def test_an_error_names_the_statement_and_no_value(db: Database) -> None:
    with pytest.raises(DBAPIError) as raised:
        db.write(
            lambda session: session.execute(
                text("SELECT * FROM nowhere WHERE x = :x"), {"x": "a-persons-value"}
            )
        )
    assert "nowhere" in str(raised.value)
    assert "a-persons-value" not in str(raised.value)
