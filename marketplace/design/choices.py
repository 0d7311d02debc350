"""The answers themselves: six enums, and a `Design` that holds one of each.

The rule that bites: all but the charge type and the onboarding are fixed when the account is
created, so every seller row keeps its own copy.
https://docs.stripe.com/connect/design-an-integration
"""

import itertools
from dataclasses import dataclass
from enum import StrEnum


class AccountsApi(StrEnum):
    """In which of its two languages we speak of an account."""

    V1 = "v1"
    V2 = "v2"


class Onboarding(StrEnum):
    """Where the seller answers Stripe's questions."""

    HOSTED = "hosted"
    EMBEDDED = "embedded"
    API = "api"


class Dashboard(StrEnum):
    """What the seller may see at Stripe."""

    FULL = "full"
    EXPRESS = "express"
    NONE = "none"


class FeePayer(StrEnum):
    """Whom Stripe bills for processing. Accounts v1 says `account` and `application`."""

    SELLER = "seller"
    PLATFORM = "platform"


class LossOwner(StrEnum):
    """Who covers a negative balance. Accounts v1 says `stripe` and `application`."""

    STRIPE = "stripe"
    PLATFORM = "platform"


class ChargeType(StrEnum):
    """On whose account the buyer is charged, and how the seller gets the share."""

    DIRECT = "direct"
    DESTINATION = "destination"
    SEPARATE = "separate"


@dataclass(frozen=True, slots=True)
class Design:
    """One answer to every question."""

    accounts_api: AccountsApi
    onboarding: Onboarding
    dashboard: Dashboard
    fee_payer: FeePayer
    loss_owner: LossOwner
    charge_type: ChargeType


DEFAULT = Design(
    accounts_api=AccountsApi.V2,
    onboarding=Onboarding.HOSTED,
    dashboard=Dashboard.EXPRESS,
    fee_payer=FeePayer.PLATFORM,
    loss_owner=LossOwner.PLATFORM,
    charge_type=ChargeType.DESTINATION,
)

Choice = AccountsApi | Onboarding | Dashboard | FeePayer | LossOwner | ChargeType

# Every point of the space, refused ones included: 2 x 3 x 3 x 2 x 2 x 3 = 216.
EVERY: tuple[Design, ...] = tuple(
    itertools.starmap(
        Design,
        itertools.product(AccountsApi, Onboarding, Dashboard, FeePayer, LossOwner, ChargeType),
    )
)
