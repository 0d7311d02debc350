"""The walls that a new platform runs into at its first account, and the way over each.

Stripe makes no account for a platform that has not signed up for Connect, has not accepted its
profile, said otherwise there who bears losses, or never used Accounts v1. The rule that bites: only
under v2, and only for two of the four, does Stripe say by a code which it is. Its sentences change
without notice, so where there is no code, those that the design could have met are all named.
https://docs.stripe.com/connect/accounts-v2 https://docs.stripe.com/api/v2/core/accounts/create
"""

from collections.abc import Mapping
from dataclasses import dataclass

from marketplace.accounts import v2
from marketplace.design import AccountsApi, Design

DASHBOARD = "https://dashboard.stripe.com"


# What v2 says when it has no code for the reason.
VAGUE = frozenset({None, "invalid_fields"})


@dataclass(frozen=True, slots=True)
class Wall:
    """What stands in the way, what to do about it, and the page of Stripe's where that is done."""

    what: str
    todo: str
    label: str
    url: str


CONNECT = Wall(
    "Connect is not signed up for yet.",
    "Sign up for it, then try again.",
    "Dashboard, Connect",
    f"{DASHBOARD}/connect",
)
PROFILE = Wall(
    "The responsibilities for losses are not accepted yet.",
    "Review and accept them in the platform profile.",
    "Platform profile",
    f"{DASHBOARD}/settings/connect/platform-profile",
)
LOSSES = Wall(
    "The platform profile says otherwise who bears losses than the account asks for.",
    "Compare the profile with the design of this shop, and change one of them; until there is an "
    "account, all of the design may change.",
    "Platform profile",
    f"{DASHBOARD}/settings/connect/platform-profile",
)
OLDER = Wall(
    "Accounts v1 is not open to new platforms.",
    "Give this shop, and new ones, a design with Accounts v2, or switch v1 on.",
    "Dashboard, API policies",
    f"{DASHBOARD}/settings/developers/api-policies/feat_accounts_v1_support",
)
# French law, to name one: what sellers say of themselves may not pass through the platform.
TOKENS = Wall(
    "Stripe takes what sellers say of themselves only as tokens made in their browsers.",
    "Give this shop, and new ones, a design in which Stripe asks the sellers itself, hosted or "
    "embedded.",
    "Account tokens",
    "https://docs.stripe.com/connect/account-tokens",
)
# Only reported, not documented: https://docs.stripe.com/connect/service-agreement-types#recipient
ONLY_PAID = Wall(
    "Under Accounts v2, Stripe makes no account in this seller's country that is only paid.",
    "Give this shop a design with Accounts v1, which has a word for such an agreement.",
    "Service agreements",
    "https://docs.stripe.com/connect/service-agreement-types",
)
ALL = (CONNECT, PROFILE, LOSSES, OLDER, TOKENS, ONLY_PAID)
# The codes are those of Accounts v2; under v1 the same walls were only seen as sentences.
BY_CODE: Mapping[str, Wall] = {
    "platform_registration_required": CONNECT,
    "account_creation_liability_unacknowledged": PROFILE,
    "account_token_required_for_v2_account": TOKENS,
    v2.NEEDS_CARDS: ONLY_PAID,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """The walls that a refusal may mean; `sure` when Stripe's code says which.

    No wall at all: the refusal is about this account and not about the platform.
    """

    walls: tuple[Wall, ...]
    sure: bool


def refusal(design: Design, code: str | None) -> Refusal:
    """What stands in the way of an account of `design`, by the code of Stripe's refusal."""
    if code is not None and code in BY_CODE:
        return Refusal((BY_CODE[code],), sure=True)
    if code not in VAGUE:
        return Refusal((), sure=True)
    if design.accounts_api is AccountsApi.V2:
        return Refusal((LOSSES,), sure=False)
    return Refusal((CONNECT, PROFILE, LOSSES, OLDER), sure=False)
