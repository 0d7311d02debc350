"""The choices that make one Connect integration differ from another, and which of them go together.

Stripe asks five questions before any code is written: how sellers are onboarded, which dashboard
they see, who pays Stripe's fees, who bears losses, and how buyers are charged; and since 2025 a
sixth, which Accounts API is spoken. `choices` is the answers, `rules` says which of the 216 sets of
answers exist, `shape` what an account is made of as a consequence. All of it is data and pure
functions. https://docs.stripe.com/connect/design-an-integration
"""

from marketplace.design.choices import (
    DEFAULT,
    EVERY,
    AccountsApi,
    ChargeType,
    Choice,
    Dashboard,
    Design,
    FeePayer,
    LossOwner,
    Onboarding,
)

__all__ = [
    "DEFAULT",
    "EVERY",
    "AccountsApi",
    "ChargeType",
    "Choice",
    "Dashboard",
    "Design",
    "FeePayer",
    "LossOwner",
    "Onboarding",
]
