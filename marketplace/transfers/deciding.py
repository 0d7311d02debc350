"""A share about which nobody has decided yet: how much is left, and who gets it.

The seller may be unknown at the time of the charge, or the money is held back on purpose. The rule
that bites: once the charge is available, a transfer is paid out of the platform's available
balance, which payouts may have emptied meanwhile; so the balance is read before anything is asked.
https://docs.stripe.com/connect/separate-charges-and-transfers#transfer-availability
"""

import re
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError

from marketplace.database import lock, phase
from marketplace.design import ChargeType
from marketplace.errors import Conflict, Invalid, SellerNotReady
from marketplace.gateway.client import StripeClient
from marketplace.gateway.failures import translating
from marketplace.lifecycles import TransferStatus
from marketplace.models import Order, OrderPart, Seller, TransferRequest
from marketplace.money import Money
from marketplace.transfers import passing

_NONCE = re.compile(r"[A-Za-z0-9_-]{16,60}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Left:
    """What of a part is still with the marketplace and not its own."""

    part: OrderPart
    money: Money


def left(session: orm.Session, order: Order) -> list[Left]:
    """What each part of a paid order still has to be passed on, if anything; three queries.

    Only separate charges leave something: the others pass it on by themselves. In the currency in
    which the charge settled; what is under way counts as passed on.
    """
    if order.charge_type is not ChargeType.SEPARATE or order.status not in passing.PAID:
        return []
    booked = passing.settled(session, order)
    if booked is None:
        return []
    query = (
        sa.select(OrderPart)
        .where(OrderPart.order_id == order.id)
        .options(orm.joinedload(OrderPart.seller))
        .order_by(OrderPart.id)
    )
    parts = session.scalars(query).all()
    gone: dict[int, int] = {}
    for request in passing.requests_of(session, order):
        if request.status is not TransferStatus.REFUSED:
            gone[request.part_id] = gone.get(request.part_id, 0) + request.amount
    rests = [
        Left(part, Money(share.amount - gone.get(part.id, 0), share.currency))
        for part, share in zip(parts, passing.shares(parts, booked), strict=True)
    ]
    return [rest for rest in rests if rest.money.amount > 0]


def decide(
    session: orm.Session,
    stripe: StripeClient,
    order: Order,
    *,
    part_id: int,
    seller: Seller,
    money: Money,
    nonce: str,
) -> TransferRequest:
    """Pass `money` of a part on to `seller`; the same form again (one `nonce`) is once. Commits.

    The charge pays for it while it is pending, the platform's available balance after that. Raises
    Invalid for more than is left, SellerNotReady, Conflict when the balance does not suffice or
    Stripe refuses, StripeUnavailable with the request left for the sweep.
    """
    if not _NONCE.fullmatch(nonce):
        raise Invalid("This form is not complete. Load the page again.")
    nonce = f"decided:{nonce}"
    request = _known(session, nonce)
    if request is None:
        if not seller.transfers_active or seller.stripe_id is None:
            raise SellerNotReady(f"{seller.shop_name} cannot be sent money at the moment.")
        source = _paid_by(session, stripe, order, money)
        request = _write_down(session, order, part_id, seller, money, nonce, source)
    passing.make(session, stripe, request)
    if request.status is TransferStatus.REFUSED:
        raise Conflict(f"Stripe did not make the transfer. {request.failure_message}")
    return request


def _known(session: orm.Session, nonce: str) -> TransferRequest | None:
    return session.scalar(sa.select(TransferRequest).where(TransferRequest.nonce == nonce))


def _paid_by(session: orm.Session, stripe: StripeClient, order: Order, money: Money) -> str | None:
    """The charge that pays for it, or None when the available balance does; two calls at most.

    Raises Conflict when the order is not paid, or the balance is too small.
    """
    booked = passing.settled(session, order)
    if booked is None:
        raise Conflict("This order is not paid yet, so there is nothing to pass on.")
    session.commit()  # nothing stays open while Stripe thinks
    with translating():
        now = stripe.v1.balance_transactions.retrieve(booked.stripe_id)
        if now.status == "pending":
            return booked.source
        balance = stripe.v1.balance.retrieve()
    amounts = [it.amount for it in balance.available if it.currency == money.currency]
    available = Money(sum(amounts), money.currency)
    if available < money:
        raise Conflict(
            f"The marketplace has {available} available at Stripe, and {money} is needed. "
            "Nothing was sent. Wait until more is available, or add funds."
        )
    return None


def _write_down(
    session: orm.Session,
    order: Order,
    part_id: int,
    seller: Seller,
    money: Money,
    nonce: str,
    source: str | None,
) -> TransferRequest:
    """Commit what is meant, checked against what is left while nobody else can decide."""
    try:
        with phase(session):
            lock(session, order)
            rest = {it.part.id: it.money for it in left(session, order)}.get(part_id)
            if rest is None:
                raise Conflict("Nothing of this is left to pass on.")
            if money.currency != rest.currency or not 0 < money.amount <= rest.amount:
                raise Invalid("This cannot be passed on.", {"amount": f"At most {rest} is left."})
            request = TransferRequest(
                nonce=nonce,
                order_id=order.id,
                part_id=part_id,
                seller_id=seller.id,
                amount=money.amount,
                currency=money.currency,
                source_transaction=source,
            )
            session.add(request)
            session.flush()
    except IntegrityError:
        known = _known(session, nonce)  # the other one of two at once was first
        if known is None:
            raise
        return known
    return request
