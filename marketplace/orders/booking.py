"""What Stripe did with the money of an order, copied into our books.

A charge on the platform brings its balance transaction, transfer and commission in the very answer
that told us it is paid; the rest is asked for afterwards. The rule that bites: a direct charge is a
line on the seller's balance, readable only in the seller's name, while its commission, and Stripe's
bill where the platform pays it, are lines on the platform's.
https://docs.stripe.com/connect/charges
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import orm
from stripe import StripeClient

from marketplace import charges, ledger, transfers
from marketplace.charges.strategy import Party
from marketplace.design import ChargeType
from marketplace.ledger.mirrors import id_of
from marketplace.models import Order, Payment
from marketplace.orders import refunded

Facts = Mapping[str, Any]
CHARGE = "latest_charge"


def expand(account: str | None) -> Sequence[str]:
    """What to ask for beside a PaymentIntent on `account`, None being the platform.

    The commission of a direct charge is made when somebody looks: asking for it makes it. Its
    balance transaction is the platform's, which the connected account may not read.
    https://docs.stripe.com/connect/direct-charges#collect-fees
    """
    if account:
        return [f"{CHARGE}.balance_transaction", f"{CHARGE}.application_fee"]
    parts = ("balance_transaction", "transfer.balance_transaction")
    return [f"{CHARGE}.{part}" for part in (*parts, "application_fee.balance_transaction")]


def keep(session: orm.Session, order: Order, payment: Payment, charge: Facts) -> None:
    """Copy what came with a charge: its balance transaction, transfer and commission. No call."""
    transaction, transfer, fee = (
        charge.get(name) for name in ("balance_transaction", "transfer", "application_fee")
    )
    owned = {"seller_id": order.seller_id, "order_id": order.id}
    if isinstance(transaction, Mapping):
        ledger.keep_transaction(session, transaction, account=payment.stripe_account, **owned)
    if isinstance(transfer, Mapping):
        transfers.keep(session, transfer, order_id=order.id)
    if isinstance(fee, Mapping):
        ledger.keep_application_fee(session, fee, **owned)


def follow(
    session: orm.Session, stripe: StripeClient, order: Order, payment: Payment, charge: Facts
) -> None:
    """Book what the charge itself does not carry; no call for what is known. Commits.

    Raises StripeError; asked again, it goes on where it stopped.
    """
    if not charge:
        return
    transfer = charge.get("transfer")
    if isinstance(transfer, Mapping):
        transfers.record_arrival(session, stripe, transfer, order_id=order.id)
    if payment.stripe_account:
        _follow_direct(session, stripe, order, charge)
    known = payment.amount_refunded is not None or order.status in refunded.GIVEN_BACK
    if known or charge.get("amount_refunded"):  # of one that failed the charge tells nothing
        refunded.follow(session, stripe, order, payment)
    if order.charge_type is ChargeType.SEPARATE:
        ledger.record_disputes(session, stripe, charge, order_id=order.id)
        transfers.pass_on(session, stripe, order)  # last: what went back is not passed on


def _follow_direct(session: orm.Session, stripe: StripeClient, order: Order, charge: Facts) -> None:
    fee = id_of(charge.get("application_fee"))
    if fee and not ledger.knows(session, account=None, source=fee, order_id=order.id):
        ledger.refresh_application_fee(session, stripe, fee)
    if charges.of(order.charge_type).roles(order.fee_payer).pays_stripe_fee is Party.PLATFORM:
        ledger.record_bill(session, stripe, charge, order_id=order.id, seller_id=order.seller_id)
