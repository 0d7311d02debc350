"""Mirrors of the objects by which Stripe moves money.

Every row repeats what Stripe said about one object; none is ever computed here. The rule that
bites: a balance transaction belongs to one balance, so the same sale appears as several rows, told
apart by `account`: the connected account's id, or None for the platform's own balance.
"""

import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import Base, Stamped, choice
from marketplace.lifecycles import PayoutStatus, TransferStatus
from marketplace.models.orders import Order, OrderPart
from marketplace.models.sellers import Seller
from marketplace.money import Money


class BalanceTransaction(Base):
    """One line of one Stripe balance. https://docs.stripe.com/api/balance_transactions/object"""

    __tablename__ = "balance_transactions"
    __table_args__ = (sa.Index(None, "account", "created"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    stripe_id: Mapped[str] = mapped_column(sa.String(64), unique=True)
    account: Mapped[str | None] = mapped_column(sa.String(64))
    seller_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sellers.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("orders.id"), index=True)
    type: Mapped[str] = mapped_column(sa.String(64))
    reporting_category: Mapped[str] = mapped_column(sa.String(64))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    fee: Mapped[int] = mapped_column(sa.BigInteger)
    net: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    fee_details: Mapped[list[Any]] = mapped_column(default=list)
    available_on: Mapped[datetime]
    status: Mapped[str] = mapped_column(sa.String(32))
    source: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    # A decimal number as Stripe wrote it; a float would round it.
    exchange_rate: Mapped[str | None] = mapped_column(sa.String(32))
    created: Mapped[datetime]

    seller: Mapped[Seller | None] = relationship(lazy="raise")
    order: Mapped[Order | None] = relationship(lazy="raise")


class Transfer(Base):
    """Money from the platform to a seller. https://docs.stripe.com/api/transfers/object"""

    __tablename__ = "transfers"

    id: Mapped[int] = mapped_column(primary_key=True)
    stripe_id: Mapped[str] = mapped_column(sa.String(64), unique=True)
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("orders.id"), index=True)
    seller_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sellers.id"), index=True)
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    amount_reversed: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    currency: Mapped[str] = mapped_column(sa.String(3))
    destination_payment: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    source_transaction: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    created: Mapped[datetime]

    seller: Mapped[Seller | None] = relationship(lazy="raise")
    order: Mapped[Order | None] = relationship(lazy="raise")


class TransferRequest(Stamped, Base):
    """That a transfer shall be made: written down before Stripe is asked, finished after a crash.

    `amount` is in the currency in which the charge settled. `nonce` says what asked for it, so that
    asking twice is asking once. https://docs.stripe.com/api/transfers/create
    """

    __tablename__ = "transfer_requests"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.Index(None, "status", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(
        sa.String(32), unique=True, default=lambda: secrets.token_hex(12)
    )
    nonce: Mapped[str] = mapped_column(sa.String(80), unique=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"), index=True)
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("order_parts.id"), index=True)
    # Who receives it: the part's seller, or whom the operator chose.
    seller_id: Mapped[int] = mapped_column(sa.ForeignKey("sellers.id"), index=True)
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    # The charge that pays for it; None: the platform's available balance does.
    source_transaction: Mapped[str | None] = mapped_column(sa.String(64))
    status: Mapped[TransferStatus] = mapped_column(
        choice(TransferStatus), default=TransferStatus.REQUESTED
    )
    stripe_id: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    failure_code: Mapped[str | None] = mapped_column(sa.String(80))
    failure_message: Mapped[str | None] = mapped_column(sa.Text)

    order: Mapped[Order] = relationship(lazy="raise")
    part: Mapped[OrderPart] = relationship(lazy="raise")
    seller: Mapped[Seller] = relationship(lazy="raise")

    @property
    def total(self) -> Money:
        """How much is passed on."""
        return Money(self.amount, self.currency)


class ApplicationFee(Base):
    """What the platform took of a charge. https://docs.stripe.com/api/application_fees/object"""

    __tablename__ = "application_fees"

    id: Mapped[int] = mapped_column(primary_key=True)
    stripe_id: Mapped[str] = mapped_column(sa.String(64), unique=True)
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("orders.id"), index=True)
    seller_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sellers.id"), index=True)
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    amount_refunded: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    currency: Mapped[str] = mapped_column(sa.String(3))
    charge: Mapped[str | None] = mapped_column(sa.String(64), index=True)

    seller: Mapped[Seller | None] = relationship(lazy="raise")
    order: Mapped[Order | None] = relationship(lazy="raise")


class Payout(Base):
    """Money from a Stripe balance to a bank. https://docs.stripe.com/api/payouts/object"""

    __tablename__ = "payouts"
    __table_args__ = (sa.Index(None, "seller_id", "created"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    stripe_id: Mapped[str] = mapped_column(sa.String(64), unique=True)
    # None: the platform's own payout.
    seller_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sellers.id"))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    status: Mapped[PayoutStatus] = mapped_column(choice(PayoutStatus))
    arrival_date: Mapped[datetime]
    automatic: Mapped[bool]
    method: Mapped[str] = mapped_column(sa.String(16))
    # The Stripe id of the bank account or card; it may be gone by now, so it is no foreign key.
    destination: Mapped[str | None] = mapped_column(sa.String(64))
    failure_code: Mapped[str | None] = mapped_column(sa.String(80))
    failure_message: Mapped[str | None] = mapped_column(sa.Text)
    created: Mapped[datetime]
    updated: Mapped[datetime]

    seller: Mapped[Seller | None] = relationship(lazy="raise")
