"""A share about which nobody has decided yet: how much is left, and who gets it.

The seller may be unknown at the time of the charge, or the money is held back on purpose. The rule
that bites: once the charge is available, a transfer is paid out of the platform's available
balance, which payouts may have emptied meanwhile; so the balance is read before anything is asked.
And what went back to the buyer, or to a bank in a dispute, is taken off what can be passed on.
https://docs.stripe.com/connect/separate-charges-and-transfers#transfer-availability
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError

from marketplace import ledger
from marketplace.database import lock, phase
from marketplace.errors import Conflict, Invalid, SellerNotReady
from marketplace.gateway.client import StripeClient
from marketplace.gateway.failures import translating
from marketplace.lifecycles import TransferStatus
from marketplace.models import Order, Seller, TransferRequest
from marketplace.money import Money
from marketplace.transfers import dividing, sending

PAGE = 25
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,60}", re.ASCII)


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
    Invalid for more than is left (at Stripe's word, a refund or dispute of this minute counts),
    SellerNotReady, Conflict when the balance does not suffice or Stripe refuses, StripeUnavailable
    with the request left for the sweep.
    """
    if not _NONCE.fullmatch(nonce):
        raise Invalid("This form is not complete. Load the page again.")
    nonce = f"{dividing.DECIDED}{nonce}"
    request = _known(session, nonce)
    if request is None:
        if not seller.transfers_active or seller.stripe_id is None:
            raise SellerNotReady(f"{seller.shop_name} cannot be sent money at the moment.")
        funds = _funds(session, stripe, order, money)
        request = _write_down(session, order, part_id, seller, money, nonce, funds)
    sending.make(session, stripe, request)
    if request.status is TransferStatus.REFUSED:
        raise Conflict(f"Stripe did not make the transfer. {request.failure_message}")
    if request.status is TransferStatus.CALLED_OFF:
        raise Conflict(f"Nothing was sent. {request.failure_message}")
    if request.status is not TransferStatus.MADE:
        raise Conflict(
            "Money went back to the buyer or the bank meanwhile. Nothing more is sent; whether an "
            "earlier try sent it is looked up in some minutes."
        )
    return request


def undecided(
    session: orm.Session, since: datetime, *, limit: int = PAGE
) -> Sequence[TransferRequest]:
    """Transfers that did not come about since a moment, latest first, with orders and sellers.

    Without those after which something of the same part was passed on, and those of orders of which
    the buyer has all the money back.
    """
    later = orm.aliased(TransferRequest)
    answered = sa.exists().where(
        later.part_id == TransferRequest.part_id,
        later.id > TransferRequest.id,
        later.status.not_in(dividing.NOT_MADE),
    )
    query = (
        sa.select(TransferRequest)
        .join(TransferRequest.order)
        .where(
            TransferRequest.status.in_(dividing.NOT_MADE),
            TransferRequest.updated_at >= since,
            Order.status.in_(dividing.DIVIDED),
            ~answered,
        )
        .options(orm.contains_eager(TransferRequest.order), orm.joinedload(TransferRequest.seller))
        .order_by(TransferRequest.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def _known(session: orm.Session, nonce: str) -> TransferRequest | None:
    return session.scalar(sa.select(TransferRequest).where(TransferRequest.nonce == nonce))


@dataclass(frozen=True, slots=True)
class _Funds:
    """The charge that pays, None when the available balance does; and what was refunded of it."""

    source: str | None
    refunded: int


def _funds(session: orm.Session, stripe: StripeClient, order: Order, money: Money) -> _Funds:
    """What pays for it, by Stripe's word of now; two calls, and one more about a disputed charge.

    Raises Conflict when the order is not paid, or the balance is too small.
    https://docs.stripe.com/api/charges/retrieve
    """
    booked = dividing.settled(session, order)
    if booked is None:
        raise Conflict("This order is not paid yet, so there is nothing to pass on.")
    session.commit()  # nothing stays open while Stripe thinks
    with translating():
        charge = stripe.v1.charges.retrieve(
            booked.source or "", {"expand": ["balance_transaction"]}
        ).to_dict()
    ledger.record_disputes(session, stripe, charge, order_id=order.id)
    if charge["balance_transaction"]["status"] == "pending":
        return _Funds(booked.source, charge["amount_refunded"])
    with translating():
        balance = stripe.v1.balance.retrieve()
    amounts = [it.amount for it in balance.available if it.currency == money.currency]
    available = Money(sum(amounts), money.currency)
    if available < money:
        raise Conflict(
            f"The marketplace has {available} available at Stripe, and {money} is needed. "
            "Nothing was sent. Wait until more is available, or add funds."
        )
    return _Funds(None, charge["amount_refunded"])


def _write_down(
    session: orm.Session,
    order: Order,
    part_id: int,
    seller: Seller,
    money: Money,
    nonce: str,
    funds: _Funds,
) -> TransferRequest:
    """Commit what is meant, checked against what is left while nobody else can decide."""
    try:
        with phase(session):
            lock(session, order)
            rests = dividing.left(session, order, refunded=funds.refunded)
            rest = {it.part.id: it.money for it in rests}.get(part_id)
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
                source_transaction=funds.source,
            )
            session.add(request)
            session.flush()
    except IntegrityError:
        known = _known(session, nonce)  # the other one of two at once was first
        if known is None:
            raise
        return known
    return request
