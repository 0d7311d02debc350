"""What every charge type must be able to answer, in the words that all of them share.

A `Sale` is what is to be paid, free of any database row, so that the same functions serve an order
and the guide's preview. The rule that bites: a strategy is asked again after a crash and must give
the very same parameters, so it reads no clock, no setting and nothing that somebody may edit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from stripe import RequestOptions
from stripe.params.checkout import SessionCreateParams

from marketplace.money import Money


class Party(StrEnum):
    """Who holds money in an order."""

    BUYER = "buyer"
    PLATFORM = "platform"
    SELLER = "seller"
    STRIPE = "stripe"


class Kind(StrEnum):
    """What moved the money; each is seen in a Stripe object of its own."""

    CHARGE = "charge"
    STRIPE_FEE = "stripe_fee"
    TRANSFER = "transfer"
    APPLICATION_FEE = "application_fee"
    REFUND = "refund"
    TRANSFER_REVERSAL = "transfer_reversal"
    APPLICATION_FEE_REFUND = "application_fee_refund"
    DISPUTE = "dispute"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the payment page."""

    title: str
    unit: Money
    quantity: int


@dataclass(frozen=True, slots=True)
class Sale:
    """One order of one seller, about to be paid.

    `reference` is the order's unguessable name, `attempt` the attempt's; `commission` is what the
    marketplace keeps; `destination` is the seller's Stripe account. All amounts share a currency.
    """

    reference: str
    attempt: str
    title: str
    items: Sequence[Item]
    total: Money
    commission: Money
    destination: str
    buyer_email: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Urls:
    """Where Stripe sends the buyer: after paying, and after turning back."""

    success: str
    cancel: str


@dataclass(frozen=True, slots=True)
class Roles:
    """Who bears what under a charge type: data for the money story and the guide."""

    charge_lives_on: Party
    pays_stripe_fee: Party
    refund_is_taken_from: Party
    dispute_is_taken_from: Party


@dataclass(frozen=True, slots=True)
class Planned:
    """A movement to expect once the buyer has paid. `money` is None while nobody can know it."""

    kind: Kind
    payer: Party
    payee: Party
    money: Money | None


class Strategy(Protocol):
    """A charge type: pure functions and data."""

    @property
    def ROLES(self) -> Roles:  # noqa: N802 - a module's constant satisfies it
        """Who bears what."""

    def session_params(self, sale: Sale, urls: Urls) -> SessionCreateParams:
        """The parameters that create the Checkout Session of `sale`."""

    def options(self, account: str) -> RequestOptions:
        """On whose account calls are made: the seller's `account`, or nothing (the platform's)."""

    def plan(self, total: Money, commission: Money, stripe_fee: Money | None) -> list[Planned]:
        """The movements to expect; `stripe_fee` is an estimate, None where there is none."""


def reference_of(transfer_group: str | None) -> str | None:
    """Read an order's reference back from a transfer group; None for somebody else's group."""
    prefix, _, reference = (transfer_group or "").partition("order_")
    return reference or None if not prefix else None


def transfer_group(reference: str) -> str:
    """The transfer group of an order: it finds the order from a transfer that carries no metadata.

    https://docs.stripe.com/connect/separate-charges-and-transfers#transfer-options
    """
    return f"order_{reference}"


def common_params(sale: Sale, urls: Urls) -> SessionCreateParams:
    """What every Checkout Session of ours has, whatever the charge type.

    https://docs.stripe.com/api/checkout/sessions/create
    """
    params: SessionCreateParams = {
        "mode": "payment",
        "line_items": [
            {
                "quantity": item.quantity,
                "price_data": {
                    "currency": item.unit.currency,
                    "unit_amount": item.unit.amount,
                    "product_data": {"name": item.title},
                },
            }
            for item in sale.items
        ],
        "client_reference_id": sale.reference,
        "metadata": metadata(sale),
        "success_url": urls.success,
        "cancel_url": urls.cancel,
        "expires_at": int(sale.expires_at.timestamp()),
        # The buyer is charged the very amount that we compare with the order afterwards.
        "adaptive_pricing": {"enabled": False},
    }
    if sale.buyer_email:
        params["customer_email"] = sale.buyer_email
    return params


def metadata(sale: Sale) -> dict[str, str]:
    """What ties Stripe's objects to our rows, on the Session and on its PaymentIntent."""
    return {"order": sale.reference, "attempt": sale.attempt}
