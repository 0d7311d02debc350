"""Orders, their lines, each seller's part, and the attempts to pay for them.

An order is one buyer, one payment, one currency; with separate charges and transfers it may have
several sellers, each with a part. A Payment is one attempt. The rule that
bites: the Payment row, with its idempotency key, is committed before Stripe is asked, so that after
a crash the same attempt is finished and not a second one begun.
"""

import secrets
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace import clock
from marketplace.database import Base, Stamped, choice
from marketplace.design import DEFAULT, ChargeType, FeePayer
from marketplace.design.passing import Split, TransferWhen
from marketplace.lifecycles import OrderStatus, PaymentStatus
from marketplace.models.catalogue import Product
from marketplace.models.people import User
from marketplace.models.sellers import Seller
from marketplace.money import Money


class PaymentUi(StrEnum):
    """Where the buyer pays: on Stripe's page, in our own form, or with a card kept at Stripe."""

    HOSTED = "hosted"
    ELEMENTS = "elements"
    SAVED_CARD = "saved_card"


class Order(Stamped, Base):
    """What a buyer agreed to pay a seller. `token` is its name in addresses, and unguessable."""

    __tablename__ = "orders"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.Index(None, "seller_id", "id"),
        sa.Index(None, "buyer_id", "id"),
        sa.Index(None, "status", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(
        sa.String(64), unique=True, default=lambda: secrets.token_urlsafe(24)
    )
    buyer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    buyer_email: Mapped[str | None] = mapped_column(sa.String(254))
    # None when there are several; each has a part.
    seller_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sellers.id"))
    currency: Mapped[str] = mapped_column(sa.String(3))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    application_fee_amount: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    # How it is charged, as it stood when the order was placed: a repeated call to Stripe must carry
    # the very same parameters, whatever was changed at the seller since.
    charge_type: Mapped[ChargeType] = mapped_column(choice(ChargeType), default=DEFAULT.charge_type)
    fee_payer: Mapped[FeePayer] = mapped_column(choice(FeePayer), default=DEFAULT.fee_payer)
    split: Mapped[Split] = mapped_column(choice(Split), default=Split.APPLICATION_FEE)
    on_behalf_of: Mapped[bool] = mapped_column(default=False)
    statement_descriptor_suffix: Mapped[str | None] = mapped_column(sa.String(22))
    status: Mapped[OrderStatus] = mapped_column(choice(OrderStatus), default=OrderStatus.PLACED)
    # The same form sent twice carries the same nonce and gives the same order.
    form_nonce: Mapped[str] = mapped_column(sa.String(64), unique=True)
    placed_at: Mapped[datetime] = mapped_column(default=clock.now)
    paid_at: Mapped[datetime | None]
    fulfilled_at: Mapped[datetime | None]
    # Why a person must look before anything else happens; None for nearly all.
    held_because: Mapped[str | None] = mapped_column(sa.Text)

    buyer: Mapped[User | None] = relationship(back_populates="orders", lazy="raise")
    seller: Mapped[Seller | None] = relationship(back_populates="orders", lazy="raise")
    parts: Mapped[list["OrderPart"]] = relationship(
        back_populates="order", lazy="raise", order_by="OrderPart.id"
    )
    lines: Mapped[list["OrderLine"]] = relationship(
        back_populates="order", lazy="raise", order_by="OrderLine.id"
    )
    payments: Mapped[list["Payment"]] = relationship(
        back_populates="order", lazy="raise", order_by="Payment.id"
    )

    @property
    def total(self) -> Money:
        """What the buyer pays."""
        return Money(self.amount, self.currency)

    @property
    def shops(self) -> list[Seller]:
        """The shops it was ordered from; loaded with the parts."""
        return [part.seller for part in self.parts]

    @property
    def shop_names(self) -> str:
        """Their names, for people."""
        return ", ".join(shop.shop_name for shop in self.shops)

    @property
    def application_fee(self) -> Money:
        """What the marketplace keeps of it, before Stripe's own fee."""
        return Money(self.application_fee_amount, self.currency)


class OrderPart(Stamped, Base):
    """What one seller has in an order: goods for `amount`, of which the marketplace keeps a part.

    An order of one seller has one. With `transfer_when` later, the operator decides about the rest.
    """

    __tablename__ = "order_parts"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.UniqueConstraint("order_id", "seller_id"),
        sa.Index(None, "seller_id", "order_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"))
    seller_id: Mapped[int] = mapped_column(sa.ForeignKey("sellers.id"))
    currency: Mapped[str] = mapped_column(sa.String(3))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    application_fee_amount: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    transfer_when: Mapped[TransferWhen] = mapped_column(
        choice(TransferWhen), default=TransferWhen.NOW
    )
    fulfilled_at: Mapped[datetime | None]

    order: Mapped[Order] = relationship(back_populates="parts", lazy="raise")
    seller: Mapped[Seller] = relationship(lazy="raise")

    @property
    def total(self) -> Money:
        """What the buyer pays for this seller's goods."""
        return Money(self.amount, self.currency)

    @property
    def application_fee(self) -> Money:
        """What the marketplace keeps of it."""
        return Money(self.application_fee_amount, self.currency)


