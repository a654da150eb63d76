"""why the provider did not give money back"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("refund") as refund:
        refund.add_column(sa.Column("failure", sa.String(length=80), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("refund") as refund:
        refund.drop_column("failure")
