"""The one door through which an order learns that it is paid, failed or expired.

`settle` reads the Checkout Session with its PaymentIntent and charge in one call, on the account
where the attempt was made; `learn` compares it with the order, and moves attempt and order by the
tables of `lifecycles`. The rule that bites: a Session that is `complete` may still be unpaid (a
bank debit answers days later), and a Session whose amount or currency is not the order's, or that
lives on another account, is somebody's trick or our bug: it is held for a person, or not ours at
all, and never paid. https://docs.stripe.com/checkout/fulfillment
"""

import logging
from contextlib import suppress

import sqlalchemy as sa
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import clock
from marketplace.database import lock, phase
from marketplace.errors import StripeError
from marketplace.gateway.client import acting_as
from marketplace.gateway.failures import translating
from marketplace.ledger.mirrors import id_of
from marketplace.lifecycles import OrderStatus, PaymentStatus, allowed, move
from marketplace.models import Order, Payment, PaymentUi
from marketplace.orders import booking, lists, refunded, stock
from marketplace.orders.reading import Reading, mismatch, read, read_intent

FOLLOWS = {
    PaymentStatus.OPEN: OrderStatus.PAYING,
    PaymentStatus.PROCESSING: OrderStatus.PROCESSING,
    PaymentStatus.SUCCEEDED: OrderStatus.PAID,
    PaymentStatus.FAILED: OrderStatus.FAILED,
    PaymentStatus.EXPIRED: OrderStatus.EXPIRED,
}
OVER = frozenset({PaymentStatus.FAILED, PaymentStatus.EXPIRED})

log = logging.getLogger(__name__)


def settle(
    session: orm.Session,
    stripe: StripeClient,
    checkout_session_id: str,
    account: str | None = None,
) -> Order | None:
    """Bring the order of a Checkout Session up to date with Stripe; None when it is not ours.

    `account` is the connected account on which it was made (`Payment.stripe_account`, an event's
    `account`), None the platform's own. One call, and more while something of the money is not
    booked yet. Safe to repeat, late and in parallel. Commits. Raises StripeError; what was learnt
    before stays recorded. https://docs.stripe.com/api/checkout/sessions/retrieve
    """
    if not _may_be_ours(session, Payment.checkout_session_id == checkout_session_id, account):
        return None
    with translating():
        facts = stripe.v1.checkout.sessions.retrieve(
            checkout_session_id,
            {"expand": [f"payment_intent.{name}" for name in booking.expand(account)]},
            acting_as(account),
        ).to_dict()
    return learn(session, stripe, read(facts), account)


def settle_intent(
    session: orm.Session, stripe: StripeClient, payment_intent_id: str, account: str | None = None
) -> Order | None:
    """The same for a PaymentIntent without a Session, which a saved card pays; None if not ours.

    https://docs.stripe.com/api/payment_intents/retrieve
    """
    if not _may_be_ours(session, Payment.payment_intent_id == payment_intent_id, account):
        return None
    with translating():
        facts = stripe.v1.payment_intents.retrieve(
            payment_intent_id, {"expand": list(booking.expand(account))}, acting_as(account)
        ).to_dict()
    order = learn(session, stripe, read_intent(facts), account)
    if order is not None and facts["status"] == "requires_payment_method":
        # The attempt is over; nobody shall pay it after all, with a secret from an old address.
        with suppress(StripeError), translating():
            stripe.v1.payment_intents.cancel(payment_intent_id, options=acting_as(account))
    return order


def refresh_payment(
    session: orm.Session,
    stripe: StripeClient,
    payment_intent_id: str,
    account: str | None = None,
) -> Order | None:
    """Bring the order behind a PaymentIntent of `account` up to date; None when it is not ours.

    The first event about a payment comes before we know its id; then Stripe is asked for the
    Session, and there is none behind a saved card's.
    https://docs.stripe.com/api/checkout/sessions/list
    """
    if not _may_be_ours(session, Payment.payment_intent_id == payment_intent_id, account):
        return None
    known = session.scalar(
        sa.select(Payment.checkout_session_id)
        .where(Payment.payment_intent_id == payment_intent_id)
        .limit(1)
    )
    session.commit()
    if known is None:
        with translating():
            found = stripe.v1.checkout.sessions.list(
                {"payment_intent": payment_intent_id, "limit": 1}, acting_as(account)
            )
        known = found.data[0].id if found.data else None
    if known is None:
        return settle_intent(session, stripe, payment_intent_id, account)
    return settle(session, stripe, known, account)


