"""first tables"""

import sqlalchemy as sa
from alembic import op

from payments.columns import BigIntegerId, Hashed, Sealed, UTCDateTime
from shop.catalog.search import create_index, drop_index

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.String(length=40), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("run_at", UTCDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("done_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_due", ["state", "run_at"], unique=False)
        batch_op.create_index("uq_outbox_once", ["kind", "store_id", "subject_id", "detail"], unique=True)

    op.create_table(
        "passage",
        sa.Column("id", BigIntegerId, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("host", sa.String(length=100), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passage")),
    )
    op.create_table(
        "payment",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("provider", sa.String(length=16), nullable=False),
        sa.Column("account", sa.String(length=16), nullable=False),
        sa.Column("provider_id", sa.String(length=80), nullable=True),
        sa.Column("card_brand", sa.String(length=20), nullable=True),
        sa.Column("card_last4", sa.String(length=4), nullable=True),
        sa.Column("decline", sa.String(length=16), nullable=True),
        sa.Column("review_reason", sa.String(length=200), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_amount")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_payment")),
        sa.UniqueConstraint(
            "provider", "account", "provider_id", name=op.f("uq_payment_provider_account_provider_id")
        ),
        sa.UniqueConstraint("store_id", "reference", name=op.f("uq_payment_store_id_reference")),
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index("ix_payment_state", ["state", "created_at"], unique=False)

    op.create_table(
        "provider_event",
        sa.Column("provider", sa.String(length=16), nullable=False),
        sa.Column("account", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("object_id", sa.String(length=120), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=True),
        sa.Column("provider_payment", sa.String(length=80), nullable=True),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UTCDateTime(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("provider", "account", "id", name=op.f("pk_provider_event")),
    )
    with op.batch_alter_table("provider_event", schema=None) as batch_op:
        batch_op.create_index("ix_provider_event_inbox", ["state", "next_try_at"], unique=False)

    op.create_table(
        "schedule",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("next_at", UTCDateTime(), nullable=False),
        sa.Column("last_result", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedule")),
    )
    op.create_table(
        "store",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store")),
    )
    op.create_table(
        "token_bucket",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("tokens_milli", sa.Integer(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_token_bucket")),
    )
    op.create_table(
        "cart",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("token_hash", Hashed(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_cart_store_id")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_cart")),
    )
    with op.batch_alter_table("cart", schema=None) as batch_op:
        batch_op.create_index("ix_cart_updated", ["updated_at"], unique=False)
        batch_op.create_index("uq_cart_token", ["store_id", "token_hash"], unique=True)

    op.create_table(
        "category",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name_ja", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("blurb_ja", sa.Text(), nullable=False),
        sa.Column("blurb_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_category_store_id")),
        sa.PrimaryKeyConstraint("store_id", "slug", name=op.f("pk_category")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", BigIntegerId, nullable=False),
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("payment_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("account", sa.String(length=16), nullable=False),
        sa.Column("provider_object", sa.String(length=80), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "payment_id"],
            ["payment.store_id", "payment.id"],
            name=op.f("fk_ledger_entry_store_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint(
            "account", "provider_object", "kind", name=op.f("uq_ledger_entry_account_provider_object_kind")
        ),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_payment", ["store_id", "payment_id"], unique=False)

    op.create_table(
        "order",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("attempt_key", sa.String(length=40), nullable=False),
        sa.Column("cart_id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("placed_at", UTCDateTime(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_minor", sa.Integer(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("contact", Sealed(), nullable=False),
        sa.Column("email_hash", Hashed(), nullable=False),
        sa.Column("address_hash", Hashed(), nullable=False),
        sa.Column("held_until", UTCDateTime(), nullable=False),
        sa.Column("hold_prolonged", sa.Boolean(), nullable=False),
        sa.CheckConstraint("total_minor > 0", name=op.f("ck_order_total")),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_order_store_id")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_order")),
        sa.UniqueConstraint("store_id", "attempt_key", name=op.f("uq_order_store_id_attempt_key")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_order_store_id_number")),
    )
    with op.batch_alter_table("order", schema=None) as batch_op:
        batch_op.create_index("ix_order_email", ["store_id", "email_hash"], unique=False)
        batch_op.create_index("ix_order_held_until", ["state", "held_until"], unique=False)

    op.create_table(
        "payment_attempt",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("payment_id", sa.String(length=26), nullable=False),
        sa.Column("ui_mode", sa.String(length=16), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("session_id", sa.String(length=120), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "payment_id"],
            ["payment.store_id", "payment.id"],
            name=op.f("fk_payment_attempt_store_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_payment_attempt")),
        sa.UniqueConstraint("session_id", name=op.f("uq_payment_attempt_session_id")),
    )
    with op.batch_alter_table("payment_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_attempt_line", ["state", "created_at"], unique=False)
        batch_op.create_index("ix_attempt_payment", ["store_id", "payment_id"], unique=False)

    op.create_table(
        "payment_history",
        sa.Column("id", BigIntegerId, nullable=False),
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("payment_id", sa.String(length=26), nullable=False),
        sa.Column("before", sa.String(length=12), nullable=False),
        sa.Column("after", sa.String(length=12), nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "payment_id"],
            ["payment.store_id", "payment.id"],
            name=op.f("fk_payment_history_store_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_history")),
    )
    with op.batch_alter_table("payment_history", schema=None) as batch_op:
        batch_op.create_index("ix_payment_history_payment", ["store_id", "payment_id"], unique=False)

    op.create_table(
        "refund",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("payment_id", sa.String(length=26), nullable=False),
        sa.Column("provider_payment", sa.String(length=80), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("provider_id", sa.String(length=80), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refund_amount")),
        sa.ForeignKeyConstraint(
            ["store_id", "payment_id"],
            ["payment.store_id", "payment.id"],
            name=op.f("fk_refund_store_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_refund")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_refund_provider_id")),
        sa.UniqueConstraint(
            "store_id", "provider_payment", "reason", name=op.f("uq_refund_store_id_provider_payment_reason")
        ),
    )
    with op.batch_alter_table("refund", schema=None) as batch_op:
        batch_op.create_index("ix_refund_due", ["state", "next_try_at"], unique=False)

    op.create_table(
        "draft",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("cart_id", sa.String(length=26), nullable=False),
        sa.Column("contact", Sealed(), nullable=True),
        sa.Column("delivery_day", sa.Date(), nullable=True),
        sa.Column("delivery_slot", sa.String(length=8), nullable=True),
        sa.Column("attempt_key", sa.String(length=40), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "cart_id"],
            ["cart.store_id", "cart.id"],
            name=op.f("fk_draft_store_id_cart_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_draft_store_id")),
        sa.PrimaryKeyConstraint("store_id", "cart_id", name=op.f("pk_draft")),
    )
    op.create_table(
        "order_history",
        sa.Column("id", BigIntegerId, nullable=False),
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("order_id", sa.String(length=26), nullable=False),
        sa.Column("before", sa.String(length=12), nullable=False),
        sa.Column("after", sa.String(length=12), nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"],
            ["order.store_id", "order.id"],
            name=op.f("fk_order_history_store_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_history")),
    )
    with op.batch_alter_table("order_history", schema=None) as batch_op:
        batch_op.create_index("ix_order_history_order", ["store_id", "order_id"], unique=False)

    op.create_table(
        "order_payment",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("order_id", sa.String(length=26), nullable=False),
        sa.Column("payment_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"],
            ["order.store_id", "order.id"],
            name=op.f("fk_order_payment_store_id_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "payment_id"],
            ["payment.store_id", "payment.id"],
            name=op.f("fk_order_payment_store_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_order_payment_store_id")),
        sa.PrimaryKeyConstraint("store_id", "order_id", name=op.f("pk_order_payment")),
        sa.UniqueConstraint("store_id", "payment_id", name=op.f("uq_order_payment_store_id_payment_id")),
    )
    op.create_table(
        "product",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("category_slug", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_ja", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("tax_rate", sa.SmallInteger(), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=False),
        sa.Column("picture", sa.String(length=200), nullable=False),
        sa.Column("price_from", sa.Integer(), nullable=False),
        sa.Column("price_to", sa.Integer(), nullable=False),
        sa.Column("in_stock", sa.Boolean(), nullable=False),
        sa.CheckConstraint("tax_rate in (8, 10)", name=op.f("ck_product_tax_rate")),
        sa.ForeignKeyConstraint(
            ["store_id", "category_slug"],
            ["category.store_id", "category.slug"],
            name=op.f("fk_product_store_id_category_slug"),
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_product_store_id")),
        sa.PrimaryKeyConstraint("store_id", "slug", name=op.f("pk_product")),
    )
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.create_index("uq_product_position", ["store_id", "position"], unique=True)
        batch_op.create_index("uq_product_shelf", ["store_id", "category_slug", "position"], unique=True)

    op.create_table(
        "variant",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("product_slug", sa.String(length=80), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("picture", sa.String(length=200), nullable=True),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.CheckConstraint("held >= 0 and on_hand >= held", name=op.f("ck_variant_stock")),
        sa.CheckConstraint("price > 0", name=op.f("ck_variant_price")),
        sa.ForeignKeyConstraint(
            ["store_id", "product_slug"],
            ["product.store_id", "product.slug"],
            name=op.f("fk_variant_store_id_product_slug"),
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_variant_store_id")),
        sa.PrimaryKeyConstraint("store_id", "sku", name=op.f("pk_variant")),
    )
    with op.batch_alter_table("variant", schema=None) as batch_op:
        batch_op.create_index("ix_variant_product", ["store_id", "product_slug", "position"], unique=False)

    op.create_table(
        "cart_line",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("cart_id", sa.String(length=26), nullable=False),
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("quantity", sa.SmallInteger(), nullable=False),
        sa.Column("seen_price", sa.Integer(), nullable=False),
        sa.Column("held", sa.SmallInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("quantity between 1 and 99", name=op.f("ck_cart_line_quantity")),
        sa.ForeignKeyConstraint(
            ["store_id", "cart_id"],
            ["cart.store_id", "cart.id"],
            name=op.f("fk_cart_line_store_id_cart_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "sku"], ["variant.store_id", "variant.sku"], name=op.f("fk_cart_line_store_id_sku")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_cart_line_store_id")),
        sa.PrimaryKeyConstraint("store_id", "cart_id", "sku", name=op.f("pk_cart_line")),
    )
    op.create_table(
        "hold",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("order_id", sa.String(length=26), nullable=False),
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("quantity", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("email_hash", Hashed(), nullable=False),
        sa.Column("address_hash", Hashed(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["order.store_id", "order.id"], name=op.f("fk_hold_store_id_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "sku"], ["variant.store_id", "variant.sku"], name=op.f("fk_hold_store_id_sku")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_hold_store_id")),
        sa.PrimaryKeyConstraint("store_id", "order_id", "sku", name=op.f("pk_hold")),
    )
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.create_index("ix_hold_address", ["store_id", "sku", "address_hash"], unique=False)
        batch_op.create_index("ix_hold_email", ["store_id", "sku", "email_hash"], unique=False)

    op.create_table(
        "order_line",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("order_id", sa.String(length=26), nullable=False),
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("product_slug", sa.String(length=80), nullable=False),
        sa.Column("name_ja", sa.String(length=240), nullable=False),
        sa.Column("name_en", sa.String(length=240), nullable=False),
        sa.Column("quantity", sa.SmallInteger(), nullable=False),
        sa.Column("unit_minor", sa.Integer(), nullable=False),
        sa.Column("tax_rate", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_line_quantity")),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"],
            ["order.store_id", "order.id"],
            name=op.f("fk_order_line_store_id_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "sku"], ["variant.store_id", "variant.sku"], name=op.f("fk_order_line_store_id_sku")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_order_line_store_id")),
        sa.PrimaryKeyConstraint("store_id", "order_id", "sku", name=op.f("pk_order_line")),
    )
    create_index(op.get_bind())


def downgrade() -> None:
    drop_index(op.get_bind())
    op.drop_table("order_line")
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.drop_index("ix_hold_email")
        batch_op.drop_index("ix_hold_address")

    op.drop_table("hold")
    op.drop_table("cart_line")
    with op.batch_alter_table("variant", schema=None) as batch_op:
        batch_op.drop_index("ix_variant_product")

    op.drop_table("variant")
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.drop_index("uq_product_shelf")
        batch_op.drop_index("uq_product_position")

    op.drop_table("product")
    op.drop_table("order_payment")
    with op.batch_alter_table("order_history", schema=None) as batch_op:
        batch_op.drop_index("ix_order_history_order")

    op.drop_table("order_history")
    op.drop_table("draft")
    op.drop_table("refund")
    with op.batch_alter_table("payment_history", schema=None) as batch_op:
        batch_op.drop_index("ix_payment_history_payment")

    op.drop_table("payment_history")
    with op.batch_alter_table("payment_attempt", schema=None) as batch_op:
        batch_op.drop_index("ix_attempt_payment")
        batch_op.drop_index("ix_attempt_line")

    op.drop_table("payment_attempt")
    with op.batch_alter_table("order", schema=None) as batch_op:
        batch_op.drop_index("ix_order_held_until")
        batch_op.drop_index("ix_order_email")

    op.drop_table("order")
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_payment")

    op.drop_table("ledger_entry")
    op.drop_table("category")
    with op.batch_alter_table("cart", schema=None) as batch_op:
        batch_op.drop_index("uq_cart_token")
        batch_op.drop_index("ix_cart_updated")

    op.drop_table("cart")
    op.drop_table("token_bucket")
    op.drop_table("store")
    op.drop_table("schedule")
    with op.batch_alter_table("provider_event", schema=None) as batch_op:
        batch_op.drop_index("ix_provider_event_inbox")

    op.drop_table("provider_event")
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.drop_index("ix_payment_state")

    op.drop_table("payment")
    op.drop_table("passage")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("uq_outbox_once")
        batch_op.drop_index("ix_outbox_due")

    op.drop_table("outbox")
