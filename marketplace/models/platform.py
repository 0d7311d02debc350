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
from marketplace.design import (
    DEFAULT,
    AccountsApi,
    ChargeType,
    Dashboard,
    Design,
    FeePayer,
    LossOwner,
    Onboarding,
)
from marketplace.design.collecting import Collect
from marketplace.design.passing import Split, TransferWhen
from marketplace.models.sellers import Seller


class Terms:
    """The columns of a design and a commission, as a new `Seller` will have them."""

    accounts_api: Mapped[AccountsApi] = mapped_column(
        choice(AccountsApi), default=DEFAULT.accounts_api
    )
    dashboard: Mapped[Dashboard] = mapped_column(choice(Dashboard), default=DEFAULT.dashboard)
    onboarding: Mapped[Onboarding] = mapped_column(choice(Onboarding), default=DEFAULT.onboarding)
    charge_type: Mapped[ChargeType] = mapped_column(choice(ChargeType), default=DEFAULT.charge_type)
    fee_payer: Mapped[FeePayer] = mapped_column(choice(FeePayer), default=DEFAULT.fee_payer)
    loss_owner: Mapped[LossOwner] = mapped_column(choice(LossOwner), default=DEFAULT.loss_owner)
    # Basis points, then minor units of the platform's currency: a shop that is opened with another
    # currency has the share alone; see `Seller`.
    fee_bps: Mapped[int] = mapped_column(default=1000)
    fee_fixed: Mapped[int] = mapped_column(default=0)
    fee_min: Mapped[int | None]
    fee_max: Mapped[int | None]
    split: Mapped[Split] = mapped_column(choice(Split), default=Split.APPLICATION_FEE)
    on_behalf_of: Mapped[bool] = mapped_column(default=False)
    transfer_when: Mapped[TransferWhen] = mapped_column(
        choice(TransferWhen), default=TransferWhen.NOW
    )

    @property
    def design(self) -> Design:
        """The six choices together."""
        return Design(
            accounts_api=self.accounts_api,
            onboarding=self.onboarding,
            dashboard=self.dashboard,
            fee_payer=self.fee_payer,
            loss_owner=self.loss_owner,
            charge_type=self.charge_type,
        )


class PlatformSettings(Stamped, Terms, Base):
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


class Invitation(Stamped, Terms, Base):
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
