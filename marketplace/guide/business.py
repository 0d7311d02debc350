"""The shorter way in: what the business is, and what it earns with; the choices follow.

Stripe's guide for Accounts v2 asks these two questions instead of five. The rule that bites: the
business model decides nearly everything, because it says whose customer the buyer is; what you earn
with only adds to the work.
https://docs.stripe.com/connect/interactive-platform-guide
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from marketplace.design import (
    AccountsApi,
    ChargeType,
    Dashboard,
    Design,
    FeePayer,
    LossOwner,
    Onboarding,
)
from marketplace.guide.requests import ACCOUNT, Request

DOCS = "https://docs.stripe.com/connect"
YES = "yes"


@dataclass(frozen=True, slots=True)
class Model:
    """What the business is. `because` says why these are its choices."""

    value: str
    title: str
    means: str
    when: str
    because: tuple[str, ...]
    design: Design
    page: str


@dataclass(frozen=True, slots=True)
class Earning:
    """Something to earn with, and the work that it adds. `name` is its name in an address."""

    name: str
    title: str
    means: str
    do: tuple[str, ...]
    requests: tuple[Request, ...]
    pages: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """Something that the model leaves open, asked only where it changes a choice."""

    name: str
    title: str
    means: str


PLATFORM = Model(
    "platform",
    "A platform",
    "Sellers collect the payments of their own customers, with your software.",
    "The buyer knows the seller's shop, and hardly knows you.",
    (
        "The buyer is the seller's customer, so the charge is made on the seller's account.",
        "A business of its own has its own Stripe account and its full Dashboard.",
        "Stripe then bills the seller, watches the risk and bears the losses.",
    ),
    Design(
        AccountsApi.V2,
        Onboarding.HOSTED,
        Dashboard.FULL,
        FeePayer.SELLER,
        LossOwner.STRIPE,
        ChargeType.DIRECT,
    ),
    f"{DOCS}/saas",
)
MARKETPLACE = Model(
    "marketplace",
    "A marketplace",
    "You collect the payments and distribute them to the sellers.",
    "The buyer knows you, and orders from you.",
    (
        "The buyer is your customer, so the charge is made on your account and passed on.",
        "Sellers need to see little more than their money: the Express Dashboard shows it.",
        "Charges on your account are billed to you, and what they lose is yours to bear.",
    ),
    Design(
        AccountsApi.V2,
        Onboarding.HOSTED,
        Dashboard.EXPRESS,
        FeePayer.PLATFORM,
        LossOwner.PLATFORM,
        ChargeType.DESTINATION,
    ),
    f"{DOCS}/marketplace",
)
MODELS = (PLATFORM, MARKETPLACE)
SEVERAL = Question(
    "several",
    "Several sellers in one basket, or sellers who are paid later",
    "You charge once, and transfer to each seller when you like.",
)


def earnings(model: Model) -> tuple[Earning, ...]:
    """What a business of this model can earn with."""
    return (_fees(model), _subscriptions(), _products())


def _fees(model: Model) -> Earning:
    return Earning(
        "fees",
        "Application fees",
        "You keep a part of each payment.",
        (
            "Send the fee with each payment, or keep it back where you transfer yourself.",
            "Give it back with a refund only if you mean to.",
        ),
        (),
        {
            "Collect platform fees": f"{DOCS}/{_family(model)}/tasks/app-fees",
            "Platform pricing tool": f"{DOCS}/platform-pricing-tools",
        },
    )


def _subscriptions() -> Earning:
    customer = {"configuration": {"customer": {"applied": True}}}
    plan = {"customer_account": ACCOUNT, "items": [{"price": "price_PLAN"}]}
    return Earning(
        "subscriptions",
        "Subscriptions to your software",
        "Sellers pay you by the month for what you offer.",
        (
            "Make a product with a recurring price in your own account.",
            "Add the configuration customer to the seller's v2 account: it is one account for all.",
            "Let the seller leave a payment method before the first subscription.",
            "This shop does not do this: it is described only.",
        ),
        (
            Request(
                "Let the account be charged too",
                "POST",
                f"/v2/core/accounts/{ACCOUNT}",
                "v2.core.accounts.update",
                customer,
                ids=(ACCOUNT,),
            ),
            Request(
                "Begin the subscription",
                "POST",
                "/v1/subscriptions",
                "v1.subscriptions.create",
                plan,
            ),
        ),
        {
            "Charge service fees": f"{DOCS}/saas/tasks/service-fee",
            "Billing for connected accounts": f"{DOCS}/integrate-billing-connect",
        },
    )


def _products() -> Earning:
    return Earning(
        "products",
        "More of Stripe's products",
        "You pass on what Stripe offers sellers beyond payments, and share in it.",
        (
            "Embed the component of each product in your pages.",
            "Let sellers have their money within minutes, for a fee of yours.",
        ),
        (),
        {
            "Supported components": f"{DOCS}/supported-embedded-components",
            "Instant payouts": f"{DOCS}/instant-payouts",
        },
    )


def _family(model: Model) -> str:
    return "saas" if model is PLATFORM else "marketplace"


def read(values: Mapping[str, str]) -> tuple[Model | None, tuple[Earning, ...]]:
    """The model and the earnings that an address names; None where it names no model we know."""
    model = next((it for it in MODELS if it.value == values.get("model")), None)
    if model is None:
        return None, ()
    return model, tuple(it for it in earnings(model) if values.get(it.name) == YES)


def design(model: Model, values: Mapping[str, str]) -> Design:
    """The design that follows from the answers in an address."""
    if model is MARKETPLACE and values.get(SEVERAL.name) == YES:
        return replace(model.design, charge_type=ChargeType.SEPARATE)
    return model.design


def texts() -> Sequence[str]:
    """Every sentence of this module, for whoever translates it."""
    said = [SEVERAL.title, SEVERAL.means]
    for model in MODELS:
        said += [model.title, model.means, model.when, *model.because]
        for earning in earnings(model):
            said += [earning.title, earning.means, *earning.do, *earning.pages]
            said += [request.says for request in earning.requests]
    return said
