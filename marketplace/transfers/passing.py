"""Passing a paid order on to its sellers: one transfer each, written down before Stripe is asked.

The TransferRequest row, with the token that makes the idempotency key, is committed first; webhook,
return page and sweep all come here, find the same rows, and finish what a crash left. The rule that
bites: Stripe forgets a key after a day, so an old request is looked for at Stripe, by the token in
its metadata, before it is sent again.
https://docs.stripe.com/connect/separate-charges-and-transfers
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from stripe.params import TransferCreateParams

from marketplace import clock
from marketplace.charges import separate
from marketplace.database import lock, phase
from marketplace.design import ChargeType
from marketplace.design.passing import TransferWhen
from marketplace.errors import StripeError, StripeMisconfigured, StripeUnavailable
from marketplace.gateway import keys
from marketplace.gateway.client import StripeClient
from marketplace.gateway.failures import translating
from marketplace.ledger.mirrors import Facts
from marketplace.lifecycles import OrderStatus, PaymentStatus, TransferStatus, move
from marketplace.models import (
    BalanceTransaction,
    Order,
    OrderPart,
    Payment,
    Seller,
    TransferRequest,
)
from marketplace.money import Money
from marketplace.transfers import mirrors

PATIENCE = timedelta(minutes=1)
# Rounding may give a share of less than one unit that unit, so such a share is tried for a day.
TRIED = timedelta(days=1)
SWEEP = 50
PAID = frozenset({OrderStatus.PAID, OrderStatus.FULFILLED})
log = logging.getLogger(__name__)


def pass_on(session: orm.Session, stripe: StripeClient, order: Order) -> None:
    """Send each seller of a paid order what is theirs; what was sent already is not sent again.

    One call for each transfer that is missing, one more for what arrived. Parts that wait for the
    operator are left alone. Commits. A refusal is recorded at the request; raises StripeUnavailable
    and StripeMisconfigured, with the requests left for the sweep.
    """
    with phase(session):
        lock(session, order)
        asked = _ask_for(session, order) if order.status in PAID else []
    for request in asked:
        make(session, stripe, request)


def finish_requested(session: orm.Session, stripe: StripeClient, *, limit: int = SWEEP) -> int:
    """Finish the transfers that a crash left asked for, and those it left unasked.

    Commits. Returns how many orders were looked at; stops when Stripe does not answer.
    """
    orders = _left_behind(session, limit)
    for order in orders:
        try:
            pass_on(session, stripe, order)
        except StripeError as error:
            log.warning("order %s is not passed on: %s", order.id, error.for_operator())
            if isinstance(error, StripeUnavailable):
                break
    return len(orders)


def requests_of(session: orm.Session, order: Order) -> Sequence[TransferRequest]:
    """Every transfer that was asked for in an order, with its seller, oldest first; one query."""
    query = (
        sa.select(TransferRequest)
        .where(TransferRequest.order_id == order.id)
        .options(orm.joinedload(TransferRequest.seller))
        .order_by(TransferRequest.id)
    )
    return session.scalars(query.execution_options(populate_existing=True)).all()


def settled(session: orm.Session, order: Order) -> BalanceTransaction | None:
    """How the charge of an order came to the platform's balance; None while it is not booked."""
    found: BalanceTransaction | None = session.scalar(
        booked(Payment.order_id == order.id, BalanceTransaction)
    )
    return found


def booked(whose: sa.ColumnElement[bool], *what: Any) -> sa.Select[Any]:  # noqa: ANN401 - columns or rows
    """`what` of the payments that succeeded and came to the platform, with how they were booked."""
    return (
        sa.select(*what)
        .select_from(BalanceTransaction)
        .join(Payment, Payment.charge_id == BalanceTransaction.source)
        .where(
            whose,
            Payment.status == PaymentStatus.SUCCEEDED,
            BalanceTransaction.account.is_(None),
            BalanceTransaction.amount > 0,
        )
    )


def shares(parts: Sequence[OrderPart], charge: BalanceTransaction) -> list[Money]:
    """What each part is worth in the currency in which the charge settled; the sum conserves it.

    Transfers that a charge pays for have the currency of its balance transaction.
    https://docs.stripe.com/connect/separate-charges-and-transfers#transfer-availability
    """
    rests = [part.amount - part.application_fee_amount for part in parts]
    kept = sum(part.application_fee_amount for part in parts)
    return Money(charge.amount, charge.currency).allocate([*rests, kept])[: len(parts)]


