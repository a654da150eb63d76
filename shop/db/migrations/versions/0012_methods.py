"""how an order is to be paid, beside cards, and the numbers and accounts that were given for it"""

import sqlalchemy as sa
from alembic import op

from payments.columns import UTCDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("draft") as draft:
        draft.add_column(sa.Column("method", sa.String(length=20), nullable=True))
    op.create_table(
        "payment_promise",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("payment_id", sa.String(length=26), nullable=False),
        sa.Column("account", sa.String(length=16), nullable=False),
        sa.Column("deadline", UTCDateTime(), nullable=False),
        sa.Column("remaining_minor", sa.Integer(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("voucher_url", sa.String(length=500), nullable=True),
        sa.Column("customer", sa.String(length=80), nullable=True),
        sa.Column("balance_minor", sa.Integer(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "payment_id"],
            ["payment.store_id", "payment.id"],
            name=op.f("fk_payment_promise_store_id_payment"),
        ),
        sa.PrimaryKeyConstraint("store_id", "payment_id", name=op.f("pk_payment_promise")),
    )
    op.create_index("ix_payment_promise_customer", "payment_promise", ["account", "customer"], unique=True)


def downgrade() -> None:
    op.drop_table("payment_promise")
    with op.batch_alter_table("draft") as draft:
        draft.drop_column("method")
