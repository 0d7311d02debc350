"""Separate charges and transfers: the buyer pays the platform once, and each seller is sent a part.

The PaymentIntent and the charge live on the platform and know nothing of the sellers but the
transfer group; once it is paid, `transfers` sends each seller what is theirs, at once or when the
operator has decided. The rule that bites: the charge and its transfers are strangers to Stripe. A
refund takes no transfer back, and nothing keeps the platform from sending more than it was paid.
https://docs.stripe.com/connect/separate-charges-and-transfers
"""

from stripe.params import TransferCreateParams
from stripe.params.checkout import (
    SessionCreateParams,
    SessionCreateParamsPaymentIntentData,
)

from marketplace.charges import strategy
from marketplace.charges.strategy import Deal, Kind, Party, Planned, Roles, Sale, Urls
from marketplace.design import FeePayer
from marketplace.money import Money

# The key of the metadata by which a transfer names the request that asked for it.
REQUEST = "request"


def roles(_fee_payer: FeePayer) -> Roles:
    """Everything falls on the platform."""
    return Roles(
        charge_lives_on=Party.PLATFORM,
        pays_stripe_fee=Party.PLATFORM,
        refund_is_taken_from=Party.PLATFORM,
        dispute_is_taken_from=Party.PLATFORM,
    )


def session_params(sale: Sale, urls: Urls) -> SessionCreateParams:
    """The Checkout Session: an ordinary one of the platform's, with a transfer group.

    https://docs.stripe.com/connect/separate-charges-and-transfers?platform=web&ui=stripe-hosted
    """
    params = strategy.common_params(sale, urls)
    params["payment_intent_data"] = payment_data(sale)
    return params


def payment_data(sale: Sale) -> SessionCreateParamsPaymentIntentData:
    """The transfer group. An application fee cannot be asked for: the commission just stays."""
    data = strategy.common_data(sale)
    data["transfer_group"] = strategy.transfer_group(sale.reference)
    if sale.on_behalf_of and sale.destination:
        data["on_behalf_of"] = sale.destination
    return data


def transfer_params(
    share: Money, destination: str, *, reference: str, title: str, request: str, source: str | None
) -> TransferCreateParams:
    """The transfer of a seller's share to the account `destination`.

    `reference` is the order's, `request` the unguessable name of what asks for it, by which the
    transfer is found again. With `source`, the charge, it need not wait for available money.
    https://docs.stripe.com/api/transfers/create
    """
    params: TransferCreateParams = {
        "amount": share.amount,
        "currency": share.currency,
        "destination": destination,
        "transfer_group": strategy.transfer_group(reference),
        "description": title,
        "metadata": {REQUEST: request},
        "expand": ["balance_transaction"],
    }
    if source:
        params["source_transaction"] = source
    return params


def charged_account(_account: str) -> str | None:
    """The platform makes the call for itself."""
    return None


def plan(deal: Deal) -> list[Planned]:
    """Charge, Stripe's fee, and one transfer for each seller whose share is not held back."""
    return [
        Planned(Kind.CHARGE, Party.BUYER, Party.PLATFORM, deal.total),
        Planned(Kind.STRIPE_FEE, Party.PLATFORM, Party.STRIPE, deal.stripe_fee),
        *(
            Planned(Kind.TRANSFER, Party.PLATFORM, Party.SELLER, share.rest, share.seller)
            for share in deal.shares
            if not share.held
        ),
    ]
