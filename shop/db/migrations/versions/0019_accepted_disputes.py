"""when and why a dispute was accepted"""

import sqlalchemy as sa
from alembic import op

from payments.columns import UTCDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dispute", sa.Column("accepted_at", UTCDateTime(), nullable=True))
    op.add_column("dispute", sa.Column("accept_reason", sa.String(length=20), nullable=True))


def downgrade() -> None:
    op.drop_column("dispute", "accept_reason")
    op.drop_column("dispute", "accepted_at")
