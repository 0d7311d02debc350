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

from stripe.params.checkout import (
    SessionCreateParams,
    SessionCreateParamsPaymentIntentData,
)

from marketplace.design import FeePayer
from marketplace.design.passing import Split
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
    REFUND_FAILURE = "refund_failure"
    TRANSFER_REVERSAL = "transfer_reversal"
    APPLICATION_FEE_REFUND = "application_fee_refund"
    DISPUTE = "dispute"
    DISPUTE_FEE = "dispute_fee"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the payment page."""

    title: str
    unit: Money
    quantity: int


@dataclass(frozen=True, slots=True)
class Sale:
    """One order, about to be paid.

    `reference` is the order's unguessable name, `attempt` the attempt's; `commission` is what the
    marketplace keeps; `destination` is the seller's Stripe account, "" when there are several.
    `on_behalf_of` makes that seller the merchant of record, and `descriptor_suffix` stands on the
    buyer's bank statement. All amounts share a currency.
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
    split: Split = Split.APPLICATION_FEE
    on_behalf_of: bool = False
    descriptor_suffix: str | None = None


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
class Share:
    """One seller's part of an order: what the buyer pays for it, and what the marketplace keeps.

    `held` means that the rest waits with the marketplace until somebody decides about it.
    """

    seller: int
    amount: Money
    commission: Money
    held: bool = False

    @property
    def rest(self) -> Money:
        """What the seller is left with, before any fee of Stripe's that the seller pays."""
        return self.amount - self.commission


@dataclass(frozen=True, slots=True)
class Deal:
    """What is agreed about the money of an order; `shares` are at least one, in one currency.

    `stripe_fee` is an estimate, or None where there is none.
    """

    shares: Sequence[Share]
    stripe_fee: Money | None
    fee_payer: FeePayer = FeePayer.PLATFORM
    split: Split = Split.APPLICATION_FEE

    @property
    def total(self) -> Money:
        """What the buyer pays."""
        return self._sum([share.amount for share in self.shares])

    @property
    def commission(self) -> Money:
        """What the marketplace keeps of it, before any fee of Stripe's that it pays."""
        return self._sum([share.commission for share in self.shares])

    def _sum(self, amounts: Sequence[Money]) -> Money:
        return sum(amounts[1:], amounts[0])


@dataclass(frozen=True, slots=True)
class Planned:
    """A movement to expect once the buyer has paid. `money` is None while nobody can know it.

    `seller` tells which of several sellers takes part; None where none does.
    """

    kind: Kind
    payer: Party
    payee: Party
    money: Money | None
    seller: int | None = None


class Strategy(Protocol):
    """A charge type: pure functions."""

    def roles(self, fee_payer: FeePayer) -> Roles:
        """Who bears what, when the account says that `fee_payer` pays Stripe's fees."""

    def payment_data(self, sale: Sale) -> SessionCreateParamsPaymentIntentData:
        """What makes a payment one of this type, on a Session as on a bare PaymentIntent."""

    def session_params(self, sale: Sale, urls: Urls) -> SessionCreateParams:
        """The parameters that create the Checkout Session of `sale`."""

    def charged_account(self, account: str) -> str | None:
        """The account on which the buyer is charged: the seller's, or None for the platform's."""

    def plan(self, deal: Deal) -> list[Planned]:
        """The movements to expect of a sale."""


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


def common_data(sale: Sale) -> SessionCreateParamsPaymentIntentData:
    """What every payment of ours carries, whatever the charge type."""
    data: SessionCreateParamsPaymentIntentData = {
        "description": sale.title,
        "metadata": metadata(sale),
    }
    if sale.descriptor_suffix:
        data["statement_descriptor_suffix"] = sale.descriptor_suffix
    return data


def metadata(sale: Sale) -> dict[str, str]:
    """What ties Stripe's objects to our rows, on the Session and on its PaymentIntent."""
    return {"order": sale.reference, "attempt": sale.attempt}
