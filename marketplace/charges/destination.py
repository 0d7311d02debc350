"""Destination charges: the buyer pays the platform, and Stripe passes the money on at once.

The PaymentIntent and the charge live on the platform. `transfer_data[destination]` makes a Transfer
of the whole amount to the seller, where it arrives as a payment (`py_…`), and
`application_fee_amount` brings the commission back as an ApplicationFee. The rule that bites: the
platform pays Stripe's fee out of that commission, and refunds and disputes are taken from the
platform; the seller's share comes back only if we reverse the transfer.
https://docs.stripe.com/connect/destination-charges
"""

from stripe import RequestOptions
from stripe.params.checkout import SessionCreateParams

from marketplace.charges import strategy
from marketplace.charges.strategy import Kind, Party, Planned, Roles, Sale, Urls
from marketplace.money import Money

ROLES = Roles(
    charge_lives_on=Party.PLATFORM,
    pays_stripe_fee=Party.PLATFORM,
    refund_is_taken_from=Party.PLATFORM,
    dispute_is_taken_from=Party.PLATFORM,
)


def session_params(sale: Sale, urls: Urls) -> SessionCreateParams:
    """The Checkout Session of a destination charge.

    https://docs.stripe.com/connect/destination-charges?platform=web&ui=stripe-hosted
    """
    params = strategy.common_params(sale, urls)
    params["payment_intent_data"] = {
        "description": sale.title,
        "metadata": strategy.metadata(sale),
        "transfer_group": strategy.transfer_group(sale.reference),
        "transfer_data": {"destination": sale.destination},
    }
    # What Stripe makes of a fee of 0 is not documented; leaving it out is.
    if sale.commission:
        params["payment_intent_data"]["application_fee_amount"] = sale.commission.amount
    return params


def options(_account: str) -> RequestOptions:
    """The platform makes the call for itself: no `stripe_account`."""
    return {}


def plan(total: Money, commission: Money, stripe_fee: Money | None) -> list[Planned]:
    """Charge, Stripe's fee, the transfer of it all, and the commission back."""
    movements = [
        Planned(Kind.CHARGE, Party.BUYER, Party.PLATFORM, total),
        Planned(Kind.STRIPE_FEE, Party.PLATFORM, Party.STRIPE, stripe_fee),
        Planned(Kind.TRANSFER, Party.PLATFORM, Party.SELLER, total),
    ]
    if commission:
        movements.append(
            Planned(Kind.APPLICATION_FEE, Party.SELLER, Party.PLATFORM, commission),
        )
    return movements
