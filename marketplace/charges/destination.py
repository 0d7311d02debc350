"""Destination charges: the buyer pays the platform, and Stripe passes the money on at once.

The PaymentIntent and the charge live on the platform. `transfer_data[destination]` makes a Transfer
to the seller, where it arrives as a payment (`py_…`): of the whole amount, out of which
`application_fee_amount` brings the commission back as an ApplicationFee, or of
`transfer_data[amount]`, the net share, and then the commission never leaves. The rule that bites:
the platform pays Stripe's fee out of that commission, whatever the account says about fees, and
refunds and disputes are taken from the platform; the seller's share comes back only if we reverse
the transfer. https://docs.stripe.com/connect/destination-charges
"""

from stripe.params.checkout import (
    SessionCreateParams,
    SessionCreateParamsPaymentIntentData,
)

from marketplace.charges import strategy
from marketplace.charges.strategy import Deal, Kind, Party, Planned, Roles, Sale, Urls
from marketplace.design import FeePayer
from marketplace.design.passing import Split


def roles(_fee_payer: FeePayer) -> Roles:
    """Everything falls on the platform."""
    return Roles(
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
    params["payment_intent_data"] = payment_data(sale)
    return params


def payment_data(sale: Sale) -> SessionCreateParamsPaymentIntentData:
    """The destination, and the commission in one of the two ways."""
    data = strategy.common_data(sale)
    data["transfer_group"] = strategy.transfer_group(sale.reference)
    data["transfer_data"] = {"destination": sale.destination}
    if sale.split is Split.TRANSFER_AMOUNT:
        data["transfer_data"]["amount"] = (sale.total - sale.commission).amount
    elif sale.commission:
        # What Stripe makes of a fee of 0 is not documented; leaving it out is.
        data["application_fee_amount"] = sale.commission.amount
    if sale.on_behalf_of:
        data["on_behalf_of"] = sale.destination
    return data


def charged_account(_account: str) -> str | None:
    """The platform makes the call for itself."""
    return None


def plan(deal: Deal) -> list[Planned]:
    """Charge, Stripe's fee, the transfer, and of a transfer of it all the commission back."""
    (share,) = deal.shares
    net = deal.split is Split.TRANSFER_AMOUNT
    passed_on = share.rest if net else share.amount
    movements = [
        Planned(Kind.CHARGE, Party.BUYER, Party.PLATFORM, share.amount),
        Planned(Kind.STRIPE_FEE, Party.PLATFORM, Party.STRIPE, deal.stripe_fee),
        Planned(Kind.TRANSFER, Party.PLATFORM, Party.SELLER, passed_on, share.seller),
    ]
    if share.commission and not net:
        kept = share.commission
        movements.append(
            Planned(Kind.APPLICATION_FEE, Party.SELLER, Party.PLATFORM, kept, share.seller)
        )
    return movements
