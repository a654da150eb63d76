"""E4: every column of the models, and of a database that the migrations made, by name and by data class."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, LargeBinary, MetaData, Text, create_engine
from sqlalchemy.types import JSON, String, TypeEngine

from payments.columns import DATA_CLASSES, Hashed, Sealed
from security.columns import why_forbidden
from shop.db.tables import metadata
from shop.scope.lab import Lab
from shop.scope.result import Notes, Table

_PLANTED = (
    ("payment", "card_number"),
    ("payment", "pan"),
    ("order", "cvc"),
    ("payment", "cardNumber"),
    ("saved_card", "number"),
    ("customer", "card_holder"),
)
_HARMLESS = (
    ("payment", "card_brand"),
    ("payment", "card_last4"),
    ("payment", "card_exp_month"),
    ("product", "card_stock"),
    ("product", "gift_card"),
    ("order", "number"),
    ("shipment", "tracking_number"),
    ("payment", "provider_id"),
)
_OF_CARDS = frozenset({"card_brand", "card_last4", "card_expiry", "card_exp_month", "card_exp_year"})


def look(lab: Lab, notes: Notes) -> None:
    """Walk the models, then the tables that the migrations make, then compare the two."""
    for planted in _PLANTED:
        notes.control(why_forbidden(*planted) is not None, f"a column {planted[1]} is not seen")
    for harmless in _HARMLESS:
        notes.control(why_forbidden(*harmless) is None, f"a harmless column {harmless[1]} is held against us")
    table = Table("Columns", ("Table", "Column", "Type", "Data class", "Judged"))
    for each in metadata.sorted_tables:
        for column in each.columns:
            why = why_forbidden(each.name, column.name) or _fault_of_class(column)
            notes.add("columns of models")
            if why:
                notes.found(f"{each.name}.{column.name}", "card-column", why)
            table.rows.append((each.name, column.name, _kind(column.type), _class(column), why or "nothing"))
    notes.tables.append(table)
    _look_at_migrated(lab, notes)


def _look_at_migrated(lab: Lab, notes: Notes) -> None:
    path = lab.folder / "schema.sqlite"
    engine = create_engine(lab.copy_of_template(path))
    try:
        with engine.connect() as connection:
            reflected = MetaData()
            reflected.reflect(connection)
            for table in reflected.sorted_tables:
                for column in table.columns:
                    notes.add("columns of migrations")
                    if why := why_forbidden(table.name, column.name):
                        notes.found(
                            f"{table.name}.{column.name}", "card-column", f"made by a migration: {why}"
                        )
            context = MigrationContext.configure(connection, opts={"include_name": _is_ours})
            for difference in compare_metadata(context, metadata):
                notes.found(
                    "shop/db/migrations", "schema", f"migrations and models differ: {str(difference)[:120]}"
                )
    finally:
        engine.dispose()


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The search index is made by its own module, in each database's own way; its columns are judged all the same."""
    return not (kind == "table" and name is not None and name.startswith("product_search"))


def _fault_of_class(column: Column[object]) -> str | None:
    """What is wrong between what a column says of itself and how it keeps it."""
    data_class = _class(column)
    if data_class not in DATA_CLASSES:
        return "it does not say what kind of data it holds"
    if data_class in {"personal", "secret"} and not isinstance(column.type, Sealed | Hashed):
        return f"{data_class} data that is neither sealed nor hashed"
    if isinstance(column.type, Sealed) and data_class not in {"personal", "secret"}:
        return "sealed, yet not called personal or secret: a search cannot see into it"
    words = column.name.lower().split("_")
    if "card" in words and column.name not in _OF_CARDS and _is_roomy(column.type) and data_class != "public":
        return "about a card and roomy enough for a number; allowed are brand, last four digits and expiry"
    return None


def _is_roomy(kind: TypeEngine[object]) -> bool:
    if isinstance(kind, Text | LargeBinary | JSON):
        return True
    return isinstance(kind, String) and (kind.length or 99) >= 13


def _class(column: Column[object]) -> str:
    return str(column.info.get("data_class", ""))


def _kind(kind: TypeEngine[object]) -> str:
    length = getattr(kind, "length", None)
    return type(kind).__name__ + (f"({length})" if length else "")
