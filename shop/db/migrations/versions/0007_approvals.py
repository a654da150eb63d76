"""what two people approve"""

import sqlalchemy as sa
from alembic import op

from payments.columns import BigIntegerId, UTCDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("payload_sha256", sa.String(length=64), nullable=False),
        sa.Column("requested_by_kind", sa.String(length=10), nullable=False),
        sa.Column("requested_by_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_index("ix_approval_open", "approval", ["state", "expires_at"])
    op.create_table(
        "approval_signature",
        sa.Column("approval_id", sa.String(length=26), nullable=False),
        sa.Column("member_id", sa.String(length=40), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("stamp", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approval.id"], name=op.f("fk_approval_signature_approval_id")
        ),
        sa.PrimaryKeyConstraint("approval_id", "member_id", name=op.f("pk_approval_signature")),
    )
    op.create_table(
        "approval_history",
        sa.Column("id", BigIntegerId, nullable=False),
        sa.Column("approval_id", sa.String(length=26), nullable=False),
        sa.Column("before", sa.String(length=10), nullable=False),
        sa.Column("after", sa.String(length=10), nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approval.id"], name=op.f("fk_approval_history_approval_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_history")),
    )
    op.create_index("ix_approval_history_approval", "approval_history", ["approval_id"])


def downgrade() -> None:
    op.drop_table("approval_history")
    op.drop_table("approval_signature")
    op.drop_table("approval")
