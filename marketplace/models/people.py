"""Who uses the marketplace, and how they stay signed in.

Nothing here exists at Stripe. The rule that bites: a session is a row that can be revoked, its
token is stored only as a hash, and so is the address in a failed attempt.
"""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace import clock
from marketplace.database import Base, Stamped, choice

if TYPE_CHECKING:
    from marketplace.models.orders import Order
    from marketplace.models.sellers import Seller


class Role(StrEnum):
    """What a person came for. Guests buy without being anybody."""

    BUYER = "buyer"
    SELLER = "seller"
    OPERATOR = "operator"


class User(Stamped, Base):
    """A person with a password. `email` is casefolded."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    password_hash: Mapped[str] = mapped_column(sa.String(255))
    role: Mapped[Role] = mapped_column(choice(Role), default=Role.BUYER)

    seller: Mapped["Seller | None"] = relationship(back_populates="user", lazy="raise")
    sessions: Mapped[list["LoginSession"]] = relationship(back_populates="user", lazy="raise")
    orders: Mapped[list["Order"]] = relationship(back_populates="buyer", lazy="raise")


class LoginSession(Base):
    """One signed-in browser. Its cookie holds the token; we hold only the token's hash."""

    __tablename__ = "login_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    user_agent: Mapped[str] = mapped_column(sa.String(120), default="")

    user: Mapped[User] = relationship(back_populates="sessions", lazy="raise")


class LoginAttempt(Base):
    """One try to sign in, kept to slow down who tries too often."""

    __tablename__ = "login_attempts"
    __table_args__ = (sa.Index(None, "email_hash", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email_hash: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    succeeded: Mapped[bool]
