"""Opening Stripe's payment page for an order, once per attempt, whatever crashes in between.

The attempt is a Payment row with its idempotency key, committed before Stripe is asked; every
parameter of the call follows from committed rows. The rule that bites: the same key must come with
the very same parameters, so even the hour at which the page closes is counted from the row. That
hour also makes a very late repetition harmless: Stripe refuses a Session that ends in the past.
https://docs.stripe.com/api/checkout/sessions/create
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import orm
from stripe import StripeClient, checkout

from marketplace import charges, clock, sellers
from marketplace.charges.strategy import Item, Sale, Urls
from marketplace.database import lock, phase
from marketplace.errors import Conflict, SellerNotReady, StripeError, StripeUnavailable
from marketplace.gateway.client import acting_as
from marketplace.gateway.failures import translating
from marketplace.lifecycles import OrderStatus, PaymentStatus, allowed, move
from marketplace.models import Order, OrderLine, Payment, Seller
from marketplace.money import Money
from marketplace.orders import lists, settling, stock

# Stripe takes 30 minutes to 24 hours, counted from when it makes the Session.
PAGE_LASTS = timedelta(hours=1)
# A request that is under way gets this long before the sweep repeats it.
PATIENCE = timedelta(minutes=1)
# Stripe tells by itself when a page expires; the sweep asks about those it has not heard of.
OVERDUE = PAGE_LASTS + timedelta(minutes=10)
SWEEP = 50
PAYABLE = frozenset({OrderStatus.PLACED, OrderStatus.PAYING, OrderStatus.FAILED})

log = logging.getLogger(__name__)


def start_payment(
    session: orm.Session, stripe: StripeClient, order: Order, *, public_url: str
) -> str:
    """Return the address of Stripe's payment page for `order`; at most one call to Stripe.

    An attempt that was begun is finished, one that is open is used again, and after a failed one a
    new one begins. Commits. Raises Conflict when there is nothing to pay any more, SellerNotReady,
    SoldOut (for a new attempt), StripeUnavailable (try again: same key), StripeRefused.
    """
    payment = _attempt(session, order)
    if payment.status is PaymentStatus.OPEN and payment.checkout_url:
        return payment.checkout_url
    return open_page(session, stripe, order, payment, public_url)


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
                open_page(session, stripe, order, payment, public_url)
            elif payment.checkout_session_id:
                settling.settle(
                    session, stripe, payment.checkout_session_id, payment.stripe_account
                )
        except StripeUnavailable as error:
            log.warning("order %s stays open: %s", order.id, error.for_operator())
            break
        except StripeError as error:
            log.warning("order %s: %s", order.id, error.for_operator())
    return len(left)


def can_be_paid(order: Order) -> bool:
    """Tell whether the buyer may go to the payment page now."""
    return order.status in PAYABLE


def closes_at(payment: Payment) -> datetime:
    """When Stripe closes the payment page of this attempt."""
    return payment.created_at + PAGE_LASTS


def attempt_for(order: Order, seller: Seller) -> Payment:
    """A new attempt to pay, not added yet, that knows on whose account it is made."""
    charged = charges.of(order.charge_type).charged_account(seller.stripe_id or "")
    return Payment(
        order_id=order.id, amount=order.amount, currency=order.currency, stripe_account=charged
    )


def _attempt(session: orm.Session, order: Order) -> Payment:
    """The attempt to go on with; after a failed one, a new one with the goods set aside again."""
    with phase(session):
        lock(session, order)
        if order.status not in PAYABLE:
            raise Conflict(f"This order is {order.status.value}. {order.status.sentence}")
        seller = session.get_one(Seller, order.seller_id)
        if not sellers.can_be_bought_from(seller):
            raise SellerNotReady(f"{seller.shop_name} cannot take payments at the moment.")
        payment = lists.latest_payment(session, order)
        if payment.status in {PaymentStatus.FAILED, PaymentStatus.EXPIRED}:
            lines = _lines(session, order)
            stock.reserve(session, ((line.product_id, line.quantity) for line in lines))
            payment = attempt_for(order, seller)
            session.add(payment)
            session.flush()
    return payment


def open_page(
    session: orm.Session, stripe: StripeClient, order: Order, payment: Payment, public_url: str
) -> str:
    """Ask Stripe for the page of an attempt, under the attempt's key. Commits.

    Raises StripeUnavailable with the attempt left as it is, and any other StripeError with the
    attempt failed and its goods back on sale.
    """
    sale = sale_of(session, order, payment)
    session.commit()  # nothing stays open while Stripe thinks
    try:
        with translating():
            created = _checkout(stripe, order, payment, sale, public_url)
    except StripeUnavailable:
        raise  # it may exist: the attempt stays, and the same key finds out
    except StripeError as error:
        _refused(session, order, payment, error)
        raise
    url = created.url or ""
    with phase(session):
        _opened(session, order, payment, created.id, url)
    return url


def _checkout(
    stripe: StripeClient, order: Order, payment: Payment, sale: Sale, public_url: str
) -> checkout.Session:
    """Open at Stripe what the buyer pays with; https://docs.stripe.com/api/checkout/sessions/create"""
    params = charges.of(order.charge_type).session_params(sale, _urls(order, public_url))
    return stripe.v1.checkout.sessions.create(
        params,
        {**acting_as(payment.stripe_account), "idempotency_key": payment.idempotency_key},
    )


