"""who gave money back, and why"""

import sqlalchemy as sa
from alembic import op

from payments.columns import Sealed, UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "order_refund",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("refund_id", sa.String(length=26), nullable=False),
        sa.Column("order_id", sa.String(length=26), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("note", Sealed(), nullable=True),
        sa.Column("split", sa.JSON(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"],
            ["order.store_id", "order.id"],
            name=op.f("fk_order_refund_store_id_order"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "refund_id"],
            ["refund.store_id", "refund.id"],
            name=op.f("fk_order_refund_store_id_refund"),
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_order_refund_store_id_store")),
        sa.PrimaryKeyConstraint("store_id", "refund_id", name=op.f("pk_order_refund")),
    )
    op.create_index("ix_order_refund_order", "order_refund", ["store_id", "order_id"])


def downgrade() -> None:
    op.drop_table("order_refund")
