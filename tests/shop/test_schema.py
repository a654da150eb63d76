"""The schema as a whole: migrations agree with the models, every column has a data class, stores are walls."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column

from payments.columns import DATA_CLASSES, Hashed, Sealed
from payments.database import Database
from shop.db.tables import metadata
from shop.keys import SEALED_COLUMNS

COLUMNS = [
    pytest.param(column, id=f"{table.name}.{column.name}")
    for table in metadata.sorted_tables
    for column in table.columns
]


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_says_what_kind_of_data_it_holds(column: Column[object]) -> None:
    assert column.info.get("data_class") in DATA_CLASSES


@pytest.mark.parametrize("column", COLUMNS)
def test_personal_and_secret_columns_are_sealed_or_hashed(column: Column[object]) -> None:
    if column.info.get("data_class") in {"personal", "secret"}:
        assert isinstance(column.type, Sealed | Hashed)
    else:
        assert not isinstance(column.type, Sealed)


def test_every_sealed_column_takes_part_in_key_rotation() -> None:
    sealed = {
        (t.name, c.name) for t in metadata.sorted_tables for c in t.columns if isinstance(c.type, Sealed)
    }
    assert sealed == {(one.model.__tablename__, one.column) for one in SEALED_COLUMNS}


def test_rows_of_one_store_cannot_point_at_rows_of_another() -> None:
    for table in metadata.sorted_tables:
        for constraint in table.foreign_key_constraints:
            target = constraint.referred_table
            if "store_id" in target.columns and "store_id" in table.columns:
                pairs = {(e.parent.name, e.column.name) for e in constraint.elements}
                assert ("store_id", "store_id") in pairs, f"{table.name} -> {target.name}"


def test_migrations_make_exactly_the_models(db: Database) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _is_ours})
        assert compare_metadata(context, metadata) == []


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The search index is made by its own module, in each database's own way."""
    return not (kind == "table" and name is not None and name.startswith("product_search"))