def _opened(
    session: orm.Session, order: Order, payment: Payment, session_id: str, url: str
) -> None:
    lock(session, order)
    lock(session, payment)
    payment.checkout_session_id, payment.checkout_url = session_id, url
    # An event may have told us more while we waited; then these moves are late, and not made.
    if allowed(PaymentStatus, payment.status, PaymentStatus.OPEN):
        payment.status = move(PaymentStatus, payment.status, PaymentStatus.OPEN)
        if allowed(OrderStatus, order.status, OrderStatus.PAYING):
            order.status = move(OrderStatus, order.status, OrderStatus.PAYING)


def _refused(session: orm.Session, order: Order, payment: Payment, error: StripeError) -> None:
    """Stripe said no for good, and keeps saying so under this key: the attempt is over."""
    with phase(session):
        lock(session, order)
        lock(session, payment)
        if not allowed(PaymentStatus, payment.status, PaymentStatus.FAILED):
            return
        payment.status = move(PaymentStatus, payment.status, PaymentStatus.FAILED)
        payment.failure_code = (error.code or "refused")[:80]
        payment.failure_message = error.for_operator()
        stock.release(session, payment)
        if allowed(OrderStatus, order.status, OrderStatus.FAILED):
            order.status = move(OrderStatus, order.status, OrderStatus.FAILED)


def sale_of(session: orm.Session, order: Order, payment: Payment) -> Sale:
    """What an attempt asks of Stripe, from committed rows alone."""
    seller = session.get_one(Seller, order.seller_id)
    return Sale(
        reference=order.token,
        attempt=payment.idempotency_key,
        title=f"Order {order.id}",
        items=[
            Item(line.title, Money(line.unit_amount, order.currency), line.quantity)
            for line in _lines(session, order)
        ],
        total=order.total,
        commission=order.application_fee,
        destination=seller.stripe_id or "",
        buyer_email=order.buyer_email,
        expires_at=closes_at(payment),
        split=order.split,
        on_behalf_of=order.on_behalf_of,
        descriptor_suffix=order.statement_descriptor_suffix,
    )


def _urls(order: Order, public_url: str) -> Urls:
    page = f"{public_url}/orders/{order.token}"
    # Stripe fills the braces in; they must reach it as they are.
    return Urls(success=f"{page}/return?session_id={{CHECKOUT_SESSION_ID}}", cancel=page)


def _lines(session: orm.Session, order: Order) -> Sequence[OrderLine]:
    query = sa.select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.id)
    return session.scalars(query).all()


def _left_behind(session: orm.Session, limit: int) -> Sequence[Payment]:
    now = clock.now()
    asked = sa.and_(Payment.status == PaymentStatus.REQUESTED, Payment.updated_at < now - PATIENCE)
    overdue = sa.and_(
        Payment.status == PaymentStatus.OPEN,
        Payment.created_at < now - OVERDUE,
    )
    query = sa.select(Payment).where(sa.or_(asked, overdue)).order_by(Payment.id).limit(limit)
    return session.scalars(query).all()