def make(session: orm.Session, stripe: StripeClient, request: TransferRequest) -> None:
    """Make one transfer that was asked for, or find the one that an earlier try made. Commits.

    Raises StripeUnavailable and StripeMisconfigured; any other refusal ends the request.
    https://docs.stripe.com/api/transfers/create
    """
    if request.status is not TransferStatus.REQUESTED:
        return
    params = _params(session, request)
    old = keys.forgotten(request.created_at)
    session.commit()  # nothing stays open while Stripe thinks
    try:
        with translating():
            made = _found(stripe, request, params) if old else None
            made = (
                made
                or stripe.v1.transfers.create(
                    params, {"idempotency_key": keys.key("transfer", request.token)}
                ).to_dict()
            )
    except (StripeUnavailable, StripeMisconfigured):
        raise  # nobody knows, or nothing was judged: the same key finds out
    except StripeError as error:
        _refused(session, request, error)
        return
    with phase(session):
        mirrors.keep(session, made, order_id=request.order_id)
    mirrors.record_arrival(session, stripe, made, order_id=request.order_id)


def _params(session: orm.Session, request: TransferRequest) -> TransferCreateParams:
    destination = session.get_one(Seller, request.seller_id).stripe_id or ""
    order = session.get_one(Order, request.order_id)
    return separate.transfer_params(
        Money(request.amount, request.currency),
        destination,
        reference=order.token,
        title=f"Order {order.id}",
        request=request.token,
        source=request.source_transaction,
    )


def _found(
    stripe: StripeClient, request: TransferRequest, params: TransferCreateParams
) -> Facts | None:
    listed = stripe.v1.transfers.list(
        {"transfer_group": params["transfer_group"], "limit": 100, "expand": _EXPANDED}
    )
    rows = (row.to_dict() for row in listed.auto_paging_iter())
    mine = (row for row in rows if row["metadata"].get(separate.REQUEST) == request.token)
    return next(mine, None)


_EXPANDED = ["data.balance_transaction"]


def _refused(session: orm.Session, request: TransferRequest, error: StripeError) -> None:
    log.error("order %s is not passed on: %s", request.order_id, error.for_operator())
    with phase(session):
        lock(session, request)
        if request.status is TransferStatus.REQUESTED:
            request.status = move(TransferStatus, request.status, TransferStatus.REFUSED)
            request.failure_code = (error.code or "refused")[:80]
            request.failure_message = error.for_operator()


def _ask_for(session: orm.Session, order: Order) -> Sequence[TransferRequest]:
    """The requests to carry out; written down now where they are missing."""
    charge = settled(session, order)
    if order.charge_type is not ChargeType.SEPARATE or charge is None:
        return []
    query = sa.select(OrderPart).where(OrderPart.order_id == order.id).order_by(OrderPart.id)
    parts = session.scalars(query).all()
    known = {request.part_id for request in requests_of(session, order)}
    for part, share in zip(parts, shares(parts, charge), strict=True):
        if part.id not in known and part.transfer_when is TransferWhen.NOW and share:
            session.add(
                TransferRequest(
                    nonce=f"part:{part.id}",
                    order_id=order.id,
                    part_id=part.id,
                    seller_id=part.seller_id,
                    amount=share.amount,
                    currency=share.currency,
                    source_transaction=charge.source,
                )
            )
    session.flush()
    asked = requests_of(session, order)
    return [request for request in asked if request.status is TransferStatus.REQUESTED]


def _left_behind(session: orm.Session, limit: int) -> Sequence[Order]:
    """Paid orders with a transfer under way too long, or a part that was never asked for.

    What is worth less than the smallest unit of the currency in which the charge settled is not
    looked at for ever: nothing can be passed on of it.
    """
    before = clock.now() - PATIENCE
    came = booked(Payment.order_id == Order.id, sa.func.max(BalanceTransaction.amount))
    rest = sa.cast(OrderPart.amount - OrderPart.application_fee_amount, sa.Float)
    worth_it = (
        rest * sa.func.coalesce(came.correlate(Order).scalar_subquery(), Order.amount)
        >= Order.amount
    )
    stuck = sa.exists().where(
        TransferRequest.order_id == Order.id,
        TransferRequest.status == TransferStatus.REQUESTED,
        TransferRequest.updated_at < before,
    )
    unasked = sa.exists().where(
        OrderPart.order_id == Order.id,
        OrderPart.transfer_when == TransferWhen.NOW,
        ~sa.exists().where(TransferRequest.part_id == OrderPart.id),
        sa.or_(worth_it, Order.paid_at > clock.now() - TRIED),
    )
    query = sa.select(Order).where(
        Order.charge_type == ChargeType.SEPARATE,
        Order.status.in_(PAID),
        sa.or_(stuck, sa.and_(unasked, Order.paid_at < before)),
    )
    return session.scalars(query.order_by(Order.id).limit(limit)).all()
