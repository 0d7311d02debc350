"""What went back to the buyer of an order, wherever somebody gave it back.

The Stripe object is the Refund, which lives where its charge lives. The rule that bites: a refund
is not the end. The buyer's bank may send it back days later, when the card is gone; Stripe then
puts the money onto the balance again and does no more, and the buyer still has nothing. So what
went back can become less, it is always summed up anew from all refunds of the charge, and of two
answers the one that was asked for later counts.
https://docs.stripe.com/refunds#failed-refunds
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import clock, ledger
from marketplace.database import lock, phase
from marketplace.gateway.client import acting_as
from marketplace.gateway.failures import translating
from marketplace.lifecycles import OrderStatus, PaymentStatus, allowed, move
from marketplace.models import ApplicationFee, Order, Payment

Facts = Mapping[str, Any]
PAGE = 100
FAILED = "failed"
CANCELED = "canceled"
NOT_GIVEN = frozenset({FAILED, CANCELED})
GIVEN_BACK = frozenset({OrderStatus.PARTLY_REFUNDED, OrderStatus.REFUNDED})
BOOKINGS = ("balance_transaction", "failure_balance_transaction")
# https://docs.stripe.com/api/refunds/object#refund_object-failure_reason
REASONS: Mapping[str, str] = {
    "charge_for_pending_refund_disputed": "the buyer disputed the payment meanwhile",
    "declined": "the buyer's bank declined it",
    "expired_or_canceled_card": "the card has expired or was cancelled",
    "insufficient_funds": "the balance did not cover it",
    "lost_or_stolen_card": "the card was reported lost or stolen",
    "merchant_request": "the refund was called off",
}


def explain(failure: str | None) -> str:
    """Why a refund failed, in plain words; a general answer for what is not known."""
    return REASONS.get(failure or "", "the buyer's bank gave no reason")


def follow(session: orm.Session, stripe: StripeClient, order: Order, payment: Payment) -> None:
    """Read what went back of a charge, and of its commission, book it, and move the order. Commits.

    One call, up to two more for a commission, and one for each further hundred. Raises StripeError.
    https://docs.stripe.com/api/refunds/list
    """
    account, charge = payment.stripe_account, payment.charge_id or ""
    fees = session.scalars(
        sa.select(ApplicationFee.stripe_id).where(ApplicationFee.order_id == order.id)
    ).all()
    session.commit()  # nothing stays open while Stripe thinks
    asked = clock.now()
    refunds = _listed(stripe, charge, account)
    owned = {"seller_id": order.seller_id, "order_id": order.id}
    with phase(session):
        lock(session, order)
        lock(session, payment)
        for booking in (refund.get(name) for refund in refunds for name in BOOKINGS):
            if isinstance(booking, Mapping):
                ledger.keep_transaction(session, booking, account=account, **owned)
        if payment.refunds_read_at is None or payment.refunds_read_at <= asked:
            _note(order, payment, refunds, asked)
        session.flush()
    for fee in fees:
        ledger.refresh_application_fee(session, stripe, fee)


def believe(order: Order, payment: Payment, charge: Facts) -> None:
    """Until its refunds were read, take the charge's word for what went back; no call.

    So nothing is passed on of it, whatever happens before they are read.
    https://docs.stripe.com/api/charges/object#charge_object-amount_refunded
    """
    if payment.refunds_read_at is None and (back := charge.get("amount_refunded")):
        _move(order, payment, back)


def _listed(stripe: StripeClient, charge: str, account: str | None) -> Sequence[Facts]:
    with translating():
        found = stripe.v1.refunds.list(
            {"charge": charge, "limit": PAGE, "expand": [f"data.{name}" for name in BOOKINGS]},
            acting_as(account),
        )
        return [refund.to_dict() for refund in found.auto_paging_iter()]


def _note(order: Order, payment: Payment, refunds: Sequence[Facts], asked: datetime) -> None:
    """Remember the sum, and what did not arrive of it; then move the order accordingly."""
    back = sum(it["amount"] for it in refunds if it["status"] not in NOT_GIVEN)
    payment.amount_refunded, payment.refunds_read_at = back, asked
    failed = [it for it in refunds if it["status"] == FAILED]
    payment.refund_failure = payment.refund_failed_at = payment.refund_missing = None
    if failed:
        latest = max(failed, key=_failed_at)
        payment.refund_failure = (latest.get("failure_reason") or "unknown")[:80]
        payment.refund_failed_at = clock.from_unix(_failed_at(latest))
        payment.refund_missing = _missing(refunds)
    _move(order, payment, back)


def _failed_at(refund: Facts) -> int:
    """When a refund failed, by the booking that took it back; without one, when it was made."""
    booked = refund.get("failure_balance_transaction")
    return int((booked if isinstance(booked, Mapping) else refund)["created"])


def _missing(refunds: Sequence[Facts]) -> int:
    """How much of what failed nobody has given again; 0 when all of it was.

    No refund says which one it makes up for, so whatever was given after a failure counts.
    """
    made = [(it["created"], -it["amount"]) for it in refunds if it["status"] != CANCELED]
    failed = [(_failed_at(it), it["amount"]) for it in refunds if it["status"] == FAILED]
    missing = 0
    # Of one second, what was made comes first: only then could it fail.
    for _, change in sorted(made + failed):
        missing = max(0, missing + change)
    return missing


def _move(order: Order, payment: Payment, back: int) -> None:
    target = _status(order, payment, back)
    if payment.status is PaymentStatus.SUCCEEDED and allowed(OrderStatus, order.status, target):
        order.status = move(OrderStatus, order.status, target)


def _status(order: Order, payment: Payment, back: int) -> OrderStatus:
    if back >= payment.amount:
        return OrderStatus.REFUNDED
    if back:
        return OrderStatus.PARTLY_REFUNDED
    # Nothing is with the buyer, or nothing any more: the order is what it was before.
    return OrderStatus.FULFILLED if order.fulfilled_at else OrderStatus.PAID
