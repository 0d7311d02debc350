"""Starting the payment of an order, once per attempt, whatever crashes in between.

The attempt is a Payment row with its idempotency key, committed before Stripe is asked. The rule
that bites: a buyer who turns to another way to pay leaves something open at Stripe; it is closed
before the next is opened, and the goods that were set aside go over to the next and are freed once.
https://docs.stripe.com/payments/checkout/managing-limited-inventory
"""

from contextlib import suppress

from sqlalchemy import orm
from stripe import StripeClient

from marketplace import sellers
from marketplace.database import lock, phase
from marketplace.errors import Conflict, SellerNotReady, Sentence, StripeRefused
from marketplace.gateway.client import acting_as
from marketplace.gateway.failures import translating
from marketplace.lifecycles import OrderStatus, PaymentStatus, allowed, move
from marketplace.models import Order, Payment, PaymentUi
from marketplace.orders import lists, opening, stock, ways
from marketplace.orders.ways import Way

PAYABLE = frozenset({OrderStatus.PLACED, OrderStatus.PAYING, OrderStatus.FAILED})


def start_payment(
    session: orm.Session,
    stripe: StripeClient,
    order: Order,
    *,
    public_url: str,
    way: Way | None = None,
) -> str:
    """Return where the buyer goes next to pay `order`: to Stripe's page, our form, or their bank.

    An attempt that was begun is finished, one that is open is used again, and after a failed one a
    new one begins. Another `way` than the last attempt's closes that one first; None keeps it. A
    saved card is charged before this returns. Commits. Raises Conflict when there is nothing to pay
    any more, SellerNotReady, SoldOut (for a new attempt), StripeUnavailable (try again: same key),
    StripeRefused.
    """
    payment = _attempt(session, order, way)
    close_older(session, stripe, order, payment, public_url)
    return go_on(session, stripe, order, payment, public_url)


def go_on(
    session: orm.Session, stripe: StripeClient, order: Order, payment: Payment, public_url: str
) -> str:
    """Open an attempt that is not open yet, and charge it if it is a saved card's. Commits.

    Returns where the buyer goes next; raises as `start_payment` does.
    """
    page = f"{public_url}/orders/{order.token}"
    if payment.status is PaymentStatus.REQUESTED:
        opening.open_attempt(session, stripe, order, payment, public_url)
    if payment.status is PaymentStatus.FAILED:
        return f"{page}/return"  # where the reason is told
    if payment.ui is PaymentUi.SAVED_CARD:
        return ways.confirm(session, stripe, payment, f"{page}/return")
    if payment.ui is PaymentUi.ELEMENTS:
        return f"{page}/pay"
    return payment.checkout_url or page


def client_secret(
    session: orm.Session, stripe: StripeClient, order: Order, *, public_url: str
) -> str:
    """The client secret with which our form pays the open attempt of `order`; one call. Commits.

    It is asked for at each view and kept nowhere. Raises Conflict when the order is not to be paid
    in our form now. https://docs.stripe.com/api/checkout/sessions/object
    """
    payment = lists.latest_payment(session, order)
    if order.status not in PAYABLE or payment.ui is not PaymentUi.ELEMENTS:
        raise Conflict("This order is not waiting to be paid here.")
    if payment.status is PaymentStatus.REQUESTED:
        start_payment(session, stripe, order, public_url=public_url)
    page, account = payment.checkout_session_id or "", payment.stripe_account
    session.commit()  # nothing stays open while Stripe thinks
    with translating():
        found = stripe.v1.checkout.sessions.retrieve(page, options=acting_as(account))
    if found.status != "open" or not found.client_secret:
        ways.ask(session, stripe, payment)
        raise Conflict("This order is not waiting to be paid here.")
    return found.client_secret


def can_be_paid(order: Order) -> bool:
    """Tell whether the buyer may go to the payment page now."""
    return order.status in PAYABLE


def _attempt(session: orm.Session, order: Order, way: Way | None) -> Payment:
    """The attempt to go on with; after a failed one, a new one with the goods set aside again.

    When the buyer wants another way, the new attempt takes the goods over from the last one: they
    stay set aside, and whatever becomes of the last one, it frees nothing.
    """
    with phase(session):
        lock(session, order)
        if order.status not in PAYABLE:
            raise Conflict(_stands(order))
        shops = lists.sellers_of(session, order)
        for seller in shops:
            if not sellers.can_be_bought_from(seller):
                told = Sentence("{shop} cannot take payments at the moment.", shop=seller.shop_name)
                raise SellerNotReady(told)
        last = lists.latest_payment(session, order)
        over = last.status in {PaymentStatus.FAILED, PaymentStatus.EXPIRED}
        if not over and (
            way is None or ways.of(opening.attempt_for(order, shops[0], way)) == ways.of(last)
        ):
            return last
        if over:
            lines = opening.lines(session, order)
            stock.reserve(session, ((line.product_id, line.quantity) for line in lines))
        else:
            last.stock_released = True
        payment = opening.attempt_for(order, shops[0], way or Way())
        session.add(payment)
        session.flush()
    return payment


def close_older(
    session: orm.Session, stripe: StripeClient, order: Order, payment: Payment, public_url: str
) -> None:
    """Close what the buyer turned away from, so that only `payment` can be paid. Commits.

    Raises Conflict when an older attempt was paid all the same; then `payment` is over, and the
    goods are the paid one's.
    """
    older = lists.unfinished_before(session, payment)
    for one in older:
        if one.status is PaymentStatus.REQUESTED:
            # Nobody knows whether it exists; the same key tells, and then it can be closed.
            with suppress(StripeRefused):
                opening.open_attempt(session, stripe, order, one, public_url)
        ways.close(session, stripe, one)
    if not older:
        return
    with phase(session):
        lock(session, order)
        paid = order.status not in PAYABLE
        for one in [*older, *([payment] if paid else [])]:
            lock(session, one)
            if allowed(PaymentStatus, one.status, PaymentStatus.EXPIRED):
                one.status = move(PaymentStatus, one.status, PaymentStatus.EXPIRED)
            one.stock_released = True
    if paid:
        raise Conflict(_stands(order))


def _stands(order: Order) -> Sentence:
    """Where the order stands, for somebody who would pay it."""
    status, why = Sentence(order.status.value), Sentence(order.status.sentence)
    return Sentence("This order is {status}. {why}", status=status, why=why)
