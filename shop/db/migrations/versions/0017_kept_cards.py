"""the provider's name of customers for whom it keeps cards"""

import sqlalchemy as sa
from alembic import op

from payments.columns import UTCDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("payment_attempt") as attempt:
        attempt.add_column(sa.Column("customer_id", sa.String(length=80), nullable=True))
        attempt.add_column(sa.Column("save_card", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "account_customer",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("provider_account", sa.String(length=16), nullable=False),
        sa.Column("customer_id", sa.String(length=80), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["store.id"], name=op.f("fk_account_customer_store_id_store")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "account_id"],
            ["account.store_id", "account.id"],
            name=op.f("fk_account_customer_store_id_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "store_id", "account_id", "provider_account", name=op.f("pk_account_customer")
        ),
        sa.UniqueConstraint(
            "provider_account",
            "customer_id",
            name=op.f("uq_account_customer_provider_account_customer_id"),
        ),
    )


def downgrade() -> None:
    op.drop_table("account_customer")
    with op.batch_alter_table("payment_attempt") as attempt:
        attempt.drop_column("save_card")
        attempt.drop_column("customer_id")
