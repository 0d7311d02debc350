"""Ending the relation with a seller, at Stripe and here, once nothing is open between the two.

The Stripe object is the Account: deleted under v1, closed under v2. The rule that bites: whatever
is on an account when it ends is out of everybody's reach, so buyers' orders and every cent are
looked at first, the cents at Stripe itself and not in our mirror. An account with the full
Dashboard is the seller's own business: Stripe lets no platform delete it, only the seller leave.
https://docs.stripe.com/api/accounts/delete https://docs.stripe.com/api/v2/core/accounts/close
"""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import orders, payouts, sellers, transfers
from marketplace.database import phase
from marketplace.design import AccountsApi, ChargeType, Dashboard
from marketplace.errors import Conflict, StripeError
from marketplace.gateway.failures import translating
from marketplace.lifecycles import OrderStatus
from marketplace.models import Order, OrderPart, Seller

UNDER_WAY = frozenset({OrderStatus.PLACED, OrderStatus.PAYING, OrderStatus.PROCESSING})
# How Stripe says that the account is gone already.
GONE = frozenset({"account_closed", "account_invalid", "not_found", "resource_missing"})


def obstacles(session: orm.Session, seller: Seller) -> list[str]:
    """What is still open between the seller, the buyers and us, in sentences; empty when nothing.

    Reads our own rows: `close` has the balance read from Stripe before.
    """
    return list(_obstacles(session, seller))


def close(session: orm.Session, stripe: StripeClient, seller: Seller) -> None:
    """Close the seller's account for good; done twice, it is closed. Commits.

    Two calls: one for the balance, one to close. The shop's pages stay, and nobody can buy there.
    Raises Conflict with what is still open, or for an account that only the seller can end; a
    StripeError when Stripe refuses, with nothing changed here.
    """
    account = seller.stripe_id
    if account is None or seller.deauthorized_at is not None:
        raise Conflict("This seller has no account with us, or has left.")
    if seller.dashboard is Dashboard.FULL:
        raise Conflict(
            "An account with the full Dashboard belongs to the seller, who leaves in the Dashboard."
        )
    try:
        payouts.refresh_balance(session, stripe, account)
        found = obstacles(session, seller)
        if found:
            raise Conflict(f"The account cannot be closed yet. {' '.join(found)}")
        session.commit()  # no transaction may stay open while Stripe is asked
        with translating():
            _end(stripe, seller, account)
    except StripeError as error:
        if error.code not in GONE:
            raise
    with phase(session):
        sellers.deauthorized(session, account)


def _end(stripe: StripeClient, seller: Seller, account: str) -> None:
    if seller.accounts_api is AccountsApi.V1:
        stripe.v1.accounts.delete(account)
        return
    # Every configuration has to be named, so that nobody closes more than they know of.
    held = stripe.v2.core.accounts.retrieve(account).applied_configurations or []
    stripe.v2.core.accounts.close(account, {"applied_configurations": [*held]})


def _obstacles(session: orm.Session, seller: Seller) -> Iterator[str]:
    for status, what in (
        (UNDER_WAY, "being paid"),
        (orders.TO_SEND, "paid and not sent"),
    ):
        count = len(_orders(session, seller, status))
        if count:
            yield f"{count} order{'s' if count > 1 else ''} {what}."
    for order in _waiting(session, seller):
        for rest in transfers.left(session, order):
            if rest.part.seller_id == seller.id:
                yield f"{rest.money} of order {order.id} waits to be passed on."
    for balance in payouts.balances(session, seller):
        available, pending = payouts.held(balance)
        if available.amount or pending.amount:
            yield f"{available} available and {pending} pending at Stripe."


def _orders(
    session: orm.Session, seller: Seller, statuses: frozenset[OrderStatus]
) -> Sequence[Order]:
    """Orders with a part of this seller that was not sent."""
    query = sa.select(Order).join(OrderPart)
    mine = query.where(OrderPart.seller_id == seller.id, OrderPart.fulfilled_at.is_(None))
    return session.scalars(mine.where(Order.status.in_(statuses)).order_by(Order.id)).all()


def _waiting(session: orm.Session, seller: Seller) -> Sequence[Order]:
    """Orders whose share for this seller may still be with the marketplace."""
    query = sa.select(Order).join(OrderPart).order_by(Order.id)
    separate = Order.charge_type == ChargeType.SEPARATE
    return session.scalars(query.where(OrderPart.seller_id == seller.id, separate)).all()
