"""Sellers, and what we mirror of their connected accounts.

`Seller.stripe_id` is an Account; the flags, capabilities and requirements beside it are what Stripe
said when `refreshed_at` was written. The rule that bites: `account_status` says how far *our* call
came. "requested" without a `stripe_id` means that a crash may have left an account at Stripe, which
the same idempotency key, made from `token`, brings back.
"""

import secrets
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import Base, Stamped, choice
from marketplace.lifecycles import SellerState
from marketplace.models.agreed import Agreed
from marketplace.models.people import User

if TYPE_CHECKING:
    from marketplace.models.catalogue import Product
    from marketplace.models.orders import Order


class AccountStatus(StrEnum):
    """How far we came with making the connected account."""

    NONE = "none"
    REQUESTED = "requested"
    CREATED = "created"


class ServiceAgreement(StrEnum):
    """Which agreement the seller has with Stripe: to take payments, or only to be paid."""

    FULL = "full"
    RECIPIENT = "recipient"


class Seller(Stamped, Agreed, Base):
    """A shop and its connected account. https://docs.stripe.com/api/accounts/object"""

    __tablename__ = "sellers"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Random, because row numbers start again in a new database while Stripe remembers old keys.
    token: Mapped[str] = mapped_column(
        sa.String(32), unique=True, default=lambda: secrets.token_hex(12)
    )
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), unique=True)
    shop_name: Mapped[str] = mapped_column(sa.String(80))
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    country: Mapped[str] = mapped_column(sa.String(2))
    currency: Mapped[str] = mapped_column(sa.String(3))
    email: Mapped[str] = mapped_column(sa.String(254))
    stripe_id: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    service_agreement: Mapped[ServiceAgreement] = mapped_column(
        choice(ServiceAgreement), default=ServiceAgreement.FULL
    )
    # What the seller told of the shop when opening it: the pre-filled part of the account.
    website: Mapped[str | None] = mapped_column(sa.String(500))
    sells: Mapped[str | None] = mapped_column(sa.String(500))
    mcc: Mapped[str | None] = mapped_column(sa.String(4))

    # The commission's three amounts in further currencies:
    # {"eur": {"fixed": 30, "least": None, "most": None}}.
    fee_parts: Mapped[dict[str, Any]] = mapped_column(default=dict)

    account_status: Mapped[AccountStatus] = mapped_column(
        choice(AccountStatus), default=AccountStatus.NONE
    )
    state: Mapped[SellerState] = mapped_column(choice(SellerState), default=SellerState.NOT_STARTED)
    details_submitted: Mapped[bool] = mapped_column(default=False)
    charges_enabled: Mapped[bool] = mapped_column(default=False)
    payouts_enabled: Mapped[bool] = mapped_column(default=False)
    transfers_active: Mapped[bool] = mapped_column(default=False)
    capabilities: Mapped[dict[str, Any]] = mapped_column(default=dict)
    requirements: Mapped[dict[str, Any]] = mapped_column(default=dict)
    deadline: Mapped[datetime | None]
    disabled_reason: Mapped[str | None] = mapped_column(sa.String(80))
    refreshed_at: Mapped[datetime | None]
    deauthorized_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(back_populates="seller", lazy="raise")
    products: Mapped[list["Product"]] = relationship(back_populates="seller", lazy="raise")
    orders: Mapped[list["Order"]] = relationship(back_populates="seller", lazy="raise")
    bank_accounts: Mapped[list["BankAccount"]] = relationship(back_populates="seller", lazy="raise")
    balances: Mapped[list["Balance"]] = relationship(back_populates="seller", lazy="raise")


class BankAccount(Stamped, Base):
    """Where payouts go. https://docs.stripe.com/api/external_account_bank_accounts/object"""

    __tablename__ = "bank_accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(sa.ForeignKey("sellers.id"), index=True)
    stripe_id: Mapped[str] = mapped_column(sa.String(64), unique=True)
    bank_name: Mapped[str | None] = mapped_column(sa.String(120))
    last4: Mapped[str] = mapped_column(sa.String(4))
    currency: Mapped[str] = mapped_column(sa.String(3))
    country: Mapped[str] = mapped_column(sa.String(2))
    # Stripe's word: "errored" means that a payout failed and none follows until it is replaced.
    status: Mapped[str] = mapped_column(sa.String(48))
    is_default: Mapped[bool] = mapped_column(default=False)

    seller: Mapped[Seller] = relationship(back_populates="bank_accounts", lazy="raise")


class Balance(Base):
    """What somebody holds at Stripe in one currency, in minor units, when last looked at."""

    __tablename__ = "balances"
    __table_args__ = (
        sa.UniqueConstraint("seller_id", "currency"),
        # NULLs are never equal, so the platform's rows need a rule of their own.
        sa.Index(
            "uq_balances_platform_currency",
            "currency",
            unique=True,
            sqlite_where=sa.text("seller_id IS NULL"),
            postgresql_where=sa.text("seller_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # None: the platform's own balance.
    seller_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sellers.id"))
    currency: Mapped[str] = mapped_column(sa.String(3))
    available: Mapped[int] = mapped_column(sa.BigInteger)
    pending: Mapped[int] = mapped_column(sa.BigInteger)
    refreshed_at: Mapped[datetime]

    seller: Mapped[Seller | None] = relationship(back_populates="balances", lazy="raise")
