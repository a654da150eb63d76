"""disputes and early warnings of fraud"""

import sqlalchemy as sa
from alembic import op

from payments.columns import BigIntegerId, UTCDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dispute",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("payment_id", sa.String(length=26), nullable=False),
        sa.Column("account", sa.String(length=16), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("due_by", UTCDateTime(), nullable=True),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("answer_key", sa.String(length=26), nullable=True),
        sa.Column("answering_at", UTCDateTime(), nullable=True),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id", "payment_id"],
            ["payment.store_id", "payment.id"],
            name=op.f("fk_dispute_store_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_dispute")),
    )
    op.create_index("ix_dispute_payment", "dispute", ["store_id", "payment_id"])
    op.create_index("ix_dispute_state", "dispute", ["state", "due_by"])
    op.create_table(
        "dispute_history",
        sa.Column("id", BigIntegerId, nullable=False),
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("dispute_id", sa.String(length=80), nullable=False),
        sa.Column("before", sa.String(length=16), nullable=False),
        sa.Column("after", sa.String(length=16), nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "dispute_id"],
            ["dispute.store_id", "dispute.id"],
            name=op.f("fk_dispute_history_store_id_dispute_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_history")),
    )
    op.create_index("ix_dispute_history_dispute", "dispute_history", ["store_id", "dispute_id"])
    op.create_table(
        "fraud_warning",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("payment_id", sa.String(length=26), nullable=False),
        sa.Column("account", sa.String(length=16), nullable=False),
        sa.Column("fraud_type", sa.String(length=40), nullable=False),
        sa.Column("actionable", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("warned_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "payment_id"],
            ["payment.store_id", "payment.id"],
            name=op.f("fk_fraud_warning_store_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_fraud_warning")),
    )
    op.create_index("ix_fraud_warning_payment", "fraud_warning", ["store_id", "payment_id"])
    op.create_index("ix_provider_event_payment", "provider_event", ["provider_payment"])


def downgrade() -> None:
    op.drop_index("ix_provider_event_payment", "provider_event")
    op.drop_table("fraud_warning")
    op.drop_table("dispute_history")
    op.drop_table("dispute")
