"""What follows from a design: who bears what, which screens are owed, which webhooks come where.

The rule that bites: scopes. The same fact comes to different endpoints under different designs: a
direct charge is an event of the connected account, a destination charge one of the platform. And
accounts of v2 tell their news in thin events of the platform's own scope, while the snapshot event
`account.updated` about them goes on arriving in the connected scope.
https://docs.stripe.com/connect/charges https://docs.stripe.com/connect/webhooks
"""

from dataclasses import dataclass

from marketplace import charges
from marketplace.accounts import sessions
from marketplace.accounts.sessions import Component
from marketplace.charges.strategy import Party, Roles
from marketplace.design import (
    AccountsApi,
    ChargeType,
    Dashboard,
    Design,
    LossOwner,
    Onboarding,
)
from marketplace.design.shape import configurations, platform_collects


@dataclass(frozen=True, slots=True)
class Liability:
    """Who bears something, and how it goes."""

    title: str
    party: Party
    how: str


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen that your site owes the seller, and the embedded component that could be it."""

    title: str
    why: str
    component: str | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One registration for webhooks: its payload, and the event types.

    `about` says what comes there, `do` what is to be done for it.
    """

    title: str
    about: str
    do: str
    payload: str
    types: tuple[str, ...]


def roles(design: Design) -> Roles:
    """Who bears what of a sale; as the charge type says, where the shop has it."""
    if design.charge_type not in charges.STRATEGIES:
        return Roles(Party.PLATFORM, Party.PLATFORM, Party.PLATFORM, Party.PLATFORM)
    return charges.of(design.charge_type).roles(design.fee_payer)


def liabilities(design: Design) -> tuple[Liability, ...]:
    """Who bears what, from the everyday to the worst case.

    https://docs.stripe.com/connect/charges https://docs.stripe.com/connect/disputes
    """
    borne = roles(design)
    direct = design.charge_type is ChargeType.DIRECT
    answers = Party.STRIPE if design.loss_owner is LossOwner.STRIPE else Party.PLATFORM
    return (
        Liability(
            "Stripe's processing fee",
            borne.pays_stripe_fee,
            "Taken from each payment of the seller."
            if borne.pays_stripe_fee is Party.SELLER
            else "Taken from you; your commission has to cover it.",
        ),
        Liability(
            "Refunds",
            borne.refund_is_taken_from,
            "Taken from the seller's balance; your fee comes back only if you say so."
            if direct
            else "Taken from your balance; reverse the transfer to get the seller's share back.",
        ),
        Liability(
            "Disputes",
            borne.dispute_is_taken_from,
            "The bank takes the amount from the seller."
            if direct
            else "The bank takes the amount from you; reverse the transfer when it opens.",
        ),
        Liability(
            "The fee of a dispute",
            borne.pays_stripe_fee,
            "Billed like the other fees of the payment.",
        ),
        Liability(
            "A seller's negative balance",
            answers,
            "Stripe bears what the seller cannot pay back."
            if answers is Party.STRIPE
            else "Held back from your balance at once, and yours after 180 days.",
        ),
        Liability(
            "Asking for identity and documents",
            Party.PLATFORM if platform_collects(design) else Party.STRIPE,
            "You collect the requirements, now and whenever they change."
            if platform_collects(design)
            else "Stripe collects the requirements from the seller.",
        ),
    )


def screens(design: Design) -> tuple[Screen, ...]:
    """What your site has to show the seller, with the component that Stripe offers for it."""
    return (*_onboarding_screens(design), *_dashboard_screens(design))


def _onboarding_screens(design: Design) -> tuple[Screen, ...]:
    way_back = Screen("A page to come back to", "It reads the account and says what is still due.")
    match design.onboarding:
        case Onboarding.HOSTED:
            return (
                way_back,
                Screen("A page for used links", "It makes the next link for the signed-in owner."),
            )
        case Onboarding.EMBEDDED:
            return (Screen("Onboarding", "Stripe asks inside your page.", "account_onboarding"),)
        case Onboarding.API:
            return (
                Screen("Your form", "Every requirement that Stripe names, errors beside fields."),
                Screen("Documents and bank account", "Files go to Stripe; numbers as tokens."),
                Screen("Terms of service", "Accepted by the seller; you send date and address."),
            )


