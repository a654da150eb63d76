"""card promises taken or let go, and what leaves the house"""

import sqlalchemy as sa
from alembic import op

from payments.columns import BigIntegerId, UTCDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("payment") as payment:
        payment.add_column(sa.Column("capture_before", UTCDateTime(), nullable=True))
    with op.batch_alter_table("payment_attempt") as attempt:
        attempt.add_column(
            sa.Column("three_d_secure", sa.String(length=10), server_default="any", nullable=False)
        )
        attempt.add_column(
            sa.Column("capture_later", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    _capture()
    _fulfilment()
    _shipment()


def _capture() -> None:
    op.create_table(
        "capture",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("payment_id", sa.String(length=26), nullable=False),
        sa.Column("provider_payment", sa.String(length=80), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_capture_amount")),
        sa.ForeignKeyConstraint(
            ["store_id", "payment_id"],
            ["payment.store_id", "payment.id"],
            name=op.f("fk_capture_store_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_capture")),
    )
    op.create_index("ix_capture_due", "capture", ["state", "next_try_at"])
    op.create_index("ix_capture_payment", "capture", ["store_id", "payment_id"])
    op.create_index(
        "uq_capture_wanted",
        "capture",
        ["store_id", "provider_payment"],
        unique=True,
        sqlite_where=sa.text("state = 'wanted'"),
        postgresql_where=sa.text("state = 'wanted'"),
    )


def _fulfilment() -> None:
    op.create_table(
        "fulfilment",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("order_id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_fulfilment_store_id_store")),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"],
            ["order.store_id", "order.id"],
            name=op.f("fk_fulfilment_store_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "order_id", name=op.f("pk_fulfilment")),
    )
    op.create_table(
        "fulfilment_history",
        sa.Column("id", BigIntegerId, nullable=False),
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("order_id", sa.String(length=26), nullable=False),
        sa.Column("before", sa.String(length=12), nullable=False),
        sa.Column("after", sa.String(length=12), nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"],
            ["order.store_id", "order.id"],
            name=op.f("fk_fulfilment_history_store_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fulfilment_history")),
    )
    op.create_index("ix_fulfilment_history_order", "fulfilment_history", ["store_id", "order_id"])


def _shipment() -> None:
    op.create_table(
        "shipment",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("order_id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("capture_id", sa.String(length=26), nullable=True),
        sa.Column("carrier", sa.String(length=16), nullable=False),
        sa.Column("tracking", sa.LargeBinary(), nullable=True),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("released", sa.JSON(), nullable=True),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_shipment_store_id_store")),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"],
            ["order.store_id", "order.id"],
            name=op.f("fk_shipment_store_id_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "capture_id"],
            ["capture.store_id", "capture.id"],
            name=op.f("fk_shipment_store_id_capture_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_shipment")),
    )
    op.create_index("ix_shipment_order", "shipment", ["store_id", "order_id"])


def downgrade() -> None:
    op.drop_table("shipment")
    op.drop_table("fulfilment_history")
    op.drop_table("fulfilment")
    op.drop_table("capture")
    with op.batch_alter_table("payment_attempt") as attempt:
        attempt.drop_column("capture_later")
        attempt.drop_column("three_d_secure")
    with op.batch_alter_table("payment") as payment:
        payment.drop_column("capture_before")
