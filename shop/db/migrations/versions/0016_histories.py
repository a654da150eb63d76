"""histories of attempts, refunds and holds"""

import sqlalchemy as sa
from alembic import op

from payments.columns import BigIntegerId, UTCDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _history("attempt_history", "attempt_id", "payment_attempt")
    _history("refund_history", "refund_id", "refund")
    op.create_table(
        "hold_history",
        sa.Column("id", BigIntegerId, nullable=False),
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("order_id", sa.String(length=26), nullable=False),
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("before", sa.String(length=10), nullable=False),
        sa.Column("after", sa.String(length=10), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id", "sku"],
            ["hold.store_id", "hold.order_id", "hold.sku"],
            name=op.f("fk_hold_history_store_id_hold"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold_history")),
    )
    op.create_index("ix_hold_history_of", "hold_history", ["store_id", "order_id"])


def _history(table: str, key: str, target: str) -> None:
    op.create_table(
        table,
        sa.Column("id", BigIntegerId, nullable=False),
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column(key, sa.String(length=26), nullable=False),
        sa.Column("before", sa.String(length=12), nullable=False),
        sa.Column("after", sa.String(length=12), nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", key],
            [f"{target}.store_id", f"{target}.id"],
            name=op.f(f"fk_{table}_store_id_{target}"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(f"ix_{table}_of", table, ["store_id", key])


def downgrade() -> None:
    for table in ("hold_history", "refund_history", "attempt_history"):
        op.drop_index(f"ix_{table}_of", table_name=table)
        op.drop_table(table)