class OrderLine(Base):
    """So many of one product, at the price of the day."""

    __tablename__ = "order_lines"
    __table_args__ = (sa.CheckConstraint("quantity > 0", name="quantity_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"), index=True)
    seller_id: Mapped[int] = mapped_column(sa.ForeignKey("sellers.id"), index=True)
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    unit_amount: Mapped[int] = mapped_column(sa.BigInteger)
    quantity: Mapped[int]

    order: Mapped[Order] = relationship(back_populates="lines", lazy="raise")
    product: Mapped[Product] = relationship(back_populates="order_lines", lazy="raise")
    seller: Mapped[Seller] = relationship(lazy="raise")


class Payment(Stamped, Base):
    """One attempt to pay an order. https://docs.stripe.com/api/checkout/sessions/object"""

    __tablename__ = "payments"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"), index=True)
    status: Mapped[PaymentStatus] = mapped_column(
        choice(PaymentStatus), default=PaymentStatus.REQUESTED, index=True
    )
    idempotency_key: Mapped[str] = mapped_column(
        sa.String(255), unique=True, default=lambda: f"payment:{secrets.token_hex(12)}:0"
    )
    # The connected account on which it is charged; None: the platform's own. Every later call about
    # this attempt is made on that account.
    stripe_account: Mapped[str | None] = mapped_column(sa.String(64))
    ui: Mapped[PaymentUi] = mapped_column(choice(PaymentUi), default=PaymentUi.HOSTED)
    # The platform's Customer whose saved card pays, or who wants the new card to be kept.
    customer: Mapped[str | None] = mapped_column(sa.String(64))
    payment_method: Mapped[str | None] = mapped_column(sa.String(64))
    # The language of Stripe's page, as Stripe names it; None: that of the browser.
    locale: Mapped[str | None] = mapped_column(sa.String(8))
    checkout_session_id: Mapped[str | None] = mapped_column(sa.String(128), unique=True)
    checkout_url: Mapped[str | None] = mapped_column(sa.Text)
    payment_intent_id: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    charge_id: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    failure_code: Mapped[str | None] = mapped_column(sa.String(80))
    failure_message: Mapped[str | None] = mapped_column(sa.Text)
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    stock_released: Mapped[bool] = mapped_column(default=False)
    # What went back to the buyer, or is on its way; None: nobody ever gave anything back.
    amount_refunded: Mapped[int | None] = mapped_column(sa.BigInteger)
    refunds_read_at: Mapped[datetime | None]
    # Why and when the latest refund that failed did, and how much of what failed the buyer still
    # lacks: 0 once it was given again.
    refund_failure: Mapped[str | None] = mapped_column(sa.String(80))
    refund_failed_at: Mapped[datetime | None] = mapped_column(index=True)
    refund_missing: Mapped[int | None] = mapped_column(sa.BigInteger)

    order: Mapped[Order] = relationship(back_populates="payments", lazy="raise")

    @property
    def refunded(self) -> Money:
        """What went back to the buyer, or is on its way."""
        return Money(self.amount_refunded or 0, self.currency)

    @property
    def missing(self) -> Money | None:
        """What the buyer lacks of refunds that failed; None where nobody knows how much."""
        return None if self.refund_missing is None else Money(self.refund_missing, self.currency)
