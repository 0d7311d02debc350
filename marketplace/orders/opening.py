"""Opening an attempt to pay at Stripe, under its key, from committed rows alone.

The rule that bites: the same key must come with the very same parameters, so even the hour at which
the page closes is counted from the row. That hour also makes a very late repetition harmless:
Stripe refuses a Session that ends in the past.
https://docs.stripe.com/api/checkout/sessions/create
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import charges
from marketplace.charges.strategy import Item, Sale, Urls
from marketplace.database import lock, phase
from marketplace.errors import PaymentRefused, StripeError, StripeUnavailable
from marketplace.gateway.failures import translating
from marketplace.lifecycles import OrderStatus, PaymentStatus, allowed, move
from marketplace.models import Order, OrderLine, Payment, PaymentUi, Seller
from marketplace.money import Money
from marketplace.orders import lists, settling, stock, ways
from marketplace.orders.ways import Way

# Stripe takes 30 minutes to 24 hours, counted from when it makes the Session.
PAGE_LASTS = timedelta(hours=1)


def closes_at(payment: Payment) -> datetime:
    """When Stripe closes the payment page of this attempt."""
    return payment.created_at + PAGE_LASTS


def attempt_for(order: Order, seller: Seller, way: Way) -> Payment:
    """A new attempt to pay, not added yet, that knows on whose account it is made, and how.

    `seller` is any of the order's: several are paid on the platform, whoever they are.
    """
    charged = charges.of(order.charge_type).charged_account(seller.stripe_id or "")
    payment = Payment(
        order_id=order.id, amount=order.amount, currency=order.currency, stripe_account=charged
    )
    return ways.set_out(payment, way)


def open_attempt(
    session: orm.Session, stripe: StripeClient, order: Order, payment: Payment, public_url: str
) -> None:
    """Ask Stripe for what the buyer pays an attempt with, under the attempt's key. Commits.

    A card that is declined this early ends the attempt with the reason recorded. Raises
    StripeUnavailable with the attempt left as it is, and any other StripeError with the attempt
    failed and its goods back on sale.
    """
    sale = sale_of(session, order, payment)
    session.commit()  # nothing stays open while Stripe thinks
    try:
        with translating():
            if payment.ui is PaymentUi.SAVED_CARD:
                found: dict[str, str | None] = {
                    "payment_intent_id": ways.intent(stripe, order, payment, sale)
                }
            else:
                urls = _urls(order, public_url)
                made = ways.checkout_session(stripe, order, payment, sale, urls)
                found = {"checkout_session_id": made.id, "checkout_url": made.url}
    except PaymentRefused as declined:
        _declined(session, order, payment, declined)
        return
    except StripeUnavailable:
        raise  # it may exist: the attempt stays, and the same key finds out
    except StripeError as error:
        _refused(session, order, payment, error)
        raise
    with phase(session):
        _opened(session, order, payment, found)


def _opened(
    session: orm.Session, order: Order, payment: Payment, found: Mapping[str, str | None]
) -> None:
    lock(session, order)
    lock(session, payment)
    for name, value in found.items():
        setattr(payment, name, value)
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
        if over(session, order, payment, PaymentStatus.FAILED):
            payment.failure_code = (error.code or "refused")[:80]
            payment.failure_message = error.for_operator()


def _declined(session: orm.Session, order: Order, payment: Payment, error: PaymentRefused) -> None:
    with phase(session):
        if over(session, order, payment, PaymentStatus.FAILED):
            payment.failure_code = (error.decline_code or error.code or "card_declined")[:80]
            payment.failure_message = str(error)


def over(session: orm.Session, order: Order, payment: Payment, status: PaymentStatus) -> bool:
    """End an attempt, and its order with it if no newer one follows; False if it has ended."""
    lock(session, order)
    lock(session, payment)
    if not allowed(PaymentStatus, payment.status, status):
        return False
    payment.status = move(PaymentStatus, payment.status, status)
    stock.release(session, payment)
    target = settling.FOLLOWS[status]
    newest = lists.latest_payment(session, order).id == payment.id
    if newest and allowed(OrderStatus, order.status, target):
        order.status = move(OrderStatus, order.status, target)
    return True


def sale_of(session: orm.Session, order: Order, payment: Payment) -> Sale:
    """What an attempt asks of Stripe, from committed rows alone."""
    seller = session.get_one(Seller, order.seller_id) if order.seller_id else None
    return Sale(
        reference=order.token,
        attempt=payment.idempotency_key,
        title=f"Order {order.id}",
        items=[
            Item(line.title, Money(line.unit_amount, order.currency), line.quantity)
            for line in lines(session, order)
        ],
        total=order.total,
        commission=order.application_fee,
        destination=(seller.stripe_id if seller else None) or "",
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


def lines(session: orm.Session, order: Order) -> Sequence[OrderLine]:
    """The lines of an order, in the order in which they were put into the basket."""
    query = sa.select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.id)
    return session.scalars(query).all()