def refresh_charge(
    session: orm.Session, stripe: StripeClient, charge_id: str, account: str | None = None
) -> Order | None:
    """Bring the order behind a charge of `account` up to date; None when it is not ours.

    https://docs.stripe.com/api/charges/retrieve
    """
    if not _may_be_ours(session, Payment.charge_id == charge_id, account):
        return None
    known = session.scalar(
        sa.select(Payment.payment_intent_id).where(Payment.charge_id == charge_id).limit(1)
    )
    session.commit()
    if known is None:
        with translating():
            charge = stripe.v1.charges.retrieve(charge_id, options=acting_as(account)).to_dict()
        known = id_of(charge.get("payment_intent"))
    return refresh_payment(session, stripe, known, account) if known else None


def refresh_refunds(
    session: orm.Session, stripe: StripeClient, charge_id: str, account: str | None = None
) -> Order | None:
    """Bring what went back of a charge of `account` up to date; None when it is not ours.

    Also when the charge itself shows nothing any more, because the refund failed.
    """
    mine = sa.select(Payment).where(
        Payment.charge_id == charge_id, Payment.stripe_account == account
    )
    if session.scalar(mine) is None:
        refresh_charge(session, stripe, charge_id, account)
    payment = session.scalar(mine)
    if payment is None:
        return None
    order = session.get_one(Order, payment.order_id)
    refunded.follow(session, stripe, order, payment)
    return order


def learn(
    session: orm.Session, stripe: StripeClient, reading: Reading, account: str | None
) -> Order | None:
    """Record what was read of an attempt on `account`; None when it is not ours.

    Whoever reads an attempt ends here: Session or bare PaymentIntent, event, return page or sweep.
    Commits, then books what Stripe did with the money. Raises StripeError from that second part.
    """
    with phase(session):
        payment = _payment_of(session, reading, account)
        if payment is None:
            return None
        order = session.get_one(Order, payment.order_id)
        _apply(session, order, payment, reading)
        booking.keep(session, order, payment, reading.charge)
    booking.follow(session, stripe, order, payment, reading.charge)
    return order


def _apply(session: orm.Session, order: Order, payment: Payment, reading: Reading) -> None:
    """Record what was read, then move the attempt and the order, or hold them for a person."""
    lock(session, order)
    lock(session, payment)
    _note(order, payment, reading)
    wrong = _wrong(order, payment, reading)
    if wrong is not None and reading.charge.get("refunded"):
        _let_go(session, order, payment)
        return
    if wrong is not None:
        _hold(order, payment, wrong)
        return
    if not allowed(PaymentStatus, payment.status, reading.status):
        return  # a fact that comes late: we know more already
    payment.status = move(PaymentStatus, payment.status, reading.status)
    _follow(session, order, payment)
    refunded.believe(order, payment, reading.charge)
    if payment.status in OVER:
        stock.release(session, payment)
    session.flush()


def _wrong(order: Order, payment: Payment, reading: Reading) -> str | None:
    """Why money that came, or is coming, must be looked at by a person; None when it is right."""
    if reading.money_is_coming and (wrong := mismatch(order, payment, reading)):
        return wrong
    if reading.status is not PaymentStatus.SUCCEEDED:
        return None
    paid = order.paid_at is not None
    if paid and payment.status is PaymentStatus.SUCCEEDED:
        return None
    if not allowed(PaymentStatus, payment.status, PaymentStatus.SUCCEEDED):
        return f"Stripe took the money after the attempt had {payment.status.value}."
    if paid:
        return f"Stripe took the money again when the order was {order.status.value}."
    if order.status is OrderStatus.PLACED or allowed(OrderStatus, order.status, OrderStatus.PAID):
        return None
    return f"Stripe took the money when the order was {order.status.value}."


