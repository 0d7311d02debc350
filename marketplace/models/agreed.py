"""What a shop is opened with: a design and a commission.

A seller has them, the platform offers them, an invitation promises them. The rule that bites: they
are copied from one to the next and never pointed at, so a seller keeps what was agreed.
"""

from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import choice
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
from marketplace.design.passing import Split, TransferWhen


class Agreed:
    """The columns of a design and a commission."""

    accounts_api: Mapped[AccountsApi] = mapped_column(
        choice(AccountsApi), default=DEFAULT.accounts_api
    )
    dashboard: Mapped[Dashboard] = mapped_column(choice(Dashboard), default=DEFAULT.dashboard)
    onboarding: Mapped[Onboarding] = mapped_column(choice(Onboarding), default=DEFAULT.onboarding)
    charge_type: Mapped[ChargeType] = mapped_column(choice(ChargeType), default=DEFAULT.charge_type)
    fee_payer: Mapped[FeePayer] = mapped_column(choice(FeePayer), default=DEFAULT.fee_payer)
    loss_owner: Mapped[LossOwner] = mapped_column(choice(LossOwner), default=DEFAULT.loss_owner)
    # The marketplace's commission: basis points of the sale plus a fixed part, no less than the
    # minimum and no more than the maximum. The three are minor units of the shop's own currency,
    # and of the platform's where there is no shop yet: one that is opened with another currency
    # has the share alone.
    fee_bps: Mapped[int] = mapped_column(default=1000)
    fee_fixed: Mapped[int] = mapped_column(default=0)
    fee_min: Mapped[int | None]
    fee_max: Mapped[int | None]
    # Destination charges: how the share is named, and whether the seller is the merchant of record.
    split: Mapped[Split] = mapped_column(choice(Split), default=Split.APPLICATION_FEE)
    on_behalf_of: Mapped[bool] = mapped_column(default=False)
    # Separate charges: whether the share is passed on at once.
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
