"""what browsers say the policy stopped"""

import sqlalchemy as sa
from alembic import op

from payments.columns import BigIntegerId, UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "csp_report",
        sa.Column("id", BigIntegerId, nullable=False),
        sa.Column("host", sa.String(length=16), nullable=False),
        sa.Column("page", sa.String(length=80), nullable=False),
        sa.Column("directive", sa.String(length=40), nullable=False),
        sa.Column("blocked", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("first_at", UTCDateTime(), nullable=False),
        sa.Column("last_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_csp_report")),
        sa.UniqueConstraint(
            "host",
            "page",
            "directive",
            "blocked",
            "source",
            name=op.f("uq_csp_report_host_page_directive_blocked_source"),
        ),
    )
    op.create_index("ix_csp_report_last", "csp_report", ["last_at"])


def downgrade() -> None:
    op.drop_table("csp_report")
