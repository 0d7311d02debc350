"""The one door through which an order learns that it is paid, failed or expired.

`settle` reads the Checkout Session with its PaymentIntent and charge in one call, compares it with
the order, and moves attempt and order by the tables of `lifecycles`. The rule that bites: a Session
that is `complete` may still be unpaid (a bank debit answers days later), and a Session whose amount
or currency is not the order's is somebody's trick or our bug: it is held for a person, never paid.
https://docs.stripe.com/checkout/fulfillment
"""

import logging
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from stripe import RequestOptions, StripeClient

from marketplace import charges, clock, ledger, transfers
from marketplace.database import lock, phase
from marketplace.gateway.failures import translating
from marketplace.ledger.mirrors import id_of
from marketplace.lifecycles import OrderStatus, PaymentStatus, allowed, move
from marketplace.models import Order, Payment, Seller
from marketplace.orders import lists, stock
from marketplace.orders.reading import Reading, mismatch, read

EXPAND = [
    "payment_intent.latest_charge.balance_transaction",
    "payment_intent.latest_charge.transfer.balance_transaction",
    "payment_intent.latest_charge.application_fee.balance_transaction",
]
FOLLOWS = {
    PaymentStatus.OPEN: OrderStatus.PAYING,
    PaymentStatus.PROCESSING: OrderStatus.PROCESSING,
    PaymentStatus.SUCCEEDED: OrderStatus.PAID,
    PaymentStatus.FAILED: OrderStatus.FAILED,
    PaymentStatus.EXPIRED: OrderStatus.EXPIRED,
}
OVER = frozenset({PaymentStatus.FAILED, PaymentStatus.EXPIRED})

log = logging.getLogger(__name__)


def settle(session: orm.Session, stripe: StripeClient, checkout_session_id: str) -> Order | None:
    """Bring the order of a Checkout Session up to date with Stripe; None when it is not ours.

    One call, and once per paid order a second one for what arrived at the seller. Safe to repeat,
    late and in parallel. Commits. Raises StripeError; what was learnt before stays recorded.
    https://docs.stripe.com/api/checkout/sessions/retrieve
    """
    options = _options(session, checkout_session_id)
    session.commit()  # nothing stays open while Stripe thinks
    with translating():
        facts = stripe.v1.checkout.sessions.retrieve(
            checkout_session_id, {"expand": EXPAND}, options
        ).to_dict()
    with phase(session):
        payment = _payment_of(session, facts)
        if payment is None:
            return None
        order = session.get_one(Order, payment.order_id)
        reading = read(facts)
        _apply(session, order, payment, reading, facts)
        _mirror(session, order, reading.charge)
    transfer = reading.charge.get("transfer")
    if isinstance(transfer, Mapping):
        transfers.record_arrival(session, stripe, transfer, order_id=order.id)
    return order


def refresh_payment(
    session: orm.Session, stripe: StripeClient, payment_intent_id: str
) -> Order | None:
    """Bring the order behind a PaymentIntent up to date; None when it is not ours.

    The first event about a payment comes before we know its id; then Stripe is asked for the
    Session. https://docs.stripe.com/api/checkout/sessions/list
    """
    known = session.scalar(
        sa.select(Payment.checkout_session_id)
        .where(Payment.payment_intent_id == payment_intent_id)
        .limit(1)
    )
    session.commit()
    if known is None:
        with translating():
            found = stripe.v1.checkout.sessions.list(
                {"payment_intent": payment_intent_id, "limit": 1}
            )
        known = found.data[0].id if found.data else None
    return settle(session, stripe, known) if known else None


def refresh_charge(session: orm.Session, stripe: StripeClient, charge_id: str) -> Order | None:
    """Bring the order behind a charge up to date; None when it is not ours.

    https://docs.stripe.com/api/charges/retrieve
    """
    known = session.scalar(
        sa.select(Payment.payment_intent_id).where(Payment.charge_id == charge_id).limit(1)
    )
    session.commit()
    if known is None:
        with translating():
            known = id_of(stripe.v1.charges.retrieve(charge_id).to_dict().get("payment_intent"))
    return refresh_payment(session, stripe, known) if known else None


