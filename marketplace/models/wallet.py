"""Buyers as Stripe knows them, and the cards that they keep there.

A `Customer` is a buyer's Customer on the platform's own account; a `SavedCard` mirrors one
PaymentMethod attached to it: brand, last digits and expiry, never a number. The rule that bites: a
card that was given up stays as a row, because an answer of Stripe's that was on its way meanwhile
still lists it, and must not bring it back.
"""

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace import clock
from marketplace.database import Base, Stamped
from marketplace.models.people import User


class Customer(Stamped, Base):
    """A buyer at Stripe. https://docs.stripe.com/api/customers/object"""

    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Random, because row numbers start again in a new database while Stripe remembers old keys.
    token: Mapped[str] = mapped_column(
        sa.String(32), unique=True, default=lambda: secrets.token_hex(12)
    )
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), unique=True)
    stripe_id: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    # What takes the next card: a SetupIntent for our own form, a Session for Stripe's page.
    # The number of those that are done makes the key of the next one.
    setups_done: Mapped[int] = mapped_column(default=0)
    setup_intent_id: Mapped[str | None] = mapped_column(sa.String(64))
    setup_session_id: Mapped[str | None] = mapped_column(sa.String(128))

    user: Mapped[User] = relationship(lazy="raise")
    cards: Mapped[list["SavedCard"]] = relationship(back_populates="customer", lazy="raise")


class SavedCard(Stamped, Base):
    """A card that a buyer keeps. https://docs.stripe.com/api/payment_methods/object"""

    __tablename__ = "saved_cards"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    stripe_id: Mapped[str] = mapped_column(sa.String(64), unique=True)
    # The same for every PaymentMethod made of one card; the card is shown once.
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    brand: Mapped[str] = mapped_column(sa.String(32))
    last4: Mapped[str] = mapped_column(sa.String(4))
    exp_month: Mapped[int]
    exp_year: Mapped[int]
    created: Mapped[datetime]
    # The buyer gave it up; Stripe has let go of it. In between lies a call that may need repeating.
    removed_at: Mapped[datetime | None]
    detached_at: Mapped[datetime | None]

    customer: Mapped[Customer] = relationship(back_populates="cards", lazy="raise")

    @property
    def name(self) -> str:
        """What a person calls it: Visa •••• 4242."""
        brand = {"amex": "American Express", "jcb": "JCB"}.get(self.brand)
        return f"{brand or self.brand.replace('_', ' ').title()} •••• {self.last4}"

    @property
    def expires(self) -> str:
        """Month and year as they stand on the card."""
        return f"{self.exp_month:02}/{self.exp_year % 100:02}"

    @property
    def expired(self) -> bool:
        """Whether its last month is over."""
        today = clock.now()
        return (self.exp_year, self.exp_month) < (today.year, today.month)
