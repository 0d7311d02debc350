"""What a crash left behind, finished: attempts to pay, their ends, and shares not passed on.

The rule that bites: the sweep runs beside buyers who are paying, so it repeats a request only after
its first try has had time, under the same key, and charges no card an hour after the click. And
what Stripe does not do goes to the end of the queue, so that it keeps nobody else waiting for ever.
https://docs.stripe.com/api/idempotent_requests
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import clock, transfers
from marketplace.database import phase
from marketplace.errors import Conflict, StripeError, StripeUnavailable
from marketplace.lifecycles import OrderStatus, PaymentStatus
from marketplace.models import Order, Payment, PaymentUi
from marketplace.orders import lists, opening, paying, ways

# A request that is under way gets this long before the sweep repeats it.
PATIENCE = timedelta(minutes=1)
# Stripe tells by itself when a page expires; the sweep asks about those it has not heard of.
OVERDUE = opening.PAGE_LASTS + timedelta(minutes=10)
SWEEP = 50

log = logging.getLogger(__name__)


def finish_requested(
    session: orm.Session, stripe: StripeClient, *, public_url: str, limit: int = SWEEP
) -> int:
    """Finish what a crash left: attempts that were asked for, and pages whose end we missed.

    The same key makes no second Session. Commits. Returns how many attempts were looked at; goes on
    to the next when Stripe refuses one, and stops when Stripe does not answer.
    """
    left = _left_behind(session, limit)
    for payment in left:
        order = session.get_one(Order, payment.order_id)
        try:
            if payment.status is PaymentStatus.REQUESTED:
                _finish(session, stripe, order, payment, public_url)
            else:
                _look_after(session, stripe, payment)
        except StripeUnavailable as error:
            log.warning("order %s stays open: %s", order.id, error.for_operator())
            _to_the_end(session, payment)
            break
        except StripeError as error:
            log.warning("order %s: %s", order.id, error.for_operator())
            _to_the_end(session, payment)
    return len(left)


def finish_passing_on(session: orm.Session, stripe: StripeClient, *, limit: int = SWEEP) -> int:
    """Finish what a crash left of paid orders: transfers, and refunds that nobody has read yet.

    Each payment is read anew from Stripe first, because money may have gone back to the buyer while
    nobody was listening: one call, and more for what is missing. Commits. Returns how many were
    looked at; goes on to the next when Stripe refuses one, and stops when Stripe does not answer.
    """
    left = _not_passed_on(session, limit)
    for payment in left:
        number = payment.order_id
        try:
            ways.ask(session, stripe, payment)
        except StripeUnavailable as error:
            log.warning("order %s is not passed on: %s", number, error.for_operator())
            _to_the_end(session, payment)
            break
        except StripeError as error:
            log.warning("order %s is not passed on: %s", number, error.for_operator())
            _to_the_end(session, payment)
    return len(left)


def _to_the_end(session: orm.Session, payment: Payment) -> None:
    with phase(session):
        payment.updated_at = clock.now()


def _finish(
    session: orm.Session, stripe: StripeClient, order: Order, payment: Payment, public_url: str
) -> None:
    """Go on with an attempt where a crash left it; a saved card only while the buyer waits.

    One that the buyer has turned away from since is closed, and the newest is gone on with later.
    """
    newest = lists.latest_payment(session, order)
    with suppress(Conflict):  # an older one was paid: then this one is over, as it should be
        paying.close_older(session, stripe, order, newest, public_url)
    if payment.id != newest.id or payment.status is not PaymentStatus.REQUESTED:
        return
    if payment.ui is PaymentUi.SAVED_CARD and opening.closes_at(payment) < clock.now():
        with phase(session):
            opening.over(session, order, payment, PaymentStatus.EXPIRED)
        return
    paying.go_on(session, stripe, order, payment, public_url)


def _look_after(session: orm.Session, stripe: StripeClient, payment: Payment) -> None:
    """Learn what became of an attempt that is open for too long; Stripe ends only pages itself."""
    if payment.ui is PaymentUi.SAVED_CARD:
        ways.close(session, stripe, payment)
    ways.ask(session, stripe, payment)


def _not_passed_on(session: orm.Session, limit: int) -> Sequence[Payment]:
    """The payments of orders that `transfers` has not done with, or whose refunds are not read.

    The latter were partly refunded before we summed refunds up, and a share of them may wait.
    """
    unread = (
        sa.select(Order.id)
        .join(Payment)
        .where(
            Order.status == OrderStatus.PARTLY_REFUNDED,
            Payment.status == PaymentStatus.SUCCEEDED,
            Payment.refunds_read_at.is_(None),
            Payment.stripe_account.is_(None),
        )
    )
    query = sa.select(Payment).where(
        Payment.status == PaymentStatus.SUCCEEDED,
        Payment.order_id.in_(sa.union(transfers.left_behind(), unread)),
    )
    return session.scalars(query.order_by(Payment.updated_at, Payment.id).limit(limit)).all()


def _left_behind(session: orm.Session, limit: int) -> Sequence[Payment]:
    now = clock.now()
    asked = sa.and_(Payment.status == PaymentStatus.REQUESTED, Payment.updated_at < now - PATIENCE)
    overdue = sa.and_(
        Payment.status == PaymentStatus.OPEN,
        Payment.created_at < now - OVERDUE,
    )
    query = sa.select(Payment).where(sa.or_(asked, overdue))
    return session.scalars(query.order_by(Payment.updated_at, Payment.id).limit(limit)).all()
