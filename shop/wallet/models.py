"""The one table: under which name the provider knows a customer. Nothing of any card is kept."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from payments.columns import INTERNAL, UTCDateTime, utcnow
from shop.db.base import Base, StoreOwned


class AccountCustomer(StoreOwned, Base):
    """A customer at the provider, made when its account first asked to keep a card. It goes when the account goes."""

    __tablename__ = "account_customer"
    account_id: Mapped[str] = mapped_column(String(26), primary_key=True, info=INTERNAL)
    provider_account: Mapped[str] = mapped_column(String(16), primary_key=True, info=INTERNAL)
    """Our name of the provider's account: another one knows nobody of this one."""
    customer_id: Mapped[str] = mapped_column(String(80), info=INTERNAL)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=utcnow, info=INTERNAL)

    __table_args__ = (
        ForeignKeyConstraint(
            ["store_id", "account_id"], ["account.store_id", "account.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("provider_account", "customer_id"),
    )
