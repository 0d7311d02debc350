"""Disputes: a buyer's bank asks for money back, or takes it.

A row repeats what Stripe said of one Dispute when `refreshed_at` was written. The rule that bites:
it lives where the charge lives, so `account` is the connected account of a direct charge, and None
for charges on the platform, whose loss it is, whoever sold the goods.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import Base, choice
from marketplace.lifecycles import DisputeStatus
from marketplace.models.orders import Order
from marketplace.models.sellers import Seller


class Dispute(Base):
    """One dispute of one charge. https://docs.stripe.com/api/disputes/object"""

    __tablename__ = "disputes"

    id: Mapped[int] = mapped_column(primary_key=True)
    stripe_id: Mapped[str] = mapped_column(sa.String(64), unique=True)
    account: Mapped[str | None] = mapped_column(sa.String(64))
    # None: the order has several sellers, or is none of ours.
    seller_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sellers.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("orders.id"), index=True)
    charge: Mapped[str] = mapped_column(sa.String(64), index=True)
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    # Stripe's word for why; the list grows, so it is no choice of ours.
    reason: Mapped[str] = mapped_column(sa.String(64))
    status: Mapped[DisputeStatus] = mapped_column(choice(DisputeStatus), index=True)
    due_by: Mapped[datetime | None]
    answered: Mapped[bool]
    created: Mapped[datetime]
    refreshed_at: Mapped[datetime]

    seller: Mapped[Seller | None] = relationship(lazy="raise")
    order: Mapped[Order | None] = relationship(lazy="raise")