def _dashboard_screens(design: Design) -> tuple[Screen, ...]:
    own: tuple[Screen, ...] = ()
    if design.dashboard is Dashboard.FULL:
        own = (Screen("A link to dashboard.stripe.com", "The seller signs in there."),)
    elif design.dashboard is Dashboard.EXPRESS:
        own = (Screen("A button to the Express Dashboard", "Each click makes a login link."),)
    return (*own, *(_COMPONENTS[it] for it in sessions.components(design) if it in _COMPONENTS))


_COMPONENTS = {
    component: Screen(title, why, component.value)
    for component, title, why in (
        (Component.BANNER, "What Stripe wants to know", "Due requirements, in time."),
        (Component.MANAGEMENT, "Account details", "The seller changes the bank account."),
        (Component.PAYMENTS, "Payments and refunds", "Nobody else shows them."),
        (Component.DISPUTES, "Disputes", "The seller's own, with the day to answer by."),
        (Component.BALANCES, "Balance", "What is available, and what is on its way."),
        (Component.PAYOUTS, "Payouts", "What arrives at the bank, and when."),
        (Component.DOCUMENTS, "Documents", "Tax forms and statements."),
    )
}


def webhooks(design: Design) -> tuple[Endpoint, ...]:
    """The registrations that this design needs, each with its event types.

    https://docs.stripe.com/connect/webhooks
    """
    direct = design.charge_type is ChargeType.DIRECT
    own = (*(() if direct else _PAYMENT), *_fees_and_transfers(design), *_PAYOUT)
    connected = (*_account_events(design), *(_PAYMENT if direct else ()), *_PAYOUT)
    endpoints = [
        Endpoint(
            "Your account",
            "Events of the platform itself, as snapshot events.",
            "Register an endpoint for events of your own account.",
            "snapshot",
            own,
        ),
        Endpoint(
            "Connected accounts",
            "Events that name a seller's account, as snapshot events.",
            "Register a second endpoint for events of connected accounts.",
            "snapshot",
            connected,
        ),
    ]
    if design.accounts_api is AccountsApi.V2:
        endpoints.append(
            Endpoint(
                "Your account, thin",
                "News of v2 accounts, as thin events.",
                "Register a third endpoint for thin events: they cannot share one with the others.",
                "thin",
                _thin_events(design),
            )
        )
    return tuple(endpoints)


_PAYMENT = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "charge.refunded",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.closed",
)
_PAYOUT = ("payout.paid", "payout.failed", "balance.available")


def _fees_and_transfers(design: Design) -> tuple[str, ...]:
    fees = ("application_fee.created", "application_fee.refunded")
    transfers = ("transfer.created", "transfer.reversed")
    match design.charge_type:
        case ChargeType.DIRECT:
            return fees
        case ChargeType.DESTINATION:
            return (*fees, *transfers)
        case ChargeType.SEPARATE:
            return transfers


def _account_events(design: Design) -> tuple[str, ...]:
    """News of accounts. Persons and bank accounts are told only where the platform is in charge."""
    events = ["account.updated", "capability.updated"]
    if design.dashboard is Dashboard.FULL:
        events.append("account.application.deauthorized")
    else:
        events += ["account.external_account.updated"]
    if platform_collects(design):
        events += ["person.created", "person.updated"]
    return tuple(events)


def _thin_events(design: Design) -> tuple[str, ...]:
    status = "capability_status_updated"
    return (
        "v2.core.account[requirements].updated",
        "v2.core.account[identity].updated",
        *(f"v2.core.account[configuration.{name}].{status}" for name in configurations(design)),
        "v2.core.account.closed",
    )
