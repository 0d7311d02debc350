"""What the platform offers to new sellers, and whom it has invited.

`PlatformSettings` is one row: the default design, the default commission, and what Stripe says of
the platform's own account. An `Invitation` is a link that opens one shop on the terms beside it.
The rule that bites: terms are copied, never pointed at. A seller keeps what was agreed when the
shop was opened, whatever the defaults become.
"""

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import Base, Stamped, choice
from marketplace.design.collecting import Collect
from marketplace.models.agreed import Agreed
from marketplace.models.sellers import Seller


class PlatformSettings(Stamped, Agreed, Base):
    """The one row of what the operator has decided; there is none until something was decided."""

    __tablename__ = "platform_settings"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    # Where buyers may pay: on Stripe's page, in a form on our own page, or as they like.
    pay_at_stripe: Mapped[bool] = mapped_column(default=True)
    pay_here: Mapped[bool] = mapped_column(default=True)
    # How much Stripe's own questions ask for at the start.
    collect: Mapped[Collect] = mapped_column(choice(Collect), default=Collect.EVENTUALLY)
    # The platform's own account. https://docs.stripe.com/api/accounts/retrieve
    stripe_id: Mapped[str | None] = mapped_column(sa.String(64))
    country: Mapped[str | None] = mapped_column(sa.String(2))
    currency: Mapped[str | None] = mapped_column(sa.String(3))


class Invitation(Stamped, Agreed, Base):
    """A link that opens one shop. The link holds a token; we hold only the token's hash.

    With a `stripe_id` it brings an account that exists at Stripe already.
    """

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    form_nonce: Mapped[str] = mapped_column(
        sa.String(64), unique=True, default=lambda: secrets.token_hex(12)
    )
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    email: Mapped[str] = mapped_column(sa.String(254))
    expires_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    seller_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sellers.id"), index=True)
    # Of an account that is imported: its id, where it is, and what it is called there.
    stripe_id: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    country: Mapped[str | None] = mapped_column(sa.String(2))
    currency: Mapped[str | None] = mapped_column(sa.String(3))
    shop_name: Mapped[str | None] = mapped_column(sa.String(80))

    seller: Mapped[Seller | None] = relationship(lazy="raise")
