"""Search over one store's products: an index of our own terms (`shop.catalog.words`) in the database.

SQLite keeps them in an FTS5 table, PostgreSQL in tsvectors with GIN. Products that meet the query by name or
keyword come first, those that meet it anywhere else after; within each, in the order of the shelves. That order
is the index's own, so the first page needs no count, no score and no sort over all hits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from sqlalchemy import Connection, String, TextClause, bindparam, select, text
from sqlalchemy.orm import Session

from payments.database import Database
from shop.catalog.copying import analyze, copy_rows
from shop.catalog.models import Product
from shop.catalog.queries import PAGE, CardRow, card_columns
from shop.catalog.words import QUERY_CHARACTERS, asked, beginnings, single_characters, terms

__all__ = [
    "QUERY_CHARACTERS",
    "Entry",
    "Found",
    "Place",
    "bulk",
    "create_index",
    "drop_index",
    "find",
    "index",
]

_NAMES, _ANYWHERE = 0, 1
_BULK = 5000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of results ended: the tier (0 by name, 1 anywhere) and the product's position."""

    tier: int = _NAMES
    position: int = 0

    def __str__(self) -> str:
        return f"{self.tier}-{self.position}"

    @classmethod
    def parse(cls, written: str) -> Place:
        """From an address; anything odd means the beginning."""
        tier, _, position = written.partition("-")
        if tier in {"0", "1"} and position.isascii() and position.isdigit() and len(position) < 10:
            return cls(int(tier), int(position))
        return cls()


@dataclass(frozen=True, slots=True)
class Found:
    """One page of results. `is_asked` is False when the query had no letter to search by."""

    cards: Sequence[CardRow]
    next_after: Place | None
    is_asked: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """What is indexed of one product: `names` weigh more than `texts`."""

    position: int
    names: str
    texts: str


def find(session: Session, store_id: str, query: str, locale: str, *, after: Place = Place()) -> Found:
    """The next page of products that meet every word of `query`. At most two statements."""
    words = asked(query)
    if not words:
        return Found((), None, is_asked=False)
    index_of = _index_of(session.connection())
    hits: list[tuple[int, CardRow]] = []
    for tier in range(after.tier, _ANYWHERE + 1):
        start = after.position if tier == after.tier else 0
        rows = index_of.rows(session, store_id, words, locale, tier, start, PAGE + 1 - len(hits))
        hits += [(tier, row) for row in rows]
        if len(hits) > PAGE:
            break
    last = Place(hits[PAGE - 1][0], hits[PAGE - 1][1].position) if len(hits) > PAGE else None
    return Found([row for _tier, row in hits[:PAGE]], last, is_asked=True)


def create_index(connection: Connection) -> None:
    """Make the index's table (the first migration calls it). No other code needs to know its shape."""
    for statement in _index_of(connection).DDL:
        connection.execute(text(statement))


def drop_index(connection: Connection) -> None:
    """Undo `create_index`."""
    connection.execute(text("DROP TABLE product_search"))


def index(session: Session, store_id: str, entries: Iterable[Entry]) -> None:
    """Put these products into the index, in place of what it held at their positions. Does not commit."""
    _index_of(session.connection()).put(session, store_id, entries)


@contextmanager
def bulk(db: Database, products: int) -> Iterator[None]:
    """Round the indexing of very many products: PostgreSQL builds its indexes once, at the end.

    Nothing else may search meanwhile (it would be slow, not wrong).
    """
    rebuild = not db.is_sqlite and products >= _BULK
    if rebuild:
        db.write(lambda session: _run(session, _PostgreSQL.DROP))
    try:
        yield
    finally:
        if rebuild:
            db.write(lambda session: _run(session, _PostgreSQL.INDEXES))
        analyze(db)


def _run(session: Session, statements: Iterable[str]) -> None:
    for statement in statements:
        session.execute(text(statement))


def _index_of(connection: Connection) -> type[_SQLite] | type[_PostgreSQL]:
    return _SQLite if connection.dialect.name == "sqlite" else _PostgreSQL


Words = list[tuple[str, ...]]


class _SQLite:
    """FTS5. A rowid is the store's number, then the product's position: a range of rowids is a store."""

    # The ascii tokenizer parts words at ASCII signs only, so it leaves our terms as they are.
    DDL = ("CREATE VIRTUAL TABLE product_search USING fts5(names, texts, tokenize = 'ascii')",)

    @staticmethod
    def base(store_id: str) -> int:
        return (crc32(store_id.encode()) >> 1) << 31

    @classmethod
    def rows(
        cls, session: Session, store_id: str, words: Words, locale: str, tier: int, after: int, limit: int
    ) -> Sequence[CardRow]:
        wanted = " AND ".join(f'"{" ".join(word)}"' for word in words)
        by_name = f"names : ({wanted})"
        base = cls.base(store_id)
        return session.execute(
            _SQLITE_ROWS[locale],
            {
                "match": by_name if tier == _NAMES else f"({wanted}) NOT ({by_name})",
                "low": base + after + 1,
                "high": base + 2**31 - 1,
                "base": base,
                "store_id": store_id,
                "limit": limit,
            },
        ).all()

    @classmethod
    def put(cls, session: Session, store_id: str, entries: Iterable[Entry]) -> None:
        base = cls.base(store_id)
        rows = [(base + entry.position, *(" ".join(part) for part in _split(entry))) for entry in entries]
        statement = "INSERT OR REPLACE INTO product_search (rowid, names, texts) VALUES (?, ?, ?)"
        if rows:
            session.connection().exec_driver_sql(statement, rows)


