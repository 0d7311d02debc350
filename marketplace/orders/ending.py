"""How an order ends: handed over, or called off before it was paid.

Calling off closes the attempt at Stripe first. The rule that bites: between the click and
Stripe the buyer may have paid in another tab, so a refusal to expire is answered by asking what
happened, and a paid order is never cancelled.
https://docs.stripe.com/api/checkout/sessions/expire
"""

from contextlib import suppress

import sqlalchemy as sa
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import clock
from marketplace.database import lock, phase
from marketplace.errors import Conflict, IllegalMove, Sentence, StripeRefused
from marketplace.lifecycles import OrderStatus, PaymentStatus, allowed, move
from marketplace.models import Order, OrderPart, Payment, Seller
from marketplace.orders import lists, opening, paying, stock, ways


def fulfil(session: orm.Session, order: Order, seller: Seller | None = None) -> Order:
    """Remember that a seller has handed over the goods; twice is once. Flushes, commits not.

    `seller` None speaks for all of them. The order is fulfilled when every part is; one that was
    partly refunded stays that. Raises IllegalMove for an order that is not paid.
    """
    lock(session, order)
    if order.status is not OrderStatus.FULFILLED:
        partly = order.status is OrderStatus.PARTLY_REFUNDED
        if order.status is OrderStatus.REFUNDED:
            # It may become fulfilled again, when the refund fails, but never by sending goods.
            raise IllegalMove(OrderStatus.__name__, order.status, OrderStatus.FULFILLED)
        if not partly:
            move(OrderStatus, order.status, OrderStatus.FULFILLED)  # raises when it may not
        query = sa.select(OrderPart).where(OrderPart.order_id == order.id)
        parts = session.scalars(query.with_for_update()).all()
        for part in parts:
            if seller is None or part.seller_id == seller.id:
                part.fulfilled_at = part.fulfilled_at or clock.now()
        if all(part.fulfilled_at for part in parts):
            if not partly:
                order.status = move(OrderStatus, order.status, OrderStatus.FULFILLED)
            order.fulfilled_at = order.fulfilled_at or clock.now()
    session.flush()
    return order


def cancel(session: orm.Session, stripe: StripeClient, order: Order, *, public_url: str) -> Order:
    """Call an unpaid order off and put its goods back on sale; twice is once. Commits.

    Raises Conflict when it turns out to be paid, StripeError when Stripe cannot be asked.
    """
    if order.status is OrderStatus.CANCELLED:
        return order
    payment = lists.latest_payment(session, order)
    paying.close_older(session, stripe, order, payment, public_url)
    if payment.status is PaymentStatus.REQUESTED and order.status in paying.PAYABLE:
        # Nobody knows whether the page exists; the same key tells, and then it can be closed.
        with suppress(StripeRefused):
            opening.open_attempt(session, stripe, order, payment, public_url)
    if payment.status is PaymentStatus.OPEN:
        ways.close(session, stripe, payment)
    with phase(session):
        lock(session, order)
        lock(session, payment)
        if order.status is OrderStatus.EXPIRED:
            return order  # the event was faster than we were: the outcome is the same
        if not allowed(OrderStatus, order.status, OrderStatus.CANCELLED):
            told = Sentence(
                "This order is {status} and cannot be cancelled.",
                status=Sentence(order.status.value),
            )
            raise Conflict(told)
        order.status = move(OrderStatus, order.status, OrderStatus.CANCELLED)
        _give_up(session, payment)
    return order


def _give_up(session: orm.Session, payment: Payment) -> None:
    if allowed(PaymentStatus, payment.status, PaymentStatus.EXPIRED):
        payment.status = move(PaymentStatus, payment.status, PaymentStatus.EXPIRED)
    stock.release(session, payment)