def _note(order: Order, payment: Payment, reading: Reading) -> None:
    payment.checkout_session_id = reading.session_id or payment.checkout_session_id
    payment.checkout_url = reading.url or payment.checkout_url
    payment.payment_intent_id = reading.payment_intent_id or payment.payment_intent_id
    payment.charge_id = id_of(reading.charge) if reading.charge else payment.charge_id
    payment.failure_code, payment.failure_message = reading.failure_code, reading.failure
    order.buyer_email = order.buyer_email or reading.email


def _follow(session: orm.Session, order: Order, payment: Payment) -> None:
    """Move the order after its attempt. An attempt that was given up for another moves nothing."""
    target = FOLLOWS[payment.status]
    paid = target is OrderStatus.PAID
    if paid and order.paid_at is not None:
        return  # what comes after, refunds included, is not the attempt's to say
    if not paid and lists.latest_payment(session, order).id != payment.id:
        return
    if order.status is OrderStatus.PLACED and target is not OrderStatus.PAYING:
        # A crash hid the moment when the page opened; it did, or nothing could have followed.
        order.status = move(OrderStatus, order.status, OrderStatus.PAYING)
    if target is order.status:
        return
    if allowed(OrderStatus, order.status, target):
        order.status = move(OrderStatus, order.status, target)
        order.paid_at = clock.now() if paid else order.paid_at
        order.held_because = None if paid else order.held_because


def _hold(order: Order, payment: Payment, reason: str) -> None:
    """Leave it to a person: the order is neither paid nor open, and the goods stay set aside."""
    log.error("order %s is held: %s", order.id, reason)
    order.held_because = reason
    if allowed(PaymentStatus, payment.status, PaymentStatus.PROCESSING):
        payment.status = move(PaymentStatus, payment.status, PaymentStatus.PROCESSING)
    if order.status is OrderStatus.PLACED:
        order.status = move(OrderStatus, order.status, OrderStatus.PAYING)
    if allowed(OrderStatus, order.status, OrderStatus.PROCESSING):
        order.status = move(OrderStatus, order.status, OrderStatus.PROCESSING)


def _let_go(session: orm.Session, order: Order, payment: Payment) -> None:
    """What did not fit went back to the buyer, all of it: nobody has to look any more.

    That may be told again when the buyer pays anew; then the newer attempt says how things stand.
    """
    if allowed(PaymentStatus, payment.status, PaymentStatus.FAILED):
        payment.status = move(PaymentStatus, payment.status, PaymentStatus.FAILED)
    if order.paid_at is None:  # else the goods are those of the attempt that paid
        stock.release(session, payment)
        if lists.latest_payment(session, order).status not in OVER:
            return
        if allowed(OrderStatus, order.status, OrderStatus.FAILED):
            order.status = move(OrderStatus, order.status, OrderStatus.FAILED)
    order.held_because = None


def _may_be_ours(session: orm.Session, where: sa.ColumnElement[bool], account: str | None) -> bool:
    """Whether it is worth asking Stripe: the attempt is on this very account, or is unknown yet.

    A seller's account has payments that are none of ours; of an account on which we never began
    one, nothing can be ours. Lets go of what was read, so that nothing stays open meanwhile.
    """
    known = session.execute(sa.select(Payment.stripe_account).where(where).limit(1)).first()
    ours: bool
    if known is not None:
        ours = known.stripe_account == account
    else:
        begun = sa.select(Payment.id).where(Payment.stripe_account == account).limit(1)
        ours = account is None or session.scalar(begun) is not None
    session.commit()
    return ours


def _payment_of(session: orm.Session, reading: Reading, account: str | None) -> Payment | None:
    """The attempt that was read: by Stripe's id, or, after a crash, by what we wrote on it."""
    id_ours, id_read = (
        (Payment.checkout_session_id, reading.session_id)
        if reading.session_id
        else (Payment.payment_intent_id, reading.payment_intent_id)
    )
    here = Payment.stripe_account == account
    if reading.session_id is None:
        # Behind a page, a declined card is not the end of the attempt; only its Session tells.
        here &= Payment.ui == PaymentUi.SAVED_CARD
    known = session.scalar(sa.select(Payment).where(id_ours == id_read, here))
    if known is not None:
        return known
    return session.scalar(
        sa.select(Payment)
        .join(Order)
        .where(
            Payment.idempotency_key == reading.attempt,
            id_ours.is_(None),
            here,
            Order.token == reading.reference,
        )
    )
