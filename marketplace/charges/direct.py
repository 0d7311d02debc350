"""Direct charges: the buyer pays the seller, and the marketplace takes its commission out of it.

PaymentIntent, charge, refund and dispute all live on the connected account, so every call about
them, the first and all that follow for years, is made with that account's id (`stripe_account`),
and their events come to the Connect endpoint. `application_fee_amount` brings the commission to the
platform as an ApplicationFee. The rule that bites: who pays Stripe's fee is what the account was
made with: the seller, out of the charge, or the platform, on a bill of its own that no object of
the charge mentions. https://docs.stripe.com/connect/direct-charges
https://docs.stripe.com/connect/direct-charges-fee-payer-behavior
"""

from stripe.params.checkout import (
    SessionCreateParams,
    SessionCreateParamsPaymentIntentData,
)

from marketplace.charges import strategy
from marketplace.charges.strategy import Deal, Kind, Party, Planned, Roles, Sale, Urls
from marketplace.design import FeePayer


def roles(fee_payer: FeePayer) -> Roles:
    """Refunds and disputes fall on the seller, Stripe's fee on whoever the account says."""
    billed = Party.SELLER if fee_payer is FeePayer.SELLER else Party.PLATFORM
    return Roles(
        charge_lives_on=Party.SELLER,
        pays_stripe_fee=billed,
        refund_is_taken_from=Party.SELLER,
        dispute_is_taken_from=Party.SELLER,
    )


def session_params(sale: Sale, urls: Urls) -> SessionCreateParams:
    """The Checkout Session of a direct charge; it is made on the seller's account.

    https://docs.stripe.com/connect/direct-charges?platform=web&ui=stripe-hosted
    """
    params = strategy.common_params(sale, urls)
    params["payment_intent_data"] = payment_data(sale)
    return params


def payment_data(sale: Sale) -> SessionCreateParamsPaymentIntentData:
    """The commission. Stripe wants it positive and less than the total, or not at all."""
    data = strategy.common_data(sale)
    if sale.commission:
        data["application_fee_amount"] = sale.commission.amount
    return data


def charged_account(account: str) -> str | None:
    """The seller's own."""
    return account


def plan(deal: Deal) -> list[Planned]:
    """Charge, Stripe's fee from whoever pays it, and the commission."""
    (share,) = deal.shares
    billed = roles(deal.fee_payer).pays_stripe_fee
    whose = share.seller if billed is Party.SELLER else None
    movements = [
        Planned(Kind.CHARGE, Party.BUYER, Party.SELLER, share.amount, share.seller),
        Planned(Kind.STRIPE_FEE, billed, Party.STRIPE, deal.stripe_fee, whose),
    ]
    if share.commission:
        kept = share.commission
        movements.append(
            Planned(Kind.APPLICATION_FEE, Party.SELLER, Party.PLATFORM, kept, share.seller)
        )
    return movements
