"""Passing a paid order on to its sellers: one transfer each, written down before Stripe is asked.

The TransferRequest row, with the token that makes the idempotency key, is committed first; webhook,
return page and sweep all come here, find the same rows, and finish what a crash left. The rule that
bites: whoever passes on has to have read the charge just before. Since it was paid, money may have
gone back to the buyer or to a bank, and after that nothing is asked for any more.
https://docs.stripe.com/connect/separate-charges-and-transfers
"""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from marketplace import clock
from marketplace.database import lock, phase
from marketplace.design import ChargeType
from marketplace.design.passing import TransferWhen
from marketplace.gateway.client import StripeClient
from marketplace.lifecycles import OrderStatus, TransferStatus
from marketplace.models import BalanceTransaction, Order, OrderPart, Payment, TransferRequest
from marketplace.transfers import dividing, sending

# A try that is under way gets this long before the sweep repeats it.
PATIENCE = timedelta(minutes=1)
# Rounding may give a share of less than one unit that unit, so such a share is tried for a day.
TRIED = timedelta(days=1)
REFUNDED = frozenset({OrderStatus.PARTLY_REFUNDED, OrderStatus.REFUNDED})


def pass_on(session: orm.Session, stripe: StripeClient, order: Order) -> None:
    """Send each seller of a paid order what is theirs; what was sent already is not sent again.

    One call for each transfer that is missing, one more for what arrived. Parts that wait for the
    operator are left alone. After a refund, or in a dispute, nothing is asked for, and what was
    asked for before is brought to its end. Commits. A refusal is recorded at the request; raises
    StripeUnavailable and StripeMisconfigured, with the requests left for the sweep.
    """
    with phase(session):
        lock(session, order)
        asked = _ask_for(session, order)
    for request in asked:
        sending.make(session, stripe, request)


def left_behind() -> sa.Select[int]:
    """The ids of orders with a transfer under way too long, or a part that was never asked for.

    What is worth less than the smallest unit of the currency in which the charge settled is not
    looked at for ever: nothing can be passed on of it.
    """
    now = clock.now()
    came = dividing.booked(Payment.order_id == Order.id, sa.func.max(BalanceTransaction.amount))
    rest = sa.cast(OrderPart.amount - OrderPart.application_fee_amount, sa.Float)
    worth_it = (
        rest * sa.func.coalesce(came.correlate(Order).scalar_subquery(), Order.amount)
        >= Order.amount
    )
    waiting = sa.exists().where(
        TransferRequest.order_id == Order.id, TransferRequest.status == TransferStatus.REQUESTED
    )
    unasked = sa.exists().where(
        OrderPart.order_id == Order.id,
        OrderPart.transfer_when == TransferWhen.NOW,
        ~sa.exists().where(TransferRequest.part_id == OrderPart.id),
        ~sa.exists().where(
            BalanceTransaction.order_id == OrderPart.order_id, *dividing.TAKEN_BY_A_BANK
        ),
        sa.or_(worth_it, Order.paid_at > now - TRIED),
    )
    paid = Order.status.in_(dividing.PAID)
    return sa.select(Order.id).where(
        Order.charge_type == ChargeType.SEPARATE,
        sa.or_(
            sa.and_(paid, waiting.where(TransferRequest.updated_at < now - PATIENCE)),
            sa.and_(paid, unasked, Order.paid_at < now - PATIENCE),
            sa.and_(
                Order.status.in_(REFUNDED),
                waiting.where(TransferRequest.updated_at < now - sending.QUIET),
            ),
        ),
    )


def _ask_for(session: orm.Session, order: Order) -> Sequence[TransferRequest]:
    """The requests to carry out; written down now where they are missing."""
    charge = dividing.settled(session, order)
    if order.charge_type is not ChargeType.SEPARATE or charge is None:
        return []
    if order.status in dividing.PAID and dividing.disputed(session, order) is None:
        _write_down(session, order, charge)
    asked = dividing.requests_of(session, order)
    return [request for request in asked if request.status is TransferStatus.REQUESTED]


def _write_down(session: orm.Session, order: Order, charge: BalanceTransaction) -> None:
    query = sa.select(OrderPart).where(OrderPart.order_id == order.id).order_by(OrderPart.id)
    parts = session.scalars(query).all()
    known = {request.part_id for request in dividing.requests_of(session, order)}
    for part, share in zip(parts, dividing.shares(parts, charge), strict=True):
        if part.id not in known and part.transfer_when is TransferWhen.NOW and share:
            session.add(
                TransferRequest(
                    nonce=f"part:{part.id}",
                    order_id=order.id,
                    part_id=part.id,
                    seller_id=part.seller_id,
                    amount=share.amount,
                    currency=share.currency,
                    source_transaction=charge.source,
                )
            )
    session.flush()