def _split(entry: Entry) -> tuple[list[str], list[str]]:
    """All terms of an entry's names and of its texts. What has no place in a sequence stands at the end."""
    names, texts = terms(entry.names), terms(entry.texts)
    return (
        [*names, *sorted(single_characters(names) | beginnings(names))],
        [*texts, *sorted(single_characters(texts))],
    )


class _PostgreSQL:
    """Two tsvectors a product: of its names, and of everything."""

    INDEXES = (
        "CREATE INDEX ix_product_search_names ON product_search USING gin (names)",
        "CREATE INDEX ix_product_search_everything ON product_search USING gin (everything)",
    )
    DROP = ("DROP INDEX ix_product_search_names", "DROP INDEX ix_product_search_everything")
    # Wide statistics: the planner then knows a common term (walk the products in order, most of them hit) from a
    # rare one (ask GIN, sort the few).
    DDL = (
        """CREATE TABLE product_search (
            store_id varchar(16) NOT NULL REFERENCES store (id),
            position integer NOT NULL,
            names tsvector NOT NULL,
            everything tsvector NOT NULL,
            CONSTRAINT pk_product_search PRIMARY KEY (store_id, position)
        )""",
        "ALTER TABLE product_search ALTER names SET STATISTICS 1000, ALTER everything SET STATISTICS 1000",
        *INDEXES,
    )

    @classmethod
    def rows(
        cls, session: Session, store_id: str, words: Words, locale: str, tier: int, after: int, limit: int
    ) -> Sequence[CardRow]:
        # Terms are letters and digits alone, so quoting them is safe.
        wanted = " & ".join("(" + " <-> ".join(f"'{term}'" for term in word) + ")" for word in words)
        return session.execute(
            _POSTGRESQL_ROWS[locale, tier],
            {"wanted": wanted, "after": after, "store_id": store_id, "limit": limit},
        ).all()

    @classmethod
    def put(cls, session: Session, store_id: str, entries: Iterable[Entry]) -> None:
        found = ((entry.position, *_split(entry)) for entry in entries)
        rows = [
            (store_id, position, cls._vector(names), cls._vector(names + texts))
            for position, names, texts in found
        ]
        session.execute(
            text("DELETE FROM product_search WHERE store_id = :store_id AND position = ANY(:positions)"),
            {"store_id": store_id, "positions": [row[1] for row in rows]},
        )
        copy_rows(session, "product_search", ("store_id", "position", "names", "everything"), rows)

    @staticmethod
    def _vector(found: list[str]) -> str:
        return " ".join(f"'{term}':{place}" for place, term in enumerate(found[:16000], 1))


def _joined(hits: TextClause, locale: str) -> Any:
    """The cards of the products at the positions that `hits` gives."""
    found = hits.columns(Product.position).subquery("hits")
    return (
        select(*card_columns(locale))
        .join(found, Product.position == found.c.position)
        .where(Product.store_id == bindparam("store_id"))
        .order_by(Product.position)
    )


_SQLITE_HITS = (
    "SELECT rowid - :base AS position FROM product_search"
    " WHERE product_search MATCH :match AND rowid BETWEEN :low AND :high ORDER BY rowid LIMIT :limit"
)
_SQLITE_ROWS = {locale: _joined(text(_SQLITE_HITS), locale) for locale in ("ja", "en")}

_POSTGRESQL_HITS = (
    (
        "SELECT position FROM product_search WHERE store_id = :store_id AND position > :after"
        " AND names @@ CAST(:wanted AS tsquery) ORDER BY position LIMIT :limit"
    ),
    (
        "SELECT position FROM product_search WHERE store_id = :store_id AND position > :after"
        " AND everything @@ CAST(:wanted AS tsquery) AND NOT names @@ CAST(:wanted AS tsquery)"
        " ORDER BY position LIMIT :limit"
    ),
)


def _postgresql_rows(locale: str, tier: int) -> Any:
    # The query goes in as a literal: a prepared statement's generic plan couldn't tell common from rare terms.
    wanted = bindparam("wanted", type_=String, literal_execute=True)
    return _joined(text(_POSTGRESQL_HITS[tier]).bindparams(wanted), locale)


_POSTGRESQL_ROWS = {
    (locale, tier): _postgresql_rows(locale, tier) for locale in ("ja", "en") for tier in (0, 1)
}
