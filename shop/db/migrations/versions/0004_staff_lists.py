"""indexes of what staff look at"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_order_placed", "order", ["placed_at", "id"])
    op.create_index("ix_provider_event_reference", "provider_event", ["reference"])
    op.create_index("ix_provider_event_object", "provider_event", ["object_id"])


def downgrade() -> None:
    op.drop_index("ix_provider_event_object", "provider_event")
    op.drop_index("ix_provider_event_reference", "provider_event")
    op.drop_index("ix_order_placed", "order")
