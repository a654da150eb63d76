"""accounts of shoppers, and whose an order is"""

import sqlalchemy as sa
from alembic import op

from payments.columns import Hashed, Sealed, UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OWNED = ("account_session", "account_device", "account_passkey", "account_recovery", "account_address")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("email", Sealed(), nullable=False),
        sa.Column("email_hash", Hashed(), nullable=False),
        sa.Column("profile", Sealed(), nullable=False),
        sa.Column("kana_hash", Hashed(), nullable=True),
        sa.Column("phone_hash", Hashed(), nullable=True),
        sa.Column("password", Sealed(), nullable=False),
        sa.Column("totp", Sealed(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=True),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("password_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_account_store_id_store")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_account")),
    )
    op.create_index("uq_account_email", "account", ["store_id", "email_hash"], unique=True)
    op.create_index("ix_account_phone", "account", ["store_id", "phone_hash"])
    op.create_index("ix_account_kana", "account", ["store_id", "kana_hash"])
    _owned(
        "account_session",
        sa.Column("token_hash", Hashed(), nullable=False),
        sa.Column("stage", sa.String(length=8), nullable=False),
        sa.Column("device", sa.String(length=40), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.Column("proved_at", UTCDateTime(), nullable=True),
        sa.Column("totp", Sealed(), nullable=True),
    )
    op.create_index("uq_account_session_token", "account_session", ["store_id", "token_hash"], unique=True)
    op.create_index("ix_account_session_account", "account_session", ["store_id", "account_id"])
    op.create_index("ix_account_session_ends", "account_session", ["ends_at"])
    _owned(
        "account_device",
        sa.Column("token_hash", Hashed(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
    )
    device = ["store_id", "account_id", "token_hash"]
    op.create_index("uq_account_device_token", "account_device", device, unique=True)
    op.create_index("ix_account_device_seen", "account_device", ["seen_at"])
    _owned(
        "account_passkey",
        sa.Column("credential_hash", Hashed(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.Column("device", sa.String(length=40), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
    )
    credential = ["store_id", "credential_hash"]
    op.create_index("uq_account_passkey_credential", "account_passkey", credential, unique=True)
    op.create_index("ix_account_passkey_account", "account_passkey", ["store_id", "account_id"])
    _owned("account_recovery", sa.Column("code_hash", Hashed(), nullable=False))
    codes = ["store_id", "account_id", "code_hash"]
    op.create_index("uq_account_recovery_code", "account_recovery", codes, unique=True)
    _owned(
        "account_address",
        sa.Column("contact", Sealed(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
    )
    op.create_index("ix_account_address_account", "account_address", ["store_id", "account_id"])
    _orders()
    _letters()


def _owned(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["store_id", "account_id"],
            ["account.store_id", "account.id"],
            name=op.f(f"fk_{name}_store_id_account"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f(f"fk_{name}_store_id_store")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f(f"pk_{name}")),
    )


def _orders() -> None:
    """Two nullable columns: a node of the former version goes on placing orders without them."""
    with op.batch_alter_table("order") as order:
        order.add_column(sa.Column("phone_hash", Hashed(), nullable=True))
        order.add_column(sa.Column("account_id", sa.String(length=26), nullable=True))
        order.create_foreign_key(
            op.f("fk_order_store_id_account"), "account", ["store_id", "account_id"], ["store_id", "id"]
        )
    op.create_index("ix_order_phone", "order", ["store_id", "phone_hash"])
    op.create_index("ix_order_account", "order", ["store_id", "account_id", "placed_at", "id"])
    unhashed = sa.text("phone_hash IS NULL")
    op.create_index(
        "ix_order_without_phone",
        "order",
        ["store_id", "id"],
        sqlite_where=unhashed,
        postgresql_where=unhashed,
    )


def _letters() -> None:
    op.create_table(
        "account_letter",
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=True),
        sa.Column("order_id", sa.String(length=26), nullable=True),
        sa.Column("email_hash", Hashed(), nullable=False),
        sa.Column("address", Sealed(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id", "account_id"],
            ["account.store_id", "account.id"],
            name=op.f("fk_account_letter_store_id_account"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"],
            ["order.store_id", "order.id"],
            name=op.f("fk_account_letter_store_id_order"),
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_account_letter_store_id_store")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_account_letter")),
    )
    op.create_index("ix_account_letter_account", "account_letter", ["store_id", "account_id"])
    op.create_index("ix_account_letter_ends", "account_letter", ["ends_at"])


def downgrade() -> None:
    op.drop_table("account_letter")
    for name in ("ix_order_without_phone", "ix_order_account", "ix_order_phone"):
        op.drop_index(name, "order")
    with op.batch_alter_table("order") as order:
        order.drop_constraint("fk_order_store_id_account", type_="foreignkey")
        order.drop_column("account_id")
        order.drop_column("phone_hash")
    for name in OWNED:
        op.drop_table(name)
    op.drop_table("account")