def _apply(
    session: orm.Session, order: Order, payment: Payment, reading: Reading, facts: Mapping[str, Any]
) -> None:
    """Record what was read, then move the attempt and the order, or hold them for a person."""
    lock(session, order)
    lock(session, payment)
    _note(order, payment, reading)
    wrong = mismatch(order, payment, facts) if reading.money_is_coming else None
    if wrong is None and not allowed(PaymentStatus, payment.status, reading.status):
        if reading.status is not PaymentStatus.SUCCEEDED:
            return  # a fact that comes late: we know more already
        wrong = f"Stripe took the money after the attempt had {payment.status.value}."
    if wrong is not None:
        _hold(order, payment, wrong)
        return
    payment.status = move(PaymentStatus, payment.status, reading.status)
    _follow(session, order, payment)
    if payment.status in OVER:
        stock.release(session, payment)
    session.flush()


def _note(order: Order, payment: Payment, reading: Reading) -> None:
    payment.checkout_session_id = reading.session_id
    payment.checkout_url = reading.url or payment.checkout_url
    payment.payment_intent_id = reading.payment_intent_id or payment.payment_intent_id
    payment.charge_id = id_of(reading.charge) if reading.charge else payment.charge_id
    if payment.failure_code != lists.HELD:
        payment.failure_code, payment.failure_message = reading.failure_code, reading.failure
    order.buyer_email = order.buyer_email or reading.email


def _follow(session: orm.Session, order: Order, payment: Payment) -> None:
    """Move the order after its attempt. An attempt that was given up for another moves nothing."""
    target = FOLLOWS[payment.status]
    paid = target is OrderStatus.PAID
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
    elif paid and order.paid_at is None:
        _hold(order, payment, f"Stripe took the money when the order was {order.status.value}.")


def _hold(order: Order, payment: Payment, reason: str) -> None:
    """Leave it to a person: the order is neither paid nor open, and the goods stay set aside."""
    log.error("order %s is held: %s", order.id, reason)
    payment.failure_code, payment.failure_message = lists.HELD, reason
    if allowed(PaymentStatus, payment.status, PaymentStatus.PROCESSING):
        payment.status = move(PaymentStatus, payment.status, PaymentStatus.PROCESSING)
    if order.status is OrderStatus.PLACED:
        order.status = move(OrderStatus, order.status, OrderStatus.PAYING)
    if allowed(OrderStatus, order.status, OrderStatus.PROCESSING):
        order.status = move(OrderStatus, order.status, OrderStatus.PROCESSING)


def _mirror(session: orm.Session, order: Order, charge: Mapping[str, Any]) -> None:
    """Copy the platform's side of a charge: its balance transaction, transfer and commission."""
    transaction, transfer, fee = (
        charge.get(name) for name in ("balance_transaction", "transfer", "application_fee")
    )
    if isinstance(transaction, Mapping):
        ledger.keep_transaction(
            session, transaction, account=None, seller_id=order.seller_id, order_id=order.id
        )
    if isinstance(transfer, Mapping):
        transfers.keep(session, transfer, order_id=order.id)
    if isinstance(fee, Mapping):
        ledger.keep_application_fee(session, fee, seller_id=order.seller_id, order_id=order.id)


def _payment_of(session: orm.Session, facts: Mapping[str, Any]) -> Payment | None:
    """The attempt of a Session: by its id, or, after a crash, by what we wrote on the Session."""
    known = session.scalar(sa.select(Payment).where(Payment.checkout_session_id == facts["id"]))
    if known is not None:
        return known
    attempt = (facts.get("metadata") or {}).get("attempt")
    return session.scalar(
        sa.select(Payment)
        .join(Order)
        .where(
            Payment.idempotency_key == attempt,
            Payment.checkout_session_id.is_(None),
            Order.token == facts.get("client_reference_id"),
        )
    )


def _options(session: orm.Session, checkout_session_id: str) -> RequestOptions:
    """On whose account the Session lives, by the charge type of its order."""
    row = session.execute(
        sa.select(Order.charge_type, Seller.stripe_id)
        .join(Payment, Payment.order_id == Order.id)
        .join(Seller, Seller.id == Order.seller_id)
        .where(Payment.checkout_session_id == checkout_session_id)
    ).first()
    return charges.of(row.charge_type).options(row.stripe_id or "") if row else {}
