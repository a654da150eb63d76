"""counters of limits"""

import sqlalchemy as sa
from alembic import op

from payments.columns import Hashed, UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "limit_counter",
        sa.Column("key_hash", Hashed(), nullable=False),
        sa.Column("slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("over_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", "slot", name=op.f("pk_limit_counter")),
    )
    op.create_index("ix_limit_counter_over", "limit_counter", ["over_at"])


def downgrade() -> None:
    op.drop_table("limit_counter")
