"""staff: people, roles, factors, sessions"""

import sqlalchemy as sa
from alembic import op

from payments.columns import Hashed, Sealed, UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_failures",
        sa.Column("email_hash", Hashed(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("email_hash", name=op.f("pk_staff_failures")),
    )
    op.create_index(op.f("ix_staff_failures_last_at"), "staff_failures", ["last_at"], unique=False)
    op.create_table(
        "staff_member",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("name", Sealed(), nullable=False),
        sa.Column("email", Sealed(), nullable=False),
        sa.Column("email_hash", Hashed(), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("active_since", UTCDateTime(), nullable=True),
        sa.Column("password", Sealed(), nullable=True),
        sa.Column("totp", Sealed(), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_member")),
        sa.UniqueConstraint("email_hash", name=op.f("uq_staff_member_email_hash")),
    )
    op.create_table(
        "staff_former_password",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("password", Sealed(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["staff_member.id"], name=op.f("fk_staff_former_password_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_former_password")),
    )
    op.create_index(
        op.f("ix_staff_former_password_member_id"), "staff_former_password", ["member_id"], unique=False
    )
    op.create_table(
        "staff_link",
        sa.Column("token_hash", Hashed(), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["staff_member.id"], name=op.f("fk_staff_link_member_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_staff_link")),
    )
    op.create_index(op.f("ix_staff_link_member_id"), "staff_link", ["member_id"], unique=False)
    op.create_table(
        "staff_notice",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("topic", sa.String(length=30), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("link", Sealed(), nullable=True),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["staff_member.id"], name=op.f("fk_staff_notice_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_notice")),
    )
    op.create_index("ix_staff_notice_member", "staff_notice", ["member_id"], unique=False)
    op.create_table(
        "staff_passkey",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["staff_member.id"], name=op.f("fk_staff_passkey_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_staff_passkey_credential_id")),
    )
    op.create_index(op.f("ix_staff_passkey_member_id"), "staff_passkey", ["member_id"], unique=False)
    op.create_table(
        "staff_recovery_code",
        sa.Column("code_hash", Hashed(), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["staff_member.id"], name=op.f("fk_staff_recovery_code_member_id")
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_staff_recovery_code")),
    )
    op.create_index(
        op.f("ix_staff_recovery_code_member_id"), "staff_recovery_code", ["member_id"], unique=False
    )
    op.create_table(
        "staff_role",
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("granted_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["staff_member.id"], name=op.f("fk_staff_role_member_id")),
        sa.PrimaryKeyConstraint("member_id", "role", name=op.f("pk_staff_role")),
    )
    op.create_table(
        "staff_session",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("token_hash", Hashed(), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("device", sa.String(length=40), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.Column("proved_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["staff_member.id"], name=op.f("fk_staff_session_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_session_token_hash")),
    )
    op.create_index(op.f("ix_staff_session_member_id"), "staff_session", ["member_id"], unique=False)
    op.create_table(
        "staff_step",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("token_hash", Hashed(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=True),
        sa.Column("challenge", sa.LargeBinary(), nullable=True),
        sa.Column("totp", Sealed(), nullable=True),
        sa.Column("password", Sealed(), nullable=True),
        sa.Column("link_hash", Hashed(), nullable=True),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["staff_member.id"], name=op.f("fk_staff_step_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_step")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_step_token_hash")),
    )
    op.create_index(op.f("ix_staff_step_expires_at"), "staff_step", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_staff_step_expires_at"), table_name="staff_step")
    op.drop_table("staff_step")
    op.drop_index(op.f("ix_staff_session_member_id"), table_name="staff_session")
    op.drop_table("staff_session")
    op.drop_table("staff_role")
    op.drop_index(op.f("ix_staff_recovery_code_member_id"), table_name="staff_recovery_code")
    op.drop_table("staff_recovery_code")
    op.drop_index(op.f("ix_staff_passkey_member_id"), table_name="staff_passkey")
    op.drop_table("staff_passkey")
    op.drop_index("ix_staff_notice_member", table_name="staff_notice")
    op.drop_table("staff_notice")
    op.drop_index(op.f("ix_staff_link_member_id"), table_name="staff_link")
    op.drop_table("staff_link")
    op.drop_index(op.f("ix_staff_former_password_member_id"), table_name="staff_former_password")
    op.drop_table("staff_former_password")
    op.drop_table("staff_member")
    op.drop_index(op.f("ix_staff_failures_last_at"), table_name="staff_failures")
    op.drop_table("staff_failures")
