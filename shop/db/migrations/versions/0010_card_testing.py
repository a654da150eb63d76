"""who tried cards that were declined, from where orders came, and which sessions are to challenge"""

import sqlalchemy as sa
from alembic import op

from payments.columns import Hashed, UTCDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("payment_attempt") as attempt:
        attempt.add_column(sa.Column("claimed_at", UTCDateTime(), nullable=True))
        attempt.add_column(sa.Column("challenge", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("order") as order:
        order.add_column(sa.Column("network_hash", Hashed(), nullable=True))
    with op.batch_alter_table("hold") as hold:
        hold.add_column(sa.Column("network_hash", Hashed(), nullable=True))
        hold.create_index("ix_hold_network", ["store_id", "sku", "network_hash"])
    op.create_table(
        "card_decline",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("order_id", sa.String(length=26), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("cart_id", sa.String(length=26), nullable=False),
        sa.Column("network_hash", Hashed(), nullable=True),
        sa.Column("email_hash", Hashed(), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=True),
        sa.Column("card_hash", Hashed(), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"],
            ["order.store_id", "order.id"],
            name=op.f("fk_card_decline_store_id_order"),
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_card_decline_store_id_store")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_card_decline")),
    )
    op.create_index("ix_card_decline_at", "card_decline", ["store_id", "at"])
    op.create_index("ix_card_decline_card", "card_decline", ["store_id", "card_hash", "at"])
    op.create_index("ix_card_decline_order", "card_decline", ["store_id", "order_id"])


def downgrade() -> None:
    op.drop_table("card_decline")
    with op.batch_alter_table("hold") as hold:
        hold.drop_index("ix_hold_network")
        hold.drop_column("network_hash")
    with op.batch_alter_table("order") as order:
        order.drop_column("network_hash")
    with op.batch_alter_table("payment_attempt") as attempt:
        attempt.drop_column("challenge")
        attempt.drop_column("claimed_at")
