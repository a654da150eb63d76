"""money that was transferred too much or too late, on its way back"""

import sqlalchemy as sa
from alembic import op

from payments.columns import UTCDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "balance_return",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("payment_id", sa.String(length=26), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("provider_id", sa.String(length=80), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_balance_return_amount")),
        sa.ForeignKeyConstraint(
            ["store_id", "payment_id"],
            ["payment.store_id", "payment.id"],
            name=op.f("fk_balance_return_store_id_payment"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_balance_return")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_balance_return_provider_id")),
    )
    op.create_index("ix_balance_return_due", "balance_return", ["state", "next_try_at"])
    op.create_index("ix_balance_return_payment", "balance_return", ["store_id", "payment_id"])


def downgrade() -> None:
    op.drop_table("balance_return")
