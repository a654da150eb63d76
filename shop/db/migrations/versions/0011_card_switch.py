"""whether a store takes cards, and the records of a stop"""

import sqlalchemy as sa
from alembic import op

from payments.columns import BigIntegerId, UTCDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "card_switch",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_card_switch")),
    )
    op.create_table(
        "card_switch_history",
        sa.Column("id", BigIntegerId, nullable=False),
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("before", sa.String(length=8), nullable=False),
        sa.Column("after", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_switch_history")),
        sa.UniqueConstraint("store_id", "id", name=op.f("uq_card_switch_history_store_id_id")),
    )
    op.create_index("ix_card_switch_history_store", "card_switch_history", ["store_id", "at"])
    op.create_table(
        "stop_record",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("stop_id", BigIntegerId, nullable=False),
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=60), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("stamp", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "stop_id"],
            ["card_switch_history.store_id", "card_switch_history.id"],
            name=op.f("fk_stop_record_store_id_stop_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop_record")),
    )
    op.create_index("ix_stop_record_stop", "stop_record", ["stop_id", "kind"])


def downgrade() -> None:
    op.drop_table("stop_record")
    op.drop_table("card_switch_history")
    op.drop_table("card_switch")
