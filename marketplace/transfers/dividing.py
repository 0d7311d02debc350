"""What each seller is worth of an order's charge, and what of it nobody was sent yet.

In the currency in which the charge settled, for that is what transfers of it have. The rule that
bites: what went back to the buyer, or to a bank in a dispute, left the platform's balance, so it is
taken off what can be passed on; and a transfer that was asked for counts as sent until it is known
that it was not made.
https://docs.stripe.com/connect/separate-charges-and-transfers#transfer-availability
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from marketplace.design import ChargeType
from marketplace.ledger.movements import DISPUTED
from marketplace.lifecycles import OrderStatus, PaymentStatus, TransferStatus
from marketplace.models import (
    BalanceTransaction,
    Order,
    OrderPart,
    Payment,
    Transfer,
    TransferRequest,
)
from marketplace.money import Money

# How the nonce of a request begins about which somebody decided.
DECIDED = "decided:"
PAID = frozenset({OrderStatus.PAID, OrderStatus.FULFILLED})
DIVIDED = PAID | {OrderStatus.PARTLY_REFUNDED}
# What was asked for and did not come about: it is as if nobody had asked.
NOT_MADE = frozenset({TransferStatus.REFUSED, TransferStatus.CALLED_OFF})
TAKEN_BY_A_BANK = (
    BalanceTransaction.account.is_(None),
    BalanceTransaction.reporting_category.in_(DISPUTED),
)


@dataclass(frozen=True, slots=True)
class Left:
    """What of a part is still with the marketplace and not its own.

    `withheld` is what would be there, too, had the buyer got nothing back.
    """

    part: OrderPart
    money: Money
    withheld: Money


def left(
    session: orm.Session,
    order: Order,
    *,
    refunded: int = 0,
    besides: TransferRequest | None = None,
) -> list[Left]:
    """What each part of a paid order still has to be passed on, if anything; four queries.

    Only separate charges leave something: the others pass it on by themselves. In the currency in
    which the charge settled; what is under way counts as passed on. After a refund or a dispute
    (one more query) that much less is left of all parts together, and nobody knows whose goods it
    was for: each part is offered what is left of the order, and no more than its own. `refunded`,
    in minor units of the order's currency, is what Stripe says of it now, if that is more than we
    know; `besides` is a request that is not counted, as if nobody had asked for it.
    """
    if order.charge_type is not ChargeType.SEPARATE or order.status not in DIVIDED:
        return []
    whose = Payment.order_id == order.id
    found = session.execute(booked(whose, BalanceTransaction, Payment.amount_refunded)).first()
    if found is None:
        return []
    charge, known = found
    if known is None and order.status is OrderStatus.PARTLY_REFUNDED:
        return []  # refunded before refunds were summed up: it has to be read again first
    query = (
        sa.select(OrderPart)
        .where(OrderPart.order_id == order.id)
        .options(orm.joinedload(OrderPart.seller))
        .order_by(OrderPart.id)
    )
    parts = session.scalars(query).all()
    gone = _gone(session, order, besides)
    rests = [
        share.amount - gone[part.id]
        for part, share in zip(parts, shares(parts, charge), strict=True)
    ]
    room = sum(rests)
    # Rounded up: better a unit less for a seller than one that nobody has.
    back = -(-charge.amount * max(known or 0, refunded) // order.amount)
    if gone_back := back + (disputed(session, order) or 0):
        room -= gone_back - _returned(session, order)
    offers = [max(0, min(rest, room)) for rest in rests]
    return [
        Left(part, Money(offer, charge.currency), Money(rest - offer, charge.currency))
        for part, rest, offer in zip(parts, rests, offers, strict=True)
        if offer
    ]


def _gone(session: orm.Session, order: Order, besides: TransferRequest | None) -> Counter[int]:
    """What was passed on of each part, or is on its way, by the part's id."""
    gone: Counter[int] = Counter()
    for request in requests_of(session, order):
        if request.status not in NOT_MADE and request is not besides:
            gone[request.part_id] += request.amount
    return gone


def still_due(session: orm.Session, order: Order, request: TransferRequest) -> bool:
    """Whether a transfer that was asked for may be made now; what went back since may forbid it.

    One that somebody decided about may, as long as so much is left of the part. One that was asked
    for as soon as the order was paid may not after a refund or in a dispute: somebody has to decide
    who bears it.
    """
    if order.status in PAID and disputed(session, order) is None:
        return True
    if not request.nonce.startswith(DECIDED):
        return False
    rests = left(session, order, besides=request)
    return any(it.part.id == request.part_id and request.total <= it.money for it in rests)


def disputed(session: orm.Session, order: Order) -> int | None:
    """What a bank holds of an order's charge, 0 once it gave it back; None: it never took any.

    In minor units of the currency in which the charge settled.
    """
    query = sa.select(sa.func.sum(BalanceTransaction.amount)).where(
        BalanceTransaction.order_id == order.id, *TAKEN_BY_A_BANK
    )
    found = session.scalar(query)
    return None if found is None else -int(found)


def _returned(session: orm.Session, order: Order) -> int:
    """What came back of an order's transfers: sellers have borne that much of a refund."""
    query = sa.select(sa.func.sum(Transfer.amount_reversed)).where(Transfer.order_id == order.id)
    return int(session.scalar(query) or 0)


def requests_of(session: orm.Session, order: Order) -> Sequence[TransferRequest]:
    """Every transfer that was asked for in an order, with its seller, oldest first; one query."""
    query = (
        sa.select(TransferRequest)
        .where(TransferRequest.order_id == order.id)
        .options(orm.joinedload(TransferRequest.seller))
        .order_by(TransferRequest.id)
    )
    return session.scalars(query.execution_options(populate_existing=True)).all()


def settled(session: orm.Session, order: Order) -> BalanceTransaction | None:
    """How the charge of an order came to the platform's balance; None while it is not booked."""
    found: BalanceTransaction | None = session.scalar(
        booked(Payment.order_id == order.id, BalanceTransaction)
    )
    return found


def booked(whose: sa.ColumnElement[bool], *what: Any) -> sa.Select[Any]:  # noqa: ANN401 - columns or rows
    """`what` of the payments that succeeded and came to the platform, with how they were booked."""
    return (
        sa.select(*what)
        .select_from(BalanceTransaction)
        .join(Payment, Payment.charge_id == BalanceTransaction.source)
        .where(
            whose,
            Payment.status == PaymentStatus.SUCCEEDED,
            BalanceTransaction.account.is_(None),
            BalanceTransaction.amount > 0,
        )
    )


def shares(parts: Sequence[OrderPart], charge: BalanceTransaction) -> list[Money]:
    """What each part is worth in the currency in which the charge settled; the sum conserves it.

    Transfers that a charge pays for have the currency of its balance transaction.
    https://docs.stripe.com/connect/separate-charges-and-transfers#transfer-availability
    """
    rests = [part.amount - part.application_fee_amount for part in parts]
    kept = sum(part.application_fee_amount for part in parts)
    return Money(charge.amount, charge.currency).allocate([*rests, kept])[: len(parts)]
