"""Account sessions: which of Stripe's components a design puts into our pages, with what rights.

The object is an AccountSession; it names the components that a page may show and what the seller
may do in each, and its client secret opens exactly those, for one account and a short while. It is
asked for under v1, for accounts of both APIs. The rule that bites: whoever holds the secret is the
seller, so a session names only what the page that asks for it shows, and nothing is granted that
the design leaves to the platform.
https://docs.stripe.com/api/account_sessions/create
https://docs.stripe.com/connect/supported-embedded-components
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, cast

from stripe.params import (
    AccountSessionCreateParams,
    AccountSessionCreateParamsComponents,
)
from stripe.params._account_session_create_params import (
    AccountSessionCreateParamsComponentsPaymentsFeatures,
)

from marketplace.design import ChargeType, Dashboard, Design, LossOwner, Onboarding


class Component(StrEnum):
    """An embedded component, by its name in the API. `connect.js` writes it with dashes."""

    ONBOARDING = "account_onboarding"
    MANAGEMENT = "account_management"
    BANNER = "notification_banner"
    PAYMENTS = "payments"
    DISPUTES = "disputes_list"
    BALANCES = "balances"
    PAYOUTS = "payouts"
    DOCUMENTS = "documents"


class Place(StrEnum):
    """A page of ours that has room for components."""

    ONBOARDING = "onboarding"
    OVERVIEW = "overview"
    ACCOUNT = "account"
    MONEY = "money"
    PAYMENTS = "payments"
    DISPUTES = "disputes"
    DOCUMENTS = "documents"


SHOWN: Mapping[Place, tuple[Component, ...]] = {
    Place.ONBOARDING: (Component.ONBOARDING,),
    Place.OVERVIEW: (Component.BANNER, Component.BALANCES),
    Place.ACCOUNT: (Component.BANNER, Component.MANAGEMENT),
    Place.MONEY: (Component.PAYOUTS,),
    Place.PAYMENTS: (Component.PAYMENTS,),
    Place.DISPUTES: (Component.DISPUTES,),
    Place.DOCUMENTS: (Component.DOCUMENTS,),
}


def components(design: Design) -> tuple[Component, ...]:
    """Every component that our pages owe a seller of this design.

    Without a dashboard all of them; Stripe also wants to reach sellers whose losses it bears in
    the pages where it let us onboard them. The disputes of charges on the platform are the
    platform's, so the seller's list would stay empty.
    https://docs.stripe.com/connect/risk-management/managed-risk
    """
    found: list[Component] = []
    alone = design.dashboard is Dashboard.NONE
    embedded = design.onboarding is Onboarding.EMBEDDED
    if embedded:
        found.append(Component.ONBOARDING)
    if alone or (embedded and design.loss_owner is LossOwner.STRIPE):
        found += [Component.BANNER, Component.MANAGEMENT]
    if alone:
        found.append(Component.PAYMENTS)
        if design.charge_type is ChargeType.DIRECT:
            found.append(Component.DISPUTES)
        found += [Component.BALANCES, Component.PAYOUTS, Component.DOCUMENTS]
    return tuple(found)


def shown(design: Design, place: Place) -> tuple[Component, ...]:
    """The components of one page, in the order in which it shows them."""
    owed = components(design)
    return tuple(component for component in SHOWN[place] if component in owed)


def create_params(
    design: Design, account: str, wanted: tuple[Component, ...]
) -> AccountSessionCreateParams:
    """The request for a session in which `wanted` is open and nothing else.

    What is not said here is Stripe's default, which follows from who bears the losses: sellers pay
    themselves out, and choose when, only where Stripe does. Nor is Stripe's own sign-in switched
    off where the platform could (`disable_stripe_user_authentication`): our passwords alone are
    too little for components in which a bank account is changed.
    https://docs.stripe.com/api/account_sessions/create
    """
    # A charge on the platform is the platform's to capture, refund and defend.
    own = design.charge_type is ChargeType.DIRECT
    rights: AccountSessionCreateParamsComponentsPaymentsFeatures = {
        "capture_payments": own,
        "refund_management": own,
        "dispute_management": own,
        "destination_on_behalf_of_charge_management": False,
    }
    restricted = {Component.PAYMENTS, Component.DISPUTES}
    opened: dict[str, Any] = {
        component.value: {"enabled": True}
        | ({"features": rights} if component in restricted else {})
        for component in wanted
    }
    return {"account": account, "components": cast("AccountSessionCreateParamsComponents", opened)}
